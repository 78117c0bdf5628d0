"""Bodies: shape, skeleton, poses."""
