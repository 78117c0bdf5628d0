from __future__ import annotations

import pytest
import torch

from vtbr_models.architecture import build_model
from vtbr_models.errors import InputError


def test_both_features_and_the_scores_have_their_shapes(embedder):
    pooled, neck = embedder(torch.randn(2, 3, 64, 32))
    assert pooled.shape == neck.shape == (2, 512)
    assert embedder.classify(neck).shape == (2, 5)


def test_the_pooled_feature_is_the_mean_over_the_cells_and_the_neck_normalises_it(embedder):
    images = torch.randn(2, 3, 64, 32)
    pooled, neck = embedder(images)
    torch.testing.assert_close(pooled, embedder.visual(images).mean(dim=(2, 3)))
    torch.testing.assert_close(neck, embedder.neck(pooled))


def test_the_necks_shift_stays_zero_in_training():
    embedder = build_model({"model": "embedder", "visual": {"name": "resnet10"}, "num_classes": 3}).train()
    optimizer = torch.optim.SGD([p for p in embedder.parameters() if p.requires_grad], lr=1.0)
    embedder.classify(embedder(torch.randn(4, 3, 32, 16))[1]).square().sum().backward()
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
