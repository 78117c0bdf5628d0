"""A trained model on its device, and the pictures that it reads.

Legend: B images, h w pixels of the network's input.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path

from tokenizers import Tokenizer
from torch import Tensor

from ..captioner import Captioner, Reader
from ..checkpoint import load_checkpoint
from ..decoding import pack_decoders
from ..errors import InputError
from ..files import Row, track
from ..threads import leaving_cores
from .config import InferenceConfig
from .device import choose_device, choose_precision, default_workers, inference_mode
from .pictures import Batch, in_batches, read_batches
from .preprocessing import Preprocessing

_NUM_NAMED = 3  # pictures that a message names


class Session:
    """A checkpoint's model on a device, ready to be given the pictures of a manifest."""

    def __init__(self, checkpoint: str | os.PathLike[str], config: InferenceConfig) -> None:
        """Load the checkpoint; raises InputError for a checkpoint or device that cannot be used."""
        self.checkpoint, self.config = checkpoint, config
        self.device = choose_device(config.device)
        self.precision = choose_precision(config.precision, self.device)
        loaded = load_checkpoint(checkpoint, device=self.device)
        self.model, self.metadata = loaded.model, loaded.metadata
        self.preprocessing = Preprocessing.from_metadata(loaded.metadata["preprocessing"])

    def computing(self) -> AbstractContextManager[None]:
        """Return the context to compute in: no gradients, the precision asked for."""
        return inference_mode(self.device, self.precision)

    def read(
        self,
        paths: Sequence[Path],
        chosen: Sequence[Sequence[int]],
        *,
        description: str,
        preprocessing: Preprocessing | None = None,
    ) -> Iterator[Batch]:
        """Yield the pictures of `paths` in batches of the indices `chosen`; `description` names the progress.

        Pictures that cannot be read are in the batches' `errors`; those of which only the first frame was read
        are named on stderr at the end. `preprocessing` replaces the checkpoint's.
        """
        total = sum(map(len, chosen))
        workers = self.config.workers
        batches = read_batches(
            paths,
            chosen,
            preprocessing or self.preprocessing,
            workers=default_workers(total, self.device) if workers is None else workers,
            device=self.device,
            resize_by=self.config.resize,
        )
        if self.device.type == "cpu":
            batches = leaving_cores(batches)
        tracked = track(batches, total=total, batch_size=self.config.batch_size, description=description)
        return _say_first_frames(tracked, paths)

    def batches(
        self, root: Path, rows: Sequence[Row], *, description: str, skip: Callable[[str], None] | None = None
    ) -> Iterator[tuple[range | Sequence[int], Tensor]]:
        """Yield indices of `rows` and their prepared pictures (B, 3, h, w), in order, batch by batch.

        Raises InputError, naming the file, for a picture that cannot be read; where `skip` is given, it is
        called with the error instead and the picture is left out.
        """
        chosen = in_batches(len(rows), self.config.batch_size)
        for batch in self.read([root / row.path for row in rows], chosen, description=description):
            for error in batch.errors.values():
                if skip is None:
                    raise InputError(error)
                skip(error)
            if batch.indices:
                yield batch.indices, batch.images

    def captioner(self, readers: Sequence[Reader], purpose: str) -> Captioner:
        """Return the model, checked to have `readers` and packed for fast decoding.

        `purpose` completes the errors: "cannot `purpose`". Raises InputError for an embedder, and for a
        captioner that did not learn what `readers` needs.
        """
        if not isinstance(self.model, Captioner):
            raise InputError(
                f"{self.checkpoint} is an embedder, which cannot {purpose}: "
                "give a checkpoint of `vtbr-train pretrain`"
            )
        for reader in readers:
            if reader not in self.model.readers:
                raise InputError(f"{self.checkpoint} {_not_learnt(self.model, reader, purpose)}")
        pack_decoders(self.model.textual)
        return self.model

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The checkpoint's tokenizer; raises InputError where it has none, or one that cannot be read."""
        tokenizer = self.metadata.get("tokenizer")
        if tokenizer is None:
            raise InputError(
                f"{self.checkpoint} holds no tokenizer: give a checkpoint of `vtbr-train pretrain`"
            )
        try:
            found: Tokenizer = Tokenizer.from_str(json.dumps(tokenizer))
        except Exception as error:  # the library raises bare Exceptions
            raise InputError(
                f"{self.checkpoint}: its tokenizer cannot be read ({error}): train the model again"
            ) from error
        found.encode_special_tokens = True  # "[EOS]" in a caption is text
        return found


def _say_first_frames(batches: Iterator[Batch], paths: Sequence[Path]) -> Iterator[Batch]:
    """Pass batches on; then say which pictures had several frames."""
    found: list[Path] = []
    for batch in batches:
        found += [paths[index] for index in batch.first_frames]
        yield batch
    if found:
        named = ", ".join(map(str, found[:_NUM_NAMED])) + (", ..." if len(found) > _NUM_NAMED else "")
        what = "1 picture has" if len(found) == 1 else f"{len(found)} pictures have"
        print(f"{what} several frames, of which the first was read: {named}", file=sys.stderr, flush=True)


def _not_learnt(model: Captioner, reader: Reader, purpose: str) -> str:
    learnt = ", ".join(model.objectives)
    has_forward = "forward" in model.readers
    if reader == "encoder":
        other = " (`vtbr-models score` compares captions by their likelihood)" if has_forward else ""
        return f"learnt {learnt}: to {purpose} it must have learnt contrastive{other}"
    other = ", or --direction forward" if has_forward else ""
    return f"learnt {learnt}, not to {purpose} {reader}s: give one that learnt captioning{other}"
