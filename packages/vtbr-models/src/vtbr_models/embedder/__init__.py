"""Embedders: a backbone that tells people apart."""
