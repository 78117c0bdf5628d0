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
from vtbr_data.errors import InputError
from vtbr_data.manifest.manifest import Manifest, read_manifest
from vtbr_data.manifest.row import Row
from vtbr_data.picture_decoding import decode
from vtbr_data.shards import PackConfig, pack
from vtbr_data.training import pictures_of, read_images

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
