"""Forgets what numba compiled from sources that have changed since.

Numba compiles a module again when its own file changes, not when a function that it calls from another file does;
it would go on rendering with the old one, in silence.
"""

from __future__ import annotations

import hashlib
from pathlib import Path


def forget_stale(folder: Path) -> bool:
    """Removes numba's indices below `folder` unless its sources are those of the last call; tells whether it did.

    Where the folder cannot be written, numba keeps its cache elsewhere and nothing is known of it.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        status = path.stat()
        digest.update(f"{path.relative_to(folder)} {status.st_mtime_ns} {status.st_size};".encode())
    stamp = folder / "__pycache__" / "compiled.sha256"
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return False
    try:
        for index in folder.rglob("*.nbi"):
            index.unlink(missing_ok=True)
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(digest.hexdigest())
    except OSError:
        return False
    return True
