"""Pretrain a person Re-ID backbone from captions, and fine-tune it for Re-ID."""

from typing import TYPE_CHECKING

from vtbr_models.lazy import lazily

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .finetuning import FinetuneConfig as FinetuneConfig
    from .finetuning import finetune as finetune
    from .pretraining import PretrainConfig as PretrainConfig
    from .pretraining import pretrain as pretrain

# Imported when they are asked for: torch takes seconds, `--help` must not wait for it.
_HOMES = {
    "FinetuneConfig": "finetuning",
    "PretrainConfig": "pretraining",
    "finetune": "finetuning",
    "pretrain": "pretraining",
}
__getattr__ = lazily(__name__, _HOMES)
