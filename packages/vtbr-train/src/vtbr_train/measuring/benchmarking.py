"""Where a run's time goes: the network alone, the data alone, and both, against the hardware's peak."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import torch

from ..step import Step, count_flops, part_size, read_batches

if TYPE_CHECKING:
    from ..engine import Hardware
    from ..task import Task

_PEAK_SIZE = {"cpu": 2048, "cuda": 8192}
"""Of the square matrices whose product tells the peak."""
_ROUNDS = 3
_NEAR = 0.9
"""Two speeds this near to one another limit a run together."""


def benchmark(task: Task, *, steps: int) -> dict[str, Any]:
    """Time `steps` steps of a task after one warm-up, several times each way in turn, saving nothing.

    The best of each counts: what else the machine does can only make it slower.

    Images a second of `floor` (forward and backward of the run's batches, which lie on the device), `step`
    (with the optimizer), `data` (reading and augmenting alone) and `end_to_end`: captions differ in length,
    so each way has the same batches. Then what limits the run, and the share of the peak of a large matrix
    product that the floor reaches.
    """
    hardware, size = task.hardware, part_size(task)
    last_step = steps + 1
    resident = list(read_batches(task, first_step=1, last_step=last_step, accumulate=1))
    task.module.train()
    image_flops = count_flops(task, resident[0])
    training = Step(task)

    def floor(batch: Any) -> None:
        training.backward(batch)
        for parameter in task.module.parameters():
            parameter.grad = None

    def step(batch: Any) -> None:
        training.backward(batch)
        task.optimizer.step(1)

    def read() -> Iterator[Any]:
        return read_batches(task, first_step=1, last_step=last_step, accumulate=1)

    ways: dict[str, tuple[Callable[[], Iterator[Any]], Callable[[Any], None]]] = {
        "floor": (lambda: iter(resident), floor),
        "step": (lambda: iter(resident), step),
        "data": (read, lambda batch: None),
        "end_to_end": (read, step),
    }
    seconds = dict.fromkeys(ways, float("inf"))
    for _ in range(_ROUNDS):
        for name, (begin, use) in ways.items():
            batches = begin()
            seconds[name] = min(seconds[name], _seconds(lambda: use(next(batches)), steps, hardware))  # noqa: B023
    speeds = {name: size / best for name, best in seconds.items()}
    peak = peak_flops(hardware)
    return {
        "device": str(hardware.device),
        "precision": str(hardware.precision).removeprefix("torch."),
        "images_per_second": {name: round(speed, 2) for name, speed in speeds.items()},
        "of_floor": round(speeds["end_to_end"] / speeds["floor"], 3),
        "limit": _limit(speeds, str(hardware.device.type)),
        "image_gflops": round(image_flops / 1e9, 3),
        "peak_gflops": round(peak / 1e9, 1),
        "of_peak": round(speeds["floor"] * image_flops / peak, 3),
    }


def peak_flops(hardware: Hardware) -> float:
    """Return floating-point operations a second of a large square matrix product in the run's precision."""
    length = _PEAK_SIZE[hardware.device.type]
    square = torch.ones(length, length, device=hardware.device, dtype=hardware.precision)
    seconds = min(_seconds(lambda: square @ square, 2, hardware) for _ in range(3))
    return float(2 * length**3 / seconds)


def _seconds(run: Callable[[], Any], times: int, hardware: Hardware) -> float:
    """Return seconds of one `run`, the mean of several after one that does not count."""
    run()
    _finish(hardware)
    begun = time.perf_counter()
    for _ in range(times):
        run()
    _finish(hardware)
    return (time.perf_counter() - begun) / times


def _finish(hardware: Hardware) -> None:
    if hardware.has_gpu:
        torch.cuda.synchronize()


def _limit(speeds: dict[str, float], device: str) -> str:
    """Return in words what a faster machine would need more of."""
    if speeds["data"] < _NEAR * speeds["step"]:
        return "reading: more data.workers, smaller pictures (`vtbr-data pack --resize`), or faster storage"
    if speeds["end_to_end"] < _NEAR * speeds["step"] and device == "cpu":
        return "reading and computing share the same cores"
    return f"computing: the {device} is busy all the time"
