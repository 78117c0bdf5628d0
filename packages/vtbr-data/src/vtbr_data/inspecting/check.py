"""What is wrong with a manifest and its pictures."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ..manifest import Manifest
from .checks.counting import count as count
from .checks.counting import count_findings
from .checks.duplicates import duplicate_findings, near_duplicate_findings, repeated_findings
from .checks.files import file_findings
from .checks.finding import Finding as Finding
from .checks.people import balance_findings, identity_findings
from .checks.wording import attribute_findings, caption_findings, token_findings
from .pictures import inspect_pictures

if TYPE_CHECKING:
    from tokenizers import Tokenizer


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
        """Return the report for JSON, with all items."""
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
    tokenizer: Tokenizer | None = None,
    max_tokens: int = 30,
    workers: int = 1,
    report: Callable[[int, int], None] | None = None,
) -> Report:
    """Read every picture of `manifest` and look for what spoils training and scores.

    `dataset` compares the counts with those published for a known dataset; with a `tokenizer` captions are
    checked by it and by the limit `max_tokens`. `workers` processes decode; `report` is told of progress.
    """
    counts = count(manifest.rows)
    findings = list(count_findings(counts, dataset)) if dataset else []
    if tokenizer is not None:
        findings += token_findings(manifest, tokenizer, max_tokens)
    first_rows = {row.path: row for row in reversed(manifest.rows)}
    rows = list(reversed(first_rows.values()))  # each picture is read once
    root = os.fspath(manifest.root)
    paths = [os.path.join(root, row.path) for row in rows]  # noqa: PTH118 (millions of rows)
    states = list(inspect_pictures(paths, workers=workers, report=report))
    findings += [
        *file_findings(rows, states, manifest.root),
        *duplicate_findings(rows, states),
        *near_duplicate_findings(rows, states),
        *repeated_findings(manifest.rows),
        *caption_findings(manifest),
        *attribute_findings(manifest),
        *identity_findings(manifest.rows),
        *balance_findings(manifest.rows),
    ]
    findings.sort(key=lambda finding: finding.severity)  # "error" < "warning"
    return Report(manifest.name, manifest.fingerprint, counts, findings)
