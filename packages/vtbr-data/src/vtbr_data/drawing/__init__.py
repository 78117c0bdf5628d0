"""People drawn on demand: the embedded default data."""
