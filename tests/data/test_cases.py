"""Inputs as people have them: what the commands did with each in another version, and do now.

pytest checks that each is read rightly or refused in words. `python -m tests.data.test_cases` prints the table;
`--source CHECKOUT` runs the same commands by the packages of another checkout as well, and compares.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.cases.features import FEATURE_FILES
from tests.support.cases.making import Case
from tests.support.cases.outputs import OUTPUTS
from tests.support.cases.pictures import CAPTIONS, FOLDERS, PICTURES, TARS
from tests.support.cases.tables import TABLES

ROOT = Path(__file__).parents[2]
CASES = [*TABLES, *PICTURES, *FOLDERS, *CAPTIONS, *TARS, *OUTPUTS, *FEATURE_FILES]


def outcome(case: Case, folder: Path) -> tuple[str, int]:
    """What the command prints in `folder`, the current one, and its exit code."""
    case.make(folder)
    program, *words = case.command.split()
    if program == "READ":
        return read_by_training(words[0])
    given = (folder / words[-1]).read_bytes() if "<" in words else b""
    words = words[: words.index("<")] if "<" in words else words
    main = importlib.import_module(program.replace("-", "_") + ".cli").main
    result = CliRunner().invoke(main, words, input=given)
    is_traceback = result.exception is not None and not isinstance(result.exception, SystemExit)
    printed = result.stdout + result.stderr + (f"traceback: {result.exception!r}" if is_traceback else "")
    return printed, result.exit_code


def read_by_training(source: str) -> tuple[str, int]:
    """What training says of a tar, and the rows that it reads."""
    from vtbr_data.training import read_images

    said: list[str] = []
    try:
        rows = read_images(Path(source), say=said.append).rows
    except ValueError as error:
        return "\n".join([*said, str(error)]), 1
    return "\n".join([", ".join(f"{row.path} {row.identity}" for row in rows), *said]), 0


def is_right(case: Case, printed: str, code: int) -> bool:
    return code == case.code and all(part in " ".join(printed.split()) for part in case.said)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_read_rightly_or_refused_in_words(case, tmp_path, monkeypatch):
    program = case.command.split()[0].replace("-", "_")
    if program != "READ" and importlib.util.find_spec(program) is None:
        pytest.skip(f"{program} is not installed")
    monkeypatch.chdir(tmp_path)
    printed, code = outcome(case, tmp_path)
    assert is_right(case, printed, code), f"exit code {code}\n{printed}"


def shown(case: Case) -> str:
    """A cell of the table."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        printed, code = outcome(case, Path(folder))
    if is_right(case, printed, code):
        return "right" if code == 0 else "refused in words"
    lines = printed.strip().splitlines() or ["nothing"]
    what = "traceback" if "traceback: " in lines[-1] else "read" if code == 0 else "refused"
    line = "".join(letter for letter in (lines[-1] if code else " ".join(lines[:4])) if letter.isprintable())
    return f"{what}: {line}".replace("|", "/")[:160]


def column(checkout: Path) -> list[str]:
    """The cells of all cases by the packages of a checkout, in a process of their own."""
    packages = os.pathsep.join(str(path) for path in checkout.resolve().glob("packages/*/src"))
    done = subprocess.run(
        [sys.executable, "-m", "tests.data.test_cases", "--cells"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": packages},
        stdout=subprocess.PIPE,
        check=True,
    )
    cells: list[str] = json.loads(done.stdout)
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, metavar="CHECKOUT", help="Also run by these packages.")
    parser.add_argument("--cells", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.cells:
        print(json.dumps([shown(case) for case in CASES]))
        return
    columns = {"now": column(ROOT)}
    if arguments.source:
        columns = {"before": column(arguments.source), **columns}
    print(f"| case | command | {' | '.join(columns)} |\n| --- | --- |{' --- |' * len(columns)}")
    for case, *cells in zip(CASES, *columns.values(), strict=True):
        command = "training reads x.tar" if case.command.startswith("READ") else case.command
        print(f"| {case.name} | `{command}` | {' | '.join(cells)} |")
    right = {
        name: sum(cell in ("right", "refused in words") for cell in cells) for name, cells in columns.items()
    }
    print(f"\nRight of {len(CASES)}: {', '.join(f'{name} {number}' for name, number in right.items())}")


if __name__ == "__main__":
    main()
