from __future__ import annotations

import io

from vtbr_data import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def reported(monkeypatch, stream: io.StringIO, patience_seconds: float) -> str:
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(progress, "_PATIENCE_SECONDS", patience_seconds)
    with progress.progress("drawing") as report:
        report(1, 2)
        report(2, 2)
    return stream.getvalue()


def test_a_bar_is_drawn_on_a_terminal_when_work_takes_long(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    shown = reported(monkeypatch, Terminal(), patience_seconds=-1)
    assert "drawing" in shown
    assert "2/2" in shown


def test_short_work_shows_no_bar(monkeypatch):
    assert reported(monkeypatch, Terminal(), patience_seconds=1000) == ""


def test_a_file_gets_no_bar(monkeypatch):
    assert reported(monkeypatch, io.StringIO(), patience_seconds=-1) == ""
