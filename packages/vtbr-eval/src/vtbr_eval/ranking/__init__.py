"""Ranking without a query x gallery matrix."""
