from __future__ import annotations

import io
import sys

import pytest

from vtbr_eval.cli.shared import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("stream", "patience", "shown"), [
    (Terminal, 0, True), (Terminal, 60, False), (io.StringIO, 0, False),
])  # fmt: skip
def test_a_bar_appears_after_a_while_and_on_a_terminal_only(monkeypatch, stream, patience, shown):
    monkeypatch.setattr("sys.stderr", stream())
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", patience)
    with progress.Waiting() as waiting:
        waiting("ranking", 1, 3)
        waiting("listing", 2, 3)
    assert ("ranking" in sys.stderr.getvalue()) == shown
