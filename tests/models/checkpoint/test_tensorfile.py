from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save, save_file

from vtbr_models.checkpoint.tensorfile import TensorSpec, check_format, encode_header, file_order, read_header
from vtbr_models.errors import InputError
from vtbr_models.files import replacing

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
          "I32": torch.int32, "U8": torch.uint8, "BOOL": torch.bool, "F64": torch.float64}  # fmt: skip
specs = st.builds(
    TensorSpec, st.sampled_from(sorted(DTYPES)), st.lists(st.integers(0, 3), max_size=3).map(tuple)
)
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(
    lambda name: name != "__metadata__"
)


@given(st.dictionaries(names, specs, max_size=6), st.text(st.characters(codec="utf-8")))
def test_headers_are_those_of_the_safetensors_library_to_the_byte(tensors, text):
    metadata = {"format": "vtbr.test", "text": text}
    encoded = encode_header(tensors, metadata)
    data = {name: torch.zeros(spec.shape, dtype=DTYPES[spec.dtype]) for name, spec in tensors.items()}
    value = json.dumps(metadata, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    library = save(data, {"vtbr": value})
    assert library[: len(encoded)] == encoded
    assert len(library) == len(encoded) + sum(spec.num_bytes for spec in tensors.values())
    with TemporaryDirectory() as folder:
        path = Path(folder, "x.safetensors")
        path.write_bytes(library)
        header = read_header(path)
    assert header.metadata == metadata
    assert list(header.tensors) == file_order(tensors)
    assert dict(header.tensors) == tensors
    assert header.num_bytes == len(encoded)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "x.safetensors"
    save_file(
        {"a": torch.zeros(2, 3), "b": torch.zeros(4)}, path, {"vtbr": '{"format":"vtbr.test","version":1}'}
    )
    return path


@pytest.mark.parametrize("start", [b"\x80\x02}q\x00.", b"PK\x03\x04 and so on"])
def test_a_pickle_is_refused_with_what_to_do(tmp_path, start):
    path = tmp_path / "model.pth"
    path.write_bytes(start)
    with pytest.raises(
        InputError, match=r"model\.pth is a PyTorch pickle.*convert it by `vtbr-models convert`, or save it"
    ):
        read_header(path)


@pytest.mark.parametrize(
    "data", [b"", b"abc", b"a text that is long enough to hold a length", b"\x10" + bytes(7)]
)
def test_what_is_no_safetensors_file_is_named_so(tmp_path, data):
    path = tmp_path / "x.txt"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"x\.txt is not a safetensors file: give a checkpoint"):
        read_header(path)


def test_an_exported_network_in_place_of_a_checkpoint_is_named_so(tmp_path):
    path = tmp_path / "x.onnx"
    path.write_bytes(b"\x08\x0a a network")
    with pytest.raises(InputError, match="an exported network runs in its own runtime; give a checkpoint"):
        read_header(path)


@pytest.mark.parametrize(("cut", "message"), [(-1, "is cut off: "), (40, "is cut off within its header")])
def test_a_truncated_file_is_noticed(path, cut, message):
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputError, match=message):
        read_header(path)


def test_bytes_after_the_data_are_noticed(path):
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(InputError, match="has more bytes after its data"):
        read_header(path)


def test_a_header_with_overlapping_tensors_is_refused(path):
    path.write_bytes(path.read_bytes().replace(b'"data_offsets":[24,40]', b'"data_offsets":[20,36]'))
    with pytest.raises(InputError, match=r"the safetensors header cannot be read \(b does not follow"):
        read_header(path)


@pytest.mark.parametrize(
    ("name", "version", "message"),
    [
        ("vtbr.other", 1, "is a vtbr.test file: a vtbr.other file is needed here"),
        ("vtbr.test", 0, "has version 1 of vtbr.test, this program reads up to 0: `pip install --upgrade"),
    ],
)
def test_another_format_or_a_newer_version_is_refused(path, name, version, message):
    with pytest.raises(InputError, match=message):
        check_format(read_header(path), path, name, version)


@pytest.mark.parametrize("metadata", ['{"format":"vtbr.test"}', '{"format":"vtbr.test","version":"1"}'])
def test_a_version_that_is_no_number_is_refused(path, metadata):
    save_file({"a": torch.zeros(1)}, path, {"vtbr": metadata})
    with pytest.raises(InputError, match="its metadata gives the version"):
        check_format(read_header(path), path, "vtbr.test", 1)


def test_a_file_without_our_metadata_is_refused_where_ours_is_needed(path):
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(InputError, match="is a safetensors file without vtbr metadata"):
        check_format(read_header(path), path, "vtbr.test", 1)


def test_a_named_pipe_is_written_to_and_never_replaced(tmp_path):
    import os
    import threading

    pipe, received = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    with replacing(pipe) as file:
        file.write(b"data")
    reader.join()
    assert received == [b"data"]
    assert pipe.is_fifo()


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with replacing(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_header_as_long_as_a_pickles_first_byte_is_no_pickle(tmp_path):
    # 128 is \x80, with which pickles begin.
    specs = {"a": TensorSpec("U8", (1,))}
    for filler in range(200):
        text = encode_header(specs, {"filler": "x" * filler})
        if text[0] == 0x80:
            break
    (tmp_path / "file").write_bytes(text + b"\0")
    assert read_header(tmp_path / "file").tensors == specs
