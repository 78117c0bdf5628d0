from __future__ import annotations

import json

import numpy as np
import pytest

from tests.support.eval_commands import run
from vtbr_eval.files import write_features


def test_two_systems_are_compared(features):
    comparison = json.loads(run("compare", features, features).stdout)
    assert comparison["mAP"]["difference"] == 0
    assert comparison["mAP"]["interval"] == [0, 0]
    assert "+0.0 to +0.0" in run("compare", features, features, "--table").stdout


def test_three_systems_make_three_pairs(features, tmp_path):
    written = json.loads(run("compare", *[features] * 3, "--randomisations", 0).stdout)
    assert len(written["pairs"]) == 3
    assert "p_holm" not in written["pairs"][0]["mAP"]
    assert "1 and 3" in run("compare", *[features] * 3, "--table").stdout


def test_runs_of_other_seeds_have_a_mean_and_a_spread(features, tmp_path, table, with_features):
    write_features(with_features(table, table.features**3), tmp_path / "b.safetensors")
    written = json.loads(run("seeds", features, tmp_path / "b.safetensors").stdout)
    assert written["mAP"]["mean"] == pytest.approx(np.mean(written["mAP"]["values"]))
    assert "spread" in run("seeds", features, tmp_path / "b.safetensors", "--table").stdout


def test_scores_become_a_table_for_a_paper(features, tmp_path):
    for name, args in (("plain", []), ("euclidean", ["--distance", "euclidean"])):
        assert run("reid", features, *args, "-o", tmp_path / f"{name}.json").exit_code == 0
    shown = run("table", tmp_path / "plain.json", tmp_path / "euclidean.json", "--measures", "mAP,rank-1")
    assert shown.stdout.startswith("| system | mAP | rank-1 |")
    assert "made under different protocols" in shown.stderr
    piped = run("table", "-", "--as", "latex", "--names", "ours", input=(tmp_path / "plain.json").read_text())
    assert "ours & " in piped.stdout
    assert "2 names for 1 files" in run("table", tmp_path / "plain.json", "--names", "a,b").stderr
