"""Speed of vtbr-data against plain references, as Markdown tables on stdout.

    python benchmarks/data/bench.py [NAME...]

Each suite is a script `bench_NAME.py` beside this file that prints its own table; it runs in a process of
its own, so that its peak memory is its own. Without names: all of them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PREFIX = "bench_"
SUITES = {
    path.stem.removeprefix(PREFIX): path for path in sorted(Path(__file__).parent.glob(f"{PREFIX}*.py"))
}


def main() -> None:
    """Run the suites that the command line names."""
    names = sys.argv[1:] or list(SUITES)
    unknown = sorted(set(names) - set(SUITES))
    if unknown:
        sys.exit(f"unknown suite {unknown[0]!r}: one of {', '.join(SUITES)}")
    for name in names:
        print(f"\n### {name}\n", flush=True)
        subprocess.run([sys.executable, str(SUITES[name])], check=True)


if __name__ == "__main__":
    main()
