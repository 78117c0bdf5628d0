"""Fewer images of a manifest: at random, balanced, without near duplicates, or spread out over features."""

from .choice import METHODS, Choice, select
from .features import read_features

__all__ = ["METHODS", "Choice", "read_features", "select"]
