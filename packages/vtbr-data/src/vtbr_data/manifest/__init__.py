"""Manifests: one image a line."""
