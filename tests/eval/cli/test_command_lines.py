from __future__ import annotations

import pytest

from tests.support.eval_commands import run


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


def test_a_mistyped_command_is_answered_with_the_nearest():
    result = run("ried", "x")
    assert result.exit_code == 2
    assert "No such command 'ried'. Did you mean" in result.stderr
