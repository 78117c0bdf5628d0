"""The options of caption pretraining one by one, on people that the study does not show."""

from __future__ import annotations

from dataclasses import replace

from .plan import ATTRIBUTE, BEST, BEST_OPTIONS, BICAPTIONING, CAPTIONS, IDENTITY, SCRATCH, Arm

ON = ("few", "frozen")
"""The transfers that an option is judged by."""
_DUAL = {"bicaptioning": 1.0, "contrastive": 1.0}
_NO_DECODER = {name: weight for name, weight in BEST.items() if name != "captioning"}
_SAID = {"captioning": 1.0, "contrastive": 1.0, "attribute_classification": 1.0}
_FROM_CAPTIONS: dict[str, object] = {"objectives.attributes_from": "captions"}
_BASE = replace(BICAPTIONING, transfers=ON)


def _option(name: str, about: str, objectives: dict[str, float] | None = None, **changed: object) -> Arm:
    options = {key: value for key, value in changed.items() if "." in key}
    fields = {key: value for key, value in changed.items() if "." not in key}
    chosen = objectives or dict(_BASE.objectives)
    return replace(_BASE, name=name, about=about, objectives=chosen, options=options, **fields)  # type: ignore[arg-type]


ABLATION_ARMS = (
    replace(SCRATCH, transfers=ON),
    replace(IDENTITY, transfers=ON),
    replace(ATTRIBUTE, transfers=ON),
    _BASE,
    # What the decoders see.
    _option("parallel", "three quarters of the batches without words", **{"objectives.parallel_share": 0.75}),
    _option("third-of-cells", "a third of the image's cells", **{"objectives.visual_share": 0.35}),
    # Which words count.
    _option("words", "words as classes", {"token_classification": 1.0}),
    _option(
        "rare-words", "words as classes, rare ones more", {"token_classification": 1.0},
        **{"objectives.rare_words": True},
    ),
    _option(
        "captions-and-words", "bicaptioning and rare words", {"bicaptioning": 1.0, "token_classification": 1.0},
        **{"objectives.rare_words": True},
    ),
    # How many captions, and what they say.
    _option("one-caption", "one caption an image", per_image=1),
    _option("eight-captions", "eight captions an image, one drawn anew each time", per_image=8),
    _option("all-details", "captions that leave nothing out", detail=1.0),
    _option("grammar", "the diverse grammar", captions="grammar"),
    # Near-twins and the dual encoder.
    _option("near-twins", "half of each batch near-twins", **{"data.near_twins_share": 0.5}),
    _option("dual", "bicaptioning and a dual encoder", _DUAL),
    _option("dual-twins", "the same, half of each batch near-twins", _DUAL, **{"data.near_twins_share": 0.5}),
    _option("dual-wrong", "the same, against captions with a wrong word", _DUAL, **{"objectives.wrong_captions": True}),
    _option(
        "dual-identities", "the same, aware of identities and near-twins",
        {"bicaptioning": 1.0, "contrastive": 1.0, "identity_classification": 0.5},
        **{"data.near_twins_share": 0.5},
    ),
    # The recipe that the study takes, and what it could be.
    _option("best", "the recipe that the study takes", dict(BEST), per_image=CAPTIONS.per_image, **dict(BEST_OPTIONS)),
    _option(
        "best-details", "the same, captions that leave nothing out", dict(BEST), per_image=CAPTIONS.per_image,
        detail=1.0, **dict(BEST_OPTIONS),
    ),
    _option(
        "no-decoder", "the study's recipe without its decoder", _NO_DECODER, per_image=CAPTIONS.per_image,
        **dict(BEST_OPTIONS),
    ),
    _option(
        "said-attributes", "the study's recipe, attributes read from the captions instead of words",
        _SAID, per_image=CAPTIONS.per_image, **_FROM_CAPTIONS,
    ),
    _option(
        "said-and-words", "the study's recipe, attributes read from the captions beside words",
        {**BEST, "attribute_classification": 1.0}, per_image=CAPTIONS.per_image, **_FROM_CAPTIONS,
        **dict(BEST_OPTIONS),
    ),
    _option(
        "said-no-decoder", "a dual encoder and attributes read from the captions, no decoder",
        {"contrastive": 1.0, "attribute_classification": 1.0}, per_image=CAPTIONS.per_image, **_FROM_CAPTIONS,
    ),
    _option(
        "said-alone", "nothing but attributes read from the captions", {"attribute_classification": 1.0},
        per_image=CAPTIONS.per_image, **_FROM_CAPTIONS,
    ),
    _option(
        "no-decoder-details", "the same, captions that leave nothing out", _NO_DECODER, per_image=CAPTIONS.per_image,
        detail=1.0, **dict(BEST_OPTIONS),
    ),
)  # fmt: skip
"""The contrast is always blind to a test person; `dual-identities` uses labels as well, and is no caption recipe."""
