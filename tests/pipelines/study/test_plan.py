"""The plan of the study: arms, jobs and their commands."""

import json
from dataclasses import asdict, replace

import pytest

from pipelines.study.ablations import ABLATION_ARMS
from pipelines.study.plan import ARMS, BEST, BEST_OPTIONS, CAPTIONS, SCRATCH, planned
from pipelines.study.sizes import ABLATIONS, FULL, QUICK
from pipelines.study.work.fingerprints import fingerprints
from pipelines.study.work.jobs import jobs
from pipelines.study.work.transfers import Photographs

SIZES = {"full": FULL, "quick": QUICK, "ablations": ABLATIONS}


def arms_of(size, **has):
    arms = ABLATION_ARMS if size == "ablations" else ARMS
    return planned(arms, SIZES[size], is_quick=size == "quick", **has)


def options_of(job):
    return dict(word.split("=", 1) for word in job.commands[0].words if "=" in word)


@pytest.mark.parametrize("size", list(SIZES))
def test_every_job_comes_after_what_it_needs(size):
    seen = set()
    for job in jobs(arms_of(size, has_viper=True, has_imagenet=True), SIZES[size], imagenet="imagenet.pt"):
        assert seen.issuperset(job.needs), job.name
        assert job.name not in seen
        seen.add(job.name)


def test_data_that_no_arm_needs_is_not_rendered():
    few = replace(SCRATCH, transfers=("few",))
    assert [job.name for job in jobs([few], replace(FULL, seeds=1))] == [
        "data/target",
        "data/few",
        "finetuned/few/scratch/0",
    ]


@pytest.mark.parametrize(("size", "minutes"), [("full", 180), ("quick", 20), ("ablations", 90)])
def test_the_plan_fits_its_time_on_two_cores(size, minutes):
    every = jobs(arms_of(size, has_viper=True, has_imagenet=True), SIZES[size], imagenet="imagenet.pt")
    assert sum(job.seconds for job in every) / 2 / 60 <= minutes


def test_each_arm_runs_at_every_seed_and_viper_on_each_split_once():
    every = jobs(arms_of("full", has_viper=True), FULL)
    pretrained = [job.facts for job in every if job.kind == "pretrain"]
    assert {facts["seed"] for facts in pretrained if facts["arm"] == "captions-quarter"} == {0, 1, 2}
    for transfer, wanted in (("viper", range(10)), ("viper-frozen", range(3)), ("viper-zero-shot", range(3))):
        runs = [job.facts for job in every if job.facts.get("transfer") == transfer]
        splits = [facts["split"] for facts in runs if facts["arm"] == "captions"]
        assert sorted(splits) == list(wanted)


def test_all_pretraining_takes_about_the_same_time():
    every = jobs(arms_of("full", has_imagenet=True), FULL, imagenet="imagenet.pt")
    trained = [job for job in every if job.kind == "pretrain" and job.facts["arm"] != "imagenet"]
    assert {options_of(job)["batch_size"] for job in trained} == {"64"}
    assert max(job.seconds for job in trained) < 1.25 * min(job.seconds for job in trained)
    steps = {job.facts["arm"]: options_of(job)["steps"] for job in trained}
    assert steps["bicaptioning"] == "600"
    assert len({steps[f"captions{share}"] for share in ("", "-quarter", "-sixteenth")}) == 1


def test_images_run_short_in_the_arms_with_fewer_people():
    images = {
        job.facts["arm"]: job.facts["images"] for job in jobs(arms_of("full"), FULL) if job.kind == "pretrain"
    }
    seen = CAPTIONS.steps(FULL) * FULL.batch_size
    assert {images[f"captions{share}"] for share in ("", "-quarter", "-sixteenth")} == {64_000, 16_000, 4_000}
    assert images["captions-sixteenth"] * 9 < seen < images["captions"]


def test_joint_fine_tuning_continues_the_captions_of_the_best_arm():
    every = jobs(arms_of("full", has_viper=True), FULL)
    joint = [job for job in every if job.facts.get("arm") == "joint"]
    assert {job.facts["transfer"] for job in joint} == {"few", "viper"}
    for job in joint:
        seed = job.facts["seed"]
        assert f"pretrained/captions/{seed}" in job.needs
        words = job.commands[0].words
        assert words[words.index("--init") + 1] == f"pretrained/captions/{seed}/run/model.safetensors"
        assert words[words.index("--captions") + 1] == "data/captions-orders-4-0.25/source.jsonl@data/source"
        pretrained = options_of(next(one for one in every if one.name == f"pretrained/captions/{seed}"))
        for key, value in options_of(job).items():
            if key.startswith(("joint.objectives.", "joint.data.")):
                assert pretrained[key.removeprefix("joint.")] == value
    assert not any(job.kind == "pretrain" and job.facts["arm"] == "joint" for job in every)
    alone = jobs([arm for arm in arms_of("full") if arm.name == "joint"], FULL)
    assert [job.name for job in alone if job.kind == "pretrain"] == [
        f"pretrained/captions/{i}" for i in range(3)
    ]


def test_the_best_recipe_is_that_of_the_shipped_one():
    from vtbr_train.pretraining import PretrainConfig
    from vtbr_train.settings import resolve, to_values

    settings = to_values(resolve(PretrainConfig, "pretrain", "vtbr-plus", []))
    weights = {name: settings["objectives"][name] for name in ("bicaptioning", *BEST)}
    assert weights == {"bicaptioning": 0, **BEST}
    for key, value in BEST_OPTIONS.items():
        group, name = key.split(".")
        assert settings[group][name] == value


def test_options_are_judged_on_people_that_the_study_does_not_show():
    rendered = {}
    for size in ("full", "ablations"):
        words = [
            job.commands[0].words
            for job in jobs(arms_of(size), SIZES[size])
            if "render" in job.commands[0].words
        ]
        rendered[size] = {word[word.index("--seed") + 1] for word in words}
    assert not rendered["full"] & rendered["ablations"]
    changed = {arm.name: arm for arm in ABLATION_ARMS}
    assert {
        "parallel",
        "third-of-cells",
        "rare-words",
        "eight-captions",
        "near-twins",
        "dual-wrong",
    } <= changed.keys()
    every = {job.facts["arm"]: job for job in jobs(list(ABLATION_ARMS), ABLATIONS) if job.kind == "pretrain"}
    assert options_of(every["near-twins"])["data.near_twins_share"] == "0.5"
    assert options_of(every["dual-wrong"])["objectives.wrong_captions"] == "true"


def test_imagenet_and_viper_are_left_out_where_they_are_not():
    assert "imagenet" not in [arm.name for arm in arms_of("full")]
    assert all("viper" not in arm.transfers for arm in arms_of("full"))
    arms = arms_of("full", has_imagenet=True)
    job = next(
        job for job in jobs(arms, FULL, imagenet="imagenet.pt") if job.name.startswith("pretrained/imagenet")
    )
    assert job.commands[0].words[:3] == ("vtbr-models", "convert", "imagenet.pt")


def test_photographs_are_fine_tuned_on_and_scored_by_the_pretrained_features_alone(tmp_path):
    rows = [
        {"path": f"{i}.jpg", "identity": i % 4, "split": ("train", "query", "gallery")[i % 3]}
        for i in range(30)
    ]
    manifest = tmp_path / "market.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    photos = Photographs.read("market", manifest)
    assert (photos.identities, photos.images, photos.test_images) == (3, 10, 20)
    every = jobs(arms_of("full", has_photographs=True), FULL, [photos])
    found = {(job.facts["arm"], job.facts["transfer"]): job for job in every if job.kind == "finetune"}
    assert ("scratch", "market") in found
    assert ("scratch", "market-zero-shot") not in found
    tuned, frozen = (found["bicaptioning", f"market{kind}"] for kind in ("", "-zero-shot"))
    kept = found["bicaptioning", "market-frozen"]
    assert {"frozen_epochs=4", "epochs=4"} <= set(kept.commands[0].words)
    assert [step.words[1] for step in tuned.commands][:3] == ["finetune", "extract", "reid"]
    assert [step.words[1] for step in frozen.commands][:2] == ["extract", "reid"]
    assert {"photographs/market/market.jsonl", "photographs/market"} <= set(tuned.commands[0].words)
    assert str(tmp_path) not in json.dumps([asdict(job) for job in every])
    before = fingerprints([*every], {"photographs/market": "1"})
    after = fingerprints([*every], {"photographs/market": "2"})
    assert before[tuned.name] != after[tuned.name]
    assert before["pretrained/bicaptioning/0"] == after["pretrained/bicaptioning/0"]


def test_no_command_names_a_place_of_this_machine():
    for job in jobs(arms_of("full", has_viper=True), FULL):
        for step in job.commands:
            assert not any(word.startswith("/") for word in step.words if not word.endswith(".py"))
