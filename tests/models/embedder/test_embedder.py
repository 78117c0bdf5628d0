from __future__ import annotations

import pytest
import torch

from vtbr_models.checkpoint.architecture import build_model
from vtbr_models.embedder.pooling import POOLINGS, GeneralisedMean, pool
from vtbr_models.errors import InputError


def test_both_features_and_the_scores_have_their_shapes(embedder):
    pooled, neck = embedder(torch.randn(2, 3, 64, 32))
    assert pooled.shape == neck.shape == (2, 512)
    assert embedder.classifier(neck).shape == (2, 5)


def test_the_pooled_feature_is_the_mean_over_the_cells_and_the_neck_normalises_it(embedder):
    images = torch.randn(2, 3, 64, 32)
    pooled, neck = embedder(images)
    torch.testing.assert_close(pooled, embedder.visual(images).mean(dim=(2, 3)))
    torch.testing.assert_close(neck, embedder.neck(pooled))


def test_the_necks_shift_stays_zero_in_training():
    embedder = build_model({"model": "embedder", "visual": {"name": "resnet10"}, "num_classes": 3}).train()
    optimizer = torch.optim.SGD([p for p in embedder.parameters() if p.requires_grad], lr=1.0)
    embedder.classifier(embedder(torch.randn(4, 3, 32, 16))[1]).square().sum().backward()
    optimizer.step()
    assert not embedder.neck.bias.any()


def test_last_stride_is_1_unless_said_otherwise(embedder):
    assert embedder.architecture["visual"] == {"name": "resnet10", "last_stride": 1}


@pytest.mark.parametrize("num_classes", [None, 0])
def test_without_classes_there_is_no_classifier(num_classes):
    architecture = {"model": "embedder", "visual": {"name": "resnet10"}, "num_classes": num_classes}
    assert build_model(architecture).classifier is None


@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        (None, "architecture must be an object, not None"),
        ({"model": "classifier"}, "architecture.model must be captioner or embedder, not 'classifier'"),
        ({"model": "embedder"}, "architecture.visual must be an object"),
        ({"model": "embedder", "visual": {}}, "architecture.visual has no name"),
        ({"model": "embedder", "visual": {"name": ["resnet10"]}}, "no backbone is called"),
        ({"model": "embedder", "visual": {"name": "resnet10", "pool": "gem"}}, "unknown key 'pool'"),
        ({"model": "embedder", "visual": {"name": "resnet10"}, "num_classes": -1}, "num_classes must be"),
        (
            {"model": "embedder", "visual": {"name": "resnet10"}, "textual": {}},
            "an embedder has no textual",
        ),
        (
            {"model": "captioner", "visual": {"name": "resnet10"}, "num_classes": 2},
            "a captioner has no num_classes: leave it out",
        ),
        (
            {"model": "captioner", "visual": {"name": "resnet10"}, "textual": {"name": "L1_H32_A2_F64"}},
            "architecture.textual has no max_tokens",
        ),
    ],
)
def test_a_description_that_is_incomplete_or_unknown_is_refused(architecture, message):
    with pytest.raises(InputError, match=message):
        build_model(architecture)


GEM = {"model": "embedder", "visual": {"name": "resnet10"}, "num_classes": 3, "pooling": "gem"}


def test_a_generalised_mean_lies_between_average_and_maximum_and_p_is_learnt():
    pooling = GeneralisedMean()
    grid = torch.rand(2, 5, 4, 3)
    pooled = pooling(grid)
    torch.testing.assert_close(pooled, (grid**3).mean(dim=(2, 3)) ** (1 / 3))
    assert (pooled > pool(grid)).all()
    assert (pooled < grid.amax(dim=(2, 3))).all()
    pooled.sum().backward()
    assert pooling.p.grad.item() != 0
    with torch.no_grad():
        pooling.p.fill_(1.0)
    torch.testing.assert_close(pooling(grid), pool(grid))


@pytest.mark.parametrize("name", POOLINGS)
def test_the_mean_of_the_cells_shares_is_the_pooled_feature(name):
    pooling, grid = POOLINGS[name](), torch.rand(2, 5, 4, 3)
    shares = pooling.shares(grid)
    assert shares.shape == (2, 5 * pooling.num_parts, 4, 3)
    torch.testing.assert_close(shares.mean(dim=(2, 3)), pooling(grid))


@pytest.mark.parametrize(("name", "width"), [("max", 512), ("avgmax", 512), ("avgmax-concat", 1024)])
def test_an_embedder_pools_as_it_is_told(name, width):
    model = build_model({**GEM, "pooling": name}).eval()
    grid = model.visual(images := torch.randn(2, 3, 64, 32))
    average, maximum = grid.mean(dim=(2, 3)), grid.amax(dim=(2, 3))
    expected = {
        "max": maximum,
        "avgmax": average + maximum,
        "avgmax-concat": torch.cat((average, maximum), dim=1),
    }[name]
    torch.testing.assert_close(model(images)[0], expected)
    assert model.feature_width == width
    assert model.architecture["pooling"] == name


@pytest.mark.parametrize(("name", "number"), [("stripes", 4), ("stripes-8", 8)])
@pytest.mark.parametrize("height", [1, 3, 8, 16])
def test_stripes_are_pooled_from_top_to_bottom(name, number, height):
    model = build_model({**GEM, "pooling": name})
    grid = torch.rand(2, 512, height, 2)
    first, *_, last = model.pooling(grid).split(512, dim=1)
    thick = max(1, height // number)
    torch.testing.assert_close(first, pool(grid[:, :, :thick]))
    torch.testing.assert_close(last, pool(grid[:, :, -thick:]))
    assert model.feature_width == number * 512


def test_soft_stripes_take_a_fifth_from_the_other_half_of_their_quarter():
    model = build_model({**GEM, "pooling": "stripes-soft"})
    grid = torch.rand(2, 512, 8, 2)
    top, second = grid[:, :, 0].mean(dim=2), grid[:, :, 1].mean(dim=2)
    first, other, *_ = model.pooling(grid).split(512, dim=1)
    torch.testing.assert_close(first, 0.8 * top + 0.2 * second)
    torch.testing.assert_close(other, 0.2 * top + 0.8 * second)
    torch.testing.assert_close(model.pooling.shares(grid).mean(dim=(2, 3)), model.pooling(grid))


def test_cells_at_zero_have_a_finite_gradient():
    grid = torch.zeros(1, 2, 3, 3, requires_grad=True)
    GeneralisedMean()(grid).sum().backward()
    assert grid.grad.isfinite().all()


def test_a_reduced_embedder_has_features_classes_and_a_neck_of_its_width():
    model = build_model({**GEM, "reduction": 24, "feature": "before"}).eval()
    images = torch.randn(2, 3, 64, 32)
    before, after = model(images)
    assert before.shape == after.shape == (2, 24)
    assert model.feature_width == 24
    assert model.classifier(after).shape == (2, 3)
    assert torch.equal(model.embed(images), before)
    assert build_model(model.architecture).architecture == model.architecture


def test_people_are_compared_by_the_feature_after_the_neck_unless_told_otherwise(embedder):
    images = torch.randn(2, 3, 64, 32)
    assert torch.equal(embedder.embed(images), embedder(images)[1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pooling": "mean"}, "architecture.pooling must be one of average, max, gem, .*, not 'mean'"),
        ({"reduction": 0}, "architecture.reduction must be a width or null, not 0"),
        ({"feature": "after"}, "architecture.feature must be neck or before, not 'after'"),
    ],
)
def test_settings_that_make_no_embedder_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        build_model({**GEM, **change})
