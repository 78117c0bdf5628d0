"""The whole protocol of the paper at its smallest: every set and arm, on miniatures in the real layouts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from vtbr_models.backbones import build_backbone

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "pipelines/paper/run.sh"
SMALL = "data.workers=0 data.height=64 data.width=32"
PRETRAIN = "steps=3 schedule.warmup=1 batch_size=4 model.backbone=resnet10 model.textual=L1_H16_A2_F32"
FINETUNE = (
    "epochs=1 schedule.warmup=0 backbone=resnet10 data.identities_per_batch=4 data.images_per_identity=2"
)
SETTINGS = {
    "GPUS": "1",
    "SEEDS": "0",
    "CHECK": "no",
    "PRETRAIN_SETTINGS": f"{PRETRAIN} {SMALL}",
    "FINETUNE_SETTINGS": f"{FINETUNE} {SMALL}",
    "JOINT_SETTINGS": "joint.weight=0.5 joint.share=0.3 joint.text.textual=L1_H16_A2_F32 joint.text.max_tokens=40 "
    "joint.objectives.contrastive=1 joint.objectives.wrong_captions=true joint.data.near_twins_share=0.5",
}


SOME = "scratch imagenet captions"
"""Of the arms, on the sets beside Market-1501, where all are run."""


def paper(folder, commands, **environment):
    path = os.pathsep.join([str(commands), os.environ["PATH"]])
    return subprocess.run(
        ["bash", SCRIPT, folder],
        capture_output=True,
        text=True,
        env={"OMP_NUM_THREADS": "1", **os.environ, **SETTINGS, "PATH": path, **environment},
    )


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    """A folder of the four commands, quick to start."""
    folder = tmp_path_factory.mktemp("bin")
    words = [sys.executable, ROOT / "tests/support/preforked.py", folder]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout.readline() == "ready\n"
        yield folder
        server.stdin.close()


@pytest.fixture(scope="module")
def places(tmp_path_factory, commands):
    """The variables that name the data: rendered people in the layouts of the real sets."""
    root = tmp_path_factory.mktemp("sets")
    render = [commands / "vtbr-data", "render"]
    for words in (["FineGPR", "--identities", "10", "--views", "2"],
                  ["Market-1501", "--style", "target", "--identities", "10", "--views", "6"]):  # fmt: skip
        subprocess.run([*render, *words], cwd=root, check=True, capture_output=True)
    lines = (root / "Market-1501/manifest.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    known = [row for row in rows if row["identity"] > 0]
    lay_out_like_market(root, known, "DukeMTMC-reID", "{identity:04}_c{camera}_f{number:07}.jpg")
    lay_out_like_market(root, known, "cuhk03-np/detected", "{identity:04}_c{camera}_{number}.png")
    lay_out_msmt17(root, known)
    state = {**build_backbone("resnet10").state_dict(), "fc.weight": torch.zeros(1000, 512)}
    torch.save(state | {"fc.bias": torch.zeros(1000)}, root / "resnet10.pth")
    return {
        "FINEGPR": str(root / "FineGPR"), "MARKET1501": str(root / "Market-1501"),
        "DUKEMTMC": str(root / "DukeMTMC-reID"), "CUHK03": str(root / "cuhk03-np"),
        "MSMT17": str(root / "MSMT17"), "IMAGENET": str(root / "resnet10.pth"),
    }  # fmt: skip


def rows_of(table):
    rows = [line for line in table.splitlines() if line.startswith("| ")][2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def lay_out_like_market(root, rows, name, pattern):
    inside = {"train": "bounding_box_train", "query": "query", "gallery": "bounding_box_test"}
    for number, row in enumerate(rows):
        named = pattern.format(identity=row["identity"], camera=row["camera"], number=number)
        put(root / "Market-1501" / row["path"], root / name / inside[row["split"]] / named)


def lay_out_msmt17(root, rows):
    lists: dict[str, list[str]] = {"train": [], "val": [], "query": [], "gallery": []}
    for number, row in enumerate(rows):
        person = row["identity"]
        named = f"{person:04}/{person:04}_{number:03}_{row['camera']:02}_0303morning_0015_0.jpg"
        place = "train" if row["split"] == "train" else "test"
        put(root / "Market-1501" / row["path"], root / "MSMT17" / place / named)
        lists["val" if place == "train" and number % 7 == 0 else row["split"]].append(f"{named} {person}\n")
    for name, lines in lists.items():
        (root / "MSMT17" / f"list_{name}.txt").write_text("".join(lines))


def put(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(source, target)


@pytest.fixture(scope="module")
def done(tmp_path_factory, commands, places):
    """The finished folder and what its run said."""
    folder = tmp_path_factory.mktemp("paper") / "run"
    every = paper(folder, commands, **places, SETS="market1501")
    assert every.returncode == 0, every.stderr
    yield folder, paper(folder, commands, **places, ARMS=SOME)
    shutil.rmtree(folder)  # half a gigabyte of weights


def test_the_whole_protocol_ends_in_a_table_with_every_cell_filled(done):
    folder, result = done
    assert result.returncode == 0, result.stderr
    cells = rows_of(result.stdout)
    assert len(cells) == (8 + 3 * 3) * 2
    for set_name, arm, kind, published, _, ours, rank_1, seeds, source in cells:
        assert 0 <= float(ours) <= 100, (set_name, arm, kind)
        assert 0 <= float(rank_1) <= 100, (set_name, arm, kind)
        assert seeds == "1"
        assert bool(published) == bool(source)
    assert "| Market-1501 | ImageNet |  | 85.9 | 94.5 |" in result.stdout
    assert (folder / "table.md").read_text() == result.stdout


def test_every_run_is_one_of_its_own(done):
    folder, _ = done
    scores = {json.loads(path.read_text())["input"]["fingerprint"] for path in folder.glob("*.scores.json")}
    assert len(scores) == 8 + 3 * 3
    joint = (folder / "market1501-joint-0/settings.yaml").read_text()
    assert "finegpr.jsonl" in joint
    for path in folder.glob("*.reranked.json"):
        k1 = json.loads(path.read_text())["protocol"]["rerank"]["k1"]
        assert k1 == (7 if path.name.startswith("cuhk03") else 20)
    assert not list(folder.glob("**/state.safetensors")), "finished runs keep no state"
    assert not list(folder.glob("*.partial"))


def test_a_second_run_does_what_is_missing_and_no_more(done, commands, places):
    folder, first = done
    (folder / "msmt17-scratch-0.scores.json").unlink()
    again = paper(folder, commands, **places, ARMS=SOME)
    assert again.returncode == 0, again.stderr
    said = [line for line in again.stderr.splitlines() if line.startswith("$ ")]
    assert len(said) == 1
    assert "vtbr-eval reid" in said[0]
    assert again.stdout == first.stdout


def test_another_seed_is_added_to_those_that_are_there(done, commands, places):
    folder, _ = done
    more = paper(folder, commands, **places, SEEDS="0 1", SETS="market1501", ARMS="scratch")
    assert more.returncode == 0, more.stderr
    spread = [cells for cells in rows_of(more.stdout) if cells[7] == "2"]
    assert [cells[:3] for cells in spread] == [
        ["Market-1501", "no pretraining", ""],
        ["Market-1501", "no pretraining", "re-ranked"],
    ]
    assert all("±" in cells[5] for cells in spread)


def test_a_run_that_fails_leaves_the_others_their_turn(done, commands, places):
    folder, _ = done
    (folder / "market1501-scratch-0.scores.json").unlink()
    (folder / "market1501-captions-0.scores.json").unlink()
    (folder / "market1501-scratch-0.features.safetensors").write_bytes(b"")
    result = paper(folder, commands, **places, ARMS=SOME)
    assert result.returncode != 0
    assert "Error: " in result.stderr
    assert (folder / "market1501-captions-0.scores.json").exists()
    assert not (folder / "market1501-scratch-0.scores.json").exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"MARKET1501": ""}, "MARKET1501 is not set: it names the folder of market1501"),
        ({"MSMT17": "/nowhere"}, "MSMT17=/nowhere is not there: it must be the folder of msmt17"),
        ({"IMAGENET": "/nowhere.pth"}, "IMAGENET=/nowhere.pth is not there"),
        ({"FINEGPR": ""}, "FINEGPR is not set"),
        ({"GPUS": "none"}, "GPUS must be at least 1, not none"),
        ({"ARMS": "scratch imagnet"}, "no arm is called imagnet: choose scratch, imagenet, identity"),
        ({"SETS": "market"}, "no set is called market"),
        ({"SEEDS": "one"}, "SEEDS must be whole numbers, not one"),
    ],
)
def test_what_is_missing_is_said_in_one_line_before_anything_is_done(
    tmp_path, commands, places, changed, said
):
    result = paper(tmp_path / "run", commands, **{**places, **changed})
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("Error: ")
    assert said in result.stderr
    assert not (tmp_path / "run").exists()
