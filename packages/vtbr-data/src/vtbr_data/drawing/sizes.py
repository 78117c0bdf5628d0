"""Named sizes of drawn sets, so that a result can say what it was measured on in one word."""

from __future__ import annotations

SIZES: dict[str, tuple[int, int]] = {"tiny": (24, 4), "small": (300, 12), "large": (1500, 24)}
"""Identities and views of each: for tests, for a laptop, and as many people as Market-1501."""
