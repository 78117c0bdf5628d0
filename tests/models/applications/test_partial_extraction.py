"""Extractions that pictures, kills or several processes interrupt."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.numpy import load, load_file

from tests.support.extracting import extract, paths_of
from vtbr_models.cli import main
from vtbr_models.inference.views import Views


def test_what_was_done_before_a_bad_picture_is_kept(tmp_path, people, reid_checkpoint):
    victim = people.parent / "é3.jpg"
    whole = victim.read_bytes()
    expected = extract(reid_checkpoint, people, "--batch-size", 2).stdout_bytes
    victim.write_bytes(whole[:100])
    arguments = [reid_checkpoint, people, "-o", tmp_path / "f", "--batch-size", 2]
    result = CliRunner().invoke(main, ["extract", *map(str, arguments)])
    assert result.exit_code == 1
    assert result.stderr.endswith(
        "out of the manifest (2 of 6 images are done and kept: run the same command again to resume)\n"
    )
    assert not (tmp_path / "f").exists()
    victim.write_bytes(whole)
    extract(*arguments)
    assert (tmp_path / "f").read_bytes() == expected
    assert [path.name for path in tmp_path.glob("f*")] == ["f"]


@pytest.mark.parametrize("to_file", [True, False])
@pytest.mark.parametrize("batch_size", [1, 4])
def test_unreadable_pictures_are_left_out_when_asked(tmp_path, people, reid_checkpoint, to_file, batch_size):
    expected = load(extract(reid_checkpoint, people, "--batch-size", 1).stdout_bytes)
    (people.parent / "é3.jpg").write_bytes(b"no picture")
    (people.parent / "é5.bmp").unlink()
    arguments = [reid_checkpoint, people, "--on-error", "skip", "--batch-size", batch_size]
    result = extract(*arguments, *(["-o", tmp_path / "f"] if to_file else []))
    table = load_file(tmp_path / "f") if to_file else load(result.stdout_bytes)
    assert paths_of(table) == ["é0.jpg", "é1.png", "é2.bmp", "é6.jpg"]
    kept = [0, 1, 2, 5]
    np.testing.assert_allclose(table["features"], expected["features"][kept], atol=1e-5)
    assert table["identity"].tolist() == expected["identity"][kept].tolist()
    first, second, last = result.stderr.splitlines()
    assert first.startswith(f"skipped: {people.parent / 'é3.jpg'}: no whole picture")
    assert second.startswith(f"skipped: {people.parent / 'é5.bmp'}: No such file")
    assert last == "extracted 4 features, skipped 2: é3.jpg, é5.bmp"
    assert [path.name for path in tmp_path.glob("f*")] == ["f"] * to_file


def test_a_manifest_of_unreadable_pictures_gives_no_file(tmp_path, people, reid_checkpoint):
    for picture in people.parent.glob("é*"):
        picture.unlink()
    arguments = ["extract", reid_checkpoint, people, "--on-error", "skip", "-o", tmp_path / "f"]
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == 1
    assert "none of the 6 images can be read: correct --root" in result.stderr
    assert not list(tmp_path.glob("f*"))


KILLED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
from vtbr_models.inference import views
average, calls, how = views.Views.average, [], signal.Signals[sys.argv.pop()]
def once(self, network, images):
    calls.append(1)
    if len(calls) == 3:
        os.kill(os.getpid(), how)
    return average(self, network, images)
views.Views.average = once
from vtbr_models.applications import partial_features
partial_features._COMMIT_SECONDS = 0
from vtbr_models.cli import main
main()
"""


@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT"])
def test_an_extraction_that_was_killed_goes_on(tmp_path, people, reid_checkpoint, monkeypatch, how):
    settings = ["--batch-size", 1, "--precision", "float32"]
    arguments = [reid_checkpoint, people, "-o", tmp_path / "f", *settings]
    command = [sys.executable, "-c", KILLED, "extract", *map(str, arguments), how]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert killed.returncode != 0
    if how == "SIGINT":
        assert killed.stderr == (
            "stopped: what is done is kept, and the same command resumes it\n\nAborted!\n"
        )
    assert sorted(path.name for path in tmp_path.glob("f*")) == ["f.partial", "f.progress"]

    refused = CliRunner().invoke(main, ["extract", *map(str, arguments), "--no-flip"])
    assert refused.exit_code == 1
    assert refused.stderr == (
        f"Error: {tmp_path / 'f.partial'} was begun with other settings: resume that one, or delete "
        "f.partial and f.progress\n"
    )

    calls = []
    average = Views.average
    monkeypatch.setattr(Views, "average", lambda *rest: (calls.append(1), average(*rest))[1])
    extract(*arguments)
    assert len(calls) == 4
    assert [path.name for path in tmp_path.glob("f*")] == ["f"]
    assert (tmp_path / "f").read_bytes() == extract(reid_checkpoint, people, *settings).stdout_bytes


def test_two_processes_write_the_file_of_one(tmp_path, people, reid_checkpoint):
    (people.parent / "é3.jpg").write_bytes(b"no picture")
    arguments = [reid_checkpoint, people, "--batch-size", 2, "--on-error", "skip", "--precision", "float32"]
    alone = extract(*arguments, "-o", tmp_path / "alone", "--workers", 1)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", 2, "--standalone"]
    command += ["-m", "vtbr_models", "extract", *arguments, "-o", tmp_path / "together"]
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    result = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=True, env=environment, timeout=300
    )
    assert (tmp_path / "together").read_bytes() == (tmp_path / "alone").read_bytes()
    assert result.stderr.count(alone.stderr.splitlines()[-1]) == 1
