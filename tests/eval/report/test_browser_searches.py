"""The page's searches in a real Chromium. Needs `pip install playwright` and a Chromium on the PATH."""

from __future__ import annotations

import csv

import pytest

from tests.support.report_pages import NASTY, fit, names, to_list


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
    page.wait_for_function("document.activeElement.tagName === 'ARTICLE'")


def test_filters_and_searches_are_in_the_address(open_page):
    page = open_page("one")
    page.get_by_label("Worst").check()
    page.get_by_label("Query’s camera").select_option("3")
    address = page.evaluate("location.hash")
    assert address == "#searches?order=worst&camera=3"
    other = open_page("one", address=address)
    assert fit(other) == fit(page)
    to_list(page)
    assert names(other)[0] == names(page)[0]
    assert other.get_by_label("Worst").is_checked()
    odd = open_page("one", address="#searches?order=nonsense&ap=x&people=1)")
    assert fit(odd) == fit(open_page("one"))


def test_what_fits_is_saved_as_csv(open_page):
    page = open_page("one")
    page.get_by_label("Name or person").fill("c2/006")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(download.value.path().read_text("utf-8").splitlines()))
    assert {row["query"] for row in rows} == {"c2/006.png"}
    assert [row["rank"] for row in rows if row["rank"]][:3] == ["1", "2", "3"]
    assert {row["verdict"] for row in rows} <= {"right", "wrong", "left out", "junk", "wrong, a distractor"}
