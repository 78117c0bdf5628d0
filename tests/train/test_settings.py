import re
from typing import Annotated, Literal

import pytest
from msgspec import Meta, field

from vtbr_train.errors import InputError
from vtbr_train.finetuning.finetuning import FinetuneConfig
from vtbr_train.pretraining.pretraining import PretrainConfig
from vtbr_train.settings import AtLeast1, Positive, Settings, from_values, list_recipes, resolve, to_values


class Inner(Settings, frozen=True, kw_only=True):
    rate: Positive = 0.1
    share: Annotated[float, Meta(ge=0, lt=1)] | None = None
    sizes: tuple[int, int] = (1, 2)

    def __post_init__(self):
        if self.sizes[0] > self.sizes[1]:
            raise ValueError(f"sizes must grow, not {list(self.sizes)}")


class Outer(Settings, frozen=True, kw_only=True):
    steps: AtLeast1 = 1
    mode: Literal["a", "b"] = "a"
    margin: float | None = 0.3
    is_quick: bool = False
    inner: Inner = field(default_factory=Inner)


@pytest.mark.parametrize("text", ["1e-3", "1.0e-3", "0.001"])
def test_every_way_of_writing_a_number_is_a_number(text):
    assert resolve(Outer, "pretrain", None, [f"inner.rate={text}"]).inner.rate == 0.001


def test_set_reaches_every_kind_of_setting():
    changes = ["steps=5", "mode=b", "margin=null", "is_quick=true", "inner.sizes=[3, 4]"]
    assert resolve(Outer, "pretrain", None, changes) == Outer(
        steps=5, mode="b", margin=None, is_quick=True, inner=Inner(sizes=(3, 4))
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("inner.rat=1", "unknown setting inner.rat: did you mean inner.rate?"),
        ("stepps=1", "did you mean steps?"),
        ("steps=many", "setting steps must be a whole number of at least 1, not 'many'"),
        ("steps=true", "setting steps must be a whole number of at least 1, not True"),
        ("steps=1.5", "setting steps must be a whole number of at least 1, not 1.5"),
        ("steps=0", "setting steps must be a whole number of at least 1, not 0"),
        ("mode=c", "setting mode must be one of a, b, not 'c'"),
        ("is_quick=2", "setting is_quick must be true or false, not 2"),
        ("inner=3", "setting inner is a group"),
        ("inner.sizes=[1]", "setting inner.sizes must be a list of 2"),
        ("inner.sizes=[a, 1]", "setting inner.sizes must be a list of 2, each a whole number, not ['a', 1]"),
        ("inner.sizes=[2, 1]", "setting inner.sizes must grow, not [2, 1]"),
        ("inner.rate=-1", "setting inner.rate must be a number above 0, not -1"),
        ("inner.share=1", "setting inner.share must be a number in [0, 1) or null, not 1"),
        ("steps.x=1", "unknown|whole number"),
        ("steps", "write it as --set key=value"),
        ("steps=[1", "is not valid YAML"),
    ],
)
def test_a_wrong_change_is_named(change, says):
    with pytest.raises(InputError, match=re.escape(says) if "|" not in says else says):
        resolve(Outer, "pretrain", None, [change])


def test_a_recipe_extends_another_and_set_comes_last(tmp_path):
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("extends: laptop\nsteps: 7\noptimizer: {momentum: 0.5}\n")
    config = resolve(PretrainConfig, "pretrain", str(recipe), ["schedule.warmup=3"])
    shipped = resolve(PretrainConfig, "pretrain", "laptop", [])
    assert (config.steps, config.optimizer.momentum, config.schedule.warmup) == (7, 0.5, 3)
    assert config.model == shipped.model


@pytest.mark.parametrize(("job", "kind"), [("pretrain", PretrainConfig), ("finetune", FinetuneConfig)])
def test_every_shipped_recipe_resolves_and_survives_a_round_trip(job, kind):
    for name in list_recipes(job):
        config = resolve(kind, job, name, [])
        assert from_values(kind, to_values(config)) == config


def test_an_unknown_recipe_lists_the_known_ones():
    with pytest.raises(InputError, match="no recipe 'lap': give one of laptop, single-gpu, virtex, "):
        resolve(PretrainConfig, "pretrain", "lap", [])


def test_a_missing_recipe_file_is_named():
    with pytest.raises(InputError, match=r"recipe nowhere\.yaml: No such file"):
        resolve(PretrainConfig, "pretrain", "nowhere.yaml", [])


def test_the_defaults_are_the_published_recipes():
    pretraining, finetuning = PretrainConfig(), FinetuneConfig()
    assert (pretraining.steps, pretraining.batch_size, pretraining.schedule.warmup) == (
        500_000,
        256,
        10_000,
    )
    assert (pretraining.optimizer.backbone_learning_rate, pretraining.optimizer.learning_rate) == (0.2, 1e-3)
    assert (finetuning.epochs, finetuning.optimizer.learning_rate, finetuning.schedule.milestones) == (
        120,
        3.5e-4,
        (40, 70),
    )
