"""Forgets what numba compiled from sources that have changed since.

Numba compiles a module again when its own file changes, not when a function that it calls from another file does;
it would go on rendering with the old one, in silence.
"""

from __future__ import annotations

import hashlib
from pathlib import Path


def forget_stale(folder: Path, elsewhere: str = "") -> bool:
    """Remove numba's indices of the sources below `folder`, unless these are those of the last call; tell whether
    it did.

    Indices are beside the sources, or in the folder `elsewhere` (numba's setting NUMBA_CACHE_DIR). Where that cannot
    be written, numba keeps its cache in a place of its own and nothing is known of it.
    """
    sources = sorted(folder.rglob("*.py"))
    digest = hashlib.sha256()
    for path in sources:
        status = path.stat()
        digest.update(f"{path.relative_to(folder)} {status.st_mtime_ns} {status.st_size};".encode())
    caches = {_cache_of(path.parent, elsewhere) for path in (folder / "any", *sources)}
    stamp = _cache_of(folder, elsewhere) / "compiled.sha256"
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return False
    try:
        for index in [index for cache in caches for index in cache.glob("*.nbi")]:
            index.unlink(missing_ok=True)
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(digest.hexdigest())
    except OSError:
        return False
    return True


def _cache_of(folder: Path, elsewhere: str) -> Path:
    """Return where numba keeps what it compiled from the modules of a folder."""
    if not elsewhere:
        return folder / "__pycache__"
    name = hashlib.sha1(str(folder.absolute()).encode(), usedforsecurity=False).hexdigest()
    return Path(elsewhere) / f"{folder.name}_{name}"
