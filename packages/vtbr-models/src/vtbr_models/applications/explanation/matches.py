"""Which places of two pictures make their match.

Legend: B images, V views of an image, N pairs of images, C channels, D width of a feature, gh gw places.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from einops import rearrange, reduce
from torch import Tensor
from torch.nn import functional

from ...captioner import Captioner
from ...embedder import Embedder


class MatchMaps(NamedTuple):
    """Of N pairs."""

    query: Tensor
    """(N, gh, gw): the places of the first picture."""
    gallery: Tensor
    """(N, gh, gw): the places of the second."""
    cosine: Tensor
    """(N,): of their features, in [-1, 1]."""


def place_features(model: Captioner | Embedder, grid: Tensor) -> Tensor:
    """Return what each place gives to the feature, (B, gh, gw, D), of feature maps (B, C, gh, gw).

    Their mean over places is the feature. With average pooling the places are the map's own cells, behind the
    linear maps that follow it: a reduction, and a neck, which in evaluation is linear but for a constant that
    every place gets alike. With the generalised mean f = (mean of x^p)^(1/p) a place gives x^p / f^(p - 1),
    which is x times the gradient of f there (and the number of places): f is homogeneous of degree 1, so by
    Euler's theorem nothing is left over.
    """
    if isinstance(model, Captioner):
        return rearrange(grid.float(), "b c gh gw -> b gh gw c")
    cells = model.pooling.shares(grid)
    places: Tensor = rearrange(cells, "b c gh gw -> b gh gw c")
    if model.is_reduced:
        places = model.reduction(places)
    if model.feature == "before":
        return places
    flat = model.neck(rearrange(places, "b gh gw d -> (b gh gw) d"))
    out: Tensor = flat.reshape(places.shape)
    return out


@torch.no_grad()
def shares(model: Captioner | Embedder, grids: Tensor, query: Tensor, gallery: Tensor) -> MatchMaps:
    """Return the cosine of each pair, taken apart into places exactly: each map sums to it.

    With place features u_1 ... u_P of one picture, whose mean is its feature f, and the other's feature g,
    place i is worth u_i g / (P |f| |g|): above 0 it speaks for the match, below 0 against it. Stylianou,
    Souvenir, Pless, "Visualizing Deep Similarity Networks", WACV 2019, section 3, for average pooling.

    `grids` (B, V, C, gh, gw) are feature maps of the pictures' views, `query` and `gallery` (N,) the numbers
    of the pictures in each pair. Views are averaged, as `vtbr-models extract` does; those of a mirrored
    picture must have been mirrored back.
    """
    places = _view_places(model, grids)
    pooled = reduce(places, "b gh gw d -> b d", "mean")
    features = functional.normalize(pooled, dim=-1)
    length = pooled.norm(dim=-1).clamp(min=_SMALLEST)
    num_places = places.shape[1] * places.shape[2]

    def worth(these: Tensor, others: Tensor) -> Tensor:
        products: Tensor = torch.einsum("nhwd,nd->nhw", places[these], features[others])
        worths: Tensor = products / (num_places * rearrange(length[these], "n -> n 1 1"))
        return worths

    cosine = (features[query] * features[gallery]).sum(dim=-1)
    return MatchMaps(worth(query, gallery), worth(gallery, query), cosine)


def grad_cam(model: Captioner | Embedder, grids: Tensor, query: Tensor, gallery: Tensor) -> MatchMaps:
    """Return where more of a feature would bring each pair closer: Grad-CAM of its cosine, at least 0.

    A channel's weight is the mean over places of the cosine's gradient; the map is the weighted sum of the
    channels, negative parts cut off (Selvaraju et al., "Grad-CAM", ICCV 2017, equations 1 and 2). What both
    features share already changes the cosine little, so the maps show less of it than `shares` do.
    Parameters as those of `shares`; outside of `torch.inference_mode`.
    """
    with torch.enable_grad():
        leaves = [grids[of].detach().clone().requires_grad_() for of in (query, gallery)]
        first, second = (reduce(_view_places(model, leaf), "n gh gw d -> n d", "mean") for leaf in leaves)
        cosine = functional.cosine_similarity(first, second, dim=-1)
        gradients = torch.autograd.grad(cosine.sum(), leaves)
    maps = [
        _weighted(leaf.detach(), gradient).relu() for leaf, gradient in zip(leaves, gradients, strict=True)
    ]
    return MatchMaps(maps[0], maps[1], cosine.detach())


METHODS: dict[str, Callable[[Captioner | Embedder, Tensor, Tensor, Tensor], MatchMaps]] = {
    "shares": shares,
    "grad-cam": grad_cam,
}
"""By the names that `vtbr-models explain --method` takes."""

_SMALLEST = 1e-12  # length of a feature; torch's own normalize has the same


def _view_places(model: Captioner | Embedder, grids: Tensor) -> Tensor:
    """Return place features (B, gh, gw, D), averaged over views, of grids (B, V, C, gh, gw)."""
    places = place_features(model, rearrange(grids, "b v c gh gw -> (b v) c gh gw"))
    return reduce(places, "(b v) gh gw d -> b gh gw d", "mean", v=grids.shape[1])


def _weighted(grids: Tensor, gradients: Tensor) -> Tensor:
    """Return (N, gh, gw) of grids and gradients (N, V, C, gh, gw)."""
    weight = reduce(gradients, "n v c gh gw -> n v c 1 1", "mean")
    return reduce(weight * grids, "n v c gh gw -> n gh gw", "sum")
