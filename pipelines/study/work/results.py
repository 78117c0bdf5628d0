"""The results: JSON Lines, one object a pretraining or fine-tuning, made from what the jobs left."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .fingerprints import versions
from .job import HELD_OUT, Job
from .reading import commonest_shares
from .runner import Runner, write_whole

CURVES = {"pretrain": ("loss", "validation_loss"), "finetune": ("loss", "mAP", "rank-1")}
SCORES = ("mAP", "mINP", "rank-1", "rank-5", "rank-10", "interval", "counts", "protocol")


def write_results(
    runner: Runner, jobs: Sequence[Job], prints: Mapping[str, str], about: dict[str, Any]
) -> Path:
    """Gather the lines of all finished runs in `results.jsonl`, the study first; return its path."""
    held_out = runner.folder / HELD_OUT
    commonest = commonest_shares(read_lines(held_out)) if held_out.exists() else {}
    lines: list[dict[str, Any]] = [{"kind": "study", **about, "versions": versions(), "commonest": commonest}]
    lines[0]["planned"] = sum(job.kind != "data" for job in jobs)
    for job in jobs:
        if job.kind != "data" and runner.is_done(job, prints[job.name]):
            note = runner.note(job) or {}
            lines.append(
                {"kind": job.kind, "run": job.name, **job.facts, **read_run(runner.folder, job), **note}
            )
    path = runner.folder / "results.jsonl"
    write_whole(path, "".join(json.dumps(line) + "\n" for line in lines))
    return path


def read_run(folder: Path, job: Job) -> dict[str, Any]:
    """Return what came of a job: scores, curves, and the paths of its larger files."""
    here = folder / job.name
    found: dict[str, Any] = {"curve": read_curve(here / "run/log.jsonl", CURVES[job.kind])}
    if job.kind == "finetune":
        scores = read_json(here / "scores.json")
        found["scores"] = {name: scores[name] for name in SCORES if name in scores}
        found["queries"] = f"{job.name}/queries.jsonl"
        found["features"] = f"{job.name}/features.safetensors"
        report = here / "report.html"
        found["report"] = f"{job.name}/report.html" if report.exists() else None
        return found
    if (here / "trained.json").exists():
        found["training_seconds"] = read_json(here / "trained.json")["seconds"]
    for name in ("captions", "attributes", "search", "reading"):
        if (here / f"{name}.json").exists():
            found[f"{name}_scores"] = read_json(here / f"{name}.json")
    return found


def read_curve(log: Path, names: Sequence[str]) -> dict[str, list[list[float]]]:
    """Return the (step, value) pairs of each value that the log has."""
    curves: dict[str, list[list[float]]] = {}
    if log.exists():
        for text in log.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            for name in set(names) & set(line):
                curves.setdefault(name, []).append([line["step"], line[name]])
    return dict(sorted(curves.items()))


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def mean_curve(curves: Sequence[Sequence[Sequence[float]]]) -> tuple[list[float], list[float]]:
    """Return the steps that all curves have, and their mean values there.

    >>> mean_curve([[[1, 2.0], [2, 4.0]], [[1, 4.0], [3, 5.0]]])
    ([1], [3.0])
    """
    tables = [dict(map(tuple, curve)) for curve in curves]
    steps = sorted(set.intersection(*(set(table) for table in tables))) if tables else []
    return steps, [sum(table[step] for table in tables) / len(tables) for step in steps]
