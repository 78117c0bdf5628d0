from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from vtbr_data.cli import main
from vtbr_data.inspecting.diversity import diversity
from vtbr_data.inspecting.page import make_page
from vtbr_data.inspecting.page.histogram import histogram
from vtbr_data.inspecting.page.markup import bars
from vtbr_data.inspecting.page.sheets import by_camera, by_identity
from vtbr_data.manifest.manifest import read_manifest
from vtbr_data.manifest.row import Row

NASTY = "<script>alert('x')</script>"


@pytest.fixture
def manifest(picture, manifest_file):
    for number in range(12):
        picture(f"{number}.png", 20 * number, (24 + number, 48))
    lines = [
        {
            "path": f"{number}.png",
            "identity": 1 + number // 4,
            "camera": number % 3,
            "captions": [f"a man {NASTY}", "a red coat"],
            "attributes": {"hat": number % 2 == 0, NASTY: NASTY},
        }
        for number in range(12)
    ]
    return manifest_file(*lines, {"path": "gone.png", "identity": -1, "camera": 2, "split": "query"})


class Tags(HTMLParser):
    """What a browser would find."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href") and value]


def test_a_page_needs_nothing_else_and_runs_nothing(manifest):
    page = make_page(read_manifest(manifest), workers=2)
    found = Tags(page)
    assert "script" not in found.tags
    assert found.links
    assert all(link.startswith("data:image/jpeg;base64,") for link in found.links)
    assert "http" not in page
    assert NASTY not in page
    assert "&lt;script&gt;" in page
    assert str(manifest.parent) not in page


def test_a_page_counts_and_shows_what_there_is(manifest):
    page = make_page(read_manifest(manifest))
    assert "Measured on 12 of 13 pictures; 1 could not be read" in page
    assert "not readable" in page
    for said in (
        "identity 1 (4 images)",
        "camera 2 (5 images)",
        "Frequent words",
        "Brightness",
        "a man &lt;script",
    ):
        assert said in page
    assert "Height</b>: 48 pixels, all 12" in page
    assert page == make_page(read_manifest(manifest), workers=3)


def test_few_pictures_can_be_measured(manifest):
    assert "Measured on 3 of 13 pictures; 1 could not" in make_page(read_manifest(manifest), pictures=4)


def test_sheets_go_over_cameras_before_they_repeat_one():
    rows = [Row(f"{n}.jpg", 1 + n % 2, n % 5) for n in range(40)]
    ((title, places), _) = by_identity(rows, 2, 5, seed=0)
    assert title == "identity 1 (20 images)"
    assert [rows[place].camera for place in places] == [0, 1, 2, 3, 4]
    assert len(by_camera(rows, 3, 4, seed=0)) == 3
    assert by_identity([Row("a.jpg", 0), Row("b.jpg", -1)], 5, 5, seed=0) == []


@given(st.lists(st.floats(-1e6, 1e6), max_size=50))
def test_a_histogram_counts_every_value_once(values):
    drawn = histogram("x", values, "units")
    counted = [int(number.replace(",", "")) for number in re.findall(r": ([\d,]+)</title>", drawn)]
    if len(set(values)) > 1:
        assert sum(counted) == len(values)
    elif values:
        assert f"all {len(values)}" in drawn
    else:
        assert drawn == ""


def test_whole_numbers_have_a_column_each():
    assert re.findall(r"<title>(.*?)</title>", histogram("x", [1, 2, 2, 4], "images")) == [
        "1 images: 1", "2 images: 2", "3 images: 0", "4 images: 1",
    ]  # fmt: skip


def test_bars_beyond_the_most_are_summed_up():
    drawn = bars("x", {"a": 4, "b": 3, "c": 2, "d": 1}, most=3)
    assert "2 others" in drawn
    assert "width:75.0%" in drawn
    assert bars("x", {}) == ""


def test_diversity_counts_runs_of_words_and_lengths():
    found = diversity(["a red coat", "a red coat", "a t-shirt, red"])
    assert found["distinct-1"] == round(4 / 9, 6)
    assert found["distinct-2"] == round(4 / 6, 6)
    assert found["distinct-4"] == 0
    assert found["lengths"] == {"3": 3}
    assert list(found["frequent"].items())[:2] == [("a", 3), ("red", 3)]
    assert diversity([])["distinct-1"] == 0


def test_diversity_looks_at_evenly_spaced_captions(monkeypatch):
    monkeypatch.setattr("vtbr_data.inspecting.diversity.MOST", 10)
    assert diversity(["a"] * 25)["looked_at"] == 9


def test_stats_writes_page_and_tables(manifest, tmp_path):
    target = tmp_path / "stats.html"
    result = CliRunner().invoke(main, ["stats", str(manifest), "--page", str(target), "--table"])
    assert result.exit_code == 0, result.output
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert re.search(r"all +│ +13", result.stdout)
    counted = json.loads(CliRunner().invoke(main, ["stats", str(manifest)]).stdout)
    assert counted["images_a_person"] == {"4": 3}
    assert counted["images_a_camera"] == {"0": 4, "1": 4, "2": 5}
    assert counted["captions"]["diversity"]["looked_at"] == 24


def test_the_page_fits_a_phone_and_a_dark_screen(manifest, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on the PATH")
    target = tmp_path / "stats.html"
    target.write_text(make_page(read_manifest(manifest)), encoding="utf-8")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_context(
            viewport={"width": 360, "height": 740}, color_scheme="dark", offline=True
        ).new_page()
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(target.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 24, 29)"
        assert page.locator("img").count() > 12
        assert said == []
        browser.close()
