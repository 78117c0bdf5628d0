"""Fine-tuning for Re-ID."""

from .config import FinetuneConfig
from .finetuning import Finetuning, finetune
from .joint import CaptionSource

__all__ = ["CaptionSource", "FinetuneConfig", "Finetuning", "finetune"]
