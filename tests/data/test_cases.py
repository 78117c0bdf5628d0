"""Inputs as people have them: what `vtbr-data` did with each, and does now.

`python tests/data/test_cases.py` prints the table; pytest checks its right column. What was done before is that of
the version in which these cases were first tried (8be2ea3).
"""

from __future__ import annotations

import io
import json
import sys
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from vtbr_data.cli import main

GOLDEN = Path(__file__).parents[1] / "contracts/pictures"


@dataclass(frozen=True)
class Case:
    name: str
    before: str
    make: Callable[[Path], object]
    """Writes the input into a folder, where the command runs on it."""
    command: str
    """`IN` stands for the folder."""
    said: tuple[str, ...]
    """Parts of what is printed now, to stdout or stderr."""
    code: int = 0


def table(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "t.csv").write_text(text)


def files(*names: str) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 16), (200, 40, 40)).save(folder / name, "PNG")

    return make


def golden(*names: str) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        rows = [json.dumps({"path": name, "identity": 1, "camera": 1, "split": "train"}) for name in names]
        for name in names:
            (folder / name).write_bytes((GOLDEN / name).read_bytes())
        (folder / "m.jsonl").write_text("\n".join(rows))

    return make


def captions(name: str, content: object) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        files("a.jpg", "b.jpg")(folder)
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))

    return make


def lists(folder: Path) -> None:
    for split, place in (("train", "mask_train_v2"), ("val", "mask_train_v2"), ("query", "mask_test_v2")):
        files(f"{place}/0000/0000_0{split}_01_0303morning_0015_0.jpg")(folder)
        (folder / f"list_{split}").write_text(f"0000/0000_0{split}_01_0303morning_0015_0.jpg 0\n")
    (folder / "list_gallery").write_text("0000/0000_0query_01_0303morning_0015_0.jpg 0\n")


def people_with_captions(name: str, **entry: object) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        files("imgs/a/1.png")(folder)
        line = {"id": 1, "file_path": "a/1.png", "captions": ["A man."], **entry}
        (folder / name).write_text(json.dumps([line]))

    return make


def tar(*names: str) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        buffer = io.BytesIO()
        Image.new("RGB", (8, 16)).save(buffer, "JPEG")
        with tarfile.open(folder / "x.tar", "w") as packed:
            for number, name in enumerate(names, start=1):
                label = json.dumps({"identity": number, "captions": [f"person {number}"]}).encode()
                data = label if name.endswith("json") else buffer.getvalue()
                info = tarfile.TarInfo(name)
                info.size = len(data)
                packed.addfile(info, io.BytesIO(data))

    return make


INDEX = "index table IN/t.csv"
NAMES = "index files IN --pattern {name} --captions IN/"
COCO = {
    "images": [{"id": 7, "file_name": "a.jpg"}],
    "annotations": [{"image_id": 7, "id": 1, "caption": "A man."}],
}
KARPATHY = {"images": [{"filename": "a.jpg", "sentences": [{"raw": "A man."}]}]}
LAYUMI = [f"pytorch/{part}/2/0002_c1s1_1_3.jpg" for part in ("train", "train_all", "val", "query", "gallery")]

CASES = [
    Case(
        "spaces",
        "identity -1, camera -1, gallery, no word",
        table("path, identity, camera, split\na.jpg, 1, 2, train\n"),
        INDEX,
        ('"identity":1,"camera":2,"split":"train"',),
    ),
    Case(
        "pid, camid",
        "everybody -1, nothing is wrong",
        table("path,pid,camid,split\na.jpg,1,2,train\n"),
        INDEX,
        ('"identity":1,"camera":2', 'identity from "pid", camera from "camid"'),
    ),
    Case(
        "capitals",
        "everybody -1",
        table("Path,Identity,Camera,Split\na.jpg,1,2,train\n"),
        INDEX,
        ('"identity":1,"camera":2,"split":"train"',),
    ),
    Case(
        "label",
        "everybody -1",
        table("path,label,split\na.jpg,1,train\n"),
        INDEX,
        ('"identity":1', "no column for camera"),
    ),
    Case(
        "img_path",
        "refused: no path",
        table("img_path,pid,camid\na.jpg,1,2\n"),
        INDEX,
        ('"path":"a.jpg","identity":1', "no column for split"),
    ),
    Case(
        "attributes",
        "lost",
        table("path,identity,gender,upper_colour\na.jpg,1,male,red\n"),
        INDEX,
        ('"attributes":{"gender":"male","upper_colour":"red"}',),
    ),
    Case(
        "text",
        "lost",
        table("path,identity,text\na.jpg,1,a man in red\n"),
        INDEX,
        ('"captions":["a man in red"]',),
    ),
    Case(
        "words",
        "refused",
        table("path,identity,camera\na.jpg,P001,cam2\nb.jpg,P004,cam1\n"),
        INDEX,
        ('"identity_name":"P004"', '"camera":2', "2 names numbered from 1"),
    ),
    Case(
        "floats",
        "refused",
        table("path,identity,camera\na.jpg,1.0,2.0\nb.jpg,2.0,\n"),
        INDEX,
        ('"identity":2,"camera":-1', "camera: empty in 1 row"),
    ),
    Case(
        "semicolons",
        "path must be a name, not None",
        table("path;identity\na.jpg;1\n"),
        INDEX,
        ('"identity":1', "separated by semicolons"),
    ),
    Case(
        "val split",
        "refused",
        table("path,identity,split\na.jpg,1,val\nb.jpg,1,Train\nc.jpg,2,test\n"),
        INDEX,
        ('"named_split":"val"', '"split":"train"', '"val" read as gallery'),
    ),
    Case(
        "from zero",
        "person 0 is a distractor, unsaid",
        table("path,identity,split\na.jpg,0,train\nb.jpg,1,train\n"),
        INDEX,
        ('"identity":2', "counted from 0, raised by 1"),
    ),
    Case(
        "is_query",
        "all gallery",
        table("path,identity,is_query,is_gallery\na.jpg,1,True,False\nb.jpg,1,False,True\n"),
        INDEX,
        ('"split":"query"', '"split":"gallery"'),
    ),
    Case(
        "own names",
        "refused",
        table("file_of,who\na.jpg,7\n"),
        INDEX + " --column path=file_of --column identity=who",
        ('"identity":7',),
    ),
    Case(
        "no header",
        "path must be a name",
        table("a.jpg,1\nb.jpg,2\n"),
        INDEX,
        ("has no header: its first line must name the columns",),
        1,
    ),
    Case(
        "turned picture",
        "read lying on its side, check silent",
        golden("orientation_6.jpg"),
        "check IN/m.jsonl --table",
        ("turned or mirrored by EXIF",),
    ),
    Case(
        "16-bit gray",
        "nearly all white, check silent",
        golden("gray16.png"),
        "check IN/m.jsonl --table",
        ("more than 8 bits a colour",),
    ),
    Case(
        "alpha",
        "what lay under it",
        golden("rgba.png"),
        "check IN/m.jsonl --table",
        ("transparent parts, which are read as white",),
    ),
    Case(
        "jfif, avif, heic",
        "vanish unsaid",
        files("1/a.jfif", "1/b.avif", "1/c.heic"),
        "index folders IN",
        ("listed 2 images", "1 .heic pictures, which cannot be read"),
    ),
    Case(
        "layumi",
        "train_all dropped, camera -1",
        files(*LAYUMI),
        "index auto IN",
        ('"camera":1,"split":"train"', "train_all is read for training"),
    ),
    Case(
        "ImageFolder",
        "val disappears",
        files("train/1/a.jpg", "val/1/a.jpg", "test/1/a.jpg"),
        "index auto IN",
        ("listed 3 images", "val is read as gallery"),
    ),
    Case(
        "Market, test only",
        "refused",
        files("query/0003_c1s1_1_00.jpg", "bounding_box_test/0003_c3s1_1_03.jpg"),
        "index auto IN",
        ("listed 2 images", "no training images"),
    ),
    Case("MSMT17_V2", "unknown", lists, "index auto IN", ("listed 4 images", "looks like MSMT17")),
    Case(
        "caption_all.json",
        "unknown",
        people_with_captions("caption_all.json"),
        "index auto IN",
        ("holds no splits: all images are train",),
    ),
    Case(
        "ICFG_PEDES.json",
        "unknown",
        people_with_captions("ICFG_PEDES.json", split="train"),
        "index auto IN",
        ("looks like ICFG-PEDES", '"captions":["A man."]'),
    ),
    Case(
        "a copy (1).jpg",
        "refused",
        files("query/0003_c1s1_1_00.jpg", "bounding_box_test/0003_c3s1_1_03 (1).jpg"),
        "index market1501 IN --skip-unknown",
        ("1 pictures with other names",),
    ),
    Case("COCO captions", "refused", captions("c.json", COCO), NAMES + "c.json", ('"captions":["A man."]',)),
    Case(
        "Karpathy captions",
        "refused",
        captions("c.json", KARPATHY),
        NAMES + "c.json",
        ('"captions":["A man."]',),
    ),
    Case(
        "Flickr8k captions",
        "refused",
        captions("c.txt", "a.jpg#0\tA man.\n"),
        NAMES + "c.txt",
        ('"captions":["A man."]',),
    ),
    Case(
        "captions.txt",
        "refused",
        captions("c.txt", "image,caption\na.jpg,A man.\n"),
        NAMES + "c.txt",
        ('"captions":["A man."]',),
    ),
    Case(
        "keys with dots",
        "pictures merged",
        tar("a.s1.jpg", "a.s1.json", "a.s2.jpg", "a.s2.json"),
        "READ",
        ("a.s1.jpg 2, a.s2.jpg 4",),
    ),
    Case(
        "labels apart",
        "labels dropped",
        tar("a.jpg", "b.jpg", "a.json", "b.json"),
        "READ",
        ("a.jpg 3, b.jpg 4",),
    ),
    Case(
        "two pictures a key",
        "one dropped, unsaid",
        tar("a.left.jpg", "a.right.jpg", "a.json"),
        "READ",
        ("a.left.jpg 3, a.right.jpg 3",),
    ),
    Case(
        "a name twice",
        "one dropped, unsaid",
        tar("a.jpg", "a.json", "a.jpg", "a.json"),
        "READ",
        ("a.jpg 2, a.jpg 4", "1 names are there several times"),
    ),
    Case(
        "output over input",
        "input lost",
        table("path\na.jpg\n"),
        INDEX + " -o IN/t.csv",
        ("--output would overwrite FOLDER",),
        2,
    ),
    Case("mistyped command", "no such command", table("path\n"), "selects", ("did you mean select?",), 2),
]


def outcome(case: Case, folder: Path) -> tuple[str, int]:
    """What the command prints, and its exit code."""
    case.make(folder)
    if case.command == "READ":
        from vtbr_data.training import read_images

        said: list[str] = []
        rows = read_images(folder / "x.tar", say=said.append).rows
        return "\n".join([", ".join(f"{row.path} {row.identity}" for row in rows), *said]), 0
    result = CliRunner().invoke(main, [word.replace("IN", str(folder)) for word in case.command.split()])
    return result.stdout + result.stderr, result.exit_code


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_read_rightly_or_refused_in_words(case, tmp_path):
    printed, code = outcome(case, tmp_path)
    assert code == case.code, printed
    for part in case.said:
        assert part in " ".join(printed.split()), printed


def table_of_cases() -> str:
    lines = ["| case | before | now |", "| --- | --- | --- |"]
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            printed, code = outcome(case, Path(folder))
            is_right = code == case.code and all(part in " ".join(printed.split()) for part in case.said)
        now = (
            "; ".join(case.said)
            if is_right
            else f"WRONG (exit code {code}): {' '.join(printed.split())[:200]}"
        )
        lines.append(f"| {case.name} | {case.before} | {now} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table_of_cases() + "\n")
