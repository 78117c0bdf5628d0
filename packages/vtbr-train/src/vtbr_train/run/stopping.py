"""Stopping on request: a signal ends the run after the step under way, saved."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any

import click

from ..errors import say

RUN_ME_AGAIN = 75
"""Exit code (EX_TEMPFAIL of sysexits.h) of a run that was asked to stop, saved, and can resume."""

_SIGNALS = ("SIGTERM", "SIGUSR1", "SIGINT")


class Stopped(click.exceptions.Exit):
    """The run was asked to stop and has saved `step`; ends a command with the exit code for that."""

    def __init__(self, step: int, signal_name: str) -> None:
        super().__init__(128 + signal.SIGINT if signal_name == "SIGINT" else RUN_ME_AGAIN)
        self.step, self.signal_name = step, signal_name


class StopRequests:
    """While open, remembers the signal that asks to stop; Ctrl-C a second time stops at once."""

    def __init__(self) -> None:
        self.signal_name: str | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopRequests:
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is not None:
                try:
                    self._before[number] = signal.signal(number, self._remember)
                except ValueError:  # not in the main thread: signals are somebody else's there
                    break
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            if self.signal_name is not None:
                raise KeyboardInterrupt
            say("stopping after this step; Ctrl-C again stops at once, unsaved")
        self.signal_name = signal.Signals(number).name
