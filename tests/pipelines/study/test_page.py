"""The pages of an invented study."""

import json
import re
from dataclasses import asdict

import numpy as np
import pytest

from pipelines.study.page import write_all
from pipelines.study.plan import ARMS
from pipelines.study.sizes import ABLATIONS, QUICK
from pipelines.study.work.reading import commonest_shares
from pipelines.study.writing.analysis import Study
from pipelines.study.writing.attributes import from_labels, read_slots
from pipelines.study.writing.enough import enough_images


def test_attributes_are_right_where_the_true_value_was_named():
    labels = {
        "upper_colour=red": {"positives": 3, "negatives": 1, "TPR": 1.0, "TNR": 1.0},
        "upper_colour=blue": {"positives": 1, "negatives": 3, "TPR": 0.0, "TNR": 1.0},
    }
    assert from_labels({"labels": labels}) == {"upper_colour": 0.75}
    unlearnt = ["no row predicts bag_kind, upper_colour: counted as no everywhere"]
    assert from_labels({"labels": labels, "warnings": unlearnt}) == {}
    rows = [{"attributes": {"hat": value}} for value in (True, False, False)]
    assert commonest_shares(rows) == {"hat": pytest.approx(2 / 3)}
    assert read_slots([{"arm": "scratch"}], {}).accuracy == {}


LEVELS = {
    "scratch": 0.3,
    "identity": 0.5,
    "bicaptioning": 0.45,
    "captions": 0.6,
    "captions-quarter": 0.5,
    "captions-sixteenth": 0.2,
    "joint": 0.61,
}


@pytest.fixture
def results(tmp_path):
    """Results of an invented study: arms differ as LEVELS has it, the rest is noise."""
    random = np.random.default_rng(3)
    about = {"name": "quick", "size": asdict(QUICK), "versions": {"torch": "0"}}
    lines = [{"kind": "study", **about, "commonest": {"hat": 0.8}}]
    for arm in ARMS:
        for seed in range(2 if arm.name in LEVELS else 0):
            facts = {**arm.facts, "seconds": 1.0, "seed": seed}
            if arm.objectives:
                said = {"hat": {"accuracy": 0.9}, "CIDEr-D": 1.5}
                curve = {"validation_loss": [[1, 4.0], [2, 3.0]]}
                search = {"R@1": 0.25, "R@5": 0.5, "mAP": 0.3, "counts": {"gallery": 240}}
                reading = {"hat": {"accuracy": 0.85, "commonest": 0.8, "images": 240}}
                more = {"search_scores": search, "reading_scores": reading} if arm.name == "captions" else {}
                lines.append({"kind": "pretrain", **facts, "curve": curve, "captions_scores": said, **more})
            queries = f"{arm.name}-{seed}.jsonl"
            rows = [
                {"path": f"{i}.jpg", "identity": i // 4, "ranks": [1 if i % 2 else 3],
                 "AP": float(np.clip(LEVELS[arm.name] + random.normal(0, 0.05), 0.01, 1))}
                for i in range(160)
            ]  # fmt: skip
            (tmp_path / queries).write_text("".join(json.dumps(row) + "\n" for row in rows))
            curve = {"mAP": [[1, 0.1], [2, LEVELS[arm.name]]]}
            lines.append({"kind": "finetune", **facts, "transfer": "few", "split": None, "queries": queries,
                          "curve": curve, "report": "r.html" if seed == 0 else None})  # fmt: skip
    path = tmp_path / "results.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_the_page_says_what_the_invented_results_hold(results, tmp_path):
    (tmp_path / "docs").mkdir()
    written = write_all(results, tmp_path / "docs")
    lines = (tmp_path / "docs/study.md").read_text()
    assert lines.startswith("# Does caption pretraining help Re-ID? The quick study\n")
    assert all(len(line) <= 120 for line in lines.splitlines() if not line.startswith(("|", "![", "    ")))
    text = " ".join(lines.split())
    assert re.search(r"captions is ahead of bicaptioning: \+1[45]\.\d points", text)
    assert re.search(r"\| captions \| scratch \| \+(29|30)\.\d \|", text)
    assert re.search(r"\| identity \| \+(9|10)\.\d \[\+\d\.\d, \+1\d\.\d\] ahead \|", text)
    assert re.search(r"captions equal identity pretraining on all images with 2[3-9] % of the images", text)
    assert "for 25.0 % of the captions of people never seen the first of 240 pictures" in text
    assert "beat always saying the commonest value for 1 of 1: hat." in text
    assert "joint cannot be told from captions" in text or "joint is ahead of captions" in text
    no_help = text[text.index("## Where pretraining does not help") : text.index("## Limits")]
    assert "captions-sixteenth is behind scratch" in no_help
    assert "no real picture was scored" in text
    for name in ("arms", "fractions", "pretraining", "finetuning", "attributes", "reading"):
        assert f"study/{name}.svg" in text
        assert (tmp_path / f"docs/study/{name}.svg").exists()
        assert (tmp_path / f"figures/{name}.png").read_bytes().startswith(b"\x89PNG")
    page = (tmp_path / "page.html").read_text()
    assert "src=" not in page
    assert "<code>--ablations</code>" in page
    assert '<a href="r.html">' in page
    before = {path: path.read_bytes() for path in written}
    assert {path: path.read_bytes() for path in write_all(results, tmp_path / "docs")} == before


def test_a_quarter_of_the_images_suffices_where_a_quarter_scores_like_the_baseline(results):
    found = enough_images(Study(results), "identity")
    assert found.share == pytest.approx(0.25, abs=0.03)
    assert 0.2 < found.interval[0] <= found.share <= found.interval[1] < 0.35
    assert enough_images(Study(results), "imagenet") is None


def test_the_options_page_holds_each_option_against_the_published_recipe(results, tmp_path):
    lines = results.read_text().splitlines()
    about = {**json.loads(lines[0]), "name": "ablations", "size": asdict(ABLATIONS)}
    results.write_text("\n".join([json.dumps(about), *lines[1:]]) + "\n")
    write_all(results, None)
    text = (tmp_path / "ablations.md").read_text()
    assert re.search(
        r"\| captions \| .* \| 60\.\d \| \+15\.\d \[\+\d+\.\d, \+\d+\.\d\] ahead \| 25.0 \| 85.0 \|", text
    )
    assert re.search(r"\| scratch \| .* behind \|  \|  \|", text)
    assert "nox -s study -- --ablations" in text
