"""Work done by several processes."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path

import pytest

from vtbr_data.processes import in_processes


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows has no signal masks")
def test_processes_start_deaf_to_ctrl_c_and_their_parent_hears_it():
    blocked = partial(signal.pthread_sigmask, signal.SIG_BLOCK)
    assert all(signal.SIGINT in mask for mask in in_processes(blocked, [(), ()], workers=2))
    assert signal.SIGINT not in blocked(())


def test_results_come_in_the_order_of_their_tasks():
    assert list(in_processes(abs, range(-20, 0), workers=2)) == list(range(20, 0, -1))


@pytest.mark.parametrize("first_alone", [True, False])
@pytest.mark.parametrize("count", [0, 1, 20])
def test_a_first_task_may_be_done_before_the_others_begin(tmp_path, first_alone, count):
    tasks = [tmp_path / str(number) for number in range(count)]
    seen = list(in_processes(note_and_look, tasks, workers=2, first_alone=first_alone))
    assert len(seen) == count
    assert not first_alone or not count or seen[0] == 1


def note_and_look(path: Path) -> int:
    """Leave a note, and count those that are there."""
    path.touch()
    return len(list(path.parent.iterdir()))
