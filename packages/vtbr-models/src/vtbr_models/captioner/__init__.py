"""Captioners: a backbone with what it learns to say of images."""
