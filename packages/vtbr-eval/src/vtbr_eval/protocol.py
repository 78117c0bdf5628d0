"""The rules of a score, as an object that is printed with every score (docs/protocol.md)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

from .errors import InputError

Distance = Literal["cosine", "euclidean"]
Area = Literal["rectangles", "trapezoids"]
Denominator = Literal["valid", "all"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rerank:
    """Settings of k-reciprocal re-ranking (Zhong et al., CVPR 2017)."""

    k1: int = 20
    """Neighbours that must be mutual."""
    k2: int = 6
    """Nearest images whose weights are averaged; 1 averages nothing."""
    original_weight: float = 0.3
    """Share of the original distance in the final one (the paper's lambda), in [0, 1]."""
    junk_takes_part: bool = False
    """Gallery junk may be a neighbour, as in the authors' Matlab version; it is ranked in neither case."""

    def __post_init__(self) -> None:
        for name, value in (("k1", self.k1), ("k2", self.k2)):
            if value < 1:
                raise InputError(f"{name} must be at least 1, not {value}")
        if not 0 <= self.original_weight <= 1:
            raise InputError(f"lambda must lie between 0 and 1, not {self.original_weight}")

    def to_json(self) -> dict[str, float | str]:
        """Returns the settings under the names that the paper uses."""
        junk = "takes part" if self.junk_takes_part else "left out"
        return {"k1": self.k1, "k2": self.k2, "lambda": self.original_weight, "junk": junk}


@dataclass(frozen=True, kw_only=True, slots=True)
class Expansion:
    """Features moved towards their nearest gallery images (expansion.py); the gallery first."""

    query_neighbours: int = 0
    """Gallery images added to each query; 0 leaves queries as they are."""
    gallery_neighbours: int = 0
    """Other gallery images added to each gallery image; 0 leaves the gallery as it is."""
    alpha: float = 0.0
    """A neighbour weighs its cosine to this power: 0 averages, 3 is usual for alpha query expansion."""

    def __post_init__(self) -> None:
        for name, value in (
            ("query_neighbours", self.query_neighbours),
            ("gallery_neighbours", self.gallery_neighbours),
        ):
            if value < 0:
                raise InputError(f"{name} must be at least 0, not {value}")
        if not 0 <= self.alpha < float("inf"):
            raise InputError(f"alpha must be 0 or more, not {self.alpha}")
        if not self.query_neighbours and not self.gallery_neighbours:
            raise InputError("an expansion needs a number of neighbours for the queries or for the gallery")

    def to_json(self) -> dict[str, float]:
        """Returns the settings."""
        return {
            "query_neighbours": self.query_neighbours,
            "gallery_neighbours": self.gallery_neighbours,
            "alpha": self.alpha,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class RandomTestSets:
    """Random test sets with one gallery image a person, drawn again and again."""

    people_share: float = 1.0
    """Share of the queries' people that one test set holds, in (0, 1]; the others leave the gallery, too."""
    repeats: int = 10
    """Test sets drawn; scores are means over them."""
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.people_share <= 1:
            raise InputError(f"people_share must lie above 0 and at most at 1, not {self.people_share}")
        if self.repeats < 1:
            raise InputError(f"repeats must be at least 1, not {self.repeats}")
        if self.seed < 0:
            raise InputError(f"seed must be at least 0, not {self.seed}")

    def to_json(self) -> dict[str, float]:
        """Returns the settings, and that a person has one gallery image."""
        return {
            "gallery_shots": 1,
            "people_share": self.people_share,
            "repeats": self.repeats,
            "seed": self.seed,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Protocol:
    """Which images are compared, how, and how the ranks become scores.

    >>> Protocol().name, Protocol(cross_camera=False).name, Protocol(average_precision="trapezoids").name
    ('market1501', 'no-camera', 'custom')
    """

    distance: Distance = "cosine"
    cross_camera: bool = True
    """Leave out gallery images of the query's identity taken by the query's camera."""
    own_image_left_out: bool = True
    """Without cameras, leave out the gallery image that has the query's path."""
    multi_query: bool = False
    """Average the query images of one person and camera to one query."""
    average_precision: Area = "rectangles"
    """How the area under precision and recall is measured (`measures.average_precision`)."""
    cmc_over: Denominator = "valid"
    """Means run over the queries that have a correct match, or over all: the others then count as 0."""
    draws: RandomTestSets | None = None
    """Random single-gallery-shot test sets instead of the whole gallery."""
    expansion: Expansion | None = None
    """Features moved before anything is compared; cosine distance only."""
    rerank: Rerank | None = None

    def __post_init__(self) -> None:
        if self.expansion and self.distance != "cosine":
            raise InputError("expansion weighs by cosine: it needs the distance cosine")
        for field, kind in (("distance", Distance), ("average_precision", Area), ("cmc_over", Denominator)):
            value, allowed = getattr(self, field), get_args(kind)
            if value not in allowed:
                raise InputError(f"{field} is {' or '.join(allowed)}, not {value!r}")

    @property
    def name(self) -> str:
        """Returns the named protocol with these rules, else `custom`.

        Distance, expansion, re-ranking, number and seed of draws may differ.
        """
        return next((name for name, other in PROTOCOLS.items() if _rules(other) == _rules(self)), "custom")

    def to_json(self) -> dict[str, object]:
        """Returns every switch, the fixed ones too: a score must say how it was made."""
        return {
            "name": self.name,
            "distance": self.distance,
            "cross_camera": self.cross_camera,
            "own_image": "left out" if self.own_image_left_out else "stays",
            "multi_query": self.multi_query,
            "junk": "left out",
            "distractors": "stay",
            "average_precision": self.average_precision,
            "cmc_over": self.cmc_over,
            "ties": "gallery position",
            "draws": self.draws.to_json() if self.draws else None,
            "expansion": self.expansion.to_json() if self.expansion else None,
            "rerank": self.rerank.to_json() if self.rerank else None,
        }


PROTOCOLS: dict[str, Protocol] = {
    "market1501": Protocol(),
    "no-camera": Protocol(cross_camera=False),
    "multi-query": Protocol(multi_query=True),
    "layumi": Protocol(average_precision="trapezoids", cmc_over="all"),
    "cuhk03-classic": Protocol(draws=RandomTestSets()),
    "viper-like": Protocol(draws=RandomTestSets(people_share=0.5)),
    "text-to-image": Protocol(cross_camera=False, own_image_left_out=False),
}
"""The protocols that have a name."""

ABOUT = {
    "market1501": "Market-1501, DukeMTMC-reID, MSMT17, CUHK03-NP: other cameras only",
    "no-camera": "pictures without cameras, or of one camera",
    "multi-query": "Market-1501 with all images of a person by the query's camera as queries",
    "layumi": "as layumi's Person_reID_baseline_pytorch: trapezoids, means over all queries",
    "cuhk03-classic": "CUHK03's first protocol: one gallery image a person, mean of 10 draws",
    "viper-like": "VIPeR, GRID, PRID2011, iLIDS: half the people, one gallery image each, mean of 10 draws",
    "text-to-image": "CUHK-PEDES, ICFG-PEDES, RSTPReid: texts search for images (`vtbr-eval search`)",
}
"""What each is for, in one line."""


def protocol_named(name: str) -> Protocol:
    """Returns the protocol of this name; raises `InputError` for another, naming all."""
    if name not in PROTOCOLS:
        raise InputError(f"no protocol is called {name!r}: it is one of {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]


def _rules(protocol: Protocol) -> Protocol:
    draws = protocol.draws and RandomTestSets(people_share=protocol.draws.people_share)
    return replace(protocol, distance="cosine", expansion=None, rerank=None, draws=draws)
