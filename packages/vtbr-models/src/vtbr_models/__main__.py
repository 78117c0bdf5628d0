"""`vtbr-models` and `python -m vtbr_models`."""

from __future__ import annotations

import atexit
import gc
import signal
from importlib import import_module


def run(package: str = "vtbr_models") -> None:
    """Run a package's command line; Ctrl-C while it is being loaded, or after it is done, ends it quietly."""
    # Without this, Python looks for cycles among torch's objects at exit: a second, when busy half a minute.
    atexit.register(gc.freeze)
    is_heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_heeded:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    main = import_module(f"{package}.cli").main
    try:
        if is_heeded:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        main(prog_name=package.replace("_", "-"))
    finally:
        if is_heeded:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    run()
