from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from vtbr_models import Extractor
from vtbr_models.export import runtime
from vtbr_models.export.graphs import feature_graph
from vtbr_models.export.inputs import InputConvention
from vtbr_models.inference import Preprocessing


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("VTBR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "onnx"


@pytest.fixture
def graph(embedder, preprocessing):
    return feature_graph(embedder, preprocessing, {}, InputConvention())


@pytest.fixture
def calls(monkeypatch):
    """What was exported, by a stand-in that takes no time."""
    made = []

    def encode(graph):
        made.append(graph)
        return f"network {len(made)}".encode()

    monkeypatch.setattr(runtime, "encode_onnx", encode)
    return made


def test_a_network_is_exported_once_and_then_read(reid_checkpoint, folder, capsys):
    pytest.importorskip("onnxruntime")
    pictures = np.random.default_rng(0).integers(0, 256, (3, 64, 32, 3), dtype=np.uint8)
    first = Extractor(reid_checkpoint, backend="onnxruntime")(pictures)
    (path,) = folder.iterdir()
    said = capsys.readouterr().err
    assert said.startswith(f"exported for ONNX Runtime, kept in {path} (")
    assert said.count("\n") == 1
    second = Extractor(reid_checkpoint, backend="onnxruntime")(pictures)
    assert capsys.readouterr().err == ""
    np.testing.assert_array_equal(first, second)


def test_an_export_that_is_kept_is_not_made_again(graph, calls):
    assert runtime.exported(graph) == runtime.exported(graph) == b"network 1"


@pytest.mark.parametrize("what", ["weights", "statistics", "feature", "convention", "normalisation"])
def test_another_network_has_an_export_of_its_own(what, embedder, preprocessing, calls):
    convention = InputConvention()
    before = runtime.exported(feature_graph(embedder, preprocessing, {}, convention))
    with torch.no_grad():
        if what == "weights":
            embedder.visual.conv1.weight[0, 0, 0, 0] += 1e-6
        elif what == "statistics":
            embedder.neck.running_var[0] += 1e-6
    if what == "feature":
        embedder.feature = "before"
    elif what == "convention":
        convention = replace(convention, flip=True)
    elif what == "normalisation":
        preprocessing = Preprocessing(height=64, width=32, mean=(0.5, 0.5, 0.5))
    after = runtime.exported(feature_graph(embedder, preprocessing, {}, convention))
    assert (before, after) == (b"network 1", b"network 2")


def test_a_damaged_export_is_said_and_made_again(graph, calls, folder, capsys):
    runtime.exported(graph)
    (path,) = folder.iterdir()
    path.write_bytes(b"network !")
    capsys.readouterr()
    assert runtime.exported(graph) == b"network 2"
    assert f"{path} is damaged: exporting the network again\n" in capsys.readouterr().err
    assert runtime.exported(graph) == b"network 2"


def test_a_cache_that_cannot_be_written_is_done_without(graph, calls, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("VTBR_CACHE", str(tmp_path / "file"))
    assert runtime.exported(graph) == b"network 1"
    said = capsys.readouterr().err
    assert "not kept" in said
    assert said.endswith(": Not a directory; set VTBR_CACHE to a folder that can be written\n")


def test_processes_that_export_at_once_leave_one_whole_file(folder):
    model = os.urandom(1_000_000)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: runtime._keep(folder / "a.onnx", model), range(16)))
    assert [path.name for path in folder.iterdir()] == ["a.onnx"]
    assert (folder / "a.onnx").read_bytes() == model


def test_the_exports_last_used_are_kept(folder):
    for number in range(runtime.NUM_KEPT + 3):
        runtime._keep(folder / f"{number}.onnx", b"x")
        os.utime(folder / f"{number}.onnx", (number, number))
    names = {path.stem for path in folder.iterdir()}
    assert names == {str(number) for number in range(3, runtime.NUM_KEPT + 3)}
