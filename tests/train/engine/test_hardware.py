import json
import subprocess
import sys

import pytest
import torch

from vtbr_train.engine.hardware import pick_hardware
from vtbr_train.errors import InputError

from ..runs import invoke, pretrain_words, read_log


def test_a_missing_gpu_is_said():
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(InputError, match="torch sees no GPU here: use --set device=auto"):
        pick_hardware("cuda", "auto")


def test_float16_on_a_cpu_is_refused():
    with pytest.raises(InputError, match="use bfloat16 or float32 on a CPU"):
        pick_hardware("cpu", "float16")


def test_float32_is_not_autocast():
    with pick_hardware("cpu", "float32").autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
    with pick_hardware("cpu", "bfloat16").autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16


PAGES_OF_A_STEP = """
import ctypes
import resource
import torch
from vtbr_train.engine.engine import EngineConfig, hardware_for
from vtbr_train.engine.world import World

hardware_for(EngineConfig(keep_memory={keeps}), "cpu", "float32", World())
ctypes.CDLL(None).prctl(41, 1, 0, 0, 0)  # no huge pages: they would be counted as one
torch.ones(2**24)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
torch.ones(2**24 - 2**12)  # fits where the first lay, aligned or not
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone keeps memory")
@pytest.mark.parametrize(("keeps", "fewest", "most"), [(True, 0, 1_000), (False, 10_000, 20_000)])
def test_a_step_takes_the_memory_of_the_last_one(keeps, fewest, most):
    line = [sys.executable, "-c", PAGES_OF_A_STEP.format(keeps=keeps)]
    pages = int(subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout)
    assert fewest <= pages <= most  # of 16,384 that are written


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_gpu_learns_what_a_cpu_learns(people, recipes, tmp_path, pretrained, precision):
    words = [*pretrain_words(people, recipes, tmp_path / "run"), "--set", f"precision={precision}"]
    result = invoke(*words, "--set", "device=cuda")
    assert result.exit_code == 0, result.output
    on_cpu = [line["loss"] for line in read_log(pretrained)]
    assert json.loads(result.stdout)["loss"] == pytest.approx(on_cpu[-1], rel=0.1)
