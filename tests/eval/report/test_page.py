from __future__ import annotations

import base64
import io
import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from click.testing import CliRunner

from vtbr_eval.cli import main
from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import FeatureTable
from vtbr_eval.files import write_features
from vtbr_eval.protocol import PROTOCOLS, Protocol
from vtbr_eval.report.page import PICTURE_BYTES, make_report
from vtbr_eval.report.systems import HEADLINE, measure_systems
from vtbr_eval.report.thumbnails import LARGE_PX, SMALL_PX, make_thumbnails

NASTY = "</script><script>alert('x')</script>&\"<!--.jpg"


def run(*args):
    return CliRunner().invoke(main, ["report", *map(str, args)])


def data_of(html: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)[1])


def renamed(table: FeatureTable, path) -> FeatureTable:
    return FeatureTable.of(
        table.features, identity=table.identity, camera=table.camera, split=table.split, path=path
    )


class Outline(HTMLParser):
    """Elements, ids and the nesting of a page."""

    VOID = ("meta", "input", "br", "img", "link")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags, self.open, self.attributes = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def pictures(tmp_path, table):
    """The table under file names, with a picture for each."""
    image = pytest.importorskip("PIL.Image", reason="thumbnails need Pillow")
    for i in range(len(table)):
        image.new("RGB", (96, 256), (4 * i, 255 - 4 * i, 90)).save(tmp_path / f"{i:03d}.png")
    return tmp_path, renamed(table, [f"{i:03d}.png" for i in range(len(table))])


def test_the_page_shows_the_scores_that_reid_prints(table):
    html = make_report([table]).html
    for measure, value in evaluate(table).measures().items():
        assert f"<h3>{measure}</h3>" in html
        assert f"<strong>{100 * value:.1f}&nbsp;%</strong>" in html


def test_intervals_are_those_that_reid_draws(table):
    (system,), _ = measure_systems([table], Protocol(), top=3, bootstrap=200, seed=4)
    for measure, ends in evaluate(table, bootstrap=200, seed=4).interval.items():
        estimate = system.headline[measure]
        assert (estimate.low, estimate.high) == pytest.approx(ends)


def test_without_draws_or_with_one_person_there_is_no_interval(table):
    lonely = FeatureTable.of([[1, 0], [1, 1]], identity=[1, 1], camera=[1, 2], split=[0, 1])
    assert "95 % interval." not in make_report([table], bootstrap=0).html
    assert "95 % interval." not in make_report([lonely]).html


def test_nothing_is_fetched_and_the_page_forbids_it(table):
    html = make_report([table]).html
    assert not re.findall(r"""(?:src|href)=["'](?!#)|url\(|@import|https?:""", html)
    assert "default-src 'none'" in html


def test_the_elements_close_and_ids_are_unique(table, with_features):
    other = with_features(table, table.features[:, ::-1] ** 3)
    for tables in ([table], [table, other]):
        outline = Outline(make_report(tables).html)
        assert outline.open == []
        ids = [value for name, value in outline.attributes if name == "id"]
        assert len(ids) == len(set(ids))
        assert {"header", "nav", "main", "footer", "h1"} <= set(outline.tags)
        assert outline.tags.count("h1") == 1


def test_names_from_files_stay_text(table):
    import dataclasses

    nasty = dataclasses.replace(renamed(table, [f"{i}{NASTY}" for i in range(len(table))]), name=NASTY)
    html = make_report([nasty]).html
    assert html.count("<script") == 2
    assert "alert('x')" not in re.sub(r'<script type="application/json".*?</script>', "", html, flags=re.S)
    assert any(path.endswith(NASTY) for path, _, _ in data_of(html)["image"])


def test_the_same_input_gives_the_same_page(pictures):
    root, table = pictures
    assert make_report([table], root=root).html == make_report([table], root=root).html


def test_every_scored_query_is_there_with_its_figures(table):
    scores = evaluate(table, bootstrap=0)
    searches = data_of(make_report([table]).html)["search"]
    assert [search[1][0] for search in searches] == pytest.approx(scores.average_precision, abs=1e-4)
    assert [search[1][1] for search in searches] == scores.first_rank.tolist()


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


def test_a_page_about_two_systems_and_3368_queries_stays_under_15_mb():
    random = np.random.default_rng(0)
    num_queries, num_gallery = 3368, 15_913
    identity = random.integers(1, 751, num_queries + num_gallery)
    path = [f"bounding_box_test/{person:04d}_c1s1_{i:06d}_00.jpg" for i, person in enumerate(identity)]
    a, b = (
        FeatureTable.of(
            random.normal(size=(len(identity), 2)),
            identity=identity,
            camera=np.arange(len(identity)) % 6,
            split=np.arange(len(identity)) >= num_queries,
            path=path,
        )
        for _ in range(2)
    )
    assert len(make_report([a, b], bootstrap=10).html) + PICTURE_BYTES < 15_000_000


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


def test_two_systems_are_compared_query_by_query(table, with_features):
    other = with_features(table, table.features + 5 * np.eye(8)[table.identity % 8])
    (first, second), difference = measure_systems([table, other], Protocol(), top=5, bootstrap=300, seed=0)
    for measure in HEADLINE:
        change = second.headline[measure].value - first.headline[measure].value
        assert difference[measure].value == pytest.approx(change)
    html = make_report([table, other]).html
    assert "B is better" in html
    assert "System B finds" in html
    assert all(len(search) == 3 for search in data_of(html)["search"])


def test_two_systems_of_different_images_are_refused(table, random_table):
    with pytest.raises(InputError, match="extract both from the same manifest"):
        make_report([table, random_table(1)])


def test_drawn_galleries_are_refused(table):
    with pytest.raises(InputError, match="without random test sets"):
        make_report([table], PROTOCOLS["viper-like"])


def test_the_smallest_table_makes_a_page():
    table = FeatureTable.of([[1.0], [2.0]], identity=[1, 1], camera=[-1, -1], split=[0, 1])
    data = data_of(make_report([table]).html)
    assert data["search"] == [[0, [1.0, 1, 1, None, [1, 1, 0.0]]]]


def test_the_command_writes_a_file_or_standard_output(tmp_path, table):
    write_features(table, tmp_path / "a.safetensors")
    page = tmp_path / "report.html"
    written = run(tmp_path / "a.safetensors", "--top", 3, "-o", page)
    assert (written.exit_code, written.stdout) == (0, "")
    assert page.read_text() == run(tmp_path / "a.safetensors", "--top", 3).stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.safetensors", "report.html"]


def test_what_could_not_be_shown_is_said_on_standard_error(pictures):
    root, table = pictures
    write_features(table, root / "a.safetensors")
    (root / "007.png").unlink()
    result = run(root / "a.safetensors", "--root", root)
    assert result.exit_code == 0
    assert "1 images could not be read" in result.stderr


def test_wrong_input_ends_in_one_line(tmp_path, table):
    write_features(table, tmp_path / "a.safetensors")
    result = run(tmp_path / "a.safetensors", "--other", tmp_path / "missing")
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == f"Error: {tmp_path / 'missing'}: No such file or directory"
    assert run(tmp_path / "a.safetensors", "--top", 0).exit_code == 2


def test_viper_shows_its_known_scores(real_data):
    page = run(real_data / "features" / "viper_osnet.npz").stdout
    assert "<strong>32.6&nbsp;%</strong>" in page
    assert "<strong>41.5&nbsp;%</strong>" in page


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
    result = run(
        tmp_path / "a.safetensors",
        "--root",
        root,
        "--pictures",
        tmp_path / "my pictures",
        "-o",
        tmp_path / "r.html",
    )
    assert result.exit_code == 0, result.stderr
    html = (tmp_path / "r.html").read_text()
    data = data_of(html)
    assert data["folder"] == "my%20pictures"
    assert sorted(p.name for p in (tmp_path / "my pictures").iterdir()) == sorted(data["picture"])
    assert "img-src data: 'self' file:;" in html
    again = run(
        tmp_path / "a.safetensors",
        "--root",
        root,
        "--pictures",
        tmp_path / "my pictures",
        "-o",
        tmp_path / "s.html",
    )
    assert again.exit_code == 1
    assert "is there already: --pictures names a new or an empty folder" in again.stderr
    assert not (tmp_path / "s.html").exists()
    assert run(tmp_path / "a.safetensors", "--pictures", tmp_path / "p").exit_code == 2


@pytest.mark.parametrize(
    "options",
    [
        ["--rerank", "--k1", 4],
        ["--protocol", "layumi"],
        ["--expand-queries", 2, "--augment-gallery", 2],
        ["--protocol", "multi-query"],
    ],
)
def test_the_page_shows_what_reid_prints_under_any_protocol(tmp_path, table, options):
    absent = replace(table, identity=np.where(np.isin(np.arange(len(table)), [0, 3]), 90, table.identity))
    write_features(absent, tmp_path / "a.safetensors")
    page = run(tmp_path / "a.safetensors", *options)
    scores = CliRunner().invoke(main, ["reid", str(tmp_path / "a.safetensors"), *map(str, options)])
    for measure in ("mAP", "rank-1", "mINP"):
        assert f"<strong>{100 * json.loads(scores.stdout)[measure]:.1f}&nbsp;%</strong>" in page.stdout
    assert re.search(r"[12] of \d+ queries", page.stdout)
    assert "queries have no correct match in the gallery" in page.stderr


def test_random_test_sets_are_refused(tmp_path, table):
    write_features(table, tmp_path / "a.safetensors")
    result = run(tmp_path / "a.safetensors", "--protocol", "viper-like")
    assert "needs a protocol without random test sets" in result.stderr
