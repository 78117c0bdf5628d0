"""Where the files of a packed set are: a folder, a URL, or what a command prints.

What is not local is copied into a cache, one file at a time, checked by its size and SHA-256, and read
from there; the oldest files leave the cache when it grows too large.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from ..errors import InputError
from ..output import cache_folder

PIPE = "pipe:"
_CHUNK_BYTES = 1 << 20
_CACHE_GB = 50


class Store(Protocol):
    """The files of one packed set, by name."""

    @property
    def is_remote(self) -> bool:
        """Whether files are copied before they are read."""

    def path(self, name: str, *, num_bytes: int | None = None, sha256: str | None = None) -> Path:
        """Return a local file with the contents of `name`, which has this size and digest where they are
        given.

        Raises `InputError` if it cannot be read.
        """


def open_store(source: str) -> Store:
    """Return the store that `source` names: a folder, a URL that fsspec opens, or `pipe:COMMAND`.

    In a command `{}` is replaced by the name of the file to print.
    """
    if source.startswith(PIPE):
        if "{}" not in source:
            raise InputError(
                f"{source}: write {{}} where the file's name goes, as in 'pipe:ssh host cat set/{{}}'"
            )
        return RemoteStore(source)
    if "://" in source:
        return RemoteStore(source.removesuffix("/").removesuffix("/shards.json"))
    return FolderStore(Path(source))


@dataclass(frozen=True, slots=True)
class FolderStore:
    """A folder of this machine."""

    folder: Path
    is_remote: bool = False

    def path(self, name: str, *, num_bytes: int | None = None, sha256: str | None = None) -> Path:
        """Return the file itself; its size is checked, its digest, which would take long, is not."""
        path = self.folder / name
        try:
            found = path.stat().st_size
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from error
        if num_bytes is not None and found != num_bytes:
            raise InputError(f"{path} has {found} bytes, shards.json says {num_bytes}: copy it again")
        return path


@dataclass(frozen=True, slots=True)
class RemoteStore:
    """A URL or a command, with a cache.

    The cache is in the folder VTBR_CACHE (without it the system's for caches), and holds VTBR_CACHE_GB gigabytes (50).
    """

    source: str
    is_remote: bool = True

    @property
    def _cache(self) -> Path:
        return cache_folder() / hashlib.sha256(self.source.encode()).hexdigest()[:16]

    def path(self, name: str, *, num_bytes: int | None = None, sha256: str | None = None) -> Path:
        """Return the cached copy; if it is missing, one process copies it while others wait."""
        import filelock

        path = self._cache / f"{(sha256 or 'any')[:16]}-{name}"
        if sha256 is not None and path.is_file():
            os.utime(path)
            return path
        self._cache.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(f"{path}.lock"):
            if sha256 is None or not path.is_file():
                self._copy(name, path, num_bytes, sha256)
                self._make_room(path)
        return path

    def _copy(self, name: str, path: Path, num_bytes: int | None, sha256: str | None) -> None:
        partial = path.with_name(path.name + ".partial")
        digest, count = hashlib.sha256(), 0
        try:
            with self._opened(name) as source, partial.open("wb") as target:
                while chunk := source.read(_CHUNK_BYTES):
                    count += len(chunk)
                    if num_bytes is not None and count > num_bytes:
                        break  # never more than was announced
                    digest.update(chunk)
                    target.write(chunk)
            if num_bytes not in (None, count) or sha256 not in (None, digest.hexdigest()):
                raise InputError(f"{name} of {self.source} is not what shards.json describes: pack it again")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    @contextmanager
    def _opened(self, name: str) -> Iterator[BinaryIO]:
        if self.source.startswith(PIPE):
            with _printed(self.source.removeprefix(PIPE).replace("{}", name)) as stream:
                yield stream
            return
        import fsspec

        url = f"{self.source}/{name}"
        try:
            with fsspec.open(url, "rb") as file:
                yield cast(BinaryIO, file)
        except InputError:
            raise
        except ImportError as error:
            raise InputError(f"{url}: {error}") from error
        except Exception as error:  # every file system has its own
            raise InputError(f"{url}: cannot be read: {type(error).__name__}: {error}") from error

    def _make_room(self, newest: Path) -> None:
        limit = float(os.environ.get("VTBR_CACHE_GB") or _CACHE_GB) * 1e9
        files = sorted(
            (path.stat().st_mtime, path.stat().st_size, path) for path in self._cache.glob("*.tar")
        )
        total = sum(size for _, size, _ in files)
        for _, size, path in files:
            if total <= limit:
                return
            if path != newest:
                path.unlink(missing_ok=True)
                total -= size


@contextmanager
def _printed(command: str) -> Iterator[BinaryIO]:
    """Yield what a command prints. Raises `InputError` if it fails."""
    with subprocess.Popen(command, shell=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        yield cast(BinaryIO, process.stdout)
        rest = process.stdout.read(1)
        if rest:
            process.kill()
        elif process.wait() != 0:
            raise InputError(f"the command ended with exit code {process.returncode}: {command}")


_MOST = 64


class OpenFiles:
    """Open files by number, of this process alone: processes must not share the position in a file."""

    def __init__(self) -> None:
        self._files: dict[tuple[int, int], BinaryIO] = {}

    def get(self, number: int, find: Callable[[], Path]) -> BinaryIO:
        """Return file `number`, opened where `find` says if it is not yet; unbuffered."""
        key = os.getpid(), number
        if key in self._files:
            return self._files[key]
        while len(self._files) >= _MOST:
            self._files.pop(next(iter(self._files))).close()
        try:
            file = find().open("rb", buffering=0)
        except FileNotFoundError:  # another process has just made room in the cache
            file = find().open("rb", buffering=0)
        self._files[key] = file
        return file

    def __getstate__(self) -> dict[str, Any]:
        return {"_files": {}}

    def __del__(self) -> None:
        for file in self._files.values():
            file.close()
