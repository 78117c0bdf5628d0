"""The report at the size of Market-1501, with made-up pictures: how large it is, how fast it opens in Chromium.

Needs Playwright and a Chromium on the PATH.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from vtbr_eval import FeatureTable
from vtbr_eval.report import make_report

from ..measuring import clock, peak_mib
from .synthetic import clusters

QUERIES, GALLERY, WIDTH, PEOPLE = 3368, 15913, 256, 750
PICTURES = 400
"""Different ones; images share them."""
OPENED = """() => {
  const { loadEventEnd, domInteractive } = performance.getEntriesByType("navigation")[0];
  return [loadEventEnd, domInteractive, document.querySelectorAll("*").length];
}"""
REPEATS = 5


def main() -> None:
    """Print a row for a page about one system and for one about two."""
    print("| page | written in, s | peak MiB | MB | open after, s | marks: 1.5 s, elements 5,000 |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = make_pictures(folder / "images")
        tables = [with_paths(seed, paths) for seed in (0, 1)]
        for systems in (1, 2):
            start = clock()
            page = folder / f"{systems}.html"
            page.write_text(make_report(tables[:systems], root=folder / "images").html, encoding="utf-8")
            seconds = clock() - start
            opened, elements = open_page(page)
            print(
                f"| {systems} of {QUERIES:,} queries | {seconds:.1f} | {peak_mib():,.0f} "
                f"| {page.stat().st_size / 1e6:.1f} | {opened:.2f} | {elements:,} elements |",
                flush=True,
            )


def open_page(page: Path) -> tuple[float, int]:
    """Return the best seconds until the page has loaded, its script included, and its elements by then."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    found = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for _ in range(REPEATS):
            tab = browser.new_page()
            tab.goto(page.as_uri())
            tab.wait_for_function("() => performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
            found.append(tab.evaluate(OPENED))
            tab.close()
        browser.close()
    return min(loaded for loaded, *_ in found) / 1000, int(found[0][2])


def with_paths(seed: int, paths: list[str]) -> FeatureTable:
    """Return features of the made-up images by a system; another seed is another system."""
    table = clusters(QUERIES, GALLERY, WIDTH, num_people=PEOPLE)
    noise = np.random.default_rng(seed).standard_normal(table.features.shape, dtype=np.float32)
    return FeatureTable.of(
        table.features + noise * np.float32(0.3) * table.features.std(axis=0),
        identity=table.identity,
        camera=table.camera,
        split=table.split,
        path=paths,
    )


def make_pictures(folder: Path) -> list[str]:
    """Writes 64 x 128 JPEGs named as in Market-1501; returns their names."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(PICTURES):
        sky, ground, top, legs, head = (tuple(random.integers(20, 230, 3).tolist()) for _ in range(5))
        image = Image.new("RGB", (64, 128), sky)
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, 88, 64, 128), ground)
        draw.rectangle((20, 70, 44, 122), legs)
        draw.rectangle((16, 28, 48, 74), top)
        draw.ellipse((24, 6, 40, 28), head)
        pixels = np.asarray(image, np.float32) + random.normal(0, 9, (128, 64, 3))
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / f"made-{number}.jpg", quality=80)
    names = [f"{n % PEOPLE + 1:04}_c{n % 6 + 1}s1_{n:06}_00.jpg" for n in range(QUERIES + GALLERY)]
    for n, name in enumerate(names):
        os.link(folder / f"made-{n % PICTURES}.jpg", folder / name)
    return names
