"""What the tests of report pages share: the command, hostile names, sizes of screens, and what a page shows."""

from __future__ import annotations

import json
import re

from vtbr_eval.features import FeatureTable

from .eval_commands import run

NASTY = "<script>alert('x')</script>"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


def to_list(page):
    """Brings the searches into view: what is not near the view is not made."""
    page.evaluate("document.getElementById('lists').scrollIntoView()")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.locator("article").first.wait_for()


def open_all(page):
    """Opens what can be folded, and waits for what is drawn there only then."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for drawn in ("#people tbody tr", "#clusters-list > *"):
        page.locator(drawn).first.wait_for()


def names(page):
    return page.locator("article h3").all_text_contents()


def fit(page):
    """How many searches fit."""
    return int(page.get_by_role("status").inner_text().split(" of ")[0].replace(",", ""))


def run_report(*arguments: object):
    return run("report", *arguments)


def data_of(html: str) -> dict:
    """The page's data: images, pictures and searches."""
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)[1])


def renamed(table: FeatureTable, path) -> FeatureTable:
    return FeatureTable.of(
        table.features, identity=table.identity, camera=table.camera, split=table.split, path=path
    )
