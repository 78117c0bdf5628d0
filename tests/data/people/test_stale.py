from __future__ import annotations

import hashlib
import os

from vtbr_data.people.stale import forget_stale


def test_what_was_compiled_is_forgotten_when_any_source_changes(tmp_path):
    source, index = tmp_path / "body" / "shape.py", tmp_path / "__pycache__" / "shape.nbi"
    for path in (source, index):
        path.parent.mkdir()
        path.write_text("old")
    assert forget_stale(tmp_path)
    assert not index.exists()
    index.write_text("new")
    assert not forget_stale(tmp_path)
    assert index.exists()
    os.utime(source, ns=(1, 1))
    assert forget_stale(tmp_path)
    assert not index.exists()


def test_a_folder_that_cannot_be_written_is_left_alone(tmp_path):
    (tmp_path / "__pycache__").write_text("a file where the folder should be")
    assert not forget_stale(tmp_path)


def test_what_numba_keeps_elsewhere_is_forgotten_too_and_nothing_of_others(tmp_path):
    source, elsewhere = tmp_path / "people" / "shape.py", tmp_path / "numba"
    source.parent.mkdir()
    source.write_text("old")
    digest = hashlib.sha1(str(source.parent).encode()).hexdigest()  # as numba names the folder
    own, other = elsewhere / f"people_{digest}" / "shape.nbi", elsewhere / "other_1" / "x.nbi"
    for path in (own, other):
        path.parent.mkdir(parents=True)
        path.write_text("compiled")
    assert forget_stale(source.parent, str(elsewhere))
    assert not own.exists() and other.exists()
    assert not forget_stale(source.parent, str(elsewhere))
