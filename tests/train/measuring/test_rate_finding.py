"""The range test reads the right rates off curves, and off runs that keep nothing."""

import json

import numpy as np
import pytest

from vtbr_train.errors import InputError
from vtbr_train.measuring.rate_finding import RateCurve, suggest_rate
from vtbr_train.optimizer import OptimizerConfig

from ..runs import invoke


def curve_of(loss, *, steps=100, noise=0.0, has_diverged=False):
    """A range test from 1e-6 to 1 whose losses are `loss` of the decimal logarithm of the rate."""
    rates = np.geomspace(1e-6, 1, steps)
    losses = loss(np.log10(rates)) + noise * np.random.default_rng(0).standard_normal(steps)
    return RateCurve(rates, losses, 11, has_diverged)


def valley(decades):
    """Flat, falls most steeply at 1e-4, least at 1e-3, and rises."""
    fall = 4 / (1 + np.exp(4 * (decades + 4)))
    return 1 + fall + np.maximum(0, decades + 3) ** 2


def test_the_suggestion_is_a_tenth_of_the_rate_of_the_least_loss():
    found = suggest_rate(curve_of(valley), OptimizerConfig())
    assert found["minimum"] == pytest.approx(1e-3, rel=0.3)
    assert found["learning_rate"] == pytest.approx(found["minimum"] / 10, rel=0.1)
    assert found["steepest"] == pytest.approx(1e-4, rel=0.3)
    assert found["set"] == f"--set optimizer.learning_rate={found['learning_rate']:g}"
    assert found["least_loss"] < found["first_loss"]


def test_the_rate_of_the_backbone_keeps_its_proportion():
    optimizer = OptimizerConfig(learning_rate=1e-3, backbone_learning_rate=0.2)
    found = suggest_rate(curve_of(valley), optimizer)
    assert found["backbone_learning_rate"] == pytest.approx(200 * found["learning_rate"], rel=0.05)
    assert f"--set optimizer.backbone_learning_rate={found['backbone_learning_rate']:g}" in found["set"]


def test_noise_moves_the_suggestion_by_less_than_a_factor_of_three():
    quiet, noisy = (suggest_rate(curve_of(valley, noise=noise), OptimizerConfig()) for noise in (0, 0.3))
    assert 1 / 3 < noisy["learning_rate"] / quiet["learning_rate"] < 3


def test_a_loss_that_diverges_in_the_end_takes_no_suggestion_away():
    whole = curve_of(valley, noise=0.3)
    losses = whole.losses.copy()
    losses[-8:] *= np.logspace(1, 4, 8)
    diverged = whole._replace(losses=losses, has_diverged=True)
    assert 1 / 3 < suggest_rate(diverged, OptimizerConfig())["minimum"] / 1e-3 < 3


@pytest.mark.parametrize(
    "loss", [lambda decades: 3 + 0 * decades, lambda decades: 6 + decades / 2], ids=["flat", "rising"]
)
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_a_loss_that_does_not_fall_gives_no_suggestion(loss, noise):
    with pytest.raises(InputError, match="the loss did not fall between the rates 1e-06 and 1"):
        suggest_rate(curve_of(loss, noise=noise), OptimizerConfig())


def test_a_loss_that_diverges_at_once_gives_no_suggestion():
    with pytest.raises(InputError, match="diverged within 3 steps: begin at a lower rate, by --lowest"):
        suggest_rate(RateCurve(np.array([1.0, 2.0]), np.array([3.0, 4.0]), 11, True), OptimizerConfig())


def words_of(people, recipes, job, *words):
    tokenizer = ["--tokenizer", people / "tokenizer.json"] if job == "pretrain" else []
    line = ["find-rate", job, people / "manifest.jsonl", *tokenizer, "--recipe", recipes / f"{job}.yaml"]
    return [str(word) for word in [*line, *words]]


@pytest.mark.parametrize("job", ["pretrain", "finetune"])
def test_a_range_test_suggests_a_rate_draws_its_curve_and_keeps_nothing(people, recipes, tmp_path, job):
    picture = tmp_path / "rates.svg"
    changes = ["--set", "optimizer.name=adamw", "--set", "optimizer.learning_rate=1e-3"]
    changes += ["--set", "optimizer.backbone_learning_rate=null", "--steps", "40", "-o", picture]
    result = invoke(*words_of(people, recipes, job, *changes))
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert 1e-6 <= found["learning_rate"] <= 0.1
    assert found["tried"][0] == 1e-6
    assert picture.read_text().startswith("<?xml")
    assert [path.name for path in tmp_path.iterdir()] == ["rates.svg"]
    again = invoke(*words_of(people, recipes, job, *changes))
    assert again.stdout == result.stdout


def test_the_test_ends_where_the_loss_diverges(people, recipes, monkeypatch):
    curves = []
    monkeypatch.setattr(
        "vtbr_train.measuring.rate_finding.suggest_rate", lambda curve, optimizer: curves.append(curve) or {}
    )
    words = ["--lowest", "1e-4", "--highest", "1e6", "--steps", "40", "--set", "optimizer.name=adamw"]
    result = invoke(*words_of(people, recipes, "finetune", *words))
    assert result.exit_code == 0, result.output
    (curve,) = curves
    assert curve.has_diverged
    assert len(curve.losses) < 40
    assert curve.rates[-1] < 1e6
    assert np.isfinite(curve.losses).all()


@pytest.mark.parametrize(
    ("words", "says", "code"),
    [
        (["--lowest", "1", "--highest", "0.1"], "the lowest rate, 1, must be below the highest, 0.1", 1),
        (["-o", "rates.txt"], "rates.txt: end it in .pdf, .png, .svg", 1),
        (["-o", "nowhere/rates.svg"], "nowhere/rates.svg: there is no folder nowhere", 1),
        (["--tokenizer", "words.json"], "--tokenizer is of --captions: give both, or neither", 1),
        (["--lowest", "0"], "0.0 is not in the range x>0", 2),
        (["--set", "optimizer.learning_rat=1"], "did you mean optimizer.learning_rate?", 1),
    ],
)
def test_what_cannot_be_tested_is_said(people, recipes, words, says, code):
    result = invoke(*words_of(people, recipes, "finetune", *words))
    assert result.exit_code == code
    assert says in result.output


def test_all_groups_grow_in_proportion_and_the_schedule_is_left_out(people, recipes, monkeypatch):
    rates = []

    def recorded(self, step, **options):
        norm = real(self, step, **options)
        rates.append([group["lr"] for group in self.inner.param_groups])
        return norm

    from vtbr_train.optimizer import Optimizer

    real = Optimizer.step
    monkeypatch.setattr(Optimizer, "step", recorded)
    words = ["--lowest", "1e-8", "--highest", "1e-6", "--steps", "20"]
    invoke(*words_of(people, recipes, "pretrain", *words))
    grown = np.array(rates)
    assert len(grown) == 20
    assert grown.max(axis=1)[[0, -1]] == pytest.approx([1e-8, 1e-6])
    np.testing.assert_allclose(grown[1:] / grown[:-1], 100 ** (1 / 19))
    np.testing.assert_allclose(grown.max(axis=1) / grown.min(axis=1), 5)  # of the recipe
