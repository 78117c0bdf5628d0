"""`vtbr-data check`."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

from vtbr_data.datasets import DATASETS

if TYPE_CHECKING:
    from vtbr_data.check import Report

_SHOWN = 3  # items of a finding that people see; the JSON has all


@click.command()
@click.argument("manifest", default="-")
@click.option("--root", type=click.Path(file_okay=False), help="The folder that paths start from.")
@click.option(
    "--dataset",
    type=click.Choice([name for name, dataset in DATASETS.items() if dataset.counts]),
    help="Compare the counts with the published ones.",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=min(8, os.cpu_count() or 1),
    show_default="CPUs",
    help="Threads.",
)
@click.option("--table", is_flag=True, help="Print findings for people to stdout, in place of JSON.")
def check(manifest: str, root: str | None, dataset: str | None, workers: int, table: bool) -> None:
    """Read every picture of MANIFEST and report what is wrong, as JSON.

    Errors: missing and damaged pictures, the same picture in several splits or under several identities,
    identities in training and test, queries without a match, empty captions, impossible attributes. Warnings:
    repeated paths, other duplicates, identities in one camera only. Exit 1 if there are errors.

    \b
    Example:
      vtbr-data check manifest.jsonl | jq -r '.findings[] | select(.kind == "unreadable") | .items[]'
    """
    from vtbr_data.check import check_manifest
    from vtbr_data.manifest import read_manifest
    from vtbr_data.progress import progress

    rows = read_manifest(manifest, root=root)
    with progress("reading pictures") as report:
        result = check_manifest(rows, dataset=dataset, workers=workers, report=report)
    if table:
        click.echo(_summary(result))
    else:
        click.echo(json.dumps(result.to_object(), ensure_ascii=False))
        click.echo(_summary(result), err=True)
    if result.errors:
        said = "; ".join(f"{len(finding.items)} x {finding.message}" for finding in result.errors)
        problems = "1 problem" if len(result.errors) == 1 else f"{len(result.errors)} problems"
        raise click.ClickException(f"{problems} in {rows.name}: {said}")


def _summary(result: Report) -> str:
    counts = result.counts
    lines = [
        f"{counts['images']} images of {counts['identities']} identities from {counts['cameras']} cameras"
    ]
    for finding in result.findings:
        lines.append(f"{finding.severity}: {finding.message}: {len(finding.items)}")
        lines += [f"  {item}" for item in finding.items[:_SHOWN]]
        if len(finding.items) > _SHOWN:
            lines.append(f"  and {len(finding.items) - _SHOWN} more")
    if not result.findings:
        lines.append("nothing is wrong")
    return "\n".join(lines)
