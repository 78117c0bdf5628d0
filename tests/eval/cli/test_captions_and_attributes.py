from __future__ import annotations

import json
import subprocess

from tests.support.eval_commands import PROGRAM, run


def test_captions_from_a_pipe_are_scored(tmp_path):
    (tmp_path / "truth.jsonl").write_text(
        '{"path": "a", "attributes": {"upper_colour": "red", "lower_colour": "blue"}}\n'
    )
    piped = '{"path": "a", "captions": ["a red shirt and blue jeans"]}\n'
    done = subprocess.run(
        [*PROGRAM, "captions", "-", "--reference", tmp_path / "truth.jsonl"],
        input=piped, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["upper_colour"] == {"images": 1, "accuracy": 1.0, "named": 1.0}


def test_captions_are_scored_for_people_to_read(tmp_path):
    truth = [
        {"path": "a", "captions": ["a man in red"], "attributes": {"hat": True}},
        {"path": "b", "captions": ["a boy"], "attributes": {"hat": False}},
    ]
    (tmp_path / "truth.jsonl").write_text("\n".join(map(json.dumps, truth)))
    args = ["captions", tmp_path / "truth.jsonl", "--reference", tmp_path / "truth.jsonl"]
    assert json.loads(run(*args).stdout)["BLEU-1"] == 1
    shown = run(*args, "--table").stdout
    assert "CIDEr-D" in shown
    assert "recall %" in shown


def test_attributes_from_a_pipe_are_scored(tmp_path):
    (tmp_path / "truth.jsonl").write_text(
        '{"path": "a", "attributes": {"hat": true}}\n{"path": "b", "attributes": {"hat": false}}\n'
    )
    args = ["attributes", "-", "--reference", tmp_path / "truth.jsonl"]
    piped = (tmp_path / "truth.jsonl").read_text()
    assert json.loads(run(*args, input=piped).stdout)["mA"] == 1
    assert "refused %" in run(*args, "--table", input=piped).stdout
