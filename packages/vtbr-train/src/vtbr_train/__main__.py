"""`vtbr-train` and `python -m vtbr_train`, which is what torchrun starts."""

from __future__ import annotations

from vtbr_models.__main__ import run as run_command_line


def run() -> None:
    """Run the command line, with Ctrl-C as quiet as in vtbr-models."""
    run_command_line("vtbr_train")


if __name__ == "__main__":
    run()
