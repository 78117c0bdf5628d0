"""What became of every key of a converted file, and of every tensor that the model has."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase

_NUM_NAMED = 3  # keys that an error names; the account before it has all


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Key by key: `theirs` are names in the file, `ours` in the checkpoint."""

    file: str
    source: str
    """The program whose names these are."""
    loaded: list[str] = field(default_factory=list)
    """Under the same name in both."""
    renamed: list[tuple[str, str]] = field(default_factory=list)
    """(theirs, ours); one of theirs may be cut into several of ours."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Theirs, and why a checkpoint has no use for it."""
    initialised: dict[str, str] = field(default_factory=dict)
    """Ours that files of this source never hold, and what they were set to."""
    assumed: dict[str, str] = field(default_factory=dict)
    """What the file does not say: what was taken, why, and which option says otherwise."""
    missing: list[str] = field(default_factory=list)
    """Ours that should have been in the file."""
    unexpected: list[str] = field(default_factory=list)
    """Theirs that nothing here knows."""
    wrong_shape: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=dict)
    """Theirs: its shape, and the one that the model needs."""

    def to_json(self) -> str:
        """Return the whole account as one JSON object."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    def lines(self, *, every_key: bool = False) -> Iterator[str]:
        """Yield the account for people: what fits is counted, or named under `every_key`; what does not is
        always named.
        """
        yield f"{self.file}: names of {self.source}"
        if every_key:
            yield from (f"  loaded       {name}" for name in self.loaded)
            yield from (f"  renamed      {theirs} -> {ours}" for theirs, ours in self.renamed)
        else:
            if self.loaded:
                yield f"  loaded       {_count(len(self.loaded))} under their own names"
            yield from (f"  renamed      {line}" for line in _groups(self.renamed))
        yield from (f"  left out     {name}: {why}" for name, why in self.left_out.items())
        yield from (f"  initialised  {name}: {what}" for name, what in self.initialised.items())
        yield from (f"  assumed      {what}: {value}" for what, value in self.assumed.items())
        yield from (f"  missing      {name}" for name in self.missing)
        yield from (f"  unexpected   {name}" for name in self.unexpected)
        for name, (theirs, ours) in self.wrong_shape.items():
            yield f"  wrong shape  {name}: {theirs} in the file, {ours} in the model"

    def objection(
        self, *, allow_missing: Sequence[str] = (), allow_unexpected: Sequence[str] = ()
    ) -> str | None:
        """Return why this must not become a checkpoint, for an error message; None if it may.

        The patterns, with `*` and `?`, name what may be missing (ours) or unexpected (theirs).
        """
        missing = [name for name in self.missing if not matches(name, allow_missing)]
        unexpected = [name for name in self.unexpected if not matches(name, allow_unexpected)]
        found = [
            _some(missing, "missing"),
            _some(unexpected, "unexpected"),
            _some(list(self.wrong_shape), "of the wrong shape"),
        ]
        return "; ".join(filter(None, found)) or None


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Return whether one of the shell-like patterns fits.

    >>> matches("textual.output_bias", ["neck.*", "textual.*"])
    True
    """
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _groups(renamed: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield lines, one for all names that differ only before a common ending."""
    counts: Counter[tuple[str, str]] = Counter()
    for theirs, ours in renamed:
        first, second = theirs.split("."), ours.split(".")
        shared = 0
        while shared < min(len(first), len(second)) and first[-1 - shared] == second[-1 - shared]:
            shared += 1
        ends = [".".join([*parts[: len(parts) - shared], *["*"][:shared]]) for parts in (first, second)]
        counts[ends[0], ends[1]] += 1
    for (theirs, ours), number in counts.items():
        yield f"{theirs} -> {ours}" + (f" ({_count(number)})" if number > 1 else "")


def _count(number: int) -> str:
    return f"{number} tensor{'s' if number != 1 else ''}"


def _some(names: Sequence[str], what: str) -> str | None:
    if not names:
        return None
    more = len(names) - _NUM_NAMED
    return f"{what}: {', '.join(names[:_NUM_NAMED])}" + (f" and {more} more" if more > 0 else "")
