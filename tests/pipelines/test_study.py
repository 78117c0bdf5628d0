"""The study: its plan, its cache, what it says of invented results, and its chain at its smallest."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from pipelines.study.ablations import ABLATION_ARMS
from pipelines.study.page import write_all
from pipelines.study.plan import ARMS, BEST, BEST_OPTIONS, CAPTIONS, SCRATCH, planned
from pipelines.study.sizes import ABLATIONS, FULL, QUICK
from pipelines.study.work.fingerprints import fingerprints
from pipelines.study.work.job import Job, command
from pipelines.study.work.jobs import jobs
from pipelines.study.work.reading import commonest_shares, read, sentences
from pipelines.study.work.runner import JobError, Runner
from pipelines.study.work.transfers import Photographs
from pipelines.study.writing import sentences as say
from pipelines.study.writing.analysis import Difference, Study, paired_t, t_interval
from pipelines.study.writing.attributes import from_labels, read_slots
from pipelines.study.writing.enough import Enough, crossing, enough_images

ROOT = Path(__file__).parents[2]
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


def test_the_sentence_that_fits_best_tells_an_attribute():
    told = sentences()
    assert told["upper_colour"]["a person wearing a red top"] == "red"
    truth = [
        {"path": "a", "attributes": {"gender": "male"}},
        {"path": "b", "attributes": {"gender": "female"}},
    ]
    every = [sentence for by_value in told.values() for sentence in by_value]
    scored = [
        {"path": row["path"], "scores": [{"caption": one, "score": float(one == "a man")} for one in every]}
        for row in truth
    ]
    assert read(scored, truth) == {"gender": {"accuracy": 0.5, "commonest": 0.5, "images": 2}}


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


def test_a_fingerprint_follows_commands_needs_and_inputs():
    first = Job(name="a", kind="data", commands=(command("vtbr-data render a --seed 1"),))
    second = Job(name="b", kind="data", commands=(command("vtbr-data index viper viper"),), needs=("a",))
    before = fingerprints([first, second], {"viper": "x"})
    assert fingerprints([first, second], {"viper": "x"}) == before
    assert fingerprints([first, second], {"viper": "y"})["a"] == before["a"]
    assert fingerprints([first, second], {"viper": "y"})["b"] != before["b"]
    other = replace(first, commands=(command("vtbr-data render a --seed 2"),))
    changed = fingerprints([other, second], {"viper": "x"})
    assert changed["a"] != before["a"]
    assert changed["b"] != before["b"]


def test_no_command_names_a_place_of_this_machine():
    for job in jobs(arms_of("full", has_viper=True), FULL):
        for step in job.commands:
            assert not any(word.startswith("/") for word in step.words if not word.endswith(".py"))


def quiet():
    return Console(stderr=True, quiet=True)


def python_job(name, code, needs=()):
    words = (sys.executable, "-c", code)
    return Job(
        name=name, kind="data", commands=(replace(command("x"), words=words, to=f"{name}/out"),), needs=needs
    )


def test_jobs_run_once_and_again_when_their_fingerprint_changes(tmp_path):
    job = python_job("a", "import time; print(time.time_ns())")
    for fingerprint, is_new in (("1", True), ("1", False), ("2", True)):
        before = (tmp_path / "a/out").read_text() if (tmp_path / "a/out").exists() else ""
        Runner(tmp_path, quiet()).run([job], {"a": fingerprint}, parallel=2)
        assert ((tmp_path / "a/out").read_text() != before) == is_new


def test_a_job_that_fails_is_named_and_what_needs_it_does_not_run(tmp_path):
    bad = python_job("bad", "import sys; sys.exit('no room left')")
    after = python_job("after", "print(1)", needs=("bad",))
    with pytest.raises(JobError, match=r"bad.*exit code 1.*no room left"):
        Runner(tmp_path, quiet()).run([bad, after], {"bad": "1", "after": "1"}, parallel=2)
    assert not (tmp_path / "after").exists()
    assert not (tmp_path / "bad/done.json").exists()


def test_an_unfinished_folder_is_not_taken_for_a_finished_one(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/done.json").write_text('{"fingerp')
    assert not Runner(tmp_path, quiet()).is_done(python_job("a", ""), "1")


def difference(by_run, interval):
    return Difference(
        a="bicaptioning",
        b="scratch",
        transfer="few",
        mean=float(np.mean(by_run)),
        interval=interval,
        p_people=0.01,
        by_run=by_run,
        p_seeds=paired_t(np.array(by_run)),
    )


@pytest.mark.parametrize(
    ("by_run", "interval", "verdict", "said"),
    [
        ([0.1, 0.2, 0.1], [0.05, 0.2], "wins", "is ahead of"),
        ([-0.1, -0.2], [-0.3, -0.01], "loses", "is behind"),
        ([0.1, 0.2], [-0.01, 0.3], "undecided", "cannot be told from"),
        ([0.3, -0.1], [0.05, 0.2], "undecided", "cannot be told from"),
        ([0.1], [0.05, 0.2], "undecided", "cannot be told from"),
    ],
)
def test_a_difference_counts_only_where_interval_and_runs_agree(by_run, interval, verdict, said):
    one = difference(by_run, interval)
    assert one.verdict == verdict
    assert said in say.compared(one)
    assert say.interval(interval) in say.compared(one)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=5), st.floats(-1, 1), st.floats(-1, 1))
def test_no_sentence_claims_a_sign_that_a_run_contradicts(by_run, low, high):
    one = difference(by_run, sorted([low, high]))
    if min(by_run) <= 0:
        assert one.verdict != "wins"
    if max(by_run) >= 0:
        assert one.verdict != "loses"


@given(st.lists(st.floats(0, 1), min_size=2, max_size=5), st.floats(0, 1))
def test_a_crossing_lies_where_the_line_is_at_the_level(values, level):
    fractions = np.linspace(0.25, 1, len(values)).tolist()
    share = crossing(fractions, [*values, level])
    if share is None:
        assert max(values) < level
    elif share > fractions[0]:
        assert np.interp(share, fractions, values) == pytest.approx(level, abs=1e-9)


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        ([0.25, 0.7], "is within what these runs support"),
        ([0.8, None], "is not supported"),
        ([None, None], "is not supported"),
        ([0.3, 1.0], "do not decide"),
    ],
)
def test_the_published_claim_is_judged_by_the_interval(interval, said):
    one = Enough(baseline="identity", transfer="few", share=interval[0], interval=interval, least=0.25)
    assert said in say.enough(one)


def test_all_of_our_images_are_few_beside_imagenets():
    one = Enough(baseline="imagenet", transfer="viper", share=0.9, interval=[0.5, 1.0], least=0.25)
    assert "On VIPeR, captions equal ImageNet's weights with 90 % of the images" in say.enough(one)
    assert "1.28 million) is within what these runs support" in say.enough(one)


def test_attributes_are_right_where_the_true_value_was_named():
    labels = {
        "upper_colour=red": {"positives": 3, "negatives": 1, "TPR": 1.0, "TNR": 1.0},
        "upper_colour=blue": {"positives": 1, "negatives": 3, "TPR": 0.0, "TNR": 1.0},
    }
    assert from_labels(labels) == {"upper_colour": 0.75}
    rows = [{"attributes": {"hat": value}} for value in (True, False, False)]
    assert commonest_shares(rows) == {"hat": pytest.approx(2 / 3)}
    assert read_slots([{"arm": "scratch"}], {}).accuracy == {}


LEVELS = {
    "scratch": 0.3,
    "identity": 0.5,
    "bicaptioning": 0.45,
    "captions": 0.6,
    "captions-quarter": 0.5,
    "captions-sixteenth": 0.2,
    "joint": 0.61,
}


@pytest.fixture
def results(tmp_path):
    """Results of an invented study: arms differ as LEVELS has it, the rest is noise."""
    random = np.random.default_rng(3)
    about = {"name": "quick", "size": asdict(QUICK), "versions": {"torch": "0"}}
    lines = [{"kind": "study", **about, "commonest": {"hat": 0.8}}]
    for arm in ARMS:
        for seed in range(2 if arm.name in LEVELS else 0):
            facts = {**arm.facts, "seconds": 1.0, "seed": seed}
            if arm.objectives:
                said = {"hat": {"accuracy": 0.9}, "CIDEr-D": 1.5}
                curve = {"validation_loss": [[1, 4.0], [2, 3.0]]}
                search = {"R@1": 0.25, "R@5": 0.5, "mAP": 0.3, "counts": {"gallery": 240}}
                reading = {"hat": {"accuracy": 0.85, "commonest": 0.8, "images": 240}}
                more = {"search_scores": search, "reading_scores": reading} if arm.name == "captions" else {}
                lines.append({"kind": "pretrain", **facts, "curve": curve, "captions_scores": said, **more})
            queries = f"{arm.name}-{seed}.jsonl"
            rows = [
                {"path": f"{i}.jpg", "identity": i // 4, "ranks": [1 if i % 2 else 3],
                 "AP": float(np.clip(LEVELS[arm.name] + random.normal(0, 0.05), 0.01, 1))}
                for i in range(160)
            ]  # fmt: skip
            (tmp_path / queries).write_text("".join(json.dumps(row) + "\n" for row in rows))
            curve = {"mAP": [[1, 0.1], [2, LEVELS[arm.name]]]}
            lines.append({"kind": "finetune", **facts, "transfer": "few", "split": None, "queries": queries,
                          "curve": curve, "report": "r.html" if seed == 0 else None})  # fmt: skip
    path = tmp_path / "results.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_the_page_says_what_the_invented_results_hold(results, tmp_path):
    (tmp_path / "docs").mkdir()
    written = write_all(results, tmp_path / "docs")
    lines = (tmp_path / "docs/study.md").read_text()
    assert lines.startswith("# Does caption pretraining help Re-ID? The quick study\n")
    assert all(len(line) <= 120 for line in lines.splitlines() if not line.startswith(("|", "![", "    ")))
    text = " ".join(lines.split())
    assert re.search(r"captions is ahead of bicaptioning: \+1[45]\.\d points", text)
    assert re.search(r"\| captions \| scratch \| \+(29|30)\.\d \|", text)
    assert re.search(r"\| identity \| \+(9|10)\.\d \[\+\d\.\d, \+1\d\.\d\] ahead \|", text)
    assert re.search(r"captions equal identity pretraining on all images with 2[3-9] % of the images", text)
    assert "for 25.0 % of the captions of people never seen the first of 240 pictures" in text
    assert "beat always saying the commonest value for hat of 1" in text
    assert "joint cannot be told from captions" in text or "joint is ahead of captions" in text
    no_help = text[text.index("## Where pretraining does not help") : text.index("## Limits")]
    assert "captions-sixteenth is behind scratch" in no_help
    assert "no real picture was scored" in text
    for name in ("arms", "fractions", "pretraining", "finetuning", "attributes", "reading"):
        assert f"study/{name}.svg" in text
        assert (tmp_path / f"docs/study/{name}.svg").exists()
        assert (tmp_path / f"figures/{name}.png").read_bytes().startswith(b"\x89PNG")
    page = (tmp_path / "page.html").read_text()
    assert "src=" not in page
    assert '<a href="r.html">' in page
    before = {path: path.read_bytes() for path in written}
    assert {path: path.read_bytes() for path in write_all(results, tmp_path / "docs")} == before


def test_a_quarter_of_the_images_suffices_where_a_quarter_scores_like_the_baseline(results):
    found = enough_images(Study(results), "identity")
    assert found.share == pytest.approx(0.25, abs=0.03)
    assert 0.2 < found.interval[0] <= found.share <= found.interval[1] < 0.35
    assert enough_images(Study(results), "imagenet") is None


def test_the_options_page_holds_each_option_against_the_published_recipe(results, tmp_path):
    lines = results.read_text().splitlines()
    about = {**json.loads(lines[0]), "name": "ablations", "size": asdict(ABLATIONS)}
    results.write_text("\n".join([json.dumps(about), *lines[1:]]) + "\n")
    write_all(results, None)
    text = (tmp_path / "ablations.md").read_text()
    assert re.search(
        r"\| captions \| .* \| 60\.\d \| \+15\.\d \[\+\d+\.\d, \+\d+\.\d\] ahead \| 25.0 \| 85.0 \|", text
    )
    assert re.search(r"\| scratch \| .* behind \|  \|  \|", text)
    assert "nox -s study -- --ablations" in text


def test_a_paired_t_test_equals_scipys():
    from scipy.stats import ttest_1samp

    values = np.array([0.1, 0.3, 0.15])
    assert paired_t(values) == pytest.approx(ttest_1samp(values, 0).pvalue)
    assert paired_t(values[:1]) is None
    low, high = ttest_1samp(values, 0).confidence_interval()
    assert t_interval(values) == pytest.approx([low, high])
    assert t_interval(values[:1]) is None


TINY = shlex.split("""--quick --arm captions --arm joint --transfer few --parallel 1 --backbone resnet10
--size seeds=1 --size people=40 --size views=2 --size held_out=3 --size target_people=8 --size target_views=6
--size few=3 --size steps=4 --size batch_size=4 --size textual=L1_H16_A2_F32 --size few_epochs=2""")

STUDY = [sys.executable, "-m", "pipelines.study"]


def study(folder, *words):
    environment = {name: value for name, value in os.environ.items() if name != "VTBR_REAL_DATA"}
    line = [*STUDY, str(folder), *words]
    return subprocess.run(line, capture_output=True, text=True, env=environment, check=False, cwd=ROOT)


def test_the_study_runs_end_to_end_and_not_twice(tmp_path):
    if shutil.which("vtbr-data", path=Path(sys.executable).parent) is None:
        pytest.skip("the commands are not installed beside this Python")
    own = tmp_path / "own"
    people = "--style target --identities 6 --views 6 --pixels 32x64"
    render = [sys.executable, "-m", "vtbr_data", "render", str(own), *people.split()]
    subprocess.run(render, check=True, capture_output=True)
    lines = (own / "manifest.jsonl").read_text().splitlines(keepends=True)
    tested = [line for line in lines if '"train"' not in line]
    (own / "test.jsonl").write_text("".join(tested))
    words = [*TINY, "--transfer", "photographs-zero-shot", "--photographs", f"own={own / 'test.jsonl'}"]
    first = study(tmp_path / "study", *words)
    assert first.returncode == 0, first.stderr
    assert "own is scored without fine-tuning alone" in first.stderr
    lines = [json.loads(line) for line in (tmp_path / "study/results.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["study", "pretrain", "finetune", "finetune", "finetune"]
    assert [line["transfer"] for line in lines[2:]] == ["few", "own-zero-shot", "few"]
    assert lines[1]["search_scores"]["counts"]["gallery"] == 12
    assert 0 <= lines[1]["reading_scores"]["gender"]["accuracy"] <= 1
    assert [line["arm"] for line in lines[2:]] == ["captions", "captions", "joint"]
    assert all(0 < line["scores"]["mAP"] <= 1 for line in lines[2:])
    assert "own, zero-shot: mAP, spread / rank-1" in (tmp_path / "study/study.md").read_text()
    assert (tmp_path / "study" / lines[2]["report"]).exists()
    assert (tmp_path / "study/page.html").exists()
    again = study(tmp_path / "study", *words)
    assert "9 of 9 jobs are done already" in again.stderr


def test_asked_to_stop_it_ends_in_one_line_and_leaves_no_command_behind(tmp_path):
    if shutil.which("vtbr-data", path=Path(sys.executable).parent) is None:
        pytest.skip("the commands are not installed beside this Python")
    line = [*STUDY, str(tmp_path / "study"), *TINY, "--size", "views=4000"]
    process = subprocess.Popen(line, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    while not (tmp_path / "study/data/source.log").exists():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert said.strip().splitlines()[-1].startswith("Stopped: the same command continues")
    assert "Traceback" not in said
    assert not (tmp_path / "study/data/source/done.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--arm", "tokens"], "--arm tokens: there are scratch"),
        (["--size", "step=3"], "--size step: there are backbone"),
        (["--size", "steps=few"], "--size steps takes a number, not 'few'"),
        (["--imagenet", "missing.pth"], "no such file"),
        (["--viper", "missing"], "no folder cam_a"),
        (["--photographs", "market"], "--photographs takes NAME=MANIFEST"),
        (["--photographs", "few=pyproject.toml"], "choose another name"),
        (
            ["--photographs", "market=gone.jsonl"],
            "there is no manifest gone.jsonl; vtbr-data index makes one",
        ),
        (["--photographs", "market=README.md"], "README.md is not a manifest"),
    ],
)
def test_a_wrong_option_is_one_line(tmp_path, words, said):
    result = study(tmp_path / "study", "--dry-run", *words)
    assert result.returncode == 1
    assert said in result.stderr.splitlines()[-1]
