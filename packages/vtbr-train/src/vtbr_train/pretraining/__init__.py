"""Pretraining from captions."""

from .pretraining import PretrainConfig, Pretraining, pretrain

__all__ = ["PretrainConfig", "Pretraining", "pretrain"]
