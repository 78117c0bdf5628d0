import hashlib
import json

import numpy as np
import pytest

from vtbr_data.errors import InputError
from vtbr_data.shards import PackConfig, pack
from vtbr_data.training import pictures_of, read_images, shuffled_batches


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
