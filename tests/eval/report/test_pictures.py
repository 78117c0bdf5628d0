from __future__ import annotations

import base64
import io
import sys

import pytest

from tests.support.report_pages import data_of, run_report
from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.files import write_features
from vtbr_eval.report.page import make_report
from vtbr_eval.report.thumbnails import LARGE_PX, SMALL_PX, make_thumbnails


def test_pictures_are_small_webps_of_the_images_listed(pictures):
    from PIL import Image

    root, table = pictures
    report = make_report([table], root=root)
    data = data_of(report.html)
    assert report.notes == []
    assert len(data["picture"]) == len(data["image"])
    for (path, _, _), picture in zip(data["image"], data["picture"], strict=True):
        with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
            assert (image.format, image.size) == ("WEBP", (48, 128))
            assert image.width <= LARGE_PX[0] and image.height <= LARGE_PX[1]
            assert abs(image.getpixel((20, 60))[0] - 4 * int(path[:3])) < 8


def test_pictures_stop_at_the_budget_and_the_page_says_so(pictures):
    root, table = pictures
    report = make_report([table], root=root, picture_bytes=2_000)
    shown = [picture for picture in data_of(report.html)["picture"] if picture]
    assert 0 < sum(map(len, shown)) <= 2_000
    assert "fill the budget" in report.notes[0]
    assert report.notes[0] in report.html


def test_pictures_get_smaller_when_half_of_the_budget_is_used(pictures):
    from PIL import Image

    root, table = pictures
    whole = sum(map(len, filter(None, data_of(make_report([table], root=root).html)["picture"])))
    report = make_report([table], root=root, picture_bytes=whole)
    heights = []
    for picture in filter(None, data_of(report.html)["picture"]):
        with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
            heights.append(image.height)
    assert set(heights) == {LARGE_PX[1], SMALL_PX[1]}


def test_without_images_names_stand_in_their_place(pictures):
    root, table = pictures
    for damaged, content in (("000.png", b"no image"), ("001.png", b""), ("002.png", b"\x89PNG\r\n\x1a\n")):
        (root / damaged).write_bytes(content)
    (root / "003.png").unlink()
    notes = make_report([table], root=root).notes
    assert notes == [
        "4 images could not be read under the root and are shown by name, the first is " + notes[0][-7:]
    ]
    assert set(data_of(make_report([table]).html)["picture"]) == {0}


@pytest.mark.parametrize("path", ["../secret.png", "a/../../secret.png", "{parent}/secret.png", "a\0.png"])
def test_no_picture_from_beside_the_root_gets_into_the_page(tmp_path, path):
    image = pytest.importorskip("PIL.Image", reason="thumbnails need Pillow")
    image.new("RGB", (8, 8)).save(tmp_path / "secret.png")
    (tmp_path / "root").mkdir()
    paths = [path.format(parent=tmp_path)]
    assert make_thumbnails([0], paths, tmp_path / "root", 10_000).unreadable == paths


def test_a_root_that_is_no_folder_is_refused(tmp_path, table):
    with pytest.raises(InputError, match="is not a folder: --root names the folder"):
        make_report([table], root=tmp_path / "nowhere")


def test_without_pillow_the_error_says_what_to_type(tmp_path, table, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(InputError, match=r"pip install 'vtbr-eval\[report\]'"):
        make_report([table], root=tmp_path)
    assert make_report([table]).html


def test_what_could_not_be_shown_is_said_on_standard_error(pictures):
    root, table = pictures
    write_features(table, root / "a.safetensors")
    (root / "007.png").unlink()
    result = run_report(root / "a.safetensors", "--root", root)
    assert result.exit_code == 0
    assert "1 images could not be read" in result.stderr


def test_every_query_has_a_picture_before_any_other_image(pictures):
    root, table = pictures
    queries = evaluate(table, bootstrap=0).pairing.query
    whole = data_of(make_report([table], root=root).html)
    sizes = {path: len(picture) for (path, *_), picture in zip(whole["image"], whole["picture"], strict=True)}
    budget = sum(sizes[table.path[row]] for row in queries)
    data = data_of(make_report([table], root=root, picture_bytes=int(1.05 * budget)).html)
    shown = {path for (path, *_), picture in zip(data["image"], data["picture"], strict=True) if picture}
    assert {table.path[row] for row in queries} <= shown


def test_pictures_of_a_turned_photograph_are_upright(tmp_path):
    image = pytest.importorskip("PIL.Image", reason="thumbnails need Pillow")
    turned, exif = image.new("RGB", (128, 64)), image.Exif()
    exif[274] = 6
    turned.save(tmp_path / "t.jpg", exif=exif)
    (picture,) = make_thumbnails([0], ["t.jpg"], tmp_path, 10_000).picture.values()
    with image.open(io.BytesIO(base64.b64decode(picture))) as small:
        assert small.size == (64, 128)


def test_pictures_go_into_a_folder_that_the_page_names(pictures, tmp_path):
    root, table = pictures
    write_features(table, tmp_path / "a.safetensors")
    words = (tmp_path / "a.safetensors", "--root", root, "--pictures", tmp_path / "my pictures")
    result = run_report(*words, "-o", tmp_path / "r.html")
    assert result.exit_code == 0, result.stderr
    html = (tmp_path / "r.html").read_text()
    data = data_of(html)
    assert data["folder"] == "my%20pictures"
    assert sorted(p.name for p in (tmp_path / "my pictures").iterdir()) == sorted(data["picture"])
    assert "img-src data: 'self' file:;" in html
    again = run_report(*words, "-o", tmp_path / "s.html")
    assert again.exit_code == 1
    assert "is there already: --pictures names a new or an empty folder" in again.stderr
    assert not (tmp_path / "s.html").exists()
    assert run_report(tmp_path / "a.safetensors", "--pictures", tmp_path / "p").exit_code == 2
