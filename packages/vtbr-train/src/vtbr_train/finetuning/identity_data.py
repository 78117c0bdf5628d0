"""What fine-tuning reads: the settings of images and batches, and the batches made by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from msgspec import Meta
from msgspec.structs import replace

from vtbr_data.selection import hold_out
from vtbr_data.training import IdentityAugmentation, IdentityImages, Samples, identity_classes

from ..errors import InputError
from ..inputs import join, training_samples
from ..settings import AtLeast0, NotNegative, Pixels, PositiveShare, Settings, Share, made_from

if TYPE_CHECKING:
    from vtbr_data.manifest import Manifest


AtLeast2 = Annotated[int, Meta(ge=2)]


class IdentityDataConfig(Settings, frozen=True, kw_only=True):
    """Images, their augmentation, and how a batch is made."""

    height: Pixels = 256
    width: Pixels = 128
    pad_px: AtLeast0 = 10
    """Padded on each side before a random crop back to size."""
    erase_probability: Share = 0.5
    jitter: Share = 0.0
    """Brightness, contrast and saturation change by up to this factor; 0: colours stay, hue and balance too."""
    jitter_hue: Annotated[float, Meta(ge=0, le=0.5)] = 0.0
    """Turns of the colour circle to either side."""
    jitter_balance: Share = 0.0
    """Red, green and blue are each multiplied by a factor within exp(+- this), as cameras balance white."""
    jitter_probability: Share = 0.8
    crop_area: PositiveShare = 1.0
    """Smallest share of the picture's area that a random crop keeps; 1 keeps all of every picture."""
    resize_jitter: Share = 0.0
    """Share of the pictures that are resized as other programs do: by OpenCV's INTER_LINEAR or INTER_AREA, or
    Pillow's BICUBIC."""
    identities_per_batch: AtLeast2 = 16
    images_per_identity: AtLeast2 = 4
    workers: AtLeast0 = 2
    """Processes that read images; 0 reads in the training process."""
    hold_out: NotNegative = 0
    """Share of the training people, or from 1 on their number, who are validated on instead."""
    damaged: Literal["skip", "stop"] = "skip"
    """An image that cannot be read is left out and named, or stops the run."""

    def __post_init__(self) -> None:
        for name in ("jitter_hue", "jitter_balance"):
            if getattr(self, name) and not self.jitter:
                raise ValueError(f"{name} does nothing while jitter is 0: set both, or neither")


class TrainingImages(NamedTuple):
    """What a run learns from, what it validates on, and what was left out."""

    images: IdentityImages
    held_out: Samples | None
    """Query and gallery images of people who are not trained on, where `data.hold_out` asks for them."""
    num_unknown: int
    """Images of nobody known: junk (-1) and distractors (0)."""


def training_images(
    config: IdentityDataConfig,
    manifests: Sequence[Manifest],
    *,
    seed: int,
    teacher_size: tuple[int, int] | None = None,
) -> TrainingImages:
    """Return the `train` rows of known people of all manifests, augmented, without those held out.

    An identity of one manifest is another person than the same number of the next. Each picture comes in
    `teacher_size` (height, width) as well, where that is another than the settings'. Raises `InputError` for
    fewer than two people.
    """
    people: dict[tuple[int, int], int] = {}
    joined = []
    num_unknown = 0
    for number, manifest in enumerate(manifests):
        samples = training_samples(manifest, lambda row: row.identity > 0)
        num_unknown += sum(row.split == "train" and row.identity <= 0 for row in manifest.rows)
        for identity in sorted({row.identity for row in samples.rows}):
            people[number, identity] = len(people) + 1
        rows = [replace(row, identity=people[number, row.identity]) for row in samples.rows]
        joined.append(Samples(rows, samples.pictures))
    samples, held_out = _held_out(join(joined), config.hold_out, seed) if people else (join(joined), None)
    identities = [row.identity for row in samples.rows]
    if len(set(identities)) < 2:
        raise InputError(
            f"fine-tuning needs at least 2 identities above 0 with split train, not {len(set(identities))}"
        )
    augmentation = made_from(config, IdentityAugmentation)
    other_size = teacher_size not in (None, (config.height, config.width))
    teacher = augmentation.at(*teacher_size) if teacher_size and other_size else None
    images = IdentityImages(samples, identity_classes(identities), augmentation, config.damaged, teacher)
    return TrainingImages(images, held_out, num_unknown)


def _held_out(samples: Samples, wanted: float, seed: int) -> tuple[Samples, Samples | None]:
    """Split the images of `wanted` people (a share, or from 1 on a number of them) off."""
    if not wanted:
        return samples, None
    num_people = len({row.identity for row in samples.rows})
    _, held = hold_out(samples.rows, wanted if wanted < 1 else wanted / num_people, seed=seed)
    people = {row.identity for row in held}
    places: dict[bool, list[int]] = {False: [], True: []}
    for place, row in enumerate(samples.rows):
        places[row.identity in people].append(place)
    kept = Samples([samples.rows[place] for place in places[False]], samples.pictures.select(places[False]))
    return kept, Samples(held, samples.pictures.select(places[True]))


def remarks_on_images(found: TrainingImages, config: IdentityDataConfig) -> Iterator[str]:
    """Yield which images are left out or held out, and where P x K asks for more people or pictures than there are."""
    if found.num_unknown:
        yield f"{found.num_unknown} training images of identity 0 or -1 are left out"
    if found.held_out is not None:
        num_people = len({row.identity for row in found.held_out.rows})
        yield f"{num_people} people with {len(found.held_out)} images are held out for validation"
    counts = Counter(row.identity for row in found.images.samples.rows)
    if len(counts) < config.identities_per_batch:
        yield f"a batch has {len(counts)} people, not {config.identities_per_batch}: there are no more"
    most, wanted = max(counts.values()), config.images_per_identity
    num_short = sum(count < wanted for count in counts.values())
    if most < wanted:
        yield (
            f"nobody has the {wanted} pictures that a batch takes of each: some come twice; "
            f"--set data.images_per_identity={max(2, most)} takes what there are"
        )
    elif num_short > len(counts) / 2:
        yield f"{num_short} of {len(counts)} people have fewer than {wanted} pictures: some come twice in a batch"


def batch_size(config: IdentityDataConfig, images: IdentityImages) -> int:
    """Return the images a step: P x K, with P at most the number of people there are."""
    return min(config.identities_per_batch, len(images.classes)) * config.images_per_identity
