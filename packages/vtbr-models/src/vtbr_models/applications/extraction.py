"""Features of a manifest's images by a trained model, into a features file.

Legend: B images, h w pixels, D width of a feature.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..captioner.captioner import Captioner
from ..checkpoint.checkpoint import load_checkpoint
from ..embedder.embedder import Embedder
from ..errors import InputError
from ..files.manifest import Manifest, Row
from ..files.progress import track
from ..inference.device import choose_device, choose_precision, default_workers
from ..inference.network import Network, onnx_network, torch_network
from ..inference.pictures import Batch, in_batches, read_batches
from ..inference.preprocessing import Preprocessing
from ..inference.views import Views
from ..ranks import ranks
from .features import Layout, encode_rows, lay_out, write_features
from .partial_features import DONE, OPEN, SKIPPED, PartialFeatures


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtractionConfig:
    """What is extracted, and how."""

    splits: tuple[str, ...] = ("query", "gallery")
    flip: bool = True
    """Average with the features of the mirrored image."""
    crops: Literal[1, 5] = 1
    """5: average over the corners and the middle of the picture made an eighth larger."""
    pooling: Literal["neck", "before"] | None = None
    """An embedder's feature after its neck or before it; None: as the checkpoint says."""
    batch_size: int = 64
    workers: int | None = None
    """Processes that decode; None chooses by device and number of images."""
    precision: str = "auto"
    device: str = "auto"
    backend: Literal["torch", "onnxruntime"] = "torch"
    compile: bool = False
    dtype: Literal["float32", "float16"] = "float32"
    """Of the features in the file."""
    joint: bool = False
    """In a dual encoder's space of images and captions, to be searched by text."""
    on_error: Literal["fail", "skip"] = "fail"
    """What an unreadable picture does: end all, or be left out."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """What came of it."""

    num_images: int
    skipped: Sequence[str]
    """Paths of images that could not be read and are not in the file."""


def extract_to(
    file: BinaryIO,
    checkpoint: str | os.PathLike[str],
    manifest: Manifest,
    config: ExtractionConfig,
    report: Callable[[str], None] = print,
) -> Extracted:
    """Stream a features file of the manifest's images to `file`, a pipe for instance.

    Where unreadable pictures are skipped the file is made elsewhere first, since its beginning says how
    many images it holds. `report` is told of each. Raises InputError for a checkpoint, manifest or
    picture that cannot be used.
    """
    if "WORLD_SIZE" in os.environ and os.environ["WORLD_SIZE"] != "1":
        raise InputError("several processes cannot write to one pipe: give -o FILE")
    if config.on_error == "skip":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "features.safetensors"
            extracted = extract(path, checkpoint, manifest, config, report)
            with path.open("rb") as made:
                shutil.copyfileobj(made, file)
        return extracted
    work = _Work(checkpoint, manifest, config)
    features = (values for _, values in work.run(in_batches(len(work.rows), config.batch_size)))
    write_features(file, work.rows, features, width=work.width, dtype=config.dtype, metadata=work.metadata)
    return Extracted(len(work.rows), [])


def extract(
    output: Path,
    checkpoint: str | os.PathLike[str],
    manifest: Manifest,
    config: ExtractionConfig,
    report: Callable[[str], None] = print,
) -> Extracted:
    """Write a features file, going on where an earlier call was stopped; under torchrun, together.

    Raises InputError as `extract_to`, and where what was begun is of another model, manifest or settings.
    """
    target = output.resolve()
    work = _Work(checkpoint, manifest, config)
    layout = work.layout(work.rows)
    batches = in_batches(len(work.rows), config.batch_size)
    with ranks() as processes:
        if processes.rank == 0:
            PartialFeatures.prepare(target, layout, work.key)
        processes.wait()
        with PartialFeatures(target, layout, work.key) as partial:
            finished = partial.statuses()
            processes.wait()
            todo = [
                batch
                for batch in batches[processes.rank :: processes.size]
                if OPEN in finished[batch.start : batch.stop]
            ]
            try:
                for batch, values in work.run(todo):
                    for error in batch.errors.values():
                        report(error)
                    data = encode_rows(values, [work.rows[index] for index in batch.indices], config.dtype)
                    partial.write(batch.indices, data, list(batch.errors))
            except (InputError, KeyboardInterrupt) as error:
                partial.commit()
                num_done = len(work.rows) - partial.statuses().count(OPEN)
                if num_done == 0:
                    partial.discard()
                elif isinstance(error, InputError):
                    raise InputError(
                        f"{error} ({num_done} of {len(work.rows)} images are done and kept: run the same "
                        "command again to go on)"
                    ) from error
                raise
            partial.commit()
            processes.wait()
            statuses = partial.statuses()
            skipped = [row.path for row, status in zip(work.rows, statuses, strict=True) if status == SKIPPED]
            if len(skipped) == len(work.rows):
                partial.discard()
                raise InputError(f"none of the {len(work.rows)} images can be read: correct --root")
            if processes.rank == 0:
                kept = [row for row, status in zip(work.rows, statuses, strict=True) if status == DONE]
                partial.finish(work.layout(kept))
            processes.wait()
    return Extracted(len(work.rows) - len(skipped), skipped)


def embed(model: Captioner | Embedder, images: Tensor, *, flip: bool = True) -> Tensor:
    """Features (B, D), float32, of images (B, 3, h, w).

    An embedder's are those of `Embedder.embed`, a captioner's are its backbone's averaged cells. `flip`
    averages with those of the mirrored images. Put the model in evaluation mode first.
    """
    features = model.embed(images).to(torch.float32)
    if flip:
        features = (features + model.embed(images.flip(-1)).to(torch.float32)) / 2
    return features


class _Work:
    """The model and the images of one extraction."""

    def __init__(
        self, checkpoint: str | os.PathLike[str], manifest: Manifest, config: ExtractionConfig
    ) -> None:
        self.rows: list[Row] = manifest.only(config.splits)
        self.config, self.root = config, manifest.root
        self.device = choose_device("cpu" if config.backend == "onnxruntime" else config.device)
        precision = choose_precision(config.precision, self.device)
        if config.backend == "onnxruntime":
            precision = torch.float32
        loaded = load_checkpoint(checkpoint, device=self.device)
        model = loaded.model
        if config.joint:
            if not isinstance(model, Captioner):
                raise InputError(f"{checkpoint} is an embedder, which reads no text: leave --joint out")
            model.use_joint_space()
        self.width = model.feature_width
        if config.pooling is not None:
            if not isinstance(model, Embedder):
                raise InputError(f"{checkpoint} has no neck, being a captioner: leave --pooling out")
            model.feature = config.pooling
        self.preprocessing = Preprocessing.from_metadata(loaded.metadata["preprocessing"])
        self.views = Views(self.preprocessing, flip=config.flip, crops=config.crops)
        self.network = self._network(model, precision)
        name = f"{model.architecture['model']} {model.architecture['visual']['name']}"
        optional = {
            "joint": config.joint or None,
            "crops": config.crops if config.crops > 1 else None,
            "pooling": config.pooling,
            "backend": "onnxruntime" if config.backend == "onnxruntime" else None,
        }
        self.metadata: dict[str, Any] = {
            "model": {"fingerprint": loaded.metadata["sha256"], "name": name},
            "data": {"fingerprint": manifest.fingerprint},
            "settings": {
                "splits": list(config.splits),
                "flip": config.flip,
                "precision": str(precision).removeprefix("torch."),
                **{key: value for key, value in optional.items() if value is not None},
            },
        }

    @property
    def key(self) -> dict[str, Any]:
        """What must agree for an extraction to go on."""
        others = ("batch_size", "dtype", "compile", "on_error")
        return {
            "model": self.metadata["model"],
            "manifest": self.metadata["data"],
            "settings": {
                **self.metadata["settings"],
                **{name: getattr(self.config, name) for name in others},
                "device": self.device.type,
            },
        }

    def layout(self, rows: Sequence[Row]) -> Layout:
        """Of a file of these rows."""
        return lay_out(rows, width=self.width, dtype=self.config.dtype, metadata=self.metadata)

    def run(self, batches: Sequence[range]) -> Iterator[tuple[Batch, NDArray[np.float32]]]:
        """Batches and their features (B, D)."""
        chosen = default_workers(sum(map(len, batches)), self.device)
        pictures = read_batches(
            [self.root / row.path for row in self.rows],
            batches,
            self.views.preprocessing,
            workers=chosen if self.config.workers is None else self.config.workers,
            device=self.device,
        )
        size = self.config.batch_size
        total = sum(map(len, batches))
        for batch in track(pictures, total=total, batch_size=size, description="extracting"):
            for error in batch.errors.values() if self.config.on_error == "fail" else ():
                raise InputError(error)
            if batch.indices:
                yield batch, self.views.average(self.network, batch.images).cpu().numpy()
            else:
                yield batch, np.zeros((0, self.width), np.float32)

    def _network(self, model: Captioner | Embedder, precision: torch.dtype) -> Network:
        if self.config.backend == "onnxruntime":
            return onnx_network(model, self.preprocessing.height, self.preprocessing.width)
        size = self.config.batch_size if self.config.compile else None
        return torch_network(model, self.device, precision, compiled_for=size)
