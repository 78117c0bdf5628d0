from __future__ import annotations

from pathlib import Path

import pytest

from vtbr_data.output import open_output


def test_a_file_appears_only_when_it_is_complete(tmp_path):
    target = tmp_path / "out.txt"
    with open_output(target) as file:
        file.write(b"half")
        assert not target.exists()
        assert (tmp_path / "out.txt.partial").exists()
    assert target.read_bytes() == b"half"
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]


@pytest.mark.parametrize("name", ["out.txt", "out.txt.gz"])
def test_nothing_is_left_when_writing_is_broken_off(tmp_path, name):
    with pytest.raises(KeyboardInterrupt), open_output(tmp_path / name) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    with open_output(tmp_path / "link.txt") as file:
        file.write(b"new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_a_device_is_written_to_and_not_replaced():
    with open_output("/dev/null") as file:
        file.write(b"gone")
    assert Path("/dev/null").is_char_device()


def test_a_full_disk_is_named():
    with (
        pytest.raises(OSError, match="No space left on device: '/dev/full'"),
        open_output("/dev/full") as file,
    ):
        file.write(b"too much")
