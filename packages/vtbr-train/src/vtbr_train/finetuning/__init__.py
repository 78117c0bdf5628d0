"""Fine-tuning for Re-ID."""

from .finetuning import FinetuneConfig, Finetuning, finetune

__all__ = ["FinetuneConfig", "Finetuning", "finetune"]
