"""Pictures for the report, and its pages in a real Chromium (`pip install playwright`, Chromium on the PATH)."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from tests.support.report_pages import DESK, NASTY, renamed, to_list
from vtbr_eval.features import FeatureTable
from vtbr_eval.report.page import make_report


@pytest.fixture
def pictures(tmp_path, table):
    """The table under file names, with a picture for each."""
    image = pytest.importorskip("PIL.Image", reason="thumbnails need Pillow")
    for i in range(len(table)):
        image.new("RGB", (96, 256), (4 * i, 255 - 4 * i, 90)).save(tmp_path / f"{i:03d}.png")
    return tmp_path, renamed(table, [f"{i:03d}.png" for i in range(len(table))])


@pytest.fixture(scope="session")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on the PATH")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """A page about one system, with pictures but one, and a page about two."""
    image = pytest.importorskip("PIL.Image", reason="thumbnails need Pillow")
    folder = tmp_path_factory.mktemp("report")
    random = np.random.default_rng(0)
    count = 150
    identity = np.concatenate([random.integers(1, 12, count - 6), [0, 0, 0, -1, -1, -1]])
    path = [f"c{i % 4}/{i:03d}.png" if i != 3 else f"c3/003{NASTY}.png" for i in range(count)]
    centre = random.normal(size=(13, 8))
    features = centre[identity] + random.normal(size=(count, 8))
    for name in path:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        if name != path[0]:
            image.fromarray(random.integers(0, 255, (16, 8, 3), np.uint8)).resize((64, 128)).save(
                folder / name, "PNG"
            )
    split = np.where(identity > 0, np.arange(count) % 3 != 0, 1)
    others = {"identity": identity, "camera": np.arange(count) % 4 + 1, "split": split, "path": path}
    a = FeatureTable.of(features, **others)
    b = FeatureTable.of(features + centre[identity] / 2, **others)
    for name, tables in (("one", [a]), ("two", [a, b])):
        (folder / f"{name}.html").write_text(make_report(tables, root=folder).html, encoding="utf-8")
    return {name: f"file://{folder}/{name}.html" for name in ("one", "two")}


@pytest.fixture
def open_page(chromium, pages):
    """Opens a page; at the end nothing may have been said on the console or asked of any network."""
    complaints, contexts = [], []

    def open_it(name, viewport=DESK, address="", **settings):
        context = chromium.new_context(viewport=viewport, **{"reduced_motion": "reduce", **settings})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append("a dialog: " + dialog.message))
        page.on(
            "request",
            lambda request: (
                None if request.url.split("#")[0] == pages[name] or request.url[:5] == "data:"
                else complaints.append(request.url)
            ),
        )  # fmt: skip
        page.goto(pages[name] + address)
        if settings.get("java_script_enabled", True):
            to_list(page)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []
