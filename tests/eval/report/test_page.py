from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from click.testing import CliRunner

from tests.support.report_pages import data_of, renamed, run_report
from vtbr_eval.cli import main
from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import FeatureTable
from vtbr_eval.files import write_features
from vtbr_eval.protocol import PROTOCOLS, Protocol
from vtbr_eval.report.page import PICTURE_BYTES, make_report
from vtbr_eval.report.systems import HEADLINE, measure_systems

NASTY = "</script><script>alert('x')</script>&\"<!--.jpg"


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
    written = run_report(tmp_path / "a.safetensors", "--top", 3, "-o", page)
    assert (written.exit_code, written.stdout) == (0, "")
    assert page.read_text() == run_report(tmp_path / "a.safetensors", "--top", 3).stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.safetensors", "report.html"]


def test_wrong_input_ends_in_one_line(tmp_path, table):
    write_features(table, tmp_path / "a.safetensors")
    result = run_report(tmp_path / "a.safetensors", "--other", tmp_path / "missing")
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == f"Error: {tmp_path / 'missing'}: No such file or directory"
    assert run_report(tmp_path / "a.safetensors", "--top", 0).exit_code == 2


def test_viper_shows_its_known_scores(real_data):
    page = run_report(real_data / "features" / "viper_osnet.npz").stdout
    assert "<strong>32.6&nbsp;%</strong>" in page
    assert "<strong>41.5&nbsp;%</strong>" in page


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
    page = run_report(tmp_path / "a.safetensors", *options)
    scores = CliRunner().invoke(main, ["reid", str(tmp_path / "a.safetensors"), *map(str, options)])
    for measure in ("mAP", "rank-1", "mINP"):
        assert f"<strong>{100 * json.loads(scores.stdout)[measure]:.1f}&nbsp;%</strong>" in page.stdout
    assert re.search(r"[12] of \d+ queries", page.stdout)
    assert "queries have no correct match in the gallery" in page.stderr


def test_random_test_sets_are_refused(tmp_path, table):
    write_features(table, tmp_path / "a.safetensors")
    result = run_report(tmp_path / "a.safetensors", "--protocol", "viper-like")
    assert "needs a protocol without random test sets" in result.stderr
