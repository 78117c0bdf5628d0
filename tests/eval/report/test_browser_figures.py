"""The page's figures in a real Chromium. Needs `pip install playwright` and a Chromium on the PATH."""

from __future__ import annotations

from tests.support.report_pages import fit


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


def test_people_can_be_sorted_and_chosen(open_page):
    page = open_page("two")
    page.locator("#people summary").click()
    rows = page.locator("#people tbody tr")
    rows.first.wait_for()
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
    page.locator("#clusters-list > *").first.wait_for()
    if page.locator(".cluster").count() == 0:
        assert page.locator("#clusters").inner_text().endswith("Nobody is taken for anybody else.")
        return
    page.locator(".cluster").first.get_by_role("button", name="Show their searches").click()
    assert fit(page) > 0
    assert page.locator(".chip").count() == 1
