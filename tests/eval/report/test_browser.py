"""The page in a real Chromium. Needs `pip install playwright` and a Chromium on the PATH."""

from __future__ import annotations

import csv
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


def to_list(page):
    """Brings the searches into view: what is not near the view is not made."""
    page.evaluate("document.getElementById('lists').scrollIntoView()")
    page.locator("article").first.wait_for()


def names(page):
    return page.locator("article h3").all_text_contents()


def fit(page):
    """How many searches fit."""
    return int(page.get_by_role("status").inner_text().split(" of ")[0].replace(",", ""))


@pytest.mark.parametrize("name", ["one", "two"])
def test_every_picture_is_visible_and_has_words(open_page, name):
    page = open_page(name)
    images = page.locator("article img")
    assert images.count() > 20
    assert page.evaluate("[...document.images].every((image) => image.naturalWidth > 0 && image.alt)")
    assert page.locator(".query img").count() >= 3


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
    total = fit(page)
    page.get_by_label("Query’s camera").select_option("4")
    shown = page.locator("article header p").all_inner_texts()
    assert shown and all(text.endswith("cam 4") for text in shown)
    assert 0 < fit(page) < total
    page.get_by_label("Outcome").select_option("first")
    first = page.locator("article ol .shot:not(.out)").first
    assert "right" in first.get_attribute("class")
    page.get_by_label("Query’s camera").select_option("")
    page.get_by_label("Outcome").select_option("")
    page.get_by_label("Name or person").fill("C2/006")
    assert names(page) == ["c2/006.png"]
    page.get_by_label("Name or person").fill("nobody")
    assert names(page) == []
    assert page.get_by_role("status").inner_text().startswith("0 of ")
    assert page.get_by_role("button", name="CSV").is_disabled()


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
    page.get_by_label("Name or person").fill("c3/003")
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


def test_the_next_right_image_is_pinned_before_the_row(open_page):
    page = open_page("one")
    page.get_by_label("Outcome").select_option("later")
    if fit(page) == 0:
        pytest.skip("every search finds its person among the first ten")
    pinned = page.locator("article .next").first
    assert pinned.inner_text().startswith("next right")
    assert "right" in pinned.get_attribute("class")
    facts = page.locator("article .ranking h4").first.inner_text()
    rank = facts.split("rank ")[1].split(" ")[0]
    assert pinned.locator(".verdict").inner_text().endswith(rank)


def test_the_most_confused_are_grouped_by_person(open_page):
    page = open_page("one")
    wrong = [int(text.split(", ")[1].split(" ")[0]) for text in page.locator(".group p").all_inner_texts()]
    assert wrong and wrong == sorted(wrong, reverse=True)
    page.locator(".group button").first.click()
    person = page.locator(".chip").inner_text().removesuffix(" ✕")
    assert all(text.startswith(person + ",") for text in page.locator("article header p").all_inner_texts())
    page.locator(".chip").click()
    assert page.locator(".chip").count() == 0


def test_a_bar_a_point_and_a_cell_choose_their_searches(open_page):
    page = open_page("one")
    total = fit(page)
    page.locator("rect[data-filter='ap=0.9_1.0_1']").click()
    values = [float(t.split("AP ")[1].split(" %")[0]) for t in page.locator(".ranking h4").all_inner_texts()]
    assert values and min(values) >= 89.9
    page.locator(".chip").click()
    page.locator("circle[data-filter='beyond=1_1']").click()
    assert 0 < fit(page) < total
    assert (
        page.locator("article").first.locator("ol .shot:not(.out)").first.get_attribute("class")
        != "shot right"
    )
    page.locator(".chip").click()
    cell = page.locator(".heat [data-filter]").first
    cell.click()
    camera = page.locator(".chip").inner_text().split("camera ")[1].split(",")[0]
    assert all(text.endswith(f"cam {camera}") for text in page.locator("article header p").all_inner_texts())


def test_the_threshold_says_what_is_taken_and_what_flips(open_page):
    page = open_page("one")
    slider = page.locator("#cut")
    slider.evaluate("s => { s.value = s.max; s.dispatchEvent(new Event('input')); }")
    assert page.locator("#cut-tpr").inner_text() == "100.0 %"
    assert page.locator("#cut-fpr").inner_text() == "100 %"
    assert page.locator("#cut-lost").inner_text() == "0"
    wrong = int(page.locator("#cut-wrong").inner_text())
    right = int(page.locator("#cut-right").inner_text())
    assert wrong + right == fit(page)
    page.locator("#cut-wrong").click()
    assert fit(page) == wrong
    slider.evaluate("s => { s.value = s.min; s.dispatchEvent(new Event('input')); }")
    assert page.locator("#cut-tpr").inner_text() == "0.0 %"
    assert int(page.locator("#cut-lost").inner_text()) == right


def test_the_large_view_steps_by_arrow_keys(open_page):
    page = open_page("one")
    page.locator("article ol .frame").first.click()
    view = page.get_by_role("dialog")
    assert view.is_visible()
    place = page.locator("#large-place")
    start = place.inner_text()
    page.keyboard.press("ArrowRight")
    assert place.inner_text() != start
    page.keyboard.press("ArrowLeft")
    assert place.inner_text() == start
    page.keyboard.press("ArrowDown")
    assert "search 2 of" in place.inner_text()
    assert page.locator("#large-pair img, #large-pair .missing").count() == 2
    page.keyboard.press("Escape")
    assert not view.is_visible()
    assert page.evaluate("document.activeElement.tagName") == "ARTICLE"


def test_filters_and_searches_are_in_the_address(open_page):
    page = open_page("one")
    page.get_by_label("Worst").check()
    page.get_by_label("Query’s camera").select_option("3")
    address = page.evaluate("location.hash")
    assert address == "#searches?order=worst&camera=3"
    other = open_page("one", address=address)
    assert fit(other) == fit(page)
    page.evaluate("document.getElementById('lists').scrollIntoView()")
    assert names(other)[0] == names(page)[0]
    assert other.get_by_label("Worst").is_checked()
    odd = open_page("one", address="#searches?order=nonsense&ap=x&people=1)")
    assert fit(odd) == fit(open_page("one"))


def test_people_can_be_sorted_and_chosen(open_page):
    page = open_page("two")
    page.locator("#people summary").click()
    rows = page.locator("#people tbody tr")
    values = [
        float(text.removesuffix(" %")) for text in page.locator("#people td:nth-child(4)").all_inner_texts()
    ]
    assert values == sorted(values)
    page.locator("#people th button", has_text="mAP").click()
    again = [
        float(text.removesuffix(" %")) for text in page.locator("#people td:nth-child(4)").all_inner_texts()
    ]
    assert again == sorted(values, reverse=True)
    searches = int(rows.first.locator("td").first.inner_text())
    rows.first.locator("th button").click()
    assert fit(page) == searches


def test_confused_people_are_clustered_and_chosen(open_page):
    page = open_page("one")
    page.locator("#clusters summary").click()
    if page.locator(".cluster").count() == 0:
        assert page.locator("#clusters").inner_text().endswith("Nobody is taken for anybody else.")
        return
    page.locator(".cluster").first.get_by_role("button", name="Show their searches").click()
    assert fit(page) > 0
    assert page.locator(".chip").count() == 1


def test_what_fits_is_saved_as_csv(open_page):
    page = open_page("one")
    page.get_by_label("Name or person").fill("c2/006")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(download.value.path().read_text("utf-8").splitlines()))
    assert {row["query"] for row in rows} == {"c2/006.png"}
    assert [row["rank"] for row in rows if row["rank"]][:3] == ["1", "2", "3"]
    assert {row["verdict"] for row in rows} <= {"right", "wrong", "left out", "junk", "wrong, a distractor"}


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
