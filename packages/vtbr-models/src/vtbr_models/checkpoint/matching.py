"""Which tensors of a file fit a model, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

_NUM_NAMED = 3  # keys that a message names; the rest are counted


class _Shaped(Protocol):
    @property
    def shape(self) -> tuple[int, ...]: ...


def mismatch(model: Mapping[str, _Shaped], file: Mapping[str, _Shaped]) -> str | None:
    """Return the first keys that differ and why, for an error message; None where all fit.

    In the model's order, then what only the file has.

    >>> from types import SimpleNamespace as S
    >>> mismatch({"a": S(shape=(1,)), "b": S(shape=(2, 3))}, {"b": S(shape=(2,)), "c": S(shape=(1,))})
    'a (missing), b (shape (2,) in the file, (2, 3) in the model), c (unexpected)'
    """
    reasons = [
        f"{name} ({reason})"
        for name in (*model, *(name for name in file if name not in model))
        if (reason := _reason(name, model, file))
    ]
    if not reasons:
        return None
    more = len(reasons) - _NUM_NAMED
    return ", ".join(reasons[:_NUM_NAMED]) + (f" and {more} more" if more > 0 else "")


def _reason(name: str, model: Mapping[str, _Shaped], file: Mapping[str, _Shaped]) -> str | None:
    if name not in file:
        return "missing"
    if name not in model:
        return "unexpected"
    in_file, in_model = tuple(file[name].shape), tuple(model[name].shape)
    if in_file != in_model:
        return f"shape {in_file} in the file, {in_model} in the model"
    return None
