"""Fewer images of a manifest: at random, balanced, without near duplicates, or spread out over features."""

from .choice import METHODS as METHODS
from .choice import Choice as Choice
from .choice import select as select
