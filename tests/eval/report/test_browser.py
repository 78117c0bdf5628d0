"""The page in a real Chromium. Needs `pip install playwright` and a Chromium on the PATH."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from vtbr_eval.features import FeatureTable
from vtbr_eval.report.page import make_report

NASTY = "<script>alert('x')</script>"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}

LOW_CONTRAST = """() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(at).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!own || !node.getClientRects().length || node.closest(".hidden, .skip, script, option")) continue;
    const style = getComputedStyle(node);
    const ink = node instanceof SVGElement ? style.fill : style.color;
    const [x, y] = [light(parse(ink).slice(0, 3)), light(behind(node))];
    const ratio = (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
    if (ratio < 4.5) low.push(`${node.tagName}.${node.className} ${ink} ${behind(node)} ${ratio.toFixed(2)}`);
  }
  return low;
}"""


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

    def open_it(name, viewport=DESK, **settings):
        context = chromium.new_context(viewport=viewport, **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append("a dialog: " + dialog.message))
        page.on(
            "request",
            lambda request: (
                None if request.url == pages[name] or request.url[:5] == "data:"
                else complaints.append(request.url)
            ),
        )  # fmt: skip
        page.goto(pages[name])
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []


def names(page):
    return page.locator("article h3").all_inner_texts()


@pytest.mark.parametrize("name", ["one", "two"])
def test_every_picture_is_visible_and_has_words(open_page, name):
    page = open_page(name)
    images = page.locator("article img")
    assert images.count() > 100
    assert page.evaluate("[...document.images].every((image) => image.naturalWidth > 0 && image.alt)")
    assert page.locator(".query img").count() >= 10


@pytest.mark.parametrize("name", ["one", "two"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(open_page, name, scheme):
    page = open_page(name, color_scheme=scheme)
    page.get_by_label("Show names and distances").check()
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate(LOW_CONTRAST) == []


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_phone_never_scrolls_sideways(open_page, name):
    page = open_page(name, PHONE)
    page.get_by_label("File order").check()  # brings up the long name
    page.get_by_label("Show names and distances").check()
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_filters_leave_the_searches_that_fit(open_page):
    page = open_page("one")
    total = page.get_by_role("status").inner_text()
    page.get_by_label("Query’s camera").select_option("4")
    shown = page.locator("article header p").all_inner_texts()
    assert shown and all(text.endswith("cam 4") for text in shown)
    assert page.get_by_role("status").inner_text() != total
    page.get_by_label("Outcome").select_option("first")
    first = page.locator("article .shot:not(.out)").first
    assert "right" in first.get_attribute("class")
    page.get_by_label("Query’s camera").select_option("")
    page.get_by_label("Outcome").select_option("")
    page.get_by_label("Name or person").fill("C2/006")
    assert names(page) == ["c2/006.png"]
    page.get_by_label("Name or person").fill("nobody")
    assert names(page) == []
    assert page.get_by_role("status").inner_text().startswith("0 of ")


def test_orders_put_the_best_the_worst_and_the_changed_first(open_page):
    page = open_page("two")

    def precisions(order):
        page.get_by_label(order, exact=True).check()
        texts = page.locator(".ranking h4").all_inner_texts()
        values = [float(text.split("AP ")[1].split(" %")[0]) for text in texts]
        return list(zip(values[::2], values[1::2], strict=True))

    best, worst = precisions("Best"), precisions("Worst")
    assert [b for _, b in best] == sorted((b for _, b in best), reverse=True)
    assert [b for _, b in worst] == sorted(b for _, b in worst)
    gains = [b - a for a, b in precisions("B gains most")]
    assert gains == pytest.approx(sorted(gains, reverse=True), abs=0.21)
    losses = [b - a for a, b in precisions("B loses most")]
    assert losses == pytest.approx(sorted(losses), abs=0.21)


def test_names_from_files_are_shown_not_run(open_page):
    page = open_page("one")
    page.get_by_label("Name or person").fill("003")
    assert names(page) == [f"c3/003{NASTY}.png"]
    assert page.locator("article script").count() == 0


def test_an_image_without_a_picture_is_named(open_page):
    page = open_page("one")
    page.get_by_label("Name or person").fill("c0/000")
    assert page.locator(".query .named").inner_text() == "c0/000.png"


def test_the_keyboard_reaches_everything_and_sees_where_it_is(open_page):
    page = open_page("one")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        tag, outline = page.evaluate(
            "[document.activeElement.name || document.activeElement.tagName,"
            " getComputedStyle(document.activeElement.matches('[name=order]')"
            " ? document.activeElement.nextSibling : document.activeElement).outlineStyle]"
        )
        if tag == "BODY":  # past the last one
            break
        reached.add(tag)
        assert outline != "none", tag
    assert {"A", "SUMMARY", "order", "outcome", "camera", "name", "names"} <= reached
    more = page.get_by_role("button", name="Show more searches")
    more.focus()
    page.keyboard.press("Enter")
    assert len(names(page)) == 24
    assert page.evaluate("document.activeElement.tagName") == "ARTICLE"


def test_a_screen_reader_finds_landmarks_and_charts_in_words(open_page):
    page = open_page("one")
    for role in ("banner", "navigation", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1
    assert page.get_by_role("heading", level=1).inner_text() == "Person Re-ID report"
    charts = page.locator("svg[role=img]")
    assert charts.count() == 3
    assert charts.first.get_attribute("aria-label").startswith("CMC curve. rank 1 ")
    assert page.locator("article .hidden").first.text_content() in ("wrong, rank ", "right, rank ")


def test_without_its_script_the_page_still_shows_the_scores(open_page):
    page = open_page("one", java_script_enabled=False)
    assert page.get_by_text("does not run here").is_visible()
    assert page.locator(".score strong").count() == 5
    assert page.locator("svg.chart").count() == 3
