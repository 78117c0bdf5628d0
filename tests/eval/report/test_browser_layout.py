"""The page's layout in a real Chromium. Needs `pip install playwright` and a Chromium on the PATH."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.report_pages import DESK, PHONE, fit, names, open_all, to_list
from vtbr_eval.features import FeatureTable
from vtbr_eval.report.page import make_report

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


@pytest.mark.parametrize("name", ["one", "two"])
def test_every_picture_is_visible_and_has_words(open_page, name):
    page = open_page(name)
    images = page.locator("article img")
    assert images.count() > 20
    page.wait_for_function("[...document.images].every((image) => image.naturalWidth > 0 && image.alt)")
    assert page.locator(".query img").count() >= 3


@pytest.mark.parametrize("name", ["one", "two"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(open_page, name, scheme):
    page = open_page(name, color_scheme=scheme)
    page.get_by_label("Show names and distances").check()
    open_all(page)
    assert page.evaluate(LOW_CONTRAST) == []


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_phone_never_scrolls_sideways(open_page, name):
    page = open_page(name, PHONE)
    page.get_by_label("File order").check()  # brings up the long name
    page.get_by_label("Show names and distances").check()
    open_all(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


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
    for _ in range(120):
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
    article = page.locator("article").first
    article.locator("button").first.focus()
    place = int(page.evaluate("document.activeElement.closest('article').ariaPosInSet"))
    page.keyboard.press("PageDown")
    assert page.evaluate("document.activeElement.ariaPosInSet") == str(place + 1)
    page.keyboard.press("PageUp")
    assert page.evaluate("document.activeElement.ariaPosInSet") == str(place)


def test_a_screen_reader_finds_landmarks_and_charts_in_words(open_page):
    page = open_page("one")
    for role in ("banner", "navigation", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1
    assert page.get_by_role("heading", level=1).inner_text() == "Person Re-ID report"
    charts = page.locator("svg[role=img]")
    assert charts.count() == 3
    assert charts.first.get_attribute("aria-label").startswith("CMC curve. rank 1 ")
    assert page.locator("article .hidden").first.text_content() in ("wrong, rank ", "right, rank ", "")
    assert page.get_by_role("feed").count() == 1
    assert page.locator("article").first.get_attribute("aria-setsize") == str(fit(page))


def test_without_its_script_the_page_still_shows_the_scores(open_page):
    page = open_page("one", java_script_enabled=False)
    assert page.get_by_text("does not run here").is_visible()
    assert page.locator(".score strong").count() == 5
    assert page.locator("svg.chart").count() == 3


def test_only_searches_near_the_view_are_made(open_page):
    page = open_page("one")
    total = fit(page)
    assert page.locator("article").count() < total / 2
    page.get_by_label("File order").check()
    before = names(page)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.locator(f"article[aria-posinset='{total}']").wait_for()
    assert set(names(page)).isdisjoint(before[:2])
    assert page.locator("article").count() < total / 2


def test_all_tiles_have_one_height_with_a_picture_or_without(open_page):
    page = open_page("one")
    page.get_by_label("Name or person").fill("c0/")
    heights = page.evaluate("[...document.querySelectorAll('article ol .frame')].map(f => f.offsetHeight)")
    assert len(set(heights)) == 1
    page.get_by_label("Name or person").fill("c0/000")
    query = page.locator(".query .frame.named")
    assert query.evaluate("f => f.offsetHeight") > max(heights) - 1


def test_the_query_stays_in_view_on_a_phone(open_page):
    page = open_page("two", PHONE)
    page.evaluate("scrollBy(0, document.querySelector('article').offsetHeight - 300)")
    top = page.locator("article .query").first.evaluate("q => q.getBoundingClientRect().top")
    assert -1 <= top <= 300
    assert page.locator("article .query").first.evaluate("q => getComputedStyle(q).position") == "sticky"


def test_market_1501s_size_opens_with_few_elements(chromium, tmp_path):
    random = np.random.default_rng(0)
    num_queries, num_gallery = 3368, 15_913
    identity = random.integers(1, 751, num_queries + num_gallery)
    table = FeatureTable.of(
        random.normal(size=(len(identity), 2)),
        identity=identity,
        camera=np.arange(len(identity)) % 6,
        split=np.arange(len(identity)) >= num_queries,
        path=[f"{i}.jpg" for i in range(len(identity))],
    )
    (tmp_path / "market.html").write_text(make_report([table], bootstrap=10).html)
    page = chromium.new_page(viewport=DESK)
    page.goto(f"file://{tmp_path}/market.html")
    to_list(page)
    assert page.evaluate("document.querySelectorAll('*').length") < 5_000
    page.close()
