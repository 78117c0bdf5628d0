"""What is in a manifest, in numbers and in pictures."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..manifest import Manifest, Row
from ..picture_decoding import decode
from .check import count
from .diversity import diversity

if TYPE_CHECKING:
    from PIL import Image


def manifest_statistics(manifest: Manifest) -> dict[str, Any]:
    """Counts of images, identities, cameras, splits, captions, words and attributes."""
    captions = [caption for row in manifest.rows for caption in row.captions]
    varied = diversity(captions)
    lengths = [len(caption.split()) for caption in captions]
    attributes: dict[str, Counter[str]] = {}
    for row in manifest.rows:
        for name, value in row.attributes.items():
            attributes.setdefault(name, Counter())[_spelled(value)] += 1
    a_person = Counter(row.identity for row in manifest.rows if row.identity > 0)
    a_camera = Counter(row.camera for row in manifest.rows)
    of_people = Counter(a_person.values())
    return count(manifest.rows) | {
        "captions": {
            "number": len(captions),
            "different": len(set(captions)),
            "images_without": sum(not row.captions for row in manifest.rows),
            "words": {
                "different": varied.pop("different_words"),
                "shortest": min(lengths, default=0),
                "mean": round(sum(lengths) / len(lengths), 2) if lengths else 0,
                "longest": max(lengths, default=0),
            },
            "diversity": varied,
        },
        "attributes": {name: dict(sorted(values.items())) for name, values in sorted(attributes.items())},
        "images_a_person": {str(images): of_people[images] for images in sorted(of_people)},
        "images_a_camera": {str(camera): a_camera[camera] for camera in sorted(a_camera)},
        "fingerprint": manifest.fingerprint,
    }


def sample(manifest: Manifest, number: int, seed: int = 0) -> list[Row]:
    """Return at most `number` rows, chosen by `seed`, in the manifest's order."""
    chosen = random.Random(seed).sample(range(len(manifest.rows)), min(number, len(manifest.rows)))
    return [manifest.rows[index] for index in sorted(chosen)]


def draw_sheet(manifest: Manifest, number: int, *, seed: int = 0, columns: int = 6) -> Image.Image:
    """Return a contact sheet of `number` pictures with their captions, or names where there are none."""
    from PIL import Image

    from .sheet import contact_sheet

    rows = sample(manifest, number, seed)
    images = []
    for row in rows:
        try:
            images.append(Image.fromarray(decode((manifest.root / row.path).read_bytes())))
        except (OSError, InputError) as error:
            raise InputError(
                f"{manifest.root / row.path} cannot be shown: look with vtbr-data check"
            ) from error
    labels = [row.captions[0] if row.captions else f"{row.path}: {row.identity}" for row in rows]
    return contact_sheet(images, labels, columns=min(columns, len(images)), cell=_CELL)


_CELL = (128, 256)  # width, height of a picture on the sheet, in pixels


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
