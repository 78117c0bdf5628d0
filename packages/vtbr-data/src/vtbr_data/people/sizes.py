"""Named sizes of rendered sets, so that a result can say what it was measured on in one word."""

from __future__ import annotations

SIZES: dict[str, tuple[int, int]] = {"tiny": (24, 4), "small": (300, 12), "large": (8000, 20)}
"""Identities and views of each: for tests, for a laptop, and for a model that others will use."""
