"""The sets that fine-tuning is validated on: whose they are, and whether they can be scored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vtbr_data.training import Samples
from vtbr_eval.features import GALLERY, QUERY, FeatureTable, PathList
from vtbr_eval.pairing import pair
from vtbr_eval.protocol import PROTOCOLS, Protocol

from ..errors import InputError
from ..inputs import all_samples, check_first_picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vtbr_data.manifest import Manifest

HELD_OUT = "held-out"
_SPLIT = {"query": QUERY, "gallery": GALLERY}


class ScoredSet(NamedTuple):
    """Query and gallery images; the names of their scores begin with `prefix`."""

    prefix: str
    name: str
    """What messages call it."""
    samples: Samples
    protocol: Protocol


def scored_sets(
    manifest: Manifest,
    tests: Mapping[str, Manifest] | None,
    held_out: Samples | None,
    protocol_name: str,
) -> list[ScoredSet]:
    """Return held-out people, else the named test sets, else the manifest's own, whose scores have no prefix.

    Raises `InputError` for what would be found out at the first validation only.
    """
    protocol = _protocol(protocol_name)
    sets = []
    if held_out is not None:
        sets.append(ScoredSet(f"{HELD_OUT}/", "the held-out people", held_out, protocol))
    named = {f"{name}/": test for name, test in (tests or {}).items()}
    if not named and held_out is None and _can_score(manifest):
        named = {"": manifest}
    for prefix, test in named.items():
        _check_splits(test)
        samples = all_samples(test, lambda row: row.split in _SPLIT)
        check_first_picture(test, samples)
        sets.append(ScoredSet(prefix, test.name, samples, protocol))
    for test_set in sets:
        _check_scoreable(test_set)
    return sets


def table_of(test: ScoredSet, features: NDArray[np.float32]) -> FeatureTable:
    """Return the features of a test set's images with their labels."""
    rows = test.samples.rows
    return FeatureTable(
        features=features,
        identity=np.array([row.identity for row in rows]),
        camera=np.array([row.camera for row in rows]),
        split=np.array([_SPLIT[row.split] for row in rows], dtype=np.uint8),
        path=PathList.of(row.path for row in rows),
    )


def _protocol(name: str) -> Protocol:
    if name not in PROTOCOLS:
        raise InputError(f"setting protocol must be one of {', '.join(PROTOCOLS)}, not {name!r}")
    return PROTOCOLS[name]


def _can_score(manifest: Manifest) -> bool:
    return set(_SPLIT) <= {row.split for row in manifest.rows}


def _check_splits(manifest: Manifest) -> None:
    missing = set(_SPLIT) - {row.split for row in manifest.rows}
    if missing:
        raise InputError(f"test set {manifest.name} has no image with split {min(missing)}: nothing to score")


def _check_scoreable(test: ScoredSet) -> None:
    labels = table_of(test, np.ones((len(test.samples), 1), np.float32))
    try:
        pair(labels, test.protocol)
    except ValueError as error:
        reason = str(error).replace("add --no-camera", "use --set protocol=no-camera")
        reason = reason.removeprefix(f"{labels.name}: ")
        raise InputError(
            f"{test.name} cannot be scored: {reason}; or validate on others by --test"
        ) from error
