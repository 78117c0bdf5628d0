"""Speed of vtbr-models against plain references, as Markdown tables on stdout.

    python benchmarks/models/bench.py [generation] [score] [extract] [losses]

Each suite is a script `bench_NAME.py` beside this file that prints its own table. Without names: all.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SUITES = ("generation", "score", "extract", "losses")


def main() -> None:
    """Run the suites that the command line names."""
    names = sys.argv[1:] or list(SUITES)
    unknown = sorted(set(names) - set(SUITES))
    if unknown:
        sys.exit(f"unknown suite {unknown[0]!r}: one of {', '.join(SUITES)}")
    for name in names:
        print(f"\n### {name}\n", flush=True)
        subprocess.run([sys.executable, str(Path(__file__).with_name(f"bench_{name}.py"))], check=True)


if __name__ == "__main__":
    main()
