from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from vtbr_eval.cli import COMMANDS, main
from vtbr_eval.files import read_features, write_features

PROGRAM = [sys.executable, "-m", "vtbr_eval"]


def run(*args, **others):
    return CliRunner().invoke(main, [str(arg) for arg in args], **others)


@pytest.fixture
def features(tmp_path, table):
    write_features(table, tmp_path / "a.safetensors")
    return tmp_path / "a.safetensors"


@pytest.fixture
def single_camera(tmp_path, table):
    arrays = {"features": table.features, "identity": table.identity, "camera": np.ones(len(table), int)}
    path = tmp_path / "single.npz"
    np.savez(path, **arrays, split=table.split, path=list(table.path))
    return path


@pytest.mark.parametrize("args", [["--help"], *([command, "--help"] for command in COMMANDS)])
def test_help_ends_in_an_example_and_loads_nothing_heavy(args):
    code = (
        "import sys; from vtbr_eval.cli import main; main(sys.argv[1:], standalone_mode=False);"
        "print({'numpy', 'scipy', 'rich', 'torch'} & set(sys.modules))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, check=True
    ).stdout
    assert "Example:\n" in out
    assert out.endswith("set()\n")


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


def test_a_pipe_carries_features_from_convert_to_reid(single_camera):
    convert = subprocess.Popen([*PROGRAM, "convert", single_camera], stdout=subprocess.PIPE)
    scored = subprocess.run([*PROGRAM, "reid", "-", "--no-camera"], stdin=convert.stdout, capture_output=True)
    convert.stdout.close()
    assert convert.wait() == 0
    assert scored.returncode == 0
    assert json.loads(scored.stdout) | {"input": 0} == json.loads(
        run("reid", single_camera, "--no-camera").stdout
    ) | {"input": 0}


@pytest.mark.parametrize(
    "args", [["convert"], ["reid", "--no-camera", "-o", os.devnull, "--per-query", "/dev/stdout"]]
)
def test_a_closed_pipe_ends_quietly(single_camera, args):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*PROGRAM, args[0], single_camera, *args[1:]], stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert b"Traceback" not in done.stderr
    assert b"Error" not in done.stderr


def test_control_c_ends_in_one_word_and_writes_nothing(features, tmp_path):
    # A shell's background jobs ignore Ctrl-C, and their children inherit that.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from vtbr_eval.cli import main; main()"
    )
    command = [sys.executable, "-c", program, "reid", "-", "-o", str(tmp_path / "scores.json")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(features.read_bytes()[:64] + bytes(2**20))  # more than a pipe holds: it reads
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[1].split() == [b"Aborted!"]
        assert process.returncode == 1
    assert not (tmp_path / "scores.json").exists()


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


def test_scores_become_a_table_for_a_paper(features, tmp_path):
    for name, args in (("plain", []), ("euclidean", ["--distance", "euclidean"])):
        assert run("reid", features, *args, "-o", tmp_path / f"{name}.json").exit_code == 0
    shown = run("table", tmp_path / "plain.json", tmp_path / "euclidean.json", "--measures", "mAP,rank-1")
    assert shown.stdout.startswith("| system | mAP | rank-1 |")
    assert "made under different protocols" in shown.stderr
    piped = run("table", "-", "--as", "latex", "--names", "ours", input=(tmp_path / "plain.json").read_text())
    assert "ours & " in piped.stdout
    assert "2 names for 1 files" in run("table", tmp_path / "plain.json", "--names", "a,b").stderr


def test_features_become_an_npz_and_come_back(features, tmp_path, table):
    assert run("convert", features, "-o", tmp_path / "x.npz").exit_code == 0
    again = read_features(tmp_path / "x.npz")
    assert again.features.tolist() == table.features.tolist()
    assert again.split.tolist() == table.split.tolist()
    assert list(again.path) == list(table.path)
    first = (tmp_path / "x.npz").read_bytes()
    run("convert", features, "-o", tmp_path / "x.npz")
    assert (tmp_path / "x.npz").read_bytes() == first


def test_a_table_of_columns_is_named_for_a_lone_array(tmp_path):
    np.save(tmp_path / "x.npy", np.eye(2))
    (tmp_path / "people.csv").write_text("path,identity,camera,split\na,1,1,query\nb,1,2,gallery\n")
    result = run("convert", tmp_path / "x.npy", "--columns", tmp_path / "people.csv", "-o", tmp_path / "y")
    assert "wrote 2 features of width 2" in result.stderr
    assert "or name one with --columns FILE" in run("reid", tmp_path / "x.npy").stderr


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


def test_texts_search_for_images(features, tmp_path):
    args = ["search", features, features, "--ranks", "1,3", "--per-query", tmp_path / "q"]
    written = json.loads(run(*args, "--ranked", tmp_path / "r", "--top", 2).stdout)
    assert written["R@1"] == 1
    assert "R@3" in written
    lists = [json.loads(line) for line in (tmp_path / "r").read_text().splitlines()]
    assert len(lists) == len((tmp_path / "q").read_text().splitlines()) == 60
    assert "protocol text-to-image" in run(*args, "--table").stdout
    assert "standard input holds either the texts or the images" in run("search", "-", "-").stderr


def test_an_empty_pipe_is_refused_in_one_line():
    done = subprocess.run([*PROGRAM, "reid", "-"], input="", capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: standard input: is empty (0 bytes)")
    assert done.stderr.count("\n") == 1


def test_a_truncated_file_ends_in_one_line_and_writes_nothing(features, tmp_path):
    features.write_bytes(features.read_bytes()[:-1])
    result = run("reid", features, "-o", tmp_path / "scores.json")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "the file was cut short" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == [features.name]


def test_a_missing_file_and_a_missing_folder_are_named(features, tmp_path):
    assert f"Error: {tmp_path}/no: No such file" in run("reid", tmp_path / "no").stderr
    target = tmp_path / "no" / "scores.json"
    assert f"Error: {target}: No such file" in run("reid", features, "-o", target).stderr


@pytest.mark.parametrize("command", ["convert", "reid"])
def test_a_full_disk_ends_in_one_line(features, command):
    # By redirection: a careless writer, run as root with `-o /dev/full`, would replace the device.
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run([*PROGRAM, command, features], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "Error: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--ranks", "0"], "'0' is not a list of ranks such as 1,5,10"),
        (["--ranks", "1,,5"], "is not a list of ranks"),
        (["--distance", "dot"], "'dot' is not one of 'cosine', 'euclidean'"),
        (["--nonsense"], "No such option"),
        (["--fpr", "2"], "'2' is not a list of rates such as 1e-4"),
        (["--fpr", "x"], "'x' is not a list of rates such as 1e-4"),
        (["--average-precision", "circles"], "is not one of 'rectangles', 'trapezoids'"),
    ],
)
def test_a_wrong_command_line_exits_with_two(features, args, message):
    result = run("reid", features, *args)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize("args", [["--rerank", "--k1", 0], ["--bootstrap", -1], ["--rerank", "--lambda", 2]])
def test_settings_out_of_range_exit_with_one(features, args):
    assert run("reid", features, *args).exit_code == 1


@pytest.mark.parametrize(
    "args",
    [
        ["reid", "{a}", "-o", "{a}"],
        ["reid", "{a}", "--per-query", "{link}"],
        ["rerank", "{a}", "--matrix", "{a}"],
        ["convert", "{folder}", "-o", "{a}"],
        ["convert", "{npy}", "-o", "{csv}"],
        ["compare", "{b}", "{a}", "-o", "{a}"],
        ["search", "{b}", "{a}", "--ranked", "{a}"],
        ["report", "{b}", "--other", "{a}", "-o", "{a}"],
        ["table", "{a}", "-o", "{a}"],
        ["captions", "{b}", "--reference", "{a}", "-o", "{a}"],
    ],
)
def test_an_output_that_is_an_input_is_refused_before_anything_is_opened(tmp_path, features, args):
    names = {"a": features, "b": tmp_path / "no such file", "folder": tmp_path}
    names |= {"npy": tmp_path / "x.npy", "csv": tmp_path / "x.csv", "link": tmp_path / "link"}
    names["npy"].write_bytes(b"-")
    names["csv"].write_text("path,pid\n")
    names["link"].symlink_to(features)
    before = features.read_bytes()
    result = run(*(arg.format(**names) for arg in args))
    assert result.exit_code == 1
    assert "is an input of this command and would be lost: name another output" in result.stderr
    assert result.stderr.count("\n") == 1
    assert features.read_bytes() == before
    assert names["csv"].read_text() == "path,pid\n"


def test_two_outputs_of_one_name_are_refused(features, tmp_path):
    result = run("reid", features, "-o", tmp_path / "x", "--ranked", tmp_path / "." / "x")
    assert "is named for two outputs" in result.stderr
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("args", "options"),
    [
        (["reid", "--per-query", "-"], "--output and --per-query"),
        (["reid", "--table", "--dropped", "-"], "--dropped and --table"),
        (["rerank", "--matrix", "-"], "--output and --matrix"),
        (["rerank", "--table", "--ranked", "-"], "--table and --ranked"),
    ],
)
def test_two_results_on_standard_output_are_refused(features, args, options):
    result = run(args[0], features, *args[1:])
    assert result.exit_code == 1
    assert "would both write to standard output" in result.stderr
    assert set(options.split(" and ")) <= set(result.stderr.split())


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--k2", "3"], "--k2 has no effect without --rerank"),
        (["--junk-neighbours"], "--junk-neighbours has no effect without --rerank"),
        (["--top", "3"], "--top has no effect without --ranked"),
    ],
)
def test_an_option_without_the_one_it_needs_is_refused(features, args, message):
    result = run("reid", features, *args)
    assert result.exit_code == 2
    assert message in result.stderr


def test_options_of_tables_are_refused_for_a_features_file(features):
    result = run("reid", features, "--column", "identity=PERSON")
    assert result.exit_code == 1
    assert "is a features file, whose columns are fixed" in result.stderr


def test_a_mistyped_command_is_answered_with_the_nearest():
    result = run("ried", "x")
    assert result.exit_code == 2
    assert "there is no command 'ried': did you mean reid" in result.stderr


def test_a_column_is_named_on_the_command_line(tmp_path):
    np.save(tmp_path / "x.npy", np.eye(3, dtype=np.float32))
    (tmp_path / "x.csv").write_text("PERSON,where,split\nAda,gate,query\nAda,door,gallery\nBo,door,gallery\n")
    columns = ["--column", "identity=PERSON", "--column", "camera=where"]
    result = run("reid", tmp_path / "x.npy", *columns)
    assert json.loads(result.stdout)["counts"]["identities"] == 1
    assert 'read identity from "PERSON", camera from "where", split' in result.stderr
    assert "identity: 2 names numbered from 1" in result.stderr


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
