"""Shards: a set of pictures in a few large tar files, for sequential disks and networks."""

from .loose import loose_tars, read_loose
from .packing import PackConfig, pack
from .reading import ShardManifest, ShardPictures, is_packed, read_shards

__all__ = [
    "PackConfig",
    "ShardManifest",
    "ShardPictures",
    "is_packed",
    "loose_tars",
    "pack",
    "read_loose",
    "read_shards",
]
