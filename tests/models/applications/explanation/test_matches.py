from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from vtbr_models.applications.explanation.matches import grad_cam, place_features, shares
from vtbr_models.backbones.backbone import Backbone
from vtbr_models.checkpoint.architecture import build_model
from vtbr_models.embedder.embedder import Embedder
from vtbr_models.embedder.pooling import GeneralisedMean

QUERY, GALLERY = torch.tensor([0, 0, 1]), torch.tensor([1, 2, 2])


class Pixels(Backbone):
    """A backbone whose places are the pixels themselves."""

    width, architecture, classifier_prefix = 3, {"name": "pixels"}, "fc."

    def forward(self, images):
        return images


def grids_of(model, images, flip):
    with torch.no_grad():
        views = [model.visual(images)]
        if flip:
            views.append(model.visual(images.flip(-1)).flip(-1))
    return torch.stack(views, dim=1)


def embedded(model, images, flip):
    with torch.no_grad():
        features = [model.embed(images)] + ([model.embed(images.flip(-1))] if flip else [])
    return functional.normalize(torch.stack(features).mean(dim=0), dim=-1)


def alive(architecture):
    torch.manual_seed(0)
    model = build_model({"num_classes": None, **architecture})
    with torch.no_grad():
        model.neck.running_mean.normal_(0, 0.1)
        model.neck.running_var.uniform_(0.5, 1.5)
        model.neck.weight.uniform_(0.5, 1.5)
    return model.eval()


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(
    "architecture",
    [
        {"visual": {"name": "resnet10"}},
        {"visual": {"name": "resnet18_ibn_a", "last_stride": 1}, "reduction": 7},
        {"visual": {"name": "convnext_tiny"}, "feature": "before"},
        {"visual": {"name": "vit_ti_16"}},
        {"visual": {"name": "resnet10"}, "pooling": "gem", "reduction": 7},
        {"visual": {"name": "vit_ti_16"}, "pooling": "gem"},
    ],
    ids=lambda architecture: "-".join(map(str, [architecture["visual"]["name"], *list(architecture)[1:]])),
)
def test_the_shares_of_both_pictures_add_up_to_the_cosine_of_their_embeddings(architecture, flip):
    model = alive({"model": "embedder", **architecture})
    images = torch.randn(3, 3, 64, 32)
    features = embedded(model, images, flip)
    cosine = (features[QUERY] * features[GALLERY]).sum(dim=-1)
    found = shares(model, grids_of(model, images, flip), QUERY, GALLERY)
    torch.testing.assert_close(found.cosine, cosine, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found.query.sum(dim=(1, 2)), cosine, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found.gallery.sum(dim=(1, 2)), cosine, atol=1e-5, rtol=1e-4)


def test_the_match_of_a_patch_lies_where_the_patch_is():
    model = Embedder(Pixels(), feature="before").eval()
    images = torch.full((2, 3, 6, 4), 0.01)
    images[0, :, 1, 3] = torch.tensor([9.0, 0.0, 0.0])
    images[1, :, 4, 0] = torch.tensor([9.0, 0.0, 0.0])
    one, other = torch.tensor([0]), torch.tensor([1])
    for flip in (False, True):
        found = shares(model, grids_of(model, images, flip), one, other)
        assert divmod(int(found.query[0].argmax()), 4) == (1, 3)
        assert divmod(int(found.gallery[0].argmax()), 4) == (4, 0)


def test_what_only_one_picture_has_speaks_against_the_match():
    model = Embedder(Pixels(), feature="before").eval()
    images = torch.zeros(2, 3, 2, 1)
    images[0, :, 0, 0], images[0, :, 1, 0] = torch.tensor([1.0, 0.2, 0]), torch.tensor([0, 0, -1.0])
    images[1, :, 0, 0] = torch.tensor([1.0, 0.0, 0.5])
    found = shares(model, images[:, None], torch.tensor([0]), torch.tensor([1]))
    assert found.query[0, 0, 0] > 0 > found.query[0, 1, 0]


@given(st.floats(1, 6), st.integers(0, 1000))
def test_the_shares_of_a_generalised_mean_are_its_cells_times_its_gradient(p, seed):
    pooling = GeneralisedMean()
    with torch.no_grad():
        pooling.p.fill_(p)
    grid = torch.rand(2, 3, 4, 2, generator=torch.Generator().manual_seed(seed)).add_(0.01).requires_grad_()
    pooled = pooling(grid)
    (gradient,) = torch.autograd.grad(pooled.sum(), [grid])
    torch.testing.assert_close(pooling.shares(grid), 8 * grid * gradient, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(pooling.shares(grid).mean(dim=(2, 3)), pooled, atol=1e-5, rtol=1e-4)


def test_grad_cam_is_the_paper_s_equations(embedder):
    images = torch.randn(2, 3, 64, 32)
    grids = grids_of(embedder, images, False)
    found = grad_cam(embedder, grids, torch.tensor([0]), torch.tensor([1]))
    leaf = grids[:1, 0].clone().requires_grad_()
    places = place_features(embedder, leaf).mean(dim=(1, 2))
    other = embedded(embedder, images[1:], False)
    (gradient,) = torch.autograd.grad(functional.cosine_similarity(places, other).sum(), [leaf])
    weight = gradient.mean(dim=(2, 3), keepdim=True)
    torch.testing.assert_close(found.query, (weight * grids[:1, 0]).sum(dim=1).relu(), atol=1e-6, rtol=1e-4)
    assert (found.query >= 0).all()
    assert (found.gallery >= 0).all()


def test_a_captioner_is_explained_by_its_backbone(captioner):
    images = torch.randn(3, 3, 64, 32)
    features = embedded(captioner, images, False)
    found = shares(captioner, grids_of(captioner, images, False), QUERY, GALLERY)
    torch.testing.assert_close(
        found.query.sum(dim=(1, 2)), (features[QUERY] * features[GALLERY]).sum(dim=-1), atol=1e-5, rtol=1e-4
    )
