"""Weights of other programs to checkpoints, key by key: one module here is one program."""

from .convert import SOURCES as SOURCES
from .convert import convert_weights as convert_weights
from .sentencepiece import read_tokenizer as read_tokenizer
from .source import Options as Options
