"""Makes the inputs of the cases: tables, pictures, captions, tars and features, as people have them."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

GOLDEN = Path(__file__).parents[2] / "contracts/pictures"


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[Path], object]
    """Writes the input into a folder, in which the command runs."""
    command: str
    """Program and words; the word after `<` names a file for stdin."""
    said: tuple[str, ...]
    """Parts of what is printed now, to stdout or stderr."""
    code: int = 0


def text(content: str | bytes, name: str = "t.csv") -> Callable[[Path], object]:
    data = content if isinstance(content, bytes) else content.encode()
    return lambda folder: (folder / name).write_bytes(data)


def files(*names: str) -> Callable[[Path], object]:
    """PNG pictures under these names; a name with `>` is a link to what follows."""

    def make(folder: Path) -> None:
        for name in names:
            name, _, target = name.partition(">")
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if target:
                (folder / name).symlink_to(target)
            else:
                Image.new("RGB", (8, 16), (200, 40, 40)).save(folder / name, "PNG")

    return make


def both(*makers: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda folder: [make(folder) for make in makers]


def golden(*names: str) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        rows = [json.dumps({"path": name, "identity": 1, "camera": 1, "split": "train"}) for name in names]
        for name in names:
            (folder / name).write_bytes((GOLDEN / name).read_bytes())
        (folder / "m.jsonl").write_text("\n".join(rows))

    return make


def captions(name: str, content: object) -> Callable[[Path], object]:
    written = content if isinstance(content, str) else json.dumps(content)
    return both(files("a.jpg", "b.jpg"), text(written, name))


def lists(folder: Path) -> None:
    for split, place in (("train", "mask_train_v2"), ("val", "mask_train_v2"), ("query", "mask_test_v2")):
        files(f"{place}/0000/0000_0{split}_01_0303morning_0015_0.jpg")(folder)
        (folder / f"list_{split}").write_text(f"0000/0000_0{split}_01_0303morning_0015_0.jpg 0\n")
    (folder / "list_gallery").write_text("0000/0000_0query_01_0303morning_0015_0.jpg 0\n")


def people_with_captions(name: str, **entry: object) -> Callable[[Path], object]:
    line = {"id": 1, "file_path": "a/1.png", "captions": ["A man."], **entry}
    return both(files("imgs/a/1.png"), text(json.dumps([line]), name))


def tar(*names: str, mode: str = "w", form: int = tarfile.PAX_FORMAT) -> Callable[[Path], object]:
    """A tar of pictures, of labels where a name ends in json or txt, and of links where it has a `>`."""

    def make(folder: Path) -> None:
        buffer = io.BytesIO()
        Image.new("RGB", (8, 16)).save(buffer, "JPEG")
        with tarfile.open(folder / "x.tar", mode, format=form) as packed:
            for number, name in enumerate(names, start=1):
                name, _, target = name.partition(">")
                label = json.dumps({"identity": number, "captions": [f"person {number}"]}).encode()
                data = (
                    label
                    if name.endswith("json")
                    else b"a man"
                    if name.endswith("txt")
                    else buffer.getvalue()
                )
                info = tarfile.TarInfo(name)
                info.size = 0 if target else len(data)
                if target:
                    info.type, info.linkname = tarfile.SYMTYPE, target
                packed.addfile(info, io.BytesIO(data))

    return make


RANDOM = np.random.default_rng(0)
PEOPLE, CAMERAS = np.repeat(np.arange(1, 6), 4), np.tile([1, 2, 1, 2], 5)
SPLIT = np.where(np.tile([True, False, False, False], 5), "query", "gallery")
FEATURES = (RANDOM.normal(size=(6, 16))[PEOPLE] + RANDOM.normal(size=(20, 16))).astype(np.float32)
PATHS = np.array([f"{number}.jpg" for number in range(20)])
GOOD = {"features": FEATURES, "identity": PEOPLE, "camera": CAMERAS, "split": SPLIT, "path": PATHS}


def arrays(name: str = "x.npz", **changes: object) -> Callable[[Path], object]:
    kept = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    return lambda folder: np.savez(folder / name, **kept)


def labels(header: str, *more: object, name: str = "x.csv") -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        np.save(folder / "x.npy", FEATURES)
        rows = zip(PEOPLE, CAMERAS, SPLIT, strict=True)
        lines = [",".join(map(str, [f"{i}.jpg", *row])) for i, row in enumerate(rows)]
        (folder / name).write_text("\n".join([header, *lines]))

    return make


def parquet(folder: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet").write_table(
        pyarrow.table({"img_path": ["a.jpg", "b.jpg"], "pid": [1.0, None], "cam": ["cam1", "cam2"]}),
        folder / "t.parquet",
    )


INDEX = "vtbr-data index table t.csv"
NAMES = "vtbr-data index files . --pattern {name} --captions "
AUTO = "vtbr-data index auto ."
REID = "vtbr-eval reid x.npz --bootstrap 0"
SCORED = '"mAP": 0.'
COCO = {
    "images": [{"id": 7, "file_name": "a.jpg"}],
    "annotations": [{"image_id": 7, "id": 1, "caption": "A man."}],
}
KARPATHY = {"images": [{"filename": "a.jpg", "sentences": [{"raw": "A man."}]}]}
LAYUMI = [f"pytorch/{part}/2/0002_c1s1_1_3.jpg" for part in ("train", "train_all", "val", "query", "gallery")]
MARKET = ("query/0003_c1s1_1_00.jpg", "bounding_box_test/0003_c3s1_1_03.jpg")
