"""Fewer images of a manifest: at random, balanced, without near duplicates, or spread out over features."""

from .choice import METHODS, Choice, select
from .features import read_features
from .people import hold_out, some_people

__all__ = ["METHODS", "Choice", "hold_out", "read_features", "select", "some_people"]
