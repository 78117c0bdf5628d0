"""Fewer images of a manifest: at random, balanced, without near duplicates, or spread out over features."""

from vtbr_data.selection.choice import METHODS as METHODS
from vtbr_data.selection.choice import Choice as Choice
from vtbr_data.selection.choice import select as select
