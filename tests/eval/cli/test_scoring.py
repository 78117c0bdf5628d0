from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from tests.support.eval_commands import run


def test_scores_go_to_standard_output_as_json(features):
    result = run("reid", features, "--ranks", "1,20", "--bootstrap", 50)
    scores = json.loads(result.stdout)
    assert result.stderr == f"{features}: 60 features of width 8 (20 query, 40 gallery, 0 train)\n"
    assert set(scores) == {
        "format", "version", "mAP", "mINP", "rank-1", "rank-20", "interval", "protocol", "counts", "dropped",
        "input", "warnings",
    }  # fmt: skip
    assert set(scores["interval"]) == {"mAP", "mINP", "rank-1", "rank-20"}
    assert scores["input"]["name"] == str(features)


def test_a_table_is_for_people_and_shows_percent(features):
    result = run("reid", features, "--table", "--rerank", "--k1", 5)
    assert "95 % interval" in result.stdout
    assert "re-ranked (5, 6, 0.3)" in result.stdout
    assert "{" not in result.stdout


def test_per_query_scores_average_to_the_total(features, tmp_path):
    scores = json.loads(run("reid", features, "--per-query", tmp_path / "q.jsonl.gz").stdout)
    packed = (tmp_path / "q.jsonl.gz").read_bytes()
    lines = [json.loads(line) for line in gzip.decompress(packed).splitlines()]
    assert len(lines) == scores["counts"]["scored_queries"]
    assert np.mean([line["AP"] for line in lines]) == pytest.approx(scores["mAP"])
    assert np.mean([line["ranks"][0] == 1 for line in lines]) == pytest.approx(scores["rank-1"])


def test_one_camera_is_explained_and_scored_without_cameras(single_camera):
    refused = run("reid", single_camera)
    assert refused.exit_code == 1
    assert "add --no-camera" in refused.stderr
    assert refused.stdout == ""
    assert json.loads(run("reid", single_camera, "--no-camera").stdout)["protocol"]["name"] == "no-camera"


def test_dropped_queries_are_listed_on_demand(tmp_path):
    arrays = {"features": np.eye(3), "identity": [1, 2, 1], "camera": [1, 1, 2], "path": ["a", "b", "c"]}
    np.savez(tmp_path / "x.npz", **arrays, split=["query", "query", "gallery"])
    result = run("reid", tmp_path / "x.npz", "--dropped", tmp_path / "dropped.jsonl")
    assert (
        "1 of 2 queries have no correct match in the gallery and are not scored: listed in" in result.stderr
    )
    (line,) = (tmp_path / "dropped.jsonl").read_text().splitlines()
    assert json.loads(line) == {"path": "b", "identity": 2, "camera": 1, "reason": "identity_absent"}
    assert (
        "1 queries not scored: of somebody who is not in the gallery"
        in run("reid", tmp_path / "x.npz", "--table").stdout
    )


def test_protocols_are_printed_with_every_switch():
    every = json.loads(run("protocols").stdout)
    assert every["viper-like"]["draws"] == {"gallery_shots": 1, "people_share": 0.5, "repeats": 10, "seed": 0}
    assert list(json.loads(run("protocols", "layumi").stdout)) == ["layumi"]
    assert "trapezoids" in run("protocols", "--table").stdout
    assert "no protocol is called 'x': it is one of market1501" in run("protocols", "x").stderr


def test_a_named_protocol_draws_and_is_echoed(features):
    args = ["reid", features, "--protocol", "cuhk03-classic", "--repeats", 3, "--seed", 7]
    written = json.loads(run(*args).stdout)
    assert written["protocol"]["name"] == "cuhk03-classic"
    assert written["protocol"]["draws"]["repeats"] == len(written["by_repeat"]["mAP"]) == 3
    assert "mean of 3 test sets (seed 7)" in run(*args, "--table").stdout
    assert "draws no test sets, so --repeats has no effect" in run("reid", features, "--repeats", 3).stderr


def test_more_than_a_mean_is_added_on_request(features, tmp_path):
    args = ["--precision", "5", "--fpr", "0.1,1e-9", "--camera-pairs", "--ranked", tmp_path / "r", "--top", 3]
    written = json.loads(run("reid", features, *args).stdout)
    assert 0 < written["precision-5"] < 1
    assert [point["fpr"] for point in written["open_set"]["roc"]] == [1e-9, 0.1]
    assert len(written["camera_pairs"]) == 6
    lists = [json.loads(line) for line in (tmp_path / "r").read_text().splitlines()]
    assert {len(line["gallery"]) for line in lists} == {3}
    shown = run("reid", features, *args, "--table").stdout
    assert "too few pairs" in shown
    assert "gallery camera" in shown


def test_rerank_prints_the_scores_of_reid_or_the_lists(features, tmp_path):
    options = ["--k1", 4, "--k2", 2, "--bootstrap", 10]
    scores = run("rerank", features, *options, "--ranked", tmp_path / "lists").stdout
    assert scores == run("reid", features, "--rerank", *options).stdout
    lists = run("rerank", features, *options, "--ranked", "-", "--top", 10).stdout
    assert lists == (tmp_path / "lists").read_text()
    assert json.loads(lists.splitlines()[0])["gallery"][0]["rank"] == 1


def test_a_matrix_is_written_only_when_asked_for(features, tmp_path):
    result = run("rerank", features, "--matrix", tmp_path / "all.npy", "-o", tmp_path / "scores.json")
    counts = json.loads((tmp_path / "scores.json").read_text())["counts"]
    matrix = np.load(tmp_path / "all.npy")
    assert matrix.shape == (counts["scored_queries"], counts["gallery"] - counts["junk"])
    assert matrix.dtype == np.float32
    assert 0 <= matrix.min() <= matrix.max() <= 1 + 1e-6
    assert "wrote the distances of" in result.stderr
    drawn = run("rerank", features, "--protocol", "viper-like", "--matrix", tmp_path / "no.npy")
    assert drawn.exit_code == 1
    assert not (tmp_path / "no.npy").exists()


def test_neighbours_are_added_on_request_and_echoed(features):
    plain = json.loads(run("reid", features, "--bootstrap", 0).stdout)
    args = ["--expand-queries", 3, "--augment-gallery", 2, "--alpha", 3]
    moved = json.loads(run("reid", features, "--bootstrap", 0, *args).stdout)
    assert plain["protocol"].pop("expansion") is None
    assert moved["protocol"].pop("expansion") == {
        "query_neighbours": 3, "gallery_neighbours": 2, "alpha": 3.0,
    }  # fmt: skip
    assert moved["protocol"] == plain["protocol"]
    assert moved["mAP"] != plain["mAP"]
    shown = run("reid", features, "--bootstrap", 0, "--table", *args).stdout
    assert "queries moved to their 3 nearest and gallery moved to their 2 nearest (alpha 3)" in shown
    assert "--alpha weights neighbours" in run("reid", features, "--alpha", 3).stderr


def test_texts_search_for_images(features, tmp_path):
    args = ["search", features, features, "--ranks", "1,3", "--per-query", tmp_path / "q"]
    written = json.loads(run(*args, "--ranked", tmp_path / "r", "--top", 2).stdout)
    assert written["R@1"] == 1
    assert "R@3" in written
    lists = [json.loads(line) for line in (tmp_path / "r").read_text().splitlines()]
    assert len(lists) == len((tmp_path / "q").read_text().splitlines()) == 60
    assert "protocol text-to-image" in run(*args, "--table").stdout
    assert "standard input holds either the texts or the images" in run("search", "-", "-").stderr


def test_thresholds_are_calibrated_and_decide(features, tmp_path):
    result = run("calibrate", features, "--fpr", "0.05,0.1", "--fnir", "0.2", "-o", tmp_path / "t.json")
    assert "calibrated on 6 people" in result.stderr
    assert [one["rate"] for one in json.loads((tmp_path / "t.json").read_text())["same"]] == [0.05, 0.1]
    assert "same below" in run("calibrate", features, "--fpr", "0.1", "--table").stdout
    args = ["decide", features, features, "--with", tmp_path / "t.json", "--summary", tmp_path / "s.json"]
    result = run(*args)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == 60
    assert {line["decision"] for line in lines} == {"same"}  # each finds itself
    assert json.loads((tmp_path / "s.json").read_text())["recall"] == 1
    assert "60 same, 0 other, 0 unknown; 6 people in the gallery" in result.stderr
    assert "no threshold for --fpr 0.01, only for 0.05, 0.1" in run(*args, "--fpr", "0.01").stderr
