"""From a file of another program's weights to a checkpoint of ours, or to the reasons why not."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..captioner import Captioner
from ..checkpoint import build_model
from ..embedder import Embedder
from ..errors import InputError
from . import (
    fastreid,
    ibn,
    layumi,
    mobilenet,
    moco,
    part_aware,
    solider,
    strong_baseline,
    timm,
    torchreid,
    torchvision,
    transreid,
    virtex,
    vtbr,
)
from .account import Account, matches
from .bare import COUNTER
from .reading import read_tensors
from .source import Options, Plan, Source, Tensors

SOURCES: dict[str, Source] = {
    module.SOURCE.name: module.SOURCE
    for module in (
        vtbr,
        virtex,
        strong_baseline,
        part_aware,
        transreid,
        solider,
        fastreid,
        layumi,
        moco,
        torchreid,
        ibn,
        timm,
        mobilenet,
        torchvision,
    )
}
"""By name; a file is taken for the first that recognises it."""

_PARALLEL = "module."  # what DataParallel puts before every name
_SEED = 0  # of tensors that are allowed to be missing


@dataclass(frozen=True, kw_only=True, slots=True)
class Converted:
    """What came of a file. `model` is whole only where the account has no objection."""

    account: Account
    model: Captioner | Embedder
    metadata: dict[str, Any]
    """For `save_checkpoint`."""


def convert_weights(
    path: str | os.PathLike[str],
    *,
    source: str | None = None,
    options: Options | None = None,
    allow_missing: Sequence[str] = (),
) -> Converted:
    """Read `path` as a file of `source`, or of whichever program its names tell of.

    Everything is loaded that fits; whether that is enough is for the account's `objection` to say. Missing
    tensors that fit a pattern of `allow_missing` begin untrained (seed 0).

    Raises InputError for a file that cannot be read, or that nothing here recognises.
    """
    named = read_tensors(path)
    tensors = {name.removeprefix(_PARALLEL): tensor for name, tensor in named.items()}
    if len(tensors) < len(named):
        raise InputError(
            f"{path} holds names with and without {_PARALLEL!r} before them: save one model alone"
        )
    chosen = SOURCES[source] if source else _recognise(tensors, path)
    plan = _planned(chosen, tensors, options or Options(), is_told=source is not None)
    original = {name.removeprefix(_PARALLEL): name for name in named}
    torch.manual_seed(_SEED)
    model = build_model(plan.architecture).eval()
    if options and (options.tokenizer or options.num_heads) and not isinstance(model, Captioner):
        raise InputError(f"{path} is no captioner, so it has no tokenizer and no heads: leave them out")
    account = _load(model, plan, Account(file=Path(path).name, source=chosen.name), original, allow_missing)
    return Converted(account=account, model=model, metadata=_metadata(path, chosen.name, plan))


def _planned(source: Source, tensors: Tensors, options: Options, *, is_told: bool) -> Plan:
    try:
        return source.plan(tensors, options)
    except InputError as error:
        if not is_told or source.recognises(tensors):
            raise
        raise InputError(
            f"{error}; its names are not those of {source.made_by}: leave --from {source.name} out"
        ) from error


def _recognise(tensors: Tensors, path: str | os.PathLike[str]) -> Source:
    for source in SOURCES.values():
        if source.recognises(tensors):
            return source
    some = ", ".join(list(tensors)[:3])
    raise InputError(
        f"{path}: nothing here knows its names ({some}, ...): if it is of a program that does, say --from "
        + "|".join(sorted(SOURCES))
    )


def _load(
    model: Captioner | Embedder,
    plan: Plan,
    account: Account,
    original: Mapping[str, str],
    allow_missing: Sequence[str],
) -> Account:
    """Copy what fits and write the account; `original` gives the names as the file spells them."""
    target: dict[str, Tensor] = model.state_dict()
    for ours, (theirs, tensor) in plan.pieces.items():
        named = original[theirs]
        if ours not in target:
            account.unexpected.append(named)
        elif tensor.shape != target[ours].shape:
            account.wrong_shape[named] = tuple(tensor.shape), tuple(target[ours].shape)
        else:
            if not torch.isfinite(tensor).all():
                raise InputError(
                    f"{account.file}: {named} is not finite: take an earlier file of its training"
                )
            target[ours].copy_(tensor)
            if ours == named:
                account.loaded.append(ours)
            else:
                account.renamed.append((named, ours))
    for ours, (tensor, what) in plan.initialised.items():
        target[ours].copy_(tensor)
        account.initialised[ours] = what
    account.assumed.update(plan.assumed)
    account.left_out.update({original[theirs]: why for theirs, why in plan.left_out.items()})
    for ours in target:
        if ours in plan.pieces or ours in plan.initialised:
            continue
        if ours.endswith(COUNTER):
            account.initialised[ours] = "0, for the file is older than this counter"
        else:
            account.missing.append(ours)
            if matches(ours, allow_missing):
                account.initialised[ours] = "untrained, as was allowed"
    return account


def _metadata(path: str | os.PathLike[str], source: str, plan: Plan) -> dict[str, Any]:
    with Path(path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "preprocessing": plan.preprocessing.to_metadata(),
        "tokenizer": plan.tokenizer,
        "recipe": {"converted": {"from": source, "file": Path(path).name, "sha256": digest}},
    }
