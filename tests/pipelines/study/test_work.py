"""What the study runs: fingerprints, the runner, and reading attributes by sentences."""

import sys
from dataclasses import replace

import pytest
from rich.console import Console

from pipelines.study.work.fingerprints import fingerprints
from pipelines.study.work.job import Job, command
from pipelines.study.work.reading import read, sentences
from pipelines.study.work.runner import JobError, Runner


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
