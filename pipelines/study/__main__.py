"""Does caption pretraining help Re-ID, and by how much? Runs the study on rendered people, and writes it up.

Every run is a chain of the real commands, cached by a fingerprint of its command lines, inputs and versions:
stop it whenever you like (Ctrl-C), and start it again to go on. Ends in FOLDER/results.jsonl,
FOLDER/page.html with figures, and FOLDER/study.md.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from . import plan
from .display import duration
from .fingerprints import fingerprints
from .jobs import Job, jobs
from .results import write_results
from .runner import JobError, Runner
from .sizes import FULL, QUICK, Size

say = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def main() -> None:
    """Plan, run what is missing, analyse, write."""
    options = read_options()
    size = read_size(options)
    inputs = foreign_inputs(options, size)
    has = {"has_viper": "viper" in inputs, "has_imagenet": "imagenet.pth" in inputs}
    arms = chosen(plan.planned(size, is_quick=options.quick, **has), options)
    planned = jobs(arms, size)
    if options.dry_run:
        show_plan(arms, size, planned, options.parallel)
        return
    link_inputs(options)
    runner, prints = Runner(options.folder, say), fingerprints(planned, inputs)
    about = {
        "name": "quick" if options.quick else "full",
        "size": asdict(size),
        "arms": [a.name for a in arms],
    }
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: no command is left behind
    try:
        runner.run(planned, prints, parallel=options.parallel)
    except KeyboardInterrupt:
        say.print(f"Stopped. Run it again to go on; what is done stays in {options.folder}.")
        sys.exit(130)
    except (JobError, OSError) as error:
        fail(str(error))
    finally:
        results = write_results(runner, planned, prints, about)
    from .page import write_all

    for path in write_all(results, options.docs):
        print(path)


def read_options() -> argparse.Namespace:
    """The command line."""
    lines = (__doc__ or "").splitlines()
    parser = argparse.ArgumentParser(
        description=lines[0],
        epilog="Example: nox -s study -- --quick && jq '[.run, .scores.mAP]' study/results.jsonl",
    )
    add = parser.add_argument
    add("folder", nargs="?", type=Path, default=Path("study"), help="where everything goes (default: study)")
    add("--quick", action="store_true", help="fewer arms, seeds and steps: 10 to 20 minutes on two cores")
    add("--dry-run", action="store_true", help="print the plan and its estimated time, and run nothing")
    add("--parallel", type=int, default=os.cpu_count() or 1, help="runs at a time (default: one a core)")
    add("--viper", type=Path, help="folder of VIPeR (default: viper in VTBR_REAL_DATA, if there)")
    add("--imagenet", type=Path, metavar="PATH", help="torchvision's weights of the backbone: adds that arm")
    add(
        "--backbone",
        default=None,
        help="resnet10 (default), or resnet18, resnet50, ... to go with --imagenet",
    )
    add("--docs", type=Path, metavar="FOLDER", help="write study.md and its figures there as well")
    add("--arm", action="append", default=[], metavar="NAME", help="only this one; may be given many times")
    add("--transfer", action="append", default=[], choices=plan.ALL, help="only this kind of fine-tuning")
    add(
        "--size",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="change a size of pipelines/study/sizes.py",
    )
    options = parser.parse_args()
    if options.parallel < 1:
        parser.error("--parallel takes a number from 1 up")
    if options.viper is None and os.environ.get("VTBR_REAL_DATA"):
        found = Path(os.environ["VTBR_REAL_DATA"]) / "viper"
        options.viper = found if found.is_dir() else None
    return options


def read_size(options: argparse.Namespace) -> Size:
    """The sizes, with what the command line changes."""
    size = QUICK if options.quick else FULL
    if options.backbone:
        size = replace(size, backbone=options.backbone)
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
    """The arms and transfers that the command line names; all, if none."""
    names = [arm.name for arm in arms]
    for name in options.arm:
        if name not in names:
            fail(f"--arm {name}: there are {', '.join(names)}")
    kept = [arm for arm in arms if not options.arm or arm.name in options.arm]
    wanted = options.transfer or plan.ALL
    return [replace(arm, transfers=tuple(t for t in arm.transfers if t in wanted)) for arm in kept]


def foreign_inputs(options: argparse.Namespace, size: Size) -> dict[str, str]:
    """Digests of the user's own files, by the name that the study's folder links them under."""
    found = {}
    if options.viper:
        if not (options.viper / "cam_a").is_dir():
            fail(f"{options.viper}: no folder cam_a, as VIPeR has it; give --viper the folder that holds it")
        names = sorted(f"{path.name} {path.stat().st_size}" for path in options.viper.glob("cam_*/*"))
        found["viper"] = hashlib.sha256("\n".join(names).encode()).hexdigest()
    elif size.viper_splits:
        say.print(
            "VIPeR is not here (--viper FOLDER, or VTBR_REAL_DATA): the study goes without real pictures"
        )
    if options.imagenet:
        if not options.imagenet.is_file():
            fail(f"{options.imagenet}: no such file; --imagenet takes torchvision's .pth of the backbone")
        if size.backbone == "resnet10":
            fail("torchvision has no ImageNet weights of a resnet10: give --backbone resnet18 as well")
        found["imagenet.pth"] = hashlib.sha256(options.imagenet.read_bytes()).hexdigest()
    else:
        say.print(
            "no ImageNet weights (--imagenet PATH --backbone resnet18): the study goes without that arm"
        )
    return found


def link_inputs(options: argparse.Namespace) -> None:
    """Make the folder, and links to the user's own files in it: command lines then name no other place."""
    options.folder = options.folder.resolve()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, path in (("viper", options.viper), ("imagenet.pth", options.imagenet)):
        if path:
            link = options.folder / name
            link.unlink(missing_ok=True)
            link.symlink_to(path.resolve())


def show_plan(arms: Sequence[plan.Arm], size: Size, planned: Sequence[Job], parallel: int) -> None:
    """The table of arms, and the time."""
    table = Table(title="The study")
    for column in ("arm", "learns from", "captions", "images", "fine-tuned"):
        table.add_column(column)
    for arm in arms:
        images = f"{100 * arm.fraction:.0f} %{' selected' if arm.selection == 'selected' else ''}"
        captions = arm.captions if arm.reads_captions else ""
        table.add_row(arm.name, arm.about, captions, images, ", ".join(arm.transfers))
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
        f"{size.steps} steps of {size.batch_size}"
    )
    out.print(f"about {duration(total / parallel)} with {parallel} at a time")


def fail(message: str) -> Any:
    """Say what is wrong, and exit."""
    say.print(f"Error: {message}")
    sys.exit(1)


if __name__ == "__main__":
    main()
