import gc
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vtbr_data.cli import main
from vtbr_data.decoding import decode
from vtbr_data.errors import InputError
from vtbr_data.manifest.manifest import Manifest, read_manifest
from vtbr_data.manifest.row import Row
from vtbr_data.shards import PackConfig, pack
from vtbr_data.training import StreamedBatches, pictures_of, read_images, shuffled_batches

JPEG = b"\xff\xd8\xff"

ROWS = st.lists(
    st.tuples(
        st.integers(-1, 9),
        st.sampled_from(["train", "query", "gallery"]),
        st.lists(st.text(max_size=9), max_size=2),
        st.dictionaries(st.sampled_from(["hat", "mood"]), st.sampled_from([True, "long", 3]), max_size=2),
        st.binary(max_size=700),
    ),
    min_size=1,
    max_size=9,
)


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture
def people(tmp_path):
    folder = tmp_path / "people"
    folder.mkdir()
    rows = []
    for number in range(12):
        noise = np.random.default_rng(number).integers(0, 256, (24, 12, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{number}.jpg", quality=90)
        rows.append(Row(f"{number}.jpg", number // 3 + 1, split="train", captions=(f"person {number}",)))
    return Manifest(rows, folder, "f" * 64, "people.jsonl")


@given(ROWS, st.integers(1, 4000), st.none() | st.integers(0, 9))
@settings(deadline=None, max_examples=40)
def test_what_is_packed_is_read_again(entries, shard_bytes, seed):
    with TemporaryDirectory() as place:
        folder = Path(place)
        rows = []
        for number, (identity, split, captions, attributes, data) in enumerate(entries):
            (folder / f"{number}").write_bytes(JPEG + data)
            rows.append(Row(f"{number}", identity, 2, split, tuple(captions), attributes, {"note": number}))
        config = PackConfig(shard_bytes=shard_bytes, shuffle_seed=seed)
        packed = pack(Manifest(rows, folder, "", "m"), folder / "set", config, workers=2)
        read = read_images(folder / "set")
        pictures = pictures_of(read)
        assert packed.samples == len(read.rows) == len(pictures) == len(rows)
        seen = [row.extra["note"] for row in read.rows]
        assert sorted(seen) == list(range(len(rows)))
        assert seen == sorted(seen) or seed is not None
        for place_in_set, row in enumerate(read.rows):
            before = rows[row.extra["note"]]
            ours = (row.identity, row.camera, row.split, row.captions, row.attributes, row.extra["source"])
            assert ours == (before.identity, 2, before.split, before.captions, before.attributes, before.path)
            assert pictures.read(place_in_set) == (folder / before.path).read_bytes()
        for shard in packed.shards:
            assert shard.samples == 1 or shard.bytes <= shard_bytes
            with tarfile.open(folder / "set" / shard.name) as tar:
                assert len(tar.getnames()) == 2 * shard.samples


def test_the_same_pictures_give_the_same_bytes(people, tmp_path):
    config = PackConfig(shard_bytes=6000, shuffle_seed=3)
    for name, workers in (("a", 1), ("b", 3)):
        pack(people, tmp_path / name, config, workers=workers)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert len(digests(tmp_path / "a")) > 5


def test_stopped_packing_goes_on_where_it_was(people, tmp_path):
    config = PackConfig(shard_bytes=6000)
    pack(people, tmp_path / "whole", config)

    def stop(done, total):
        if done > 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack(people, tmp_path / "set", config, report=stop)
    assert not (tmp_path / "set").exists()
    first = (tmp_path / "set.partial/000000.tar").stat().st_mtime_ns
    said = []
    pack(people, tmp_path / "set", config, say=said.append)
    assert said[0].startswith("continuing after ")
    assert digests(tmp_path / "set") == digests(tmp_path / "whole")
    assert (tmp_path / "set/000000.tar").stat().st_mtime_ns == first
    assert not (tmp_path / "set.partial").exists()


def test_what_another_packing_left_is_not_taken_over(people, tmp_path):
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack(people, tmp_path / "set", PackConfig(shard_bytes=6000), report=stop)
    pack(people, tmp_path / "set", PackConfig(shard_bytes=9000))
    pack(people, tmp_path / "other", PackConfig(shard_bytes=9000))
    assert digests(tmp_path / "set") == digests(tmp_path / "other")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it leaves files open
def test_webdataset_and_tar_read_the_shards(people, tmp_path):
    import webdataset

    pack(people, tmp_path / "set", PackConfig(shard_bytes=6000))
    names = sorted(str(path) for path in (tmp_path / "set").glob("*.tar"))
    samples = list(webdataset.WebDataset(names, shardshuffle=False).decode("rgb8"))
    gc.collect()
    assert [sample["json"]["captions"][0] for sample in samples] == [f"person {i}" for i in range(12)]
    with Image.open(people.root / "7.jpg") as picture:
        assert np.array_equal(samples[7]["jpg"], np.array(picture))
    listed = subprocess.run(["tar", "tf", names[0]], capture_output=True, text=True, check=True).stdout
    assert listed.splitlines()[:2] == ["000000000.jpg", "000000000.json"]


def test_smaller_pictures_are_packed_on_request(people, tmp_path):
    Image.new("RGB", (300, 100)).save(people.root / "0.jpg")
    packed = pack(people, tmp_path / "set", PackConfig(short_side_px=20, quality=80))
    assert packed.encoding == {"short_side_px": 20, "quality": 80}
    pictures = pictures_of(read_images(tmp_path / "set"))
    sizes = [Image.open(io.BytesIO(pictures.read(number))).size for number in range(12)]
    assert set(sizes) == {(60, 20), (12, 24)}


def test_an_unreadable_picture_stops_the_packing_or_is_left_out(people, tmp_path):
    (people.root / "4.jpg").write_bytes(b"no picture")
    (people.root / "5.jpg").unlink()
    with pytest.raises(InputError, match=r"4\.jpg: is not a picture .*; --skip-unreadable leaves"):
        pack(people, tmp_path / "set")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["people"]
    said = []
    packed = pack(people, tmp_path / "set", PackConfig(skip_unreadable=True), say=said.append)
    assert (packed.samples, packed.left_out) == (10, 2)
    assert ["4.jpg" in said[0], "5.jpg" in said[1]] == [True, True]
    assert [row.path for row in read_images(tmp_path / "set").rows][4] == "000000004.jpg"


def test_nothing_readable_packs_nothing(people, tmp_path):
    lost = Manifest(people.rows, tmp_path / "nowhere", "", "m.jsonl")
    with pytest.raises(InputError, match=r"not one image of m\.jsonl can be read"):
        pack(lost, tmp_path / "set", PackConfig(skip_unreadable=True))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["people"]


def test_a_folder_that_holds_something_is_left_alone(people, tmp_path):
    with pytest.raises(InputError, match="is there already: name a new folder"):
        pack(people, people.root)


@pytest.mark.parametrize("way", ["folder", "catalogue", "url", "pipe"])
def test_every_way_to_a_set_leads_to_the_same_pictures(people, tmp_path, monkeypatch, way):
    monkeypatch.setenv("VTBR_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "set"
    pack(people, folder, PackConfig(shard_bytes=6000))
    source = {
        "folder": str(folder),
        "catalogue": str(folder / "shards.json"),
        "url": f"file://{folder}",
        "pipe": f"pipe:cat {folder}/{{}}",
    }[way]
    manifest = read_images(source)
    pictures = pictures_of(manifest).select([11, 3])
    assert pictures.read(0) == (people.root / "11.jpg").read_bytes()
    assert pictures.read(1) == (people.root / "3.jpg").read_bytes()
    assert manifest.fingerprint == hashlib.sha256((folder / "shards.json").read_bytes()).hexdigest()
    assert (pictures.remote_shards is not None) == (way in ("url", "pipe"))
    assert not list(tmp_path.glob("cache/*/*.partial"))


def test_the_cache_makes_room_for_new_shards(people, tmp_path, monkeypatch):
    monkeypatch.setenv("VTBR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("VTBR_CACHE_GB", "0.000008")
    pack(people, tmp_path / "set", PackConfig(shard_bytes=6000))
    pictures = pictures_of(read_images(f"file://{tmp_path}/set"))
    for _ in range(2):
        for number in range(12):
            assert pictures.read(number) == (people.root / f"{number}.jpg").read_bytes()
    assert 0 < sum(path.stat().st_size for path in tmp_path.glob("cache/*/*.tar")) <= 8000


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("pipe:cat set", "write {} where the file's name goes"),
        ("pipe:exit 3; echo {}", "the command ended with exit code 3"),
        ("file:///nowhere/at/all", "cannot be read: FileNotFoundError"),
        ("nosuch://place/set", "cannot be read: ValueError"),
    ],
)
def test_a_source_that_gives_nothing_is_named(tmp_path, monkeypatch, source, says):
    monkeypatch.setenv("VTBR_CACHE", str(tmp_path / "cache"))
    with pytest.raises(InputError) as caught:
        read_images(source)
    assert says in str(caught.value)


def changed(folder, **values):
    catalogue = json.loads((folder / "shards.json").read_text())
    (folder / "shards.json").write_text(json.dumps({**catalogue, **values}))


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda folder: (folder / "shards.json").write_text("[" * 100_000), "is not a list of shards"),
        (lambda folder: changed(folder, format="vtbr.scores"), "is a 'vtbr.scores' file"),
        (lambda folder: changed(folder, version=2), "has version 2, this is for 1: update vtbr-data"),
        (lambda folder: changed(folder, samples=99), "its shards have another sum"),
        (
            lambda folder: changed(
                folder, samples=1, shards=[{"name": "../x.tar", "samples": 1, "bytes": 1, "sha256": ""}]
            ),
            "lists a shard '../x.tar' of 1 bytes: refused",
        ),
        (
            lambda folder: (folder / "index.npy").write_bytes(b"x"),
            "index.npy is not what shards.json describes",
        ),
        (lambda folder: (folder / "manifest.jsonl").unlink(), "No such file"),
    ],
)
def test_a_broken_set_is_refused(people, tmp_path, break_it, says):
    pack(people, tmp_path / "set")
    break_it(tmp_path / "set")
    with pytest.raises(InputError) as caught:
        read_images(tmp_path / "set")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("places", [[[0, 512, 10**15]], [[7, 0, 1]], [[0, -1, 1]], [[0, 1]]])
def test_an_index_that_points_elsewhere_is_refused(people, tmp_path, places):
    pack(people, tmp_path / "set")
    np.save(tmp_path / "set/index.npy", np.array(places))
    digest = hashlib.sha256((tmp_path / "set/index.npy").read_bytes()).hexdigest()
    files = json.loads((tmp_path / "set/shards.json").read_text())["files"]
    changed(tmp_path / "set", files={**files, "index.npy": digest})
    with pytest.raises(
        InputError, match=r"(points outside the shards|is not an index of shards): pack it again"
    ):
        read_images(tmp_path / "set")


@pytest.mark.parametrize("is_remote", [False, True])
def test_a_damaged_shard_costs_its_own_pictures(people, tmp_path, monkeypatch, is_remote):
    monkeypatch.setenv("VTBR_CACHE", str(tmp_path / "cache"))
    packed = pack(people, tmp_path / "set", PackConfig(shard_bytes=6000))
    shard = tmp_path / "set" / packed.shards[1].name
    shard.write_bytes(shard.read_bytes()[:-100])
    pictures = pictures_of(read_images(f"file://{tmp_path}/set" if is_remote else tmp_path / "set"))
    lost = 0
    for number in range(12):
        try:
            assert pictures.read(number) == (people.root / f"{number}.jpg").read_bytes()
        except InputError as error:
            lost += 1
            assert "000001.tar" in str(error)
    assert lost == packed.shards[1].samples


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


def streamed(numbers, num_ranks, seed, first_step=1):
    """(R, steps) the row that each process reads at each step."""
    batches = StreamedBatches(
        numbers, num_ranks, seed=seed, first_step=first_step, last_step=50, num_ranks=num_ranks, window=2
    )
    return np.array([draws.rows for draws in batches]).T


@given(st.lists(st.integers(1, 5), min_size=4, max_size=9), st.sampled_from([1, 2]), st.integers(0, 9))
@settings(deadline=None, max_examples=25)
def test_streamed_shards_are_read_a_few_at_a_time_and_resume_anywhere(sizes, num_ranks, seed):
    numbers = np.repeat(np.arange(len(sizes)), sizes)
    rows = streamed(numbers, num_ranks, seed)
    assert np.array_equal(streamed(numbers, num_ranks, seed, first_step=7), rows[:, 6:])
    for one in numbers[rows].tolist():  # two shards are being read, or two are ending and two beginning
        assert all(len(set(one[place : place + 3])) <= 4 for place in range(len(one) - 3))
    if num_ranks == 1:
        assert sorted(rows[0, : len(numbers)]) == list(range(len(numbers)))


@given(st.integers(0, 99))
def test_processes_stream_different_shards_and_together_all(seed):
    numbers = np.repeat(np.arange(4), 3)
    rows = streamed(numbers, 2, seed)[:, :6]
    assert sorted(rows.flatten()) == list(range(12))
    assert not set(numbers[rows[0]]) & set(numbers[rows[1]])


def test_too_few_shards_for_the_processes_are_said():
    with pytest.raises(InputError, match="1 shards cannot be dealt out to 2 processes: pack smaller ones"):
        streamed(np.zeros(5, np.int64), 2, 0)


def test_remote_shards_are_streamed_and_local_ones_are_not(people, tmp_path, monkeypatch):
    monkeypatch.setenv("VTBR_CACHE", str(tmp_path / "cache"))
    pack(people, tmp_path / "set", PackConfig(shard_bytes=6000))
    kinds = []
    for source in (str(tmp_path / "set"), f"file://{tmp_path}/set"):
        pictures = pictures_of(read_images(source))
        batches = shuffled_batches(pictures, 4, seed=0, first_step=1, last_step=3)
        kinds.append(type(batches).__name__)
        assert sorted(int(row) for draws in batches for row in draws.rows) == list(range(12))
    assert kinds == ["ShuffledBatches", "StreamedBatches"]


def test_the_command_packs_from_a_pipe_and_says_what_it_did(people, tmp_path):
    lines = "".join(json.dumps(row.to_object()) + "\n" for row in people.rows)
    words = ["pack", "-", "--root", str(people.root), "-o", str(tmp_path / "set"), "--shard-size", "6kB"]
    result = CliRunner().invoke(main, words, input=lines)
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert printed["samples"] == 12
    assert printed["shards"] == len(list((tmp_path / "set").glob("*.tar"))) > 1
    assert read_manifest(tmp_path / "set/manifest.jsonl").rows[3].extra == {"source": "3.jpg"}
    source = json.loads((tmp_path / "set/shards.json").read_text())["source"]
    assert source["fingerprint"] == hashlib.sha256(lines.encode()).hexdigest()


@pytest.mark.parametrize("size", ["much", "0", "-5", "12 apples"])
def test_a_size_that_is_none_is_refused(tmp_path, size):
    result = CliRunner().invoke(main, ["pack", "m.jsonl", "-o", str(tmp_path / "set"), "--shard-size", size])
    assert result.exit_code == 2
    assert "is not a size: write it as 500MB or 256MiB" in result.output


def test_extracted_shards_are_a_manifest_with_its_pictures(people, tmp_path):
    pack(people, tmp_path / "set", PackConfig(shard_bytes=6000))
    for path in sorted((tmp_path / "set").glob("*.tar")):
        shutil.unpack_archive(path, tmp_path / "set", filter="data")
    manifest = read_manifest(tmp_path / "set/manifest.jsonl")
    assert all((manifest.root / row.path).is_file() for row in manifest.rows)


@pytest.mark.parametrize("quality", [None, 95])
def test_a_packed_picture_is_what_training_would_have_seen(tmp_path, quality):
    golden = Path(__file__).parents[2] / "contracts/pictures"
    names = [
        "orientation_6.jpg",
        "orientation_8_large.jpg",
        "rgba.png",
        "gray16.png",
        "plain.avif",
        "plain.jp2",
    ]
    manifest = Manifest([Row(name) for name in names], golden, "", "m")
    pack(manifest, tmp_path / "set", PackConfig(quality=quality))
    pictures = pictures_of(read_images(tmp_path / "set"))
    for number, name in enumerate(names):
        before, after = decode((golden / name).read_bytes()), decode(pictures.read(number))
        assert before.shape == after.shape
        if quality is None or "orientation" in name:
            assert np.abs(before.astype(int) - after).mean() < 3


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


PICTURE = b"\xff\xd8\xff picture "
LABELS = [json.dumps({"identity": n, "captions": [f"person {n}"]}).encode() for n in (1, 2)]


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
    assert said == ["a.tar: 1 names are there several times, a.jpg the first: all are taken"]


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
