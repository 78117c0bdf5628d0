"""Pretraining from captions."""
