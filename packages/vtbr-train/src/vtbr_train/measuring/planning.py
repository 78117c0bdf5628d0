"""What a run will need before it begins: parameters, FLOPs, memory, and time on one, 8 and 64 GPUs.

Counted: FLOPs of one forward pass, twice as many backwards (three passes a step). Measured here: two steps
and the memory they took. Assumed, and said in the output: the peak of a GPU and the share of it reached.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import torch

from ..run import num_parameters, peak_memory_gb
from ..step import Step, count_flops, read_batches

if TYPE_CHECKING:
    from ..task import Task

_PEAK_FLOPS = 312e12
"""Of one A100, dense bfloat16, as its data sheet says."""
_REACHED = 0.2
"""Share of the peak that a step of a ResNet reaches, much of which waits for memory: an assumption."""
_SCALING = 0.95
"""What each of several GPUs keeps of its speed alone: an assumption."""


def plan(task: Task) -> dict[str, Any]:
    """Run two steps of `task`, saving nothing, and say what the whole run would take.

    Of several processes the first alone has something to say.
    """
    hardware, parts = task.hardware, task.config.engine.accumulate
    batches = list(read_batches(task, first_step=1, last_step=2, workers=0))
    task.module.train()
    step_flops = count_flops(task, batches[0]) * task.images_per_step
    training = Step(task)
    step_seconds = 0.0
    for step in (1, 2):
        begun = time.perf_counter()
        training.gather(iter(batches[(step - 1) * parts : step * parts]))
        task.optimizer.step(step)
        if hardware.has_gpu:
            torch.cuda.synchronize()
        step_seconds = time.perf_counter() - begun  # of the second, warmed-up one
    if not task.world.is_first:
        return {}
    parameters = num_parameters(task.model)
    state_bytes = sum(
        tensor.numel() * tensor.element_size()
        for state in task.optimizer.inner.state.values()
        for tensor in state.values()
        if isinstance(tensor, torch.Tensor)
    )
    return {
        "parameters": parameters,
        "images_per_step": task.images_per_step,
        "steps": task.last_step,
        "step_flops": step_flops,
        "optimizer_state_gb": round(state_bytes / 1e9, 3),
        "peak_memory_gb": round(peak_memory_gb(hardware.device), 2),
        "here": {
            "device": str(hardware.device),
            "processes": task.world.size,
            "step_seconds": round(step_seconds, 3),
            "images_per_second": round(task.images_per_step / step_seconds, 1),
            "hours": round(step_seconds * task.last_step / 3600, 2),
        },
        "gpus": {str(count): _on_gpus(task, step_flops, count) for count in (1, 8, 64)},
        "assumptions": {"gpu": "A100", "peak_flops": _PEAK_FLOPS, "reached": _REACHED, "scaling": _SCALING},
    }


def _on_gpus(task: Task, step_flops: float, count: int) -> dict[str, float]:
    """Time of the whole run on `count` GPUs, the batch split among them."""
    seconds = step_flops / (_PEAK_FLOPS * _REACHED * count * (_SCALING if count > 1 else 1))
    hours = seconds * task.last_step / 3600
    found = {"step_seconds": seconds, "hours": hours, "gpu_hours": hours * count}
    return {name: float(f"{value:.4g}") for name, value in found.items()}
