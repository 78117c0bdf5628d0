"""Scores of captions and attributes."""
