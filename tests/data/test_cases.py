"""Inputs as people have them: what the commands did with each in another version, and do now.

pytest checks that each is read rightly or refused in words. `python tests/data/test_cases.py` prints the table;
`--source CHECKOUT` runs the same commands by the packages of another checkout as well, and compares.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import importlib.util
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests/contracts/pictures"


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

TABLES = [
    Case("spaces", text("path, identity, camera, split\na.jpg, 1, 2, train\n"), INDEX,
         ('"identity":1,"camera":2,"split":"train"',)),
    Case("pid, camid", text("path,pid,camid,split\na.jpg,1,2,train\n"), INDEX,
         ('"identity":1,"camera":2', 'identity from "pid", camera from "camid"')),
    Case("capitals", text("Path,Identity,Camera,Split\na.jpg,1,2,train\n"), INDEX,
         ('"identity":1,"camera":2,"split":"train"',)),
    Case("label", text("path,label,split\na.jpg,1,train\n"), INDEX, ('"identity":1', "no column for camera")),
    Case("img_path", text("img_path,pid,camid\na.jpg,1,2\n"), INDEX,
         ('"path":"a.jpg","identity":1', "no column for split")),
    Case("attributes", text("path,identity,gender,upper_colour\na.jpg,1,male,red\n"), INDEX,
         ('"attributes":{"gender":"male","upper_colour":"red"}',)),
    Case("text", text("path,identity,text\na.jpg,1,a man in red\n"), INDEX, ('"captions":["a man in red"]',)),
    Case("words", text("path,identity,camera\na.jpg,P001,cam2\nb.jpg,P004,cam1\n"), INDEX,
         ('"identity_name":"P004"', '"camera":2', "2 names numbered from 1")),
    Case("floats", text("path,identity,camera\na.jpg,1.0,2.0\nb.jpg,2.0,\n"), INDEX,
         ('"identity":2,"camera":-1', "camera: empty in 1 row")),
    Case("semicolons", text("path;identity\na.jpg;1\n"), INDEX, ('"identity":1', "separated by semicolons")),
    Case("val split", text("path,identity,split\na.jpg,1,val\nb.jpg,1,Train\nc.jpg,2,test\n"), INDEX,
         ('"named_split":"val"', '"split":"train"', '"val" read as gallery')),
    Case("from zero", text("path,identity,split\na.jpg,0,train\nb.jpg,1,train\n"), INDEX,
         ('"identity":2', "counted from 0, raised by 1")),
    Case("is_query", text("path,identity,is_query,is_gallery\na.jpg,1,True,False\nb.jpg,1,False,True\n"), INDEX,
         ('"split":"query"', '"split":"gallery"')),
    Case("own names", text("file_of,who\na.jpg,7\n"), INDEX + " --column path=file_of --column identity=who",
         ('"identity":7',)),
    Case("no header", text("a.jpg,1\nb.jpg,2\n"), INDEX, ("has no header: its first line must name the columns",), 1),
    Case("tabs, UTF-16", text("image\tperson id\ncafé.jpg\t7\n".encode("utf-16")), INDEX,
         ('"path":"café.jpg","identity":7', "UTF-16 text", "separated by tabs")),
    Case("byte-order mark, CRLF", text(b"\xef\xbb\xbfpath,pid\r\na.jpg,7\r\n"),
         INDEX, ('"path":"a.jpg","identity":7',)),
    Case("vertical bars (Flickr30k)", text("image_name| comment_number| comment\na.jpg| 0| A man .\n"), INDEX,
         ('"captions":["A man ."]', "separated by vertical bars", '"comment_number"')),
    Case("Excel's sep=", text("sep=;\npath;pid\na.jpg;7\n"), INDEX, ('"identity":7', 'separated by ";"')),
    Case("commas in quotes", text('path;text\na.jpg;"a man; in red, old"\n'), INDEX,
         ('"captions":["a man; in red, old"]',)),
    Case("a quote that is not closed", text('path,text\na.jpg,"a man\nb.jpg,x\n'), INDEX,
         ("t.csv line 3: quotes are not closed or doubled: save it as CSV again",), 1),
    Case("one name twice", text("path,pid,PID\na.jpg,1,2\n"), INDEX, ('the same column twice: "pid" and "PID"',), 1),
    Case("other synonyms", text("File Name,Person-ID,CAMERA_ID,phase\na.jpg,0007,3,probe\n"), INDEX,
         ('"identity":7,"camera":3,"split":"query"',)),
    Case("identity -2", text("path,identity\na.jpg,-2\n"), INDEX, ("identity is -2: the smallest allowed is -1",), 1),
    Case("identity 1.5", text("path,identity\na.jpg,1.5\n"), INDEX, ("identity is 1.5, not a whole number",), 1),
    Case("a huge identity", text("path,identity\na.jpg,1e30\n"), INDEX,
         ("identity is 1e30: the largest allowed is 9223372036854775807",), 1),
    Case("nan, blank, None", text("path,identity\na.jpg,nan\nb.jpg,\nc.jpg,None\nd.jpg,4\n"), INDEX,
         ('"path":"d.jpg","identity":4', "identity: empty in 3 rows, read as -1 (junk)")),
    Case("cameras c1s1", text("path,pid,camid\na.jpg,1,c1s1\nb.jpg,1,c1s2\nc.jpg,1,c3s1\n"), INDEX,
         ('"path":"b.jpg","identity":1,"camera":1', 'numbers read from names like "c1s1"')),
    Case("cameras from 0", text("path,pid,camid\na.jpg,1,0\nb.jpg,1,1\n"), INDEX, ('"camera":0', '"camera":1')),
    Case("a split that is none", text("path,split\na.jpg,foo\n"),
         INDEX, ('split is "foo": use train, query or gallery',), 1),
    Case("too few cells", text("path,pid\na.jpg\n"), INDEX, ("t.csv line 2 has 1 cells; the header has 2",), 1),
    Case("commas at the ends", text("path,pid,,\na.jpg,7,,\n"), INDEX, ('"identity":7', "2 columns without a name")),
    Case("pandas' index", text(",path,pid\n0,a.jpg,7\n"), INDEX, ('"identity":7', "1 column without a name")),
    Case("backslashes", text("path\nimages\\a.jpg\n"),
         INDEX, ('"path":"images/a.jpg"', "backslashes read as slashes")),
    Case("Latin-1", text("path,text\na.jpg,\xe9t\xe9\n".encode("latin-1")), INDEX,
         ("t.csv is not UTF-8 text (line 2): save it in UTF-8",), 1),
    Case("an Excel workbook", text(b"PK\3\4" + bytes(30)), INDEX,
         ("is an Excel workbook: save it as CSV in UTF-8",), 1),
    Case("an empty table", text(""), INDEX, ("t.csv is empty: a manifest has one image a line",), 1),
    Case("a header alone", text("path,pid\n"), INDEX, ("t.csv has no rows",), 1),
    Case("a column that is not there", text("path,pid\na.jpg,1\n"), INDEX + " --column identity=PERSON",
         ('t.csv has no column "PERSON", only "path", "pid"',), 1),
    Case("--column with a typo", text("path,pid\na.jpg,1\n"), INDEX + " --column person=pid",
         ("write KEY=HEADER",), 2),
    Case("a table from a pipe", text("img_path,pid\na.jpg,7\n"),
         "vtbr-data index table - < t.csv", ('"identity":7',)),
    Case("gzip", text(gzip.compress(b"path,pid\na.jpg,7\n"), "t.csv.gz"),
         "vtbr-data index table t.csv.gz", ('"identity":7',)),
    Case("half a gzip", text(gzip.compress(b"path,pid\na.jpg,7\n" * 99)[:40], "t.csv.gz"),
         "vtbr-data index table t.csv.gz",
         ("t.csv.gz is not a complete gzip file: copy or compress it again",), 1),
    Case("Parquet", parquet, "vtbr-data index table t.parquet", ('"identity":-1,"camera":2', 'path from "img_path"')),
    Case("JSON Lines with pid, img_path", text('{"img_path": "a.jpg", "pid": 7, "camid": 2}\n', "t.jsonl"),
         "vtbr-data index table t.jsonl", ('"path":"a.jpg","identity":7,"camera":2', 'identity from "pid"')),
    Case("JSON Lines with path and pid", text('{"path": "a.jpg", "pid": "P7"}\n{"path": "b.jpg"}\n', "t.jsonl"),
         "vtbr-data stats t.jsonl", ('"identities": 1', 'identity from "pid"', "1 name numbered from 1")),
    Case("JSON Lines with a caption", text('{"path": "a.jpg", "identity": 7, "camera": 1, "split": "train", '
                                           '"caption": "A man."}\n', "t.jsonl"),
         "vtbr-data stats t.jsonl", ('"number": 1', 'captions from "caption"')),
    Case("JSON Lines, identity as text", text('{"path": "a.jpg", "identity": "7"}\n', "t.jsonl"),
         "vtbr-data stats t.jsonl", ('line 1: identity is "7", not a whole number; `vtbr-data index',), 1),
    Case("the same, as it says", text('{"path": "a.jpg", "identity": "7"}\n', "t.jsonl"),
         "vtbr-data index table t.jsonl --column identity=identity", ('"identity":7',)),
    Case("JSON Lines cut short", text('{"path": "a.jpg"}\n{"path": "b', "t.jsonl"), "vtbr-data stats t.jsonl",
         ("t.jsonl line 2 is not valid JSON (Unterminated string starting at, column 10): write one object",), 1),
    Case("a JSON array", text('[{"image": "a.jpg", "label": 7, "phase": "test"}]', "t.json"),
         "vtbr-data index table t.json",
         ('"identity":7', '"named_split":"test"')),
    Case("COCO results", text('[{"image_id": 42, "caption": "A man."}]', "t.json"), "vtbr-data index table t.json",
         ('"path":"42"', '"captions":["A man."]')),
    Case("a folder for a manifest", files("1/a.jpg"), "vtbr-data stats 1",
         ("1 is a folder: list its pictures with `vtbr-data index auto 1 -o manifest.jsonl`",), 1),
]  # fmt: skip

PICTURES = [
    Case("turned picture", golden("orientation_6.jpg"), "vtbr-data check m.jsonl --table",
         ("turned or mirrored by EXIF",)),
    Case("16-bit gray", golden("gray16.png"), "vtbr-data check m.jsonl --table", ("more than 8 bits a colour",)),
    Case("alpha", golden("rgba.png"), "vtbr-data check m.jsonl --table",
         ("transparent parts, which are read as white",)),
    Case("animated", golden("animated.webp"), "vtbr-data check m.jsonl --table", ("several frames",)),
    Case("CMYK", golden("cmyk.jpg"), "vtbr-data check m.jsonl --table", ("CMYK",)),
    Case("cut off", golden("cut_off.jpg"), "vtbr-data check m.jsonl --table", ("cut_off.jpg",), 1),
    Case("HTML called .jpg", both(text("<html>", "a.jpg"), text('{"path": "a.jpg"}', "m.jsonl")),
         "vtbr-data check m.jsonl --table", ("a.jpg",), 1),
    Case("no bytes", both(text("", "a.jpg"), text('{"path": "a.jpg"}', "m.jsonl")), "vtbr-data check m.jsonl --table",
         ("a.jpg",), 1),
]  # fmt: skip

FOLDERS = [
    Case("jfif, avif, heic", files("1/a.jfif", "1/b.avif", "1/c.heic"), "vtbr-data index folders .",
         ("listed 2 images", "1 .heic pictures, which cannot be read")),
    Case("endings in capitals", files("1/a.JPG", "1/b.Png"), "vtbr-data index folders .", ("listed 2 images",)),
    Case("spaces and letters", files("Zoë B/a 1.jpg", "人/b.jpg"), "vtbr-data index folders .",
         ('"path":"人/b.jpg","identity":2', '"identity_name":"Zoë B"')),
    Case("hidden files of macOS", both(files("1/a.jpg", "__MACOSX/1/._a.jpg", "1/._a.jpg"), text("x", "1/.DS_Store")),
         "vtbr-data index folders .", ("listed 1 images", "1 hidden files called as pictures")),
    Case("Thumbs.db", both(files("1/a.jpg"), text("x", "1/Thumbs.db")), "vtbr-data index folders .",
         ("listed 1 images", "1 files that are no pictures")),
    Case("links", files("all/1/a.jpg", "set/1>../all/1", "set/2>../nowhere"), "vtbr-data index folders set",
         ("listed 1 images", '"path":"1/a.jpg"')),
    Case("a folder without pictures", text("x", "readme.txt"), AUTO, ("Error: ",), 1),
    Case("a folder that is not there", text("x"), "vtbr-data index folders gone", ("gone",), 1),
    Case("person, camera, picture", files("p1/c1/a.jpg", "p2/c2/b.jpg"), "vtbr-data index folders .",
         ("--pattern",), 1),
    Case("layumi", files(*LAYUMI), AUTO, ('"camera":1,"split":"train"', "train_all is read for training")),
    Case("ImageFolder", files("train/1/a.jpg", "val/1/a.jpg", "test/1/a.jpg"), AUTO,
         ("listed 3 images", "val is read as gallery")),
    Case("Market, test only", files(*MARKET), AUTO, ("listed 2 images", "no training images")),
    Case("MSMT17_V2", lists, AUTO, ("listed 4 images", "looks like MSMT17")),
    Case("caption_all.json", people_with_captions("caption_all.json"), AUTO,
         ("holds no splits: all images are train",)),
    Case("ICFG_PEDES.json", people_with_captions("ICFG_PEDES.json", split="train"), AUTO,
         ("looks like ICFG-PEDES", '"captions":["A man."]')),
    Case("a copy (1).jpg", files(MARKET[0], "bounding_box_test/0003_c3s1_1_03 (1).jpg"),
         "vtbr-data index market1501 . --skip-unknown", ("1 pictures with other names",)),
    Case("a copy, not skipped", files(MARKET[0], "bounding_box_test/0003_c3s1_1_03 (1).jpg"),
         "vtbr-data index market1501 .", ("--skip-unknown",), 1),
]  # fmt: skip

CAPTIONS = [
    Case("COCO captions", captions("c.json", COCO), NAMES + "c.json", ('"captions":["A man."]',)),
    Case("Karpathy captions", captions("c.json", KARPATHY), NAMES + "c.json", ('"captions":["A man."]',)),
    Case("Flickr8k captions", captions("c.txt", "a.jpg#0\tA man.\n"), NAMES + "c.txt", ('"captions":["A man."]',)),
    Case("captions.txt", captions("c.txt", "image,caption\na.jpg,A man.\n"),
         NAMES + "c.txt", ('"captions":["A man."]',)),
    Case("captions by name", captions("c.json", {"a.jpg": ["A man.", "Red."], "b.jpg": "A hat."}), NAMES + "c.json",
         ('"captions":["A man.","Red."]', '"captions":["A hat."]')),
    Case("captions of other pictures", captions("c.json", {"z.jpg": "A man."}), NAMES + "c.json",
         ("no caption of c.json is of an image",), 1),
    Case("special tokens in a caption", text('{"path": "a.jpg", "captions": ["a [EOS] man"]}\n', "m.jsonl"),
         "vtbr-data check m.jsonl --table", ("captions spell a token",), 1),
]  # fmt: skip

TARS = [
    Case("keys with dots", tar("a.s1.jpg", "a.s1.json", "a.s2.jpg", "a.s2.json"), "READ x.tar",
         ("a.s1.jpg 2, a.s2.jpg 4",)),
    Case("labels apart", tar("a.jpg", "b.jpg", "a.json", "b.json"), "READ x.tar", ("a.jpg 3, b.jpg 4",)),
    Case("two pictures a key", tar("a.left.jpg", "a.right.jpg", "a.json"), "READ x.tar",
         ("a.left.jpg 3, a.right.jpg 3",)),
    Case("a name twice", tar("a.jpg", "a.json", "a.jpg", "a.json"), "READ x.tar",
         ("a.jpg 2, a.jpg 4", "1 names are there several times")),
    Case("./ before names", tar("./a.jpg", "./a.json"), "READ x.tar", ("a.jpg 2",)),
    Case("long names", tar("f" * 120 + "/a.jpg", "f" * 120 + "/a.json"), "READ x.tar", ("/a.jpg 2",)),
    Case("GNU's long names", tar("f" * 120 + "/a.jpg", "f" * 120 + "/a.json", form=tarfile.GNU_FORMAT), "READ x.tar",
         ("/a.jpg 2",)),
    Case("names with ..", tar("../a.jpg", "b.jpg"), "READ x.tar", ("b.jpg -1", "..")),
    Case("links in a tar", tar("a.jpg", "b.jpg>/etc/passwd"), "READ x.tar", ("a.jpg -1", "link")),
    Case("a compressed tar", tar("a.jpg", mode="w:gz"), "READ x.tar",
         ("x.tar is compressed: unpack it first with `gzip -d",), 1),
]  # fmt: skip

OUTPUTS = [
    Case("output over input", text("path\na.jpg\n"), INDEX + " -o t.csv", ("--output would overwrite FOLDER",), 2),
    Case("the same by ./", text("path\na.jpg\n"), INDEX + " -o ./t.csv", ("--output would overwrite FOLDER",), 2),
    Case("the same by a link", both(text("path\na.jpg\n"), lambda folder: (folder / "l.csv").symlink_to("t.csv")),
         INDEX + " -o l.csv", ("--output would overwrite FOLDER",), 2),
    Case("the same by a hard link", both(text("path\na.jpg\n"),
         lambda folder: os.link(folder / "t.csv", folder / "l.csv")),
         INDEX + " -o l.csv", ("--output would overwrite FOLDER",), 2),
    Case("features over themselves", arrays(), REID + " -o x.npz",
         ("x.npz: is an input of this command and would be lost",), 1),
    Case("by a hard link", both(arrays(), lambda folder: os.link(folder / "x.npz", folder / "l.npz")),
         REID + " -o l.npz",
         ("l.npz: is an input of this command and would be lost",), 1),
    Case("two outputs of one name", arrays(), REID + " -o o.json --ranked o.json", ("is named for two outputs",), 1),
    Case("two outputs to stdout", arrays(), REID + " --ranked -", ("would both write to standard output",), 1),
    Case("labels over themselves", labels("path,pid,camid,split"), "vtbr-eval reid x.npy -o x.csv",
         ("would be lost",), 1),
    Case("--k2 without --rerank", arrays(), REID + " --k2 3", ("--k2 has no effect without --rerank",), 2),
    Case("--pattern of a table", text("path\na.jpg\n"), INDEX + " --pattern x",
         ("--pattern needs `index files`",), 2),
    Case("mistyped command", text("path\n"), "vtbr-data selects", ("did you mean select?",), 2),
    Case("mistyped command of vtbr-eval", text("path\n"), "vtbr-eval ried", ("did you mean",), 2),
    Case("mistyped option", text("path\na.jpg\n"), INDEX + " --colum a=b", ("Did you mean '--column'?",), 2),
    Case("mistyped dataset", text("path\n"), "vtbr-data index market .", ("did you mean",), 2),
]  # fmt: skip

FEATURE_FILES = [
    Case("aliases",
         lambda folder: np.savez(folder / "x.npz", feats=FEATURES, pids=PEOPLE, camids=CAMERAS, subset=SPLIT),
         REID, (SCORED, 'identity from "pids"')),
    Case("six arrays", lambda folder: np.savez(
        folder / "x.npz", qf=FEATURES[::4], q_pids=PEOPLE[::4], q_camids=CAMERAS[::4],
        gf=FEATURES, g_pids=PEOPLE, g_camids=CAMERAS), REID, (SCORED, 'gallery features from "gf"')),
    Case("camid beside an npy", labels("path,identity,camid,split"), "vtbr-eval reid x.npy --bootstrap 0",
         (SCORED, 'camera from "camid"')),
    Case("labels in a text file", labels("path,pid,camid,split", name="x.txt"),
         "vtbr-eval reid x.npy --bootstrap 0", (SCORED,)),
    Case("no labels", lambda folder: np.save(folder / "x.npy", FEATURES), "vtbr-eval reid x.npy",
         ("put a table x.csv with the columns path, identity, camera, split beside it",), 1),
    Case("no cameras", arrays(camera=None), REID, (SCORED, "no camera of the queries and of the gallery is known")),
    Case("no split", arrays(split=None), REID, ("has no array for split",), 1),
    Case("probe", arrays(split=np.where(SPLIT == "query", "Probe", "TEST")), REID, (SCORED, '"Probe" read as query')),
    Case("false and true", arrays(split=SPLIT == "gallery"), REID, (SCORED, "False read as query, True as gallery")),
    Case("is_query", arrays(split=None, is_query=SPLIT == "query"), REID, (SCORED,)),
    Case("people as words", arrays(identity=np.array([f"P{i}" for i in PEOPLE])), REID,
         (SCORED, "5 names numbered from 1")),
    Case("people as floats", arrays(identity=PEOPLE.astype(float)), REID, (SCORED,)),
    Case("people from 0", arrays(identity=PEOPLE - 1), REID, (SCORED, "counted from 0, raised by 1")),
    Case("half a person", arrays(identity=PEOPLE + 0.5), REID, ("identity is 1.5 in row 0, not a whole number",), 1),
    Case("a column of people", arrays(identity=PEOPLE[:, None]), REID, (SCORED,)),
    Case("(N, D, 1, 1)", arrays(features=FEATURES[:, :, None, None]), REID, (SCORED, "read as (20, 16)")),
    Case("(D, N)", arrays(features=FEATURES.T.copy()), REID, ("transpose the features, one row an image",), 1),
    Case("float16", arrays(features=FEATURES.astype(np.float16)), REID, (SCORED,)),
    Case("float64", arrays(features=FEATURES.astype(float)), REID, (SCORED,)),
    Case("whole numbers for features", arrays(features=FEATURES.astype(int)), REID,
         ("not floating point: save them with `.astype('float32')`",), 1),
    Case("Python objects", arrays(identity=PEOPLE.astype(object)), REID, ("which are never opened",), 1),
    Case("NaN in a feature", arrays(features=np.where(np.eye(20, 16) > 0, np.nan, FEATURES)), REID,
         ("the feature in row 0 (0.jpg) holds NaN",), 1),
    Case("a feature of zeros", arrays(features=FEATURES * (np.arange(20) != 7)[:, None]), REID, ("row 7",), 1),
    Case("too few people", arrays(identity=PEOPLE[:19]), REID, ("20 features but 19 of 'identity'",), 1),
    Case("a path twice", arrays(path=np.array(["a.jpg"] * 20)), REID, (SCORED, "have the path of another one")),
    Case("a picture on both sides", arrays(features=np.where(np.arange(20)[:, None] == 1, FEATURES[0], FEATURES)),
         REID,
         (SCORED, "the same feature as a compared gallery image")),
    Case("a folder of query and gallery", lambda folder: [
        (folder / "f").mkdir(),
        np.savez(folder / "f/query.npz", feat=FEATURES[::4], pids=PEOPLE[::4], camids=CAMERAS[::4]),
        np.savez(folder / "f/gallery.npz", feat=FEATURES, pids=PEOPLE, camids=CAMERAS)],
         "vtbr-eval reid f --bootstrap 0", (SCORED, "5 query, 20 gallery")),
    Case("a pickle", text(b"\x80\x04\x95" + bytes(30), "x.npz"), REID,
         ("is a Python pickle, which could run code",), 1),
    Case("half a file", lambda folder: [arrays()(folder),
         (folder / "x.npz").write_bytes((folder / "x.npz").read_bytes()[:900])],
         REID, ("is a damaged .npz",), 1),
    Case("a manifest for features", text('{"path": "a.jpg", "identity": 7}\n', "x.npz"), REID,
         ("is a manifest, not a features file",), 1),
    Case("HTML for features", text("<html>", "x.npz"), REID, ("is text, not a features file",), 1),
    Case("wide CSV", lambda folder: (folder / "x.csv").write_text("\n".join(
        [",".join(["pid", "camid", "split", *(f"f{i}" for i in range(16))]),
         *(",".join(map(str, [p, c, s, *f])) for p, c, s, f in zip(PEOPLE, CAMERAS, SPLIT, FEATURES, strict=True))])),
         "vtbr-eval reid x.csv --bootstrap 0", (SCORED, 'features from 16 columns, "f0" to "f15"')),
]  # fmt: skip

CASES = [*TABLES, *PICTURES, *FOLDERS, *CAPTIONS, *TARS, *OUTPUTS, *FEATURE_FILES]


def outcome(case: Case, folder: Path) -> tuple[str, int]:
    """What the command prints in `folder`, the current one, and its exit code."""
    case.make(folder)
    program, *words = case.command.split()
    if program == "READ":
        return read_by_training(words[0])
    given = (folder / words[-1]).read_bytes() if "<" in words else b""
    words = words[: words.index("<")] if "<" in words else words
    main = importlib.import_module(program.replace("-", "_") + ".cli").main
    result = CliRunner().invoke(main, words, input=given)
    is_traceback = result.exception is not None and not isinstance(result.exception, SystemExit)
    printed = result.stdout + result.stderr + (f"traceback: {result.exception!r}" if is_traceback else "")
    return printed, result.exit_code


def read_by_training(source: str) -> tuple[str, int]:
    """What training says of a tar, and the rows that it reads."""
    from vtbr_data.training import read_images

    said: list[str] = []
    try:
        rows = read_images(Path(source), say=said.append).rows
    except ValueError as error:
        return "\n".join([*said, str(error)]), 1
    return "\n".join([", ".join(f"{row.path} {row.identity}" for row in rows), *said]), 0


def is_right(case: Case, printed: str, code: int) -> bool:
    return code == case.code and all(part in " ".join(printed.split()) for part in case.said)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_read_rightly_or_refused_in_words(case, tmp_path, monkeypatch):
    program = case.command.split()[0].replace("-", "_")
    if program != "READ" and importlib.util.find_spec(program) is None:
        pytest.skip(f"{program} is not installed")
    monkeypatch.chdir(tmp_path)
    printed, code = outcome(case, tmp_path)
    assert is_right(case, printed, code), f"exit code {code}\n{printed}"


def shown(case: Case) -> str:
    """A cell of the table."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        printed, code = outcome(case, Path(folder))
    if is_right(case, printed, code):
        return "right" if code == 0 else "refused in words"
    lines = printed.strip().splitlines() or ["nothing"]
    what = "traceback" if "traceback: " in lines[-1] else "read" if code == 0 else "refused"
    line = "".join(letter for letter in (lines[-1] if code else " ".join(lines[:4])) if letter.isprintable())
    return f"{what}: {line}".replace("|", "/")[:160]


def column(checkout: Path) -> list[str]:
    """The cells of all cases by the packages of a checkout, in a process of their own."""
    packages = os.pathsep.join(str(path) for path in checkout.resolve().glob("packages/*/src"))
    done = subprocess.run(
        [sys.executable, __file__, "--cells"],
        env=os.environ | {"PYTHONPATH": packages},
        stdout=subprocess.PIPE,
        check=True,
    )
    cells: list[str] = json.loads(done.stdout)
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, metavar="CHECKOUT", help="Also run by these packages.")
    parser.add_argument("--cells", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.cells:
        print(json.dumps([shown(case) for case in CASES]))
        return
    columns = {"now": column(ROOT)}
    if arguments.source:
        columns = {"before": column(arguments.source), **columns}
    print(f"| case | command | {' | '.join(columns)} |\n| --- | --- |{' --- |' * len(columns)}")
    for case, *cells in zip(CASES, *columns.values(), strict=True):
        command = "training reads x.tar" if case.command.startswith("READ") else case.command
        print(f"| {case.name} | `{command}` | {' | '.join(cells)} |")
    right = {
        name: sum(cell in ("right", "refused in words") for cell in cells) for name, cells in columns.items()
    }
    print(f"\nRight of {len(CASES)}: {', '.join(f'{name} {number}' for name, number in right.items())}")


if __name__ == "__main__":
    main()
