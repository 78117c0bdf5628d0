"""Tokenizers: trained on captions, or imported."""

from .coverage import caption_coverage
from .sentencepiece import read_model, to_tokenizer
from .special import SPECIAL_TOKENS
from .tokenizer import MODELS, ids_of_line, read_tokenizer, summary, train_tokenizer

__all__ = [
    "MODELS",
    "SPECIAL_TOKENS",
    "caption_coverage",
    "ids_of_line",
    "read_model",
    "read_tokenizer",
    "summary",
    "to_tokenizer",
    "train_tokenizer",
]
