"""Work done by several processes."""

from __future__ import annotations

import signal
from functools import partial

import pytest

from vtbr_data.processes import in_processes


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows has no signal masks")
def test_processes_start_deaf_to_ctrl_c_and_their_parent_hears_it():
    blocked = partial(signal.pthread_sigmask, signal.SIG_BLOCK)
    assert all(signal.SIGINT in mask for mask in in_processes(blocked, [(), ()], workers=2))
    assert signal.SIGINT not in blocked(())


def test_results_come_in_the_order_of_their_tasks():
    assert list(in_processes(abs, range(-20, 0), workers=2)) == list(range(20, 0, -1))
