"""Options that several commands share, and the protocol that they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from vtbr_eval.protocol import Distance, Protocol

Function = TypeVar("Function", bound=Callable[..., Any])

OUTPUT = click.option(
    "-o", "--output", default="-", metavar="FILE", help="Where the result goes (standard output)."
)


_PROTOCOL: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (("--distance",), {"type": click.Choice(["cosine", "euclidean"]), "default": "cosine"}),
    (("--no-camera",), {"is_flag": True, "help": "Compare images of the same camera too."}),
    (("--rerank",), {"is_flag": True, "help": "Re-rank by k-reciprocal neighbours."}),
    (("--k1",), {"default": 20, "help": "Re-ranking: neighbours that must be mutual."}),
    (("--k2",), {"default": 6, "help": "Re-ranking: neighbours averaged over."}),
    (
        ("--lambda", "original_weight"),
        {"default": 0.3, "help": "Re-ranking: share of the original distance."},
    ),
    (("--bootstrap",), {"default": 1000, "help": "Draws for the 95 % intervals over identities; 0: none."}),
    (("--seed",), {"default": 0, "help": "Of these draws."}),
]


def protocol_options(command: Function) -> Function:
    """The switches of a protocol and of the intervals."""
    for names, settings in reversed(_PROTOCOL):
        command = click.option(*names, show_default=True, **settings)(command)
    return command


def make_protocol(
    distance: Distance, no_camera: bool, rerank: bool, k1: int, k2: int, original_weight: float
) -> Protocol:
    """The protocol of these options."""
    from vtbr_eval.protocol import Protocol, Rerank

    reranking = Rerank(k1=k1, k2=k2, original_weight=original_weight) if rerank else None
    return Protocol(distance=distance, cross_camera=not no_camera, rerank=reranking)
