"""Features of a manifest's images by a trained model, into a features file.

Legend: B images, h w pixels, D width of a feature.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from ..captioner import Captioner
from ..embedder import Embedder
from ..errors import InputError
from ..files import Manifest, Row
from ..inference import Batch, InferenceConfig, Network, Session, Views, in_batches, torch_network
from ..processes import Ranks, ranks
from .averaging import batches_of, group_rows
from .features import FeaturesFile, encode_rows, lay_out, write_features
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
    inference: InferenceConfig = field(default_factory=InferenceConfig)
    backend: Literal["torch", "onnxruntime"] = "torch"
    compile: bool = False
    dtype: Literal["float32", "float16"] = "float32"
    """Of the features in the file."""
    joint: bool = False
    """In a dual encoder's space of images and captions, to be searched by text."""
    average_by: str | None = None
    """A key of the manifest whose rows of one value get one feature, their mean: a track's, say."""
    weight_by: str | None = None
    """A key with the weight of each row in that mean; None: all alike."""
    on_error: Literal["fail", "skip"] = "fail"
    """Whether a picture that cannot be read ends the extraction, or is left out."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """What was extracted."""

    num_images: int
    """Rows of the file: images, or groups of them."""
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

    Where unreadable pictures are skipped the file is first written elsewhere, because it begins with the
    number of its images. `report` is called with each skipped picture's error. Raises InputError for a
    checkpoint, manifest or picture that cannot be used.
    """
    if "WORLD_SIZE" in os.environ and os.environ["WORLD_SIZE"] != "1":
        raise InputError("several processes cannot write to one pipe: give -o FILE")
    if config.average_by is not None:
        return _extract_averages(file, _Work(checkpoint, manifest, config), report)
    if config.on_error == "skip":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "features.safetensors"
            extracted = extract(path, checkpoint, manifest, config, report)
            with path.open("rb") as made:
                shutil.copyfileobj(made, file)
        return extracted
    work = _Work(checkpoint, manifest, config)
    features = (values for _, values in work.run(work.batches))
    write_features(file, work.rows, features, width=work.width, dtype=config.dtype, metadata=work.metadata)
    return Extracted(len(work.rows), [])


def _extract_averages(file: BinaryIO, work: _Work, report: Callable[[str], None]) -> Extracted:
    """Write the mean features of each group of rows."""
    config = work.config
    assert config.average_by is not None
    groups = group_rows(work.rows, config.average_by, config.weight_by)
    skipped: list[str] = []

    def features() -> Iterator[tuple[Sequence[int], NDArray[np.float32]]]:
        for batch, values in work.run(work.batches):
            for index, error in batch.errors.items():
                report(error)
                skipped.append(work.rows[index].path)
            yield batch.indices, values

    rows, means = groups.average(features())
    if not rows:
        raise InputError(f"none of the {len(work.rows)} images can be read: correct --root")
    write_features(
        file, rows, batches_of(means), width=work.width, dtype=config.dtype, metadata=work.metadata
    )
    return Extracted(len(rows), skipped)


def extract(
    output: Path,
    checkpoint: str | os.PathLike[str],
    manifest: Manifest,
    config: ExtractionConfig,
    report: Callable[[str], None] = print,
) -> Extracted:
    """Write a features file, resuming where an earlier call was stopped; under torchrun processes share it.

    Raises InputError as `extract_to`, and where what was begun is of another model, manifest or settings.
    """
    target = output.resolve()
    work = _Work(checkpoint, manifest, config)
    with ranks() as processes:
        if processes.rank == 0:
            PartialFeatures.prepare(target, work.layout(work.rows), work.key)
        processes.wait()
        with PartialFeatures(target, work.layout(work.rows), work.key) as partial:
            finished = partial.statuses()
            processes.wait()
            own = work.batches[processes.rank :: processes.size]
            todo = [batch for batch in own if OPEN in finished[batch.start : batch.stop]]
            _fill(partial, work, todo, report)
            processes.wait()
            skipped = _finish(partial, work, processes)
    return Extracted(len(work.rows) - len(skipped), skipped)


def _fill(
    partial: PartialFeatures, work: _Work, batches: Sequence[range], report: Callable[[str], None]
) -> None:
    """Extract these batches; where that is stopped, keep what is done and say so."""
    try:
        for batch, values in work.run(batches):
            for error in batch.errors.values():
                report(error)
            data = encode_rows(values, [work.rows[index] for index in batch.indices], work.config.dtype)
            partial.write(batch.indices, data, list(batch.errors))
    except (InputError, KeyboardInterrupt) as error:
        partial.commit()
        num_done = len(work.rows) - partial.statuses().count(OPEN)
        if num_done == 0:
            partial.discard()
        elif isinstance(error, InputError):
            raise InputError(
                f"{error} ({num_done} of {len(work.rows)} images are done and kept: run the same command "
                "again to resume)"
            ) from error
        raise
    partial.commit()


def _finish(partial: PartialFeatures, work: _Work, processes: Ranks) -> list[str]:
    """Give the file its name; return the paths of skipped images."""
    statuses = partial.statuses()
    skipped = [row.path for row, status in zip(work.rows, statuses, strict=True) if status == SKIPPED]
    if len(skipped) == len(work.rows):
        partial.discard()
        raise InputError(f"none of the {len(work.rows)} images can be read: correct --root")
    if processes.rank == 0:
        kept = [row for row, status in zip(work.rows, statuses, strict=True) if status == DONE]
        partial.finish(work.layout(kept))
    processes.wait()
    return skipped


class _Work:
    """The model and the images of one extraction."""

    def __init__(
        self, checkpoint: str | os.PathLike[str], manifest: Manifest, config: ExtractionConfig
    ) -> None:
        self.rows: list[Row] = manifest.only(config.splits)
        self.config, self.root = config, manifest.root
        inference = config.inference
        if config.backend == "onnxruntime":
            inference = replace(inference, device="cpu", precision="float32")
        self.session = Session(checkpoint, inference)
        model = self.session.model
        _prepare_model(model, config, checkpoint)
        self.width = model.feature_width
        self.views = Views(self.session.preprocessing, flip=config.flip, crops=config.crops)
        self.network = self._network(model)
        self.batches = in_batches(len(self.rows), inference.batch_size)
        self.metadata = self._metadata(manifest.fingerprint)

    @property
    def key(self) -> dict[str, Any]:
        """What must agree for an extraction to resume."""
        config = self.config
        return {
            "model": self.metadata["model"],
            "manifest": self.metadata["data"],
            "settings": {
                **self.metadata["settings"],
                "batch_size": config.inference.batch_size,
                **{name: getattr(config, name) for name in ("dtype", "compile", "on_error")},
                "device": self.session.device.type,
            },
        }

    def layout(self, rows: Sequence[Row]) -> FeaturesFile:
        """Return the layout of a file of these rows."""
        return lay_out(rows, width=self.width, dtype=self.config.dtype, metadata=self.metadata)

    def run(self, batches: Sequence[range]) -> Iterator[tuple[Batch, NDArray[np.float32]]]:
        """Yield batches and their features (B, D)."""
        paths = [self.root / row.path for row in self.rows]
        pictures = self.session.read(
            paths, batches, description="extracting", preprocessing=self.views.preprocessing
        )
        for batch in pictures:
            for error in batch.errors.values() if self.config.on_error == "fail" else ():
                raise InputError(error)
            if batch.indices:
                yield batch, self.views.average(self.network, batch.images).cpu().numpy()
            else:
                yield batch, np.zeros((0, self.width), np.float32)

    def _network(self, model: Captioner | Embedder) -> Network:
        session = self.session
        if self.config.backend == "onnxruntime":
            from ..export import onnx_network

            return onnx_network(model, session.preprocessing.height, session.preprocessing.width)
        size = session.config.batch_size if self.config.compile else None
        return torch_network(model, session.device, session.precision, compiled_for=size)

    def _metadata(self, data_fingerprint: str) -> dict[str, Any]:
        config, architecture = self.config, self.session.model.architecture
        optional = {
            "joint": config.joint or None,
            "crops": config.crops if config.crops > 1 else None,
            "pooling": config.pooling,
            "average_by": config.average_by,
            "weight_by": config.weight_by,
            "resize": None if config.inference.resize == "torch" else config.inference.resize,
            "backend": "onnxruntime" if config.backend == "onnxruntime" else None,
        }
        return {
            "model": {
                "fingerprint": self.session.metadata["sha256"],
                "name": f"{architecture['model']} {architecture['visual']['name']}",
            },
            "data": {"fingerprint": data_fingerprint},
            "settings": {
                "splits": list(config.splits),
                "flip": config.flip,
                "precision": str(self.session.precision).removeprefix("torch."),
                **{key: value for key, value in optional.items() if value is not None},
            },
        }


def _prepare_model(
    model: Captioner | Embedder, config: ExtractionConfig, checkpoint: str | os.PathLike[str]
) -> None:
    """Let the model give the feature that was asked for; raises InputError where it has no such feature."""
    if config.joint:
        if not isinstance(model, Captioner):
            raise InputError(f"{checkpoint} is an embedder, which reads no text: leave --joint out")
        model.use_joint_space()
    if config.pooling is not None:
        if not isinstance(model, Embedder):
            raise InputError(f"{checkpoint} is a captioner, which has no neck: leave --pooling out")
        model.feature = config.pooling
