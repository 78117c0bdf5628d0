"""How features may be pooled; no torch is needed here."""

from __future__ import annotations

POOLING_NAMES = ("average", "max", "gem", "avgmax", "avgmax-concat", "stripes", "stripes-8", "stripes-soft")
"""What `architecture.pooling` holds."""
