"""One manifest, three readers that share no code."""

import gzip
import io
import json
from pathlib import Path

import vtbr_data.manifest.manifest
import vtbr_eval.files.manifest
import vtbr_models.files.manifest

GOLDEN = Path(__file__).parent / "golden/manifest.jsonl"


def test_every_reader_reads_the_same():
    lines = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]
    data = vtbr_data.manifest.manifest.read_manifest(GOLDEN)
    models = vtbr_models.files.manifest.read_manifest(str(GOLDEN))
    by_path = vtbr_eval.files.manifest.read_manifest(GOLDEN).rows
    for line, ours, theirs in zip(lines, data.rows, models.rows, strict=True):
        assert ours.to_object() == line == theirs.keys == by_path[line["path"]]
        for key in ("path", "identity", "camera", "split"):
            assert getattr(ours, key) == getattr(theirs, key) == line[key]
    assert data.fingerprint == models.fingerprint
    assert data.root == models.root == GOLDEN.parent


def test_writing_what_was_read_gives_the_same_bytes():
    written = io.BytesIO()
    vtbr_data.manifest.manifest.write_manifest(
        vtbr_data.manifest.manifest.read_manifest(GOLDEN).rows, written
    )
    assert written.getvalue() == GOLDEN.read_bytes()


def test_a_compressed_copy_has_the_same_fingerprint(tmp_path):
    (tmp_path / "manifest.jsonl.gz").write_bytes(gzip.compress(GOLDEN.read_bytes()))
    data = vtbr_data.manifest.manifest.read_manifest(tmp_path / "manifest.jsonl.gz")
    models = vtbr_models.files.manifest.read_manifest(str(tmp_path / "manifest.jsonl.gz"))
    assert (
        data.fingerprint
        == models.fingerprint
        == vtbr_data.manifest.manifest.read_manifest(GOLDEN).fingerprint
    )


def test_a_table_reads_the_same_in_data_and_models(tmp_path):
    table = tmp_path / "people.csv"
    header = "path,identity,camera,split,caption,attribute.hat,note"
    full = "a.jpg,3,1,query,a man,true,wet"
    table.write_text("\n".join([header, full, "b.jpg,,,,,,", ""]))
    data = vtbr_data.manifest.manifest.read_manifest(table).rows
    models = vtbr_models.files.manifest.read_manifest(str(table)).rows
    for ours, theirs in zip(data, models, strict=True):
        for key in ("path", "identity", "camera", "split"):
            assert getattr(ours, key) == getattr(theirs, key)
    assert data[0].attributes == models[0].keys["attributes"] == {"hat": True}
    assert list(data[0].captions) == models[0].keys["captions"] == ["a man"]
