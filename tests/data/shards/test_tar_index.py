import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtbr_data.shards.tar_index import BLOCK, Member, tar_members
from vtbr_data.shards.tar_writing import TarWriter

NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\\\0:", categories=["L", "N"]), min_size=1, max_size=150
)
FILES = st.dictionaries(NAMES, st.binary(max_size=1500), max_size=5)


def archive(files, layout=tarfile.PAX_FORMAT):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=layout) as tar:
        for entry in files:
            info, data = entry if isinstance(entry, tuple) else (entry, b"")
            info = tarfile.TarInfo(info) if isinstance(info, str) else info
            if info.isreg():
                info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def read(data, said=None):
    say = said.append if said is not None else lambda text: None
    return list(tar_members(io.BytesIO(data), len(data), say))


def contents(data):
    return {one.name: data[one.offset : one.offset + one.size] for one in read(data)}


def special(name, kind, target="x"):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@given(FILES, st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]))
def test_the_files_of_any_archive_are_found_where_they_are(files, layout):
    assert contents(archive(files.items(), layout)) == files


@given(
    st.dictionaries(st.from_regex(r"[a-z0-9]{1,90}", fullmatch=True), st.binary(max_size=1500), max_size=5)
)
def test_what_we_write_pythons_tarfile_and_we_read_alike(files):
    buffer = io.BytesIO()
    writer = TarWriter(buffer)
    members = [writer.add(name, data) for name, data in files.items()]
    writer.close()
    data = buffer.getvalue()
    assert len(data) == writer.num_bytes
    assert read(data) == members
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert {info.name: tar.extractfile(info).read() for info in tar} == files


@given(FILES, st.data())
def test_no_damage_leads_outside_the_archive(files, data):
    broken = bytearray(archive(files.items()))
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    broken = bytes(broken[: data.draw(st.integers(0, len(broken)))])
    for member in read(broken):
        assert 0 <= member.offset <= member.offset + member.size <= len(broken)
        assert ".." not in member.name.split("/")


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (("../../etc/passwd", b"x"), "'../../etc/passwd' is a path that leads out of the archive: skipped"),
        (("a/../../b.jpg", b"x"), "is a path that leads out of the archive"),
        (("/etc/passwd", b"x"), "'/etc/passwd' is an absolute path"),
        (("C:/windows.jpg", b"x"), "is an absolute path"),
        (("..\\up.jpg", b"x"), "is no name of a file"),
        (special("link.jpg", tarfile.SYMTYPE, "/etc/passwd"), "'link.jpg' is a symbolic link"),
        (special("link.jpg", tarfile.LNKTYPE, "other"), "is a hard link"),
        (special("pipe.jpg", tarfile.FIFOTYPE), "is a named pipe"),
        (special("disk.jpg", tarfile.BLKTYPE), "is a device"),
        (special("what.jpg", b"Z"), "is no regular file"),
    ],
)
def test_what_could_do_harm_is_skipped_and_said(entry, says):
    said = []
    data = archive([("a.jpg", b"1"), entry, ("b.jpg", b"2")])
    assert [one.name for one in read(data, said)] == ["a.jpg", "b.jpg"]
    assert len(said) == 1
    assert says in said[0]


def test_folders_are_passed_over_in_silence():
    said = []
    data = archive([special("folder", tarfile.DIRTYPE), ("folder/a.jpg", b"1")])
    assert [one.name for one in read(data, said)] == ["folder/a.jpg"]
    assert said == []


@pytest.mark.parametrize("claim", [b"77777777777\0", b"\x80" + b"\xff" * 11, b"00000002000\0"])
def test_a_header_that_claims_more_than_there_is_ends_the_archive(claim):
    data = bytearray(archive([("a.jpg", b"1"), ("b.jpg", b"2")])[: 4 * BLOCK])
    block = data[2 * BLOCK : 3 * BLOCK]
    block[124:136] = claim
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    data[2 * BLOCK : 3 * BLOCK] = block
    said = []
    assert read(bytes(data), said) == [Member("a.jpg", BLOCK, 1)]
    assert "more than there are: cut off here" in said[0]


def test_a_damaged_header_ends_the_archive():
    data = bytearray(archive([("a.jpg", b"1"), ("b.jpg", b"2")]))
    data[2 * BLOCK + 3] ^= 1
    said = []
    assert len(read(bytes(data), said)) == 1
    assert said == ["the header at byte 1024 is damaged: what follows is left out"]


def test_a_name_that_is_no_utf8_is_skipped():
    data = archive([("a.jpg", b"1")], tarfile.USTAR_FORMAT)
    info = tarfile.TarInfo("x.jpg")
    block = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    block[0] = 0xFF
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    said = []
    assert len(read(bytes(block) + data, said)) == 1
    assert "is no UTF-8 name" in said[0]
