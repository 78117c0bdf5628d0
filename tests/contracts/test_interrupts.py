"""Ctrl-C never shows a traceback: not while a command is being loaded, not after it is done."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import atexit, signal, sys, types

class Cli(types.ModuleType):
    @property
    def main(self):
        if sys.argv[2] == "loading":
            signal.raise_signal(signal.SIGINT)
        return lambda prog_name: atexit.register(signal.raise_signal, signal.SIGINT)

sys.modules[sys.argv[1] + ".cli"] = Cli(sys.argv[1] + ".cli")
__import__(sys.argv[1] + ".__main__").__main__.run()
"""


@pytest.mark.parametrize("moment", ["loading", "done"])
@pytest.mark.parametrize("package", ["vtbr_data", "vtbr_models", "vtbr_train", "vtbr_eval"])
def test_an_interrupt_outside_of_the_command_ends_the_program_without_a_word(package, moment):
    # As from a terminal: what runs the tests may itself have been started with interrupts ignored.
    hearing = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)" + PROGRAM
    words = [sys.executable, "-c", hearing, package, moment]
    done = subprocess.run(words, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")


def test_a_program_that_was_started_without_interrupts_still_ignores_them():
    ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)" + PROGRAM
    done = subprocess.run(
        [sys.executable, "-c", ignoring, "vtbr_eval", "done"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
