"""From requests to maps, a batch of pictures at a time.

Legend: B images, V views, C channels, gh gw places, h w pixels.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from einops import rearrange
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from ...captioner import Captioner
from ...embedder import Embedder
from ...errors import InputError
from ...inference import InferenceConfig, Preprocessing, Session
from . import matches, words
from .requests import Described, Picture, Search

Heat = NDArray[np.float32]
"""(gh, gw): what each place is worth."""
Pixels = NDArray[np.uint8]
"""(h, w, 3): a picture as the model sees it, before normalisation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplainingConfig:
    """How maps are made."""

    method: str | None = None
    """One of `matches.METHODS` or `words.METHODS`; None: the first."""
    flip: bool = True
    """Average the features of matches with the mirrored image's, as `vtbr-models extract` does."""
    inference: InferenceConfig = field(default_factory=InferenceConfig)


class Match(NamedTuple):
    """A gallery picture and why it lies near the query, or far."""

    picture: Picture
    pixels: Pixels
    cosine: float
    in_query: Heat
    in_gallery: Heat


class ExplainedSearch(NamedTuple):
    """A query and its matches."""

    query: Picture
    pixels: Pixels
    matches: Sequence[Match]


class Word(NamedTuple):
    """A word of a caption, and the places that it comes from."""

    text: str
    log_likelihood: float
    heat: Heat


class ExplainedCaption(NamedTuple):
    """A picture and the words of one of its captions."""

    picture: Picture
    pixels: Pixels
    caption: str
    words: Sequence[Word]


def explain_matches(
    checkpoint: str | os.PathLike[str], searches: Sequence[Search], config: ExplainingConfig
) -> Iterator[ExplainedSearch]:
    """Yield each search with maps of its matches, in order; an embedder's or a captioner's backbone features.

    Raises InputError for a checkpoint or picture that cannot be used.
    """
    method = matches.METHODS[config.method or "shares"]
    session = Session(checkpoint, config.inference)
    model = session.model
    groups = list(_groups(searches, config.inference.batch_size))
    pictures = [list(group.pictures.values()) for group in groups]
    waiting: list[Match] = []
    for group, images in zip(groups, _read(session, pictures), strict=True):
        with session.computing():
            grids = _grids(model, images, flip=config.flip)
        numbers = {path: number for number, path in enumerate(group.pictures)}
        query, gallery = (
            torch.tensor([numbers[picture.path] for picture in side], device=session.device)
            for side in ([searches[number].query for number, _ in group.pairs], group.gallery(searches))
        )
        found = method(model, grids.clone().float(), query, gallery)
        pixels = _pixels(images, session.preprocessing)
        cosines, in_query, in_gallery = found.cosine.tolist(), _heats(found.query), _heats(found.gallery)
        for pair, (number, place) in enumerate(group.pairs):
            search = searches[number]
            picture = search.gallery[place]
            seen = pixels[numbers[picture.path]]
            waiting.append(Match(picture, seen, cosines[pair], in_query[pair], in_gallery[pair]))
            if len(waiting) == len(search.gallery):
                yield ExplainedSearch(search.query, pixels[numbers[search.query.path]], waiting)
                waiting = []


def explain_captions(
    checkpoint: str | os.PathLike[str],
    described: Sequence[Described],
    config: ExplainingConfig,
    only: Sequence[str] = (),
) -> Iterator[ExplainedCaption]:
    """Yield each picture's captions, in order, with a map a word; of the words `only` where there are such.

    Captions are cut at the model's `max_tokens`. Raises InputError for a checkpoint or picture that cannot be
    used, among them models that do not write captions word by word, and for captions without any such word.
    """
    method = words.METHODS[config.method or "gradient"]
    session, size = Session(checkpoint, config.inference), config.inference.batch_size
    model, tokenizer = session.captioner(["forward"], "write"), session.tokenizer
    groups = [described[start : start + size] for start in range(0, len(described), size)]
    pictures = [[one.picture for one in group] for group in groups]
    num_found = 0
    for group, images in zip(groups, _read(session, pictures), strict=True):
        with session.computing():
            inferred = model.visual(images)
        grids, pixels = inferred.clone().float(), _pixels(images, session.preprocessing)
        for number, one in enumerate(group):
            for caption in one.captions:
                ids, spans = _tokens(tokenizer, caption, model.textual.max_tokens)
                if not ids:
                    raise InputError(f"{one.picture.path}: the caption {caption!r} has no words")
                maps = method(model.textual, grids[number], ids)
                found = [word for word in _words(caption, spans, maps) if _is_wanted(word.text, only)]
                if found:
                    num_found += 1
                    yield ExplainedCaption(one.picture, pixels[number], caption, found)
    if not num_found:
        raise InputError(
            f"no caption has the word {' or '.join(only)}: leave --word out to see which there are"
        )


class _Group(NamedTuple):
    """Pairs that are computed together."""

    pairs: list[tuple[int, int]]
    """Of each its search and its place in that one's gallery."""
    pictures: dict[Path, Picture]
    """All that take part, each once."""

    def gallery(self, searches: Sequence[Search]) -> list[Picture]:
        """Return the second picture of each pair."""
        return [searches[number].gallery[place] for number, place in self.pairs]


def _groups(searches: Sequence[Search], batch_size: int) -> Iterator[_Group]:
    """Yield all pairs in order, at most `batch_size` pictures (but a pair) at a time."""
    group = _Group([], {})
    for number, search in enumerate(searches):
        for place, picture in enumerate(search.gallery):
            both = {search.query.path: search.query, picture.path: picture}
            if group.pairs and len(group.pictures.keys() | both.keys()) > batch_size:
                yield group
                group = _Group([], {})
            group.pairs.append((number, place))
            group.pictures.update(both)
    if group.pairs:
        yield group


def _read(session: Session, pictures: Sequence[Sequence[Picture]]) -> Iterator[Tensor]:
    """Yield each group's pictures, prepared (B, 3, h, w); a picture of several groups is listed once."""
    numbers: dict[Path, int] = {}
    chosen = [[numbers.setdefault(picture.path, len(numbers)) for picture in group] for group in pictures]
    for batch in session.read(list(numbers), chosen, description="explaining"):
        for error in batch.errors.values():
            raise InputError(error)
        yield batch.images


def _grids(model: Captioner | Embedder, images: Tensor, *, flip: bool) -> Tensor:
    """Return feature maps (B, V, C, gh, gw) of images (B, 3, h, w); the mirrored image's are mirrored back."""
    views = [model.visual(images)]
    if flip:
        views.append(model.visual(images.flip(-1)).flip(-1))
    return torch.stack(views, dim=1)


def _pixels(images: Tensor, preprocessing: Preprocessing) -> list[Pixels]:
    """Return what was normalised, (h, w, 3) each, of images (B, 3, h, w)."""
    mean, std = (
        rearrange(torch.tensor(part, device=images.device), "c -> c 1 1")
        for part in (preprocessing.mean, preprocessing.std)
    )
    values = ((images * std + mean) * 255).round().clamp(0, 255).to(torch.uint8)
    return list(rearrange(values, "b c h w -> b h w c").cpu().numpy())


def _heats(maps: Tensor) -> list[Heat]:
    return list(maps.detach().float().cpu().numpy())


def _tokens(tokenizer: Tokenizer, caption: str, max_tokens: int) -> tuple[list[int], list[tuple[int, int]]]:
    """Return ids of a caption as the model reads it, and where in the text each is."""
    encoding = tokenizer.encode(caption, add_special_tokens=False)
    return encoding.ids[: max_tokens - 2], encoding.offsets[: max_tokens - 2]


def _words(caption: str, spans: Sequence[tuple[int, int]], maps: words.WordMaps) -> list[Word]:
    """Join tokens to the words between spaces: likelihoods and maps add up."""
    found = []
    starts, ends = (np.array(side) for side in zip(*spans, strict=True))
    heats, likelihoods = maps.maps.cpu().numpy(), maps.log_likelihood.cpu().numpy()
    for match in re.finditer(r"\S+", caption):
        inside = (ends > match.start()) & (starts < match.end())
        if inside.any():
            heat = heats[inside].sum(axis=0).astype(np.float32)
            found.append(Word(match[0], float(likelihoods[inside].sum()), heat))
    return found


def _is_wanted(text: str, only: Sequence[str]) -> bool:
    return not only or text.strip(".,;:!?\"'").casefold() in {word.casefold() for word in only}
