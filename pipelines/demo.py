"""The whole chain on rendered people: pictures, captions, pretraining, fine-tuning, features, scores.

Every step is one of the commands that you would type yourself, and is printed before it runs. What is already
there is not made again, so the demo can be stopped (Ctrl-C) and started again; delete its folder to start
from nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

say = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def main() -> None:
    """Run what is missing and show what came of it."""
    options = parser(__doc__ or "").parse_args()
    folder: Path = options.folder
    began = time.monotonic()
    with resumable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        render(folder, options)
        pretrain(folder, options)
        for name in ("from-captions", "from-scratch"):
            finetune(folder, options, name)
        measure(folder, options)
    show(folder, time.monotonic() - began)


def parser(about: str) -> argparse.ArgumentParser:
    """Reads the sizes of the demo; the defaults take minutes on two cores."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path("demo"), help="where everything goes (default: demo)"
    )
    parser.add_argument("--people", type=int, default=1200, help="captioned people to pretrain on")
    parser.add_argument("--views", type=int, default=8, help="pictures of each of them")
    parser.add_argument("--target-people", type=int, default=300, help="people of the surveillance domain")
    parser.add_argument("--target-views", type=int, default=12, help="pictures of each of them")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--pretrain-set", action="append", default=[], metavar="KEY=VALUE", help="passed to pretrain as --set"
    )
    parser.add_argument(
        "--finetune-set", action="append", default=[], metavar="KEY=VALUE", help="passed to finetune as --set"
    )
    return parser


def render(folder: Path, options: argparse.Namespace) -> None:
    """Render captioned people for training, other captioned people for checking, and the surveillance domain."""
    sets = (
        ("source", "source", options.people, options.views, 3 * options.seed + 1),
        ("heldout", "source", max(2, options.people // 20), 4, 3 * options.seed + 2),
        ("target", "target", options.target_people, options.target_views, 3 * options.seed + 3),
    )
    for name, style, people, views, seed in sets:
        out = folder / name
        if (out / "manifest.jsonl").exists():
            continue
        shutil.rmtree(out, ignore_errors=True)  # a rendering that was stopped half-way
        run("vtbr-data render", out, "--style", style, "--identities", people, "--views", views, "--seed", seed,
            "--pixels", "64x128", "--sheet", folder / f"{name}.png")  # fmt: skip
    tokenizer = folder / "tokenizer.json"
    if not tokenizer.exists():
        run("vtbr-data tokenizer train", folder / "source/manifest.jsonl", "-o", tokenizer)


def pretrain(folder: Path, options: argparse.Namespace) -> None:
    """Learn captions."""
    if is_finished(folder / "pretrained"):
        return
    words = ["--tokenizer", folder / "tokenizer.json", *common(options), *settings(options.pretrain_set)]
    words += ["--validation", folder / "heldout/manifest.jsonl", "-o", folder / "pretrained"]
    run("vtbr-train pretrain", folder / "source/manifest.jsonl", *words, result=folder / "pretrained.json")


def finetune(folder: Path, options: argparse.Namespace, name: str) -> None:
    """Learn identities, `from-captions` or `from-scratch`, with the same budget."""
    if is_finished(folder / name):
        return
    init = ["--init", folder / "pretrained/model.safetensors"] if name == "from-captions" else []
    words = [*init, *common(options), *settings(options.finetune_set)]
    words += ["-o", folder / name]
    run("vtbr-train finetune", folder / "target/manifest.jsonl", *words, result=folder / f"{name}.json")


def common(options: argparse.Namespace) -> list[str]:
    """Return the settings that all trainings share."""
    return ["--recipe", "laptop", "--set", f"seed={options.seed}", "--resume"]


def measure(folder: Path, options: argparse.Namespace) -> None:
    """Extract and score features of both runs, and caption people never seen."""
    target = folder / "target/manifest.jsonl"
    for name in ("from-captions", "from-scratch"):
        features, scores = folder / f"{name}.features.safetensors", folder / f"{name}.scores.json"
        if not features.exists():
            run("vtbr-models extract", folder / name / "model.safetensors", target, "-o", features)
        if not scores.exists():
            run("vtbr-eval reid", features, "--bootstrap", 1000, "-o", scores)
    difference = folder / "difference.json"
    if not difference.exists():
        features = [folder / f"{name}.features.safetensors" for name in ("from-scratch", "from-captions")]
        run("vtbr-eval compare", *features, "-o", difference)
    said = folder / "heldout.captions.jsonl"
    if not said.exists():
        run(
            "vtbr-models caption",
            folder / "pretrained/model.safetensors",
            folder / "heldout/manifest.jsonl",
            "-o",
            said,
        )
    right = folder / "captions.scores.json"
    if not right.exists():
        run("vtbr-eval captions", said, "--reference", folder / "heldout/manifest.jsonl", "-o", right)
    sheet = folder / "captions.png"
    if not sheet.exists():
        run(
            "vtbr-data stats",
            said,
            "--root",
            folder / "heldout",
            "--sample",
            12,
            "--sheet",
            sheet,
            result=os.devnull,
        )


def show(folder: Path, seconds: float) -> None:
    """Print one table, some captions, and the files."""
    difference = read_json(folder / "difference.json")
    captions = read_json(folder / "captions.scores.json")
    out = Console(highlight=False, markup=False, soft_wrap=True)
    table = Table(
        title="Re-ID of rendered people never seen in training (95 % intervals by bootstrap over identities)"
    )
    for column in ("fine-tuned", "mAP %", "rank-1 %", "mINP %"):
        table.add_column(column, justify="left" if column == "fine-tuned" else "right")
    for name in ("from-captions", "from-scratch"):
        scores = read_json(folder / f"{name}.scores.json")
        table.add_row(
            name.replace("-", " "), *(percent(scores, measure) for measure in ("mAP", "rank-1", "mINP"))
        )
    out.print(table)
    gain = difference["mAP"]
    low, high = (100 * end for end in gain["interval"])
    points = 100 * gain["difference"]
    out.print(
        f"captions gain {points:+.1f} points of mAP (95 % interval {low:+.1f} to {high:+.1f}, paired)\n"
    )
    for part in ("upper", "lower"):
        share = captions[f"{part}_colour"]["accuracy"]
        images = captions["images"]
        out.print(
            f"captions of {images} new pictures name the right {part} colour in {100 * share:.1f} % of them"
        )
    out.print("\nSome of them (all in heldout.captions.jsonl; beside their pictures in captions.png):")
    rows = [json.loads(line) for line in (folder / "heldout.captions.jsonl").read_text().splitlines()]
    for row in rows[:: max(1, len(rows) // 5)][:5]:
        out.print(f"  {row['path']}: {row['captions'][0]}")
    out.print(f"\nEverything is in {folder} ({seconds / 60:.1f} minutes this time):")
    for path in sorted(folder.iterdir()):
        out.print(f"  {path.name}{'/' if path.is_dir() else ''}")


def percent(scores: dict, measure: str) -> str:
    """Return a score and its interval, in percent."""
    low, high = scores["interval"][measure]
    return f"{100 * scores[measure]:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


@contextmanager
def resumable(folder: Path, *refused: type[Exception]) -> Iterator[None]:
    """End with one line and an exit code when stopped, when a command fails, or by errors of `refused`."""
    try:
        yield
    except KeyboardInterrupt:
        say.print(f"\nStopped: the same command continues; finished steps are kept in {folder}.")
        sys.exit(130)
    except (OSError, *refused) as error:
        sys.exit(f"Error: {error}")
    except subprocess.CalledProcessError as error:
        say.print(f"\nStopped: `{error.cmd[0]} {error.cmd[1]}` ended with exit code {error.returncode}.")
        sys.exit(1)


def settings(changes: list[str]) -> list[str]:
    """Return `--set` and its value for each change."""
    return [word for change in changes for word in ("--set", change)]


def is_finished(run_folder: Path) -> bool:
    """Return whether a training run has printed its result."""
    return run_folder.with_suffix(".json").exists()


def read_json(path: Path) -> dict:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def run(command: str, *arguments: object, result: Path | str | None = None) -> None:
    """Run one of the commands; what it prints on stdout goes to the file `result` when it has succeeded."""
    words = [*command.split(), *map(str, arguments)]
    target = f" > {result}" if result else ""
    say.print(f"\n$ {shlex.join(words)}{target}", style="bold")
    printed = subprocess.run(words, check=True, stdout=subprocess.PIPE if result else None).stdout
    if result:
        Path(result).write_bytes(printed)


if __name__ == "__main__":
    main()
