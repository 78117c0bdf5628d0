"""`vtbr-eval` and `python -m vtbr_eval`."""

from __future__ import annotations

import signal


def run() -> None:
    """Run the command line; Ctrl-C while it is being loaded, or after it is done, ends it without a traceback."""
    is_heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_heeded:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from .cli import main

    try:
        if is_heeded:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        main(prog_name="vtbr-eval")
    finally:
        if is_heeded:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    run()
