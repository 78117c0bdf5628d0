"""`vtbr-data check`."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

from . import options
from .options import ManifestInput

if TYPE_CHECKING:
    from ..inspecting import Report

_SHOWN = 3  # items of a finding that people see; the JSON has all


@click.command()
@options.manifest
@options.root
@click.option("--dataset", help="Compare the counts with those published for this one, `viper` for example.")
@click.option("--tokenizer", help="Count long captions and unknown words by this tokenizer.json.")
@click.option(
    "--max-tokens", type=int, default=30, show_default=True, help="Longest caption, [SOS] and [EOS] included."
)
@click.option(
    "--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="CPUs", help="Processes."
)
@click.option("--table", is_flag=True, help="Print findings for people to stdout, in place of JSON.")
@click.option(
    "--report", help="Write the JSON to this file; if nothing is wrong, the manifest is written to stdout."
)
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
def check(
    manifest: ManifestInput,
    root: str | None,
    dataset: str | None,
    tokenizer: str | None,
    max_tokens: int,
    workers: int,
    table: bool,
    report: str | None,
    strict: bool,
) -> None:
    """Read every picture of MANIFEST and report what is wrong, as JSON; a summary for people is on stderr.
    With --report a manifest without errors is written to stdout, so that a pipe can continue with it.

    Errors: missing and damaged pictures, the same picture in several splits or under several identities,
    identities in training and test, queries without a match, empty captions, impossible attributes, counts
    that are not the published ones. Warnings: pictures of training that look like pictures of the test, wrong
    extensions, tiny pictures, links that lead outside, repeated paths, other duplicates, identities in one
    camera or with one training image only, very unequal identities, captions that are missing, shared by
    different people, too long, or full of unknown words. Exit 1 if there are errors.

    \b
    Example:
      vtbr-data check manifest.jsonl | jq -r '.findings[] | select(.kind == "unreadable") | .items[]'
    """
    from ..inspecting import check_manifest
    from ..manifest import write_manifest
    from ..output import open_output
    from ..progress import progress

    options.needs("max_tokens", tokenizer is not None, "--tokenizer")
    printed = {"the manifest": "-"} if report is not None else {}
    options.require_distinct(
        {"MANIFEST": manifest.path, "--tokenizer": tokenizer}, {"--report": report, **printed}
    )
    rows = manifest.read(root)
    words = None
    if tokenizer is not None:
        from ..tokenizer import read_tokenizer

        words = read_tokenizer(tokenizer)
    with progress("reading pictures") as told:
        result = check_manifest(
            rows, dataset=dataset, tokenizer=words, max_tokens=max_tokens, workers=workers, report=told
        )
    found = json.dumps(result.to_object(), ensure_ascii=False)
    if report is not None:
        with open_output(report) as file:
            file.write(found.encode() + b"\n")
    elif not table:
        click.echo(found)
    click.echo(_summary(result), err=not table or report is not None)
    wrong = result.findings if strict else result.errors
    if wrong:
        said = "; ".join(f"{len(finding.items)} x {finding.message}" for finding in wrong)
        problems = "1 problem" if len(wrong) == 1 else f"{len(wrong)} problems"
        raise click.ClickException(f"{problems} in {rows.name}: {said}")
    if report is not None:
        write_manifest(rows.rows, "-")


def _summary(result: Report) -> str:
    counts = result.counts
    lines = [
        f"{counts['images']} images of {counts['identities']} identities from {counts['cameras']} cameras"
    ]
    for finding in result.findings:
        lines.append(f"{finding.severity}: {finding.message}: {len(finding.items)}")
        shown = _by_folder(finding.items) if finding.kind == "missing" else finding.items
        lines += [f"  {item}" for item in shown[:_SHOWN]]
        if len(shown) > _SHOWN:
            lines.append(f"  and {len(shown) - _SHOWN} more")
    if not result.findings:
        lines.append("nothing is wrong")
    return "\n".join(lines)


def _by_folder(paths: list[str]) -> list[str]:
    """Group missing pictures by folder, most of them first: a folder that was moved is one line."""
    folders: dict[str, list[str]] = {}
    for path in paths:
        folders.setdefault(path.rpartition("/")[0], []).append(path)
    ranked = sorted(folders.items(), key=lambda pair: -len(pair[1]))
    return [
        some[0] if len(some) == 1 else f"{len(some)} in {folder or '.'}/, such as {some[0]}"
        for folder, some in ranked
    ]
