"""Pretrain a person Re-ID backbone from captions, and fine-tune it for Re-ID."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .finetuning.finetuning import FinetuneConfig as FinetuneConfig
    from .finetuning.finetuning import finetune as finetune
    from .pretraining.pretraining import PretrainConfig as PretrainConfig
    from .pretraining.pretraining import pretrain as pretrain

_HOME = {
    "FinetuneConfig": "finetuning.finetuning",
    "PretrainConfig": "pretraining.pretraining",
    "finetune": "finetuning.finetuning",
    "pretrain": "pretraining.pretraining",
}


def __getattr__(name: str) -> Any:
    """Import public names when they are asked for: torch takes seconds, `--help` shall not."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
