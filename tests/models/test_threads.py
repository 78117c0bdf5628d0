"""Threads leave the cores of a busy machine to others, unless the user says how they run."""

import pytest

from vtbr_models import threads
from vtbr_models.threads import Usage


@pytest.fixture
def machine(monkeypatch):
    """A machine of 4 cores whose usage is that of a list."""
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    readings = []
    monkeypatch.setattr(threads, "num_cores", lambda: 4)
    monkeypatch.setattr(threads, "usage", lambda: readings.pop(0))
    monkeypatch.setattr(threads.time, "sleep", lambda seconds: None)
    return readings


def test_what_others_use_is_what_the_machine_used_without_this_process():
    assert Usage(13.0, 5.0, 102.0).others_since(Usage(10.0, 4.0, 100.0)) == pytest.approx(1.0)


@pytest.mark.parametrize(("others", "policy"), [(0.1, None), (1.5, None), (1.7, "PASSIVE"), (4.0, "PASSIVE")])
def test_threads_sleep_where_others_use_the_machine(machine, monkeypatch, others, policy):
    monkeypatch.setenv("OMP_WAIT_POLICY", "")
    monkeypatch.delenv("OMP_WAIT_POLICY")
    machine += [Usage(10.0, 1.0, 0.0), Usage(11.0 + others, 2.0, 1.0)]
    threads.prepare_threads()
    assert threads.os.environ.get("OMP_WAIT_POLICY") == policy


@pytest.mark.parametrize("name", ["OMP_WAIT_POLICY", "OMP_NUM_THREADS", "GOMP_SPINCOUNT"])
def test_what_the_environment_says_is_left_alone(machine, monkeypatch, name):
    monkeypatch.setenv(name, "1")
    threads.prepare_threads()  # reads nothing: the list of readings is empty
    assert threads.ThreadWatch().look() is None


def test_a_run_gives_cores_up_while_others_use_them(machine, monkeypatch):
    numbers = []
    monkeypatch.setattr(threads, "set_threads", lambda number: numbers.append(number))
    machine += [
        Usage(0.0, 0.0, -100.0),
        Usage(50.0, 10.0, -80.0),
        Usage(90.0, 45.0, -60.0),
        Usage(91.0, 45.0, -40.0),
    ]
    watch = threads.ThreadWatch()
    for _ in range(3):
        watch.look()
    assert numbers == [2, 4, 4]


def test_reading_batches_gives_cores_up_while_others_use_them(machine, monkeypatch):
    numbers = []
    monkeypatch.setattr(threads, "set_threads", lambda number: numbers.append(number))
    machine += [Usage(0.0, 0.0, -100.0), Usage(50.0, 10.0, -80.0), Usage(51.0, 11.0, -60.0)]
    assert list(threads.leaving_cores("ab")) == ["a", "b"]
    assert numbers == [2, 4]
