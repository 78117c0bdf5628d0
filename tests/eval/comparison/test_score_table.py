from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtbr_eval.comparison import Row, Runs, read_row, table_of
from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.protocol import Protocol, RandomTestSets

ROWS = [
    Row(name="a_1", measures={"mAP": 0.5, "rank-1": 0.75}, spread={}, protocol={}),
    Row(name="b|2", measures={"mAP": 0.625, "rank-1": 0.5, "rank-5": 1.0}, spread={"mAP": 0.01}, protocol={}),
]


def test_markdown_shows_percent_and_the_best_in_bold():
    assert table_of(ROWS, "markdown").splitlines() == [
        "| system | mAP | rank-1 |",
        "| --- | ---: | ---: |",
        "| a_1 | 50.0 | **75.0** |",
        r"| b\|2 | **62.5** ± 1.0 | 50.0 |",
    ]


def test_latex_escapes_names_and_shows_the_best_in_bold():
    assert table_of(ROWS, "latex", ["mAP"]).splitlines() == [
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"system & mAP \\",
        r"\midrule",
        r"a\_1 & 50.0 \\",
        r"b|2 & \textbf{62.5} $\pm$ 1.0 \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1))
def test_csv_keeps_fractions_and_any_name(name):
    row = Row(name=name, measures={"mAP": 1 / 3}, spread={"mAP": 0.1}, protocol={})
    read = list(csv.reader(io.StringIO(table_of([row], "csv"), newline="")))
    assert read == [["system", "mAP", "mAP spread"], [name, str(1 / 3), "0.1"]]


def test_a_measure_that_a_row_lacks_is_named():
    with pytest.raises(InputError, match="a_1 has no rank-5: it has mAP, rank-1"):
        table_of(ROWS, "csv", ["rank-5"])


def test_scores_of_one_of_several_test_sets_and_of_several_runs_are_read(tmp_path, table):
    written = {
        "plain": evaluate(table).to_json(),
        "drawn": evaluate(table, Protocol(draws=RandomTestSets(repeats=2))).to_json(),
        "runs": Runs(scores=[evaluate(table), evaluate(table)]).to_json(),
    }
    for name, content in written.items():
        (tmp_path / f"{name}.scores.json").write_text(json.dumps(content))
    rows = [read_row(tmp_path / f"{name}.scores.json") for name in written]
    assert [row.name for row in rows] == ["plain", "drawn", "runs"]
    assert rows[0].measures == rows[2].measures == evaluate(table).measures()
    assert [bool(row.spread) for row in rows] == [False, True, True]


@pytest.mark.parametrize("text", ["", "[1]", "no", '{"format": "vtbr.comparison"}', "[" * 100_000, "\xff"])
def test_what_holds_no_scores_is_refused(tmp_path, text):
    (tmp_path / "x.json").write_text(text, "latin-1")
    with pytest.raises(InputError, match="holds no scores: write them with `vtbr-eval reid"):
        read_row(tmp_path / "x.json")


def test_scores_of_other_test_sets_are_told_apart(tmp_path):
    import json

    from click.testing import CliRunner

    from vtbr_eval.cli import main

    files = []
    for queries in (10, 11):
        scores = {
            "format": "vtbr.scores",
            "version": 1,
            "mAP": 0.5,
            "protocol": {},
            "counts": {"queries": queries},
        }
        files.append(tmp_path / f"{queries}.json")
        files[-1].write_text(json.dumps(scores))
    result = CliRunner().invoke(main, ["table", *map(str, files)])
    assert "different test sets (their counts differ)" in result.stderr
    assert "different" not in CliRunner().invoke(main, ["table", str(files[0]), str(files[0])]).stderr
