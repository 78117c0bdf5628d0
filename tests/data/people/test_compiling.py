"""Compiling beforehand: nothing is left for the pictures to compile, and what fails is said."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("numba")

from numba.core.dispatcher import Dispatcher

from vtbr_data.people import compiling
from vtbr_data.people.domains import source, target


def signatures() -> dict[str, int]:
    """Count the compiled signatures of each kernel."""
    return {
        f"{name}.{key}": len(value.signatures)
        for name, module in list(sys.modules.items())
        if name.startswith("vtbr_data.people")
        for key, value in vars(module).items()
        if isinstance(value, Dispatcher)
    }


def test_pictures_find_all_kernels_compiled():
    compiling.compile_people()
    compiling.compile_meshes()
    compiling.compile_backgrounds()
    compiling.compile_pictures()
    before = signatures()
    assert all(before[name] == 1 for name in before if name.endswith((".shade", ".paint_backdrop", ".skin")))
    for shot in [*target.plan(12, 3, 4, 1.0)[:24], *source.plan(3, 4, 4)]:
        shot.take((16, 32))
    assert signatures() == before


def test_a_process_that_cannot_compile_is_named(monkeypatch, capsys):
    failed = subprocess.CompletedProcess([], 1, "", "Traceback ...\nMemoryError\n")
    monkeypatch.setattr(compiling.subprocess, "run", lambda *_, **__: failed)
    compiling.compile_all()
    said = capsys.readouterr().err.splitlines()
    assert (
        said == ["compiling in a process of its own failed (MemoryError): the first pictures take longer"] * 4
    )
