"""Captions from attributes and from files."""
