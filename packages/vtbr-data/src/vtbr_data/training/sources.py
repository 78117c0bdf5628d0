"""From what a user names to rows and pictures: manifests with files, or shards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..errors import InputError
from ..manifest.manifest import Manifest, read_manifest
from ..shards.loose import loose_tars, read_loose
from ..shards.reading import ShardManifest, is_packed, read_shards
from .images import FolderPictures, Pictures


def read_images(
    source: Path | str, *, root: Path | str | None = None, say: Callable[[str], None] = lambda text: None
) -> Manifest:
    """The manifest at `source` (`-` is stdin), or that of the packed set that it names.

    Of a packed set that is its folder, its `shards.json`, a URL, or `pipe:COMMAND` with `{}` for a file's
    name. Tar files that others have packed, one or a folder of them, are read as well; `say` hears of what is
    skipped in them. Raises `InputError` for anything else.
    """
    is_shards = is_packed(str(source))
    is_loose = not is_shards and bool(loose_tars(Path(source)))
    if (is_shards or is_loose) and root is not None:
        raise InputError(f"{source} holds its pictures itself: leave out --root")
    if is_shards:
        return read_shards(str(source))
    return read_loose(Path(source), say) if is_loose else read_manifest(source, root=root)


def pictures_of(manifest: Manifest) -> Pictures:
    """The pictures of all its rows."""
    if isinstance(manifest, ShardManifest):
        return manifest.pictures
    return FolderPictures(manifest.root, [row.path for row in manifest.rows])
