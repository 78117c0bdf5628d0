"""Measure one package against plain references: `python -m benchmarks PACKAGE [NAME...]`.

Prints Markdown tables, what the machine is, and whether other programs were busy on it. Without names: the
package's default suites.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from itertools import groupby

from .measuring import ROOT, conditions

PACKAGES = ("data", "eval", "models", "train")


def main() -> None:
    """Run the suites that the command line names, each module in a process of its own."""
    package, *names = sys.argv[1:] or [""]
    if package not in PACKAGES:
        sys.exit(f"say what to measure: nox -s bench -- {'|'.join(PACKAGES)} [NAME...]")
    room = import_module(f"benchmarks.{package}")
    suites: dict[str, str] = room.SUITES
    unknown = sorted(set(names) - set(suites))
    if unknown:
        sys.exit(f"unknown suite {unknown[0]!r} of {package}: one of {', '.join(suites)}")
    with conditions():
        for module, chosen in groupby(names or room.DEFAULT, key=suites.__getitem__):
            named = list(chosen)
            arguments = [] if module in suites else [named]  # a module of several suites is told which
            print(f"\n### {', '.join(named)}\n", flush=True)
            words = ["-m", "benchmarks.measuring", f"benchmarks.{package}.{module}", "main"]
            subprocess.run([sys.executable, *words, json.dumps(arguments)], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
