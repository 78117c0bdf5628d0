import io
import json
import tarfile

import pytest

from vtbr_data.errors import InputError
from vtbr_data.training import pictures_of, read_images

PICTURE = b"\xff\xd8\xff picture "


LABELS = [json.dumps({"identity": n, "captions": [f"person {n}"]}).encode() for n in (1, 2)]


def tar_of(path, *files):
    with tarfile.open(path, "w") as tar:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def labelled(path):
    said = []
    manifest = read_images(path, say=said.append)
    return [(row.path, row.identity, list(row.captions)) for row in manifest.rows], said, manifest


def test_shards_that_others_packed_are_read_and_what_is_odd_in_them_said(people, tmp_path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    files = [
        ("x/0001.jpg", (people.root / "1.jpg").read_bytes()),
        ("x/0001.json", b'{"identity": 7, "captions": ["seen"]}'),
        ("x/0002.JPEG", (people.root / "2.jpg").read_bytes()),
        ("x/0002.txt", "zwei Wörter\n\nnoch eins\n".encode()),
        ("x/0003.json", b"{}"),
        ("../0004.jpg", b"out"),
        ("x/0005.png", b"any"),
        ("x/0005.json", b'{"identity": "me"}'),
    ]
    with tarfile.open(folder / "some.tar", "w") as tar:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    before = sorted(tmp_path.rglob("*"))
    said = []
    manifest = read_images(folder, say=said.append)
    assert [(row.path, row.identity, row.captions) for row in manifest.rows] == [
        ("x/0001.jpg", 7, ("seen",)),
        ("x/0002.JPEG", -1, ("zwei Wörter", "noch eins")),
        ("x/0005.png", -1, ()),
    ]
    assert pictures_of(manifest).read(1) == (people.root / "2.jpg").read_bytes()
    assert sorted(tmp_path.rglob("*")) == before
    assert {line.split(": ")[1].split(" ")[0] for line in said} == {"left", "'../0004.jpg'", "the"}
    with pytest.raises(InputError, match="holds its pictures itself: leave out --root"):
        read_images(folder, root=tmp_path)


def test_keys_with_dots_keep_every_picture_and_its_label(tmp_path):
    names = ("0001_c1.s1.000451", "0001_c1.s1.000452")
    files = [(f"{name}.{kind}", data) for name, label in zip(names, LABELS, strict=True)
             for kind, data in (("jpg", PICTURE), ("json", label))]  # fmt: skip
    rows, said, _ = labelled(tar_of(tmp_path / "a.tar", *files))
    assert rows == [(f"{names[0]}.jpg", 1, ["person 1"]), (f"{names[1]}.jpg", 2, ["person 2"])]
    assert said == []


def test_members_of_a_sample_may_stand_apart(tmp_path):
    files = [("a.jpg", PICTURE), ("b.jpg", PICTURE), ("a.json", LABELS[0]), ("b.json", LABELS[1])]
    assert [row[1] for row in labelled(tar_of(tmp_path / "a.tar", *files))[0]] == [1, 2]
    assert [row[1] for row in labelled(tar_of(tmp_path / "b.tar", *files[::-1]))[0]] == [2, 1]


def test_two_pictures_of_a_key_share_its_label_unless_they_have_their_own(tmp_path):
    files = [
        ("a.left.jpg", PICTURE),
        ("a.right.jpg", PICTURE),
        ("a.json", LABELS[0]),
        ("a.right.json", LABELS[1]),
    ]
    rows, _, _ = labelled(tar_of(tmp_path / "a.tar", *files))
    assert rows == [("a.left.jpg", 1, ["person 1"]), ("a.right.jpg", 2, ["person 2"])]


def test_a_name_that_is_there_twice_keeps_both_pictures_and_labels(tmp_path):
    files = [
        ("a.jpg", PICTURE + b"1"),
        ("a.json", LABELS[0]),
        ("a.jpg", PICTURE + b"2"),
        ("a.json", LABELS[1]),
    ]
    rows, said, manifest = labelled(tar_of(tmp_path / "a.tar", *files))
    assert [row[1] for row in rows] == [1, 2]
    assert [pictures_of(manifest).read(number)[-1:] for number in (0, 1)] == [b"1", b"2"]
    assert said == ["a.tar: 1 names occur several times, a.jpg the first: all are taken"]


def test_labels_under_the_fields_other_names_are_read_as_a_table_is(tmp_path):
    label = b'{"pid": 7, "camid": 3, "caption": "a man", "filename": "x/y.jpg", "key": "a"}'
    files = [("a.jpg", PICTURE), ("a.json", label)]
    rows, said, manifest = labelled(tar_of(tmp_path / "a.tar", *files))
    assert rows == [("a.jpg", 7, ["a man"])]
    assert manifest.rows[0].camera == 3
    assert manifest.rows[0].extra == {"key": "a"}
    assert any('identity from "pid", camera from "camid", captions from "caption"' in line for line in said)


def test_what_belongs_to_no_picture_is_counted_and_named(tmp_path):
    files = [("a.jpg", PICTURE), ("b.json", b"{}"), ("c.txt", b"x"), ("a.npy", b"x"), ("b.npy", b"x")]
    _, said, _ = labelled(tar_of(tmp_path / "a.tar", *files))
    assert said == [
        "a.tar: left out 2 labels without a picture, b.json the first",
        "a.tar: left out 2 files of the kind .npy",
    ]
