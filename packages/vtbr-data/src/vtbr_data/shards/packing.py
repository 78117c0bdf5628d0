"""Manifests to shards: tar files in WebDataset's naming, an index for random access, and a catalogue.

Shards grow in `FOLDER.partial`, each of them committed when it is whole, so that packing that was stopped
continues where it stopped. The same manifest and pictures give the same bytes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..manifest import Manifest
from ..output import open_output
from .catalogue import FILE_NAME, FORMAT, INDEX_NAME, MANIFEST_NAME, VERSION, Catalogue, Shard, sha256_of
from .growing import Committed, GrowingShard, committed_shards
from .sample import Recompression, Sample, sample_of

_AHEAD = 4  # pictures a worker reads ahead


@dataclass(frozen=True, kw_only=True, slots=True)
class PackConfig:
    """How a set is packed."""

    shard_bytes: int = 256 * 2**20
    """A shard ends before it would pass this size; a single larger sample makes a shard of its own."""
    shuffle_seed: int | None = None
    """Order of the samples; None keeps the manifest's."""
    short_side_px: int | None = None
    """Pictures whose shorter side is longer are made smaller, to this."""
    quality: int | None = None
    """Of JPEG, 1 to 100. Without it and `short_side_px` the files' own bytes are kept."""
    skip_unreadable: bool = False
    """Leave out pictures that cannot be read, and count them; otherwise the first one stops the packing."""

    def __post_init__(self) -> None:
        if self.shard_bytes < 1:
            raise ValueError(f"shard_bytes must be above 0, not {self.shard_bytes}")
        if self.quality is not None and not 1 <= self.quality <= 100:
            raise ValueError(f"quality must be from 1 to 100, not {self.quality}")
        if self.short_side_px is not None and self.short_side_px < 1:
            raise ValueError(f"short_side_px must be above 0, not {self.short_side_px}")

    @property
    def recompression(self) -> Recompression | None:
        """What is done to the pictures; None for nothing."""
        if self.short_side_px is None and self.quality is None:
            return None
        return Recompression(short_side_px=self.short_side_px, quality=self.quality)


def pack(
    manifest: Manifest,
    folder: Path,
    config: PackConfig | None = None,
    *,
    workers: int = 1,
    say: Callable[[str], None] = lambda text: None,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Catalogue:
    """Pack the pictures of `manifest` into `folder`, which must not hold anything yet.

    `say` is told of pictures that were left out, `report` of progress. Raises `InputError` for a picture that
    cannot be read, and if nothing is left.
    """
    config = config or PackConfig()
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise InputError(f"{folder} is there already: name a new folder, or remove it")
    partial = folder.with_name(folder.name + ".partial")
    shards = _begin(partial, manifest, config)
    if shards:
        say(f"continuing after {shards[-1].rows_read} of {len(manifest.rows)} images")
    order = _order(len(manifest.rows), config.shuffle_seed)
    try:
        for shard in _grown(partial, manifest, order, config, shards, workers, say):
            shards.append(shard)
            report(shard.rows_read, len(order))
        if not any(shard.samples for shard in shards):
            shards.clear()
            raise InputError(f"not one image of {manifest.name} can be read: nothing was packed")
    finally:
        if not shards:
            shutil.rmtree(partial)
    return _finish(partial, folder, manifest, config, shards)


def _begin(partial: Path, manifest: Manifest, config: PackConfig) -> list[Committed]:
    """Return the shards that an earlier packing with the same settings has finished."""
    job = json.dumps({"manifest": manifest.fingerprint, "version": VERSION, **asdict(config)}).encode()
    note = partial / "job.json"
    if note.is_file() and note.read_bytes() == job:
        return committed_shards(partial)
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    with open_output(note) as file:
        file.write(job)
    return []


def _order(num_rows: int, seed: int | None) -> list[int]:
    if seed is None:
        return list(range(num_rows))
    order: list[int] = np.random.default_rng(seed).permutation(num_rows).tolist()
    return order


def _grown(
    partial: Path,
    manifest: Manifest,
    order: Sequence[int],
    config: PackConfig,
    done: Sequence[Committed],
    workers: int,
    say: Callable[[str], None],
) -> Iterator[Committed]:
    """Write the shards that are still missing."""
    first = done[-1].rows_read if done else 0
    number, key, left_out = len(done), sum(shard.samples for shard in done), 0
    shard: GrowingShard | None = None
    try:
        for rows_read, sample in enumerate(_samples(manifest, order[first:], config, workers), first):
            if isinstance(sample, InputError):
                if not config.skip_unreadable:
                    raise InputError(f"{sample}; --skip-unreadable leaves such images out") from sample
                say(f"left out: {sample}")
                left_out += 1
                continue
            if shard and not shard.has_room(sample, config.shard_bytes):
                yield shard.commit(rows_read=rows_read, left_out=left_out)
                number, key, left_out, shard = number + 1, key + len(shard), 0, None
            shard = shard or GrowingShard(partial, number, key)
            shard.add(sample)
        if shard or left_out:
            shard = shard or GrowingShard(partial, number, key)
            yield shard.commit(rows_read=len(order), left_out=left_out)
    finally:
        if shard:
            shard.close()


def _samples(
    manifest: Manifest, rows: Sequence[int], config: PackConfig, workers: int
) -> Iterator[Sample | InputError]:
    """Yield samples, or what is wrong with them, in order, read by `workers` threads."""

    def read(row: int) -> Sample | InputError:
        try:
            return sample_of(manifest.rows[row], manifest.root, config.recompression)
        except InputError as error:
            return error

    todo = iter(rows)
    pool = ThreadPoolExecutor(workers)
    try:
        running = [pool.submit(read, row) for row in islice(todo, workers * _AHEAD)]
        while running:
            sample = running.pop(0).result()
            running += [pool.submit(read, row) for row in islice(todo, 1)]
            yield sample
    finally:
        pool.shutdown(cancel_futures=True)


def _finish(
    partial: Path, folder: Path, manifest: Manifest, config: PackConfig, shards: Sequence[Committed]
) -> Catalogue:
    """Join manifest and index, write the catalogue, and give the folder its name."""
    stems = [partial / shard.name.removesuffix(".tar") for shard in shards]
    with open_output(partial / MANIFEST_NAME) as file:
        for stem in stems:
            file.write(stem.with_suffix(".jsonl").read_bytes())
    places = np.concatenate([np.load(stem.with_suffix(".npy"), allow_pickle=False) for stem in stems])
    with open_output(partial / INDEX_NAME) as file:
        np.save(file, places, allow_pickle=False)
    encoding = asdict(config.recompression) if config.recompression else {}
    catalogue = Catalogue(
        format=FORMAT,
        version=VERSION,
        samples=len(places),
        source={"name": Path(manifest.name).name, "fingerprint": manifest.fingerprint},
        encoding=encoding,
        left_out=sum(shard.left_out for shard in shards),
        files={name: sha256_of(partial / name) for name in (INDEX_NAME, MANIFEST_NAME)},
        shards=[Shard(shard.name, shard.samples, shard.bytes, shard.sha256) for shard in shards],
    )
    with open_output(partial / FILE_NAME) as file:
        file.write(catalogue.to_bytes())
    for stem in stems:
        for suffix in (".jsonl", ".npy", ".json"):
            stem.with_suffix(suffix).unlink()
    (partial / "job.json").unlink()
    if folder.is_dir():
        folder.rmdir()
    partial.rename(folder)
    return catalogue
