"""The zoo's small embedder where it is used: from JPEG crops to features, in every runtime that it is exported for.

Crops are 64 x 128 JPEGs drawn at random. "from JPEG" reads, resizes and computes with all threads, "network" computes
prepared batches with all threads, "one crop" is a batch of 1 with one thread. Beside it OSNet x0.25's network, with
random weights, at 256 x 128. The last table is what `Extractor` adds to the runtime that it computes with. With
OMP_NUM_THREADS=1 all of it is of one thread, in processor time.
"""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from vtbr_models import Extractor
from vtbr_models.checkpoint import build_model, save_checkpoint
from vtbr_models.embedder import Embedder
from vtbr_models.export import InputConvention, build_graph, write_graph
from vtbr_models.files import Manifest, read_manifest
from vtbr_models.inference import Preprocessing, decode_picture, resize
from vtbr_models.zoo import resolve

from ..measuring import best_seconds
from .extract import draw, enliven

Pixels = NDArray[np.uint8]
"""(H, W, 3), or of a batch (B, h, w, 3), red green blue."""
Features = Callable[[Any], NDArray[np.float32]]
"""Of paths, or of a batch."""

MODEL, OTHER = "people-reid-light", "osnet_x0_25"
CONVENTION = InputConvention(input="uint8", layout="nhwc")
NUM_CROPS, BATCH, CALLS, REPEATS = 384, 64, 30, 5
MARKS = {"from JPEG": 300, "int8 from JPEG": 450, "one crop, ms": 6, "Extractor / runtime": 1.05}


class Way(NamedTuple):
    """One program that computes features."""

    name: str
    from_files: Features | None
    network: Callable[[int], Features]
    """With so many threads."""


def main() -> None:
    """Print the tables of networks and of `Extractor`, and the marks."""
    warnings.simplefilter("ignore")
    threads = torch.get_num_threads()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = draw(folder, (64, 128))
        calibration = manifest_of(paths)
        paths = (paths * (NUM_CROPS // len(paths) + 1))[:NUM_CROPS]
        small, other = resolve(MODEL), folder / "osnet.safetensors"
        write_osnet(other)
        print(f"{threads} threads, but for one crop\n")
        print("| network | program | from JPEG, crops/s | network, crops/s | one crop, ms | cosine |")
        print("| --- | --- | --- | --- | --- | --- |", flush=True)
        for label, checkpoint, size in ((MODEL, small, (64, 32)), (OTHER, other, (256, 128))):
            ways = list(programs(checkpoint, folder, calibration, size, threads))
            table(label, ways, paths, size, threads)
        extractor_overhead(folder, paths, threads)
    print(f"\nmarks: {', '.join(f'{what} {mark}' for what, mark in MARKS.items())}")


def programs(
    checkpoint: Path, folder: Path, calibration: Manifest, size: tuple[int, int], threads: int
) -> Iterator[Way]:
    """Yield `Extractor`, and programs over the exported networks that know nothing of this project."""
    for backend in ("torch", "onnxruntime"):
        with limited(threads):
            whole = Extractor(checkpoint, backend=backend, flip=False, batch_size=BATCH, threads=threads)  # type: ignore[arg-type]
        yield Way(f"Extractor, {backend}", whole, partial(_extractor, checkpoint, backend))
    graph = build_graph(checkpoint, convention=CONVENTION)
    for name, ending, options in (
        ("ONNX Runtime", ".onnx", {}),
        ("ONNX Runtime, int8", ".int8.onnx", {"int8": True}),
        ("OpenVINO", ".xml", {}),
    ):
        path = folder / f"{checkpoint.stem}{ending}"
        write_graph(graph, path, calibration=calibration, report=lambda text: None, **options)  # type: ignore[arg-type]
        network = partial(openvino_network if ending == ".xml" else onnx_network, path)
        yield Way(name, partial(from_files, network(threads), size=size, threads=threads), network)


def table(
    label: str, ways: Sequence[Way], paths: Sequence[Path], size: tuple[int, int], threads: int
) -> None:
    """Print one row a program; cosines are to the first."""
    batch = np.stack([read(path, size) for path in paths[:BATCH]])
    first = ways[0].network(threads)(batch)
    for way in ways:
        many = way.network(threads)
        with limited(1):
            one = way.network(1)
        runs: dict[str, Callable[[], object]] = {
            "files": partial(way.from_files, paths) if way.from_files else lambda: None,
            "network": lambda many=many: [many(batch) for _ in range(NUM_CROPS // BATCH)],
        }
        with limited(threads):
            seconds = best_seconds(runs, REPEATS)
        with limited(1):
            latency = best_seconds({"one": lambda one=one: [one(batch[:1]) for _ in range(CALLS)]}, REPEATS)
        cosine = np.min((unit(many(batch)) * unit(first)).sum(axis=1))
        print(
            f"| {label} | {way.name} | {len(paths) / seconds['files']:,.0f} | {NUM_CROPS / seconds['network']:,.0f} "
            f"| {1000 * latency['one'] / CALLS:.2f} | {cosine:.6f} |",
            flush=True,
        )


def extractor_overhead(folder: Path, paths: Sequence[Path], threads: int) -> None:
    """Print what `Extractor` takes above the bare runtime on the same inputs, in a batch and for one crop."""
    print("\n| Extractor / runtime, same inputs | ratio | runtime, ms | Extractor, ms |")
    print("| --- | --- | --- | --- |")
    checkpoint, size = resolve(MODEL), (64, 32)
    batch = np.stack([read(path, size) for path in paths[:BATCH]])
    for number, cores in ((BATCH, threads), (1, 1)):
        with limited(cores):
            bare = onnx_network(folder / f"{checkpoint.stem}.onnx", cores)
            whole = Extractor(checkpoint, backend="onnxruntime", flip=False)
            some = batch[:number]
            runs: dict[str, Callable[[], object]] = {
                "bare": lambda some=some, bare=bare: [bare(some) for _ in range(CALLS)],
                "whole": lambda some=some, whole=whole: [whole(some) for _ in range(CALLS)],
            }
            seconds = best_seconds(runs, REPEATS)
        bare_ms, whole_ms = (1000 * seconds[name] / CALLS for name in ("bare", "whole"))
        print(
            f"| {number} crops, {cores} threads | {whole_ms / bare_ms:.3f} | {bare_ms:.2f} | {whole_ms:.2f} |",
            flush=True,
        )


def _extractor(checkpoint: Path, backend: Any, threads: int) -> Features:
    with limited(threads):
        return Extractor(checkpoint, backend=backend, flip=False, batch_size=BATCH)


def onnx_network(path: Path, threads: int) -> Features:
    """Return an exported network as a plain onnxruntime program runs it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda batch: session.run(None, {"images": batch})[0]


def openvino_network(path: Path, threads: int) -> Features:
    """Return an exported network as a plain OpenVINO program runs it."""
    import openvino

    hints = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads}
    compiled = openvino.Core().compile_model(path, "CPU", hints)
    return lambda batch: next(iter(compiled(batch).values()))


def from_files(
    network: Features, paths: Sequence[Path], *, size: tuple[int, int], threads: int
) -> NDArray[np.float32]:
    """Read, resize and compute, batch by batch."""
    with ThreadPoolExecutor(threads) as pool:
        mapped = map if threads == 1 else pool.map
        return np.concatenate(
            [
                network(np.stack(list(mapped(partial(read, size=size), paths[first : first + BATCH]))))
                for first in range(0, len(paths), BATCH)
            ]
        )


def read(path: Path, size: tuple[int, int]) -> Pixels:
    """Return a picture file's pixels in the network's size."""
    pixels = torch.from_numpy(decode_picture(path.read_bytes())).permute(2, 0, 1)
    found: Pixels = resize(pixels, Preprocessing(height=size[0], width=size[1])).permute(1, 2, 0).numpy()
    return found


@contextmanager
def limited(threads: int) -> Iterator[None]:
    """Let torch compute with so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def unit(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return features of unit length."""
    scaled: NDArray[np.float32] = features / np.linalg.norm(features, axis=1, keepdims=True)
    return scaled


def manifest_of(paths: Sequence[Path]) -> Manifest:
    """Return a manifest of picture files, to calibrate on."""
    table = paths[0].parent / "crops.jsonl"
    rows = [{"path": path.name, "identity": 1, "camera": 1, "split": "train"} for path in paths]
    table.write_text("".join(json.dumps(row) + os.linesep for row in rows))
    return read_manifest(str(table))


def write_osnet(path: Path) -> None:
    """Write OSNet x0.25 with torchreid's layer before the classifier, and random weights."""
    torch.manual_seed(0)
    model = build_model(
        {"model": "embedder", "visual": {"name": OTHER}, "reduction": 512, "activation": "relu"}
    )
    assert isinstance(model, Embedder)
    enliven(model)
    save_checkpoint(path, model.eval(), {"preprocessing": Preprocessing().to_metadata()})
