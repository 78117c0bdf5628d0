"""The model zoo: trained models by name, with where they come from and how good they are."""

from .entries import Entry, read_zoo, resolve

__all__ = ["Entry", "read_zoo", "resolve"]
