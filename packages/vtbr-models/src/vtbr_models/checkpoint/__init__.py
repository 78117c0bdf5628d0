"""Checkpoints: one safetensors file that holds a model and all that is needed to use it."""
