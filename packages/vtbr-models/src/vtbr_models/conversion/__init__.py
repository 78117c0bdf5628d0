"""Weights of other programs to checkpoints, key by key: one module here is one program."""
