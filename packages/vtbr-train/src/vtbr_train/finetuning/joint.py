"""Joint fine-tuning: each step tells people apart and learns captions of other images, with one backbone.

Legend: B images with identities, N images with captions, h w pixels, L tokens.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta, field
from torch import Tensor, nn

from vtbr_data.training import ShuffledBatches, with_near_twins
from vtbr_models.checkpoint import load_checkpoint, read_metadata

from ..captions import (
    CaptionPicturesConfig,
    Labels,
    ObjectivesConfig,
    TextConfig,
    augmentation,
    build_captioner,
    captioned_images,
    near_twins_of,
    usable_samples,
)
from ..engine import statistics_kept
from ..errors import InputError
from ..inputs import training_samples
from ..settings import Positive, Settings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from vtbr_data.manifest import Manifest
    from vtbr_models.captioner import Captioner

    from .identity_data import IdentityDataConfig


class JointConfig(Settings, frozen=True, kw_only=True):
    """What is learnt from --captions beside identities."""

    weight: Positive = 1.0
    """Of the captions' loss beside that of identities."""
    share: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    """Share of a step's images that come from --captions."""
    objectives: ObjectivesConfig = field(default_factory=ObjectivesConfig)
    text: TextConfig = field(default_factory=TextConfig)
    data: CaptionPicturesConfig = field(
        default_factory=lambda: CaptionPicturesConfig(crop_area=(0.6, 1.0), jitter=0.0)
    )
    """Size, workers and what happens to damaged pictures are those of the identities' data."""


@dataclass(frozen=True)
class CaptionSource:
    """The captioned images of a joint fine-tuning, and the tokenizer of their captions."""

    manifest: Manifest
    tokenizer: Tokenizer | None = None
    """None takes that of the checkpoint that the run starts from."""


class JointCaptions:
    """The captioned half of a joint fine-tuning: its images, their order, and the heads that learn from them.

    The backbone is the embedder's. Heads begin as those of checkpoint `init` where it has the same ones with the
    same words, else untrained. Raises `InputError` for what cannot be learnt from.
    """

    def __init__(
        self,
        config: JointConfig,
        source: CaptionSource,
        visual: nn.Module,
        data: IdentityDataConfig,
        *,
        init: Path | None,
        per_step: int,
        seed: int,
        last_step: int,
    ) -> None:
        self.config, self.manifest, self.per_step = config, source.manifest, per_step
        self.tokenizer = source.tokenizer or _tokenizer_of(init)
        if self.tokenizer is None and config.objectives.needs("tokens"):
            raise InputError(
                "--captions is read by joint.objectives: give --tokenizer (`vtbr-data tokenizer train`), or --init a "
                "captioner that holds one"
            )
        samples, self.num_uncaptioned = usable_samples(
            training_samples(source.manifest), config.data, config.objectives
        )
        self.labels = Labels(config.objectives, samples.rows)
        self.images = captioned_images(
            samples,
            augmentation(config.data, height=data.height, width=data.width),
            config.objectives,
            self.labels,
            self.tokenizer,
            max_tokens=config.text.max_tokens,
            on_damage=data.damaged,
        )
        self.twins = near_twins_of(samples.rows, config.data)
        order = ShuffledBatches(len(samples), per_step, seed=seed, first_step=1, last_step=last_step)
        self.order = with_near_twins(order, self.twins, config.data.near_twins_share)
        architecture: Mapping[str, Any] = visual.architecture  # type: ignore[assignment]
        self.captioner = build_captioner(
            architecture, config.text, config.objectives, self.labels, self.tokenizer, self.images
        )
        self.captioner.visual = visual  # type: ignore[assignment]
        self.heads = nn.ModuleDict(
            {name: child for name, child in self.captioner.named_children() if name != "visual"}
        )
        self.begun = _begin_heads(self.captioner, self.heads, self.tokenizer, init)

    @property
    def inputs(self) -> dict[str, Any]:
        """What a resumed run must find again."""
        return {
            "captions": self.manifest.fingerprint,
            "tokenizer": self.tokenizer and self.tokenizer.to_str(),
        }

    def remarks(self) -> Iterator[str]:
        """Yield what is learnt from captions, what was left out, and how the heads begin."""
        yield (
            f"captions: {self.per_step} images a step of the {len(self.images)} of {self.manifest.name}, weight "
            f"{self.config.weight:g}; {self.begun}"
        )
        if self.num_uncaptioned:
            yield f"{self.num_uncaptioned} images of --captions without a caption are left out"
        if self.labels.said:
            yield f"attributes read from the captions of --captions: {self.labels.said}"
        if self.twins is not None:
            yield str(self.twins)

    def losses(self, images: Tensor, parts: Mapping[str, Any]) -> dict[str, Tensor]:
        """Return the captions' losses of images (N, 3, h, w); `loss` is their weighted sum.

        Batch norm sees these images apart, and keeps the statistics of the identities' images alone: those are
        the images that the trained model will see.
        """
        attributes = parts["attributes"]
        known = None if attributes is None else self.labels.stacked(attributes)
        with statistics_kept(self.captioner.visual):
            losses: dict[str, Tensor] = self.captioner(
                images,
                parts["tokens"],
                attributes=known,
                identities=parts["identities"],
                wrong_tokens=parts["wrong_tokens"],
            )
        return losses


def captioned_per_step(share: float, images: int, parts: int) -> int:
    """Return captioned images beside `images` with identities, as near to `share` of all as `parts` equal
    parts allow.

    >>> captioned_per_step(0.5, 32, 1), captioned_per_step(0.25, 32, 2), captioned_per_step(0.01, 32, 2)
    (32, 10, 2)
    """
    wanted = images * share / (1 - share)
    return parts * max(1, round(wanted / parts))


def _tokenizer_of(init: Path | None) -> Tokenizer | None:
    from tokenizers import Tokenizer

    held = read_metadata(init).get("tokenizer") if init else None
    return Tokenizer.from_str(json.dumps(held)) if held else None


def _begin_heads(
    captioner: Captioner, heads: nn.ModuleDict, tokenizer: Tokenizer | None, init: Path | None
) -> str:
    """Copy those heads that `init` has in the same shapes, of the same words; return what was done in words."""
    metadata = read_metadata(init) if init else {}
    if init is None or (metadata.get("architecture") or {}).get("model") != "captioner":
        return "their heads begin untrained"
    if tokenizer is not None and metadata.get("tokenizer") != json.loads(tokenizer.to_str()):
        return "their heads begin untrained, as --init has other words"
    theirs = load_checkpoint(init).model
    taken: list[str] = []
    left: list[str] = []
    for name, head in heads.items():
        state = getattr(theirs, name).state_dict() if hasattr(theirs, name) else {}
        ours = head.state_dict()
        fits = state.keys() == ours.keys() and all(state[key].shape == ours[key].shape for key in ours)
        if fits:
            head.load_state_dict(state)
        (taken if fits else left).append(name)
    if "textual" in left and "textual" in metadata["architecture"]:
        left[left.index("textual")] = f"textual (--init has {metadata['architecture']['textual']['name']})"
    said = [f"{', '.join(taken)} continue from --init"] if taken else []
    return "; ".join([*said, *([f"{', '.join(left)} begin untrained"] if left else [])])
