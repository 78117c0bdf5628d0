"""What is wrong with a manifest and its pictures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vtbr_data.attributes import problems
from vtbr_data.errors import InputError
from vtbr_data.manifest import Manifest
from vtbr_data.matches import unmatched_queries
from vtbr_data.pictures import PictureState, inspect_pictures
from vtbr_data.row import Row


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of problem and everything it was found in."""

    severity: str
    """`error`: training or scores come out wrong; `warning`: may be meant so."""
    kind: str
    message: str
    items: list[str]


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of a manifest, errors first."""

    manifest: str
    fingerprint: str
    counts: dict[str, Any]
    findings: list[Finding]

    @property
    def errors(self) -> list[Finding]:
        """The findings that are errors."""
        return [finding for finding in self.findings if finding.severity == "error"]

    def to_object(self) -> dict[str, Any]:
        """The report for JSON; items are complete."""
        return {
            "manifest": self.manifest,
            "fingerprint": self.fingerprint,
            "counts": self.counts,
            "errors": len(self.errors),
            "warnings": len(self.findings) - len(self.errors),
            "findings": [asdict(finding) | {"count": len(finding.items)} for finding in self.findings],
        }


def check_manifest(
    manifest: Manifest,
    *,
    dataset: str | None = None,
    workers: int = 1,
    report: Callable[[int, int], None] | None = None,
) -> Report:
    """Read every picture of `manifest` and look for what spoils training and scores.

    `dataset` compares the counts with those published for a known dataset. `report` hears of progress.
    """
    first_rows = {row.path: row for row in reversed(manifest.rows)}
    rows = list(reversed(first_rows.values()))  # each picture is read once
    states = list(
        inspect_pictures([manifest.root / row.path for row in rows], workers=workers, report=report)
    )
    counts = count(manifest.rows)
    findings = [
        *_file_findings(rows, states, manifest.root),
        *_duplicate_findings(rows, states),
        *_row_findings(manifest),
        *_identity_findings(manifest.rows),
        *(_count_findings(counts, dataset) if dataset else ()),
    ]
    findings.sort(key=lambda finding: finding.severity)  # "error" < "warning"
    return Report(manifest.name, manifest.fingerprint, counts, findings)


def count(rows: Sequence[Row]) -> dict[str, Any]:
    """Images, identities (above 0), junk, distractors and cameras, in all and by split."""
    by_split: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_split[row.split].append(row)
    return _count_one(rows) | {
        "splits": {split: _count_one(some) for split, some in sorted(by_split.items())}
    }


def _count_one(rows: Sequence[Row]) -> dict[str, int]:
    return {
        "images": len(rows),
        "identities": len({row.identity for row in rows if row.identity > 0}),
        "cameras": len({row.camera for row in rows if row.camera >= 0}),
        "junk": sum(row.identity == -1 for row in rows),
        "distractors": sum(row.identity == 0 for row in rows),
    }


def _file_findings(rows: Sequence[Row], states: Sequence[PictureState], root: Path) -> Iterator[Finding]:
    missing = [row.path for row, state in zip(rows, states, strict=True) if state.is_missing]
    if missing:
        yield Finding("error", "missing", f"pictures are not there, looking from {root}", missing)
    unreadable = [
        f"{row.path} {state.problem}"
        for row, state in zip(rows, states, strict=True)
        if state.problem and not state.is_missing
    ]
    if unreadable:
        yield Finding("error", "unreadable", "pictures cannot be read to the end", unreadable)


def _duplicate_findings(rows: Sequence[Row], states: Sequence[PictureState]) -> Iterator[Finding]:
    same: dict[bytes, list[Row]] = defaultdict(list)
    for row, state in zip(rows, states, strict=True):
        if state.digest:
            same[state.digest].append(row)
    groups = [group for group in same.values() if len(group) > 1]
    across = [group for group in groups if len({row.split for row in group}) > 1]
    contradicting = [group for group in groups if len({row.identity for row in group}) > 1]
    rest = [group for group in groups if group not in across and group not in contradicting]
    if across:
        yield Finding(
            "error", "duplicate-across-splits", "the same picture stands in several splits", _named(across)
        )
    if contradicting:
        message = "the same picture stands under several identities"
        yield Finding("error", "duplicate-across-identities", message, _named(contradicting))
    if rest:
        yield Finding("warning", "duplicate", "the same picture stands under several names", _named(rest))


def _named(groups: Sequence[Sequence[Row]]) -> list[str]:
    return [" = ".join(f"{row.path} ({row.split} {row.identity})" for row in group) for group in groups]


def _row_findings(manifest: Manifest) -> Iterator[Finding]:
    times = Counter(row.path for row in manifest.rows)
    repeated = [f"{path} ({number} times)" for path, number in times.items() if number > 1]
    if repeated:
        yield Finding("warning", "repeated", "paths stand in several lines", repeated)
    empty = [
        f"{manifest.where(index)} ({row.path})"
        for index, row in enumerate(manifest.rows)
        if not all(caption.strip() for caption in row.captions)
    ]
    if empty:
        yield Finding("error", "empty-caption", "captions are empty", empty)
    wrong = [
        f"{manifest.where(index)} ({row.path}): {problem}"
        for index, row in enumerate(manifest.rows)
        for problem in problems(row.attributes)
    ]
    if wrong:
        yield Finding("error", "attribute", "attributes have impossible values", wrong)


def _identity_findings(rows: Sequence[Row]) -> Iterator[Finding]:
    train = {row.identity for row in rows if row.split == "train" and row.identity > 0}
    test = {row.identity for row in rows if row.split != "train" and row.identity > 0}
    both = [str(identity) for identity in sorted(train & test)]
    if both:
        yield Finding("error", "train-and-test", "identities are in training and in query or gallery", both)
    cameras: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        if row.identity > 0:
            cameras[row.identity].add(row.camera)
    single = [
        f"{identity} (camera {seen.pop()})" for identity, seen in sorted(cameras.items()) if len(seen) == 1
    ]
    if single:
        yield Finding("warning", "one-camera", "identities are in one camera only", single)
    unmatched = list(unmatched_queries(rows))
    if unmatched:
        yield Finding("error", "unmatched-query", "queries have no correct match in the gallery", unmatched)


def _count_findings(counts: Mapping[str, Any], dataset: str) -> Iterator[Finding]:
    from vtbr_data.datasets import DATASETS

    published = DATASETS[dataset].counts
    if not published:
        raise InputError(f"no counts are published for {dataset}: leave --dataset out")
    different = [
        f"{split} {what}: {have}, published {number}"
        for split, numbers in published.items()
        for what, number in numbers.items()
        if (have := counts["splits"].get(split, {}).get(what, 0)) != number
    ]
    if different:
        yield Finding("error", "counts", f"counts are not those of {dataset}", different)
