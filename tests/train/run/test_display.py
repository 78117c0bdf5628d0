"""What a terminal shows while a run trains."""

import io
import re

from vtbr_train.errors import say
from vtbr_train.run import Display


class Terminal(io.StringIO):
    """What stderr is on a terminal, 80 columns wide."""

    def isatty(self):
        return True


def test_a_message_is_a_line_of_its_own_above_the_bar(monkeypatch):
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stderr", terminal)
    display = Display("finetune", first_step=1, last_step=9)
    display.start()
    display.advance(1)
    say("step 2 left out, its images are [a].jpg")
    display.close()
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert "finetune" in drawn
    (line,) = (line.rpartition("\r")[2] for line in drawn.split("\n") if "left out" in line)
    assert line == "step 2 left out, its images are [a].jpg"
