import json

import pytest
import torch
from click.testing import CliRunner

from vtbr_train.cli import main
from vtbr_train.errors import InputError
from vtbr_train.hardware import pick_hardware

from .conftest import pretrain_words


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


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_gpu_learns_what_a_cpu_learns(people, recipes, tmp_path, pretrained, precision):
    words = [*pretrain_words(people, recipes, tmp_path / "run"), "--set", f"precision={precision}"]
    result = CliRunner().invoke(main, [*words, "--set", "device=cuda"])
    assert result.exit_code == 0, result.output
    on_cpu = [json.loads(line) for line in (pretrained / "log.jsonl").read_text().splitlines()]
    assert json.loads(result.stdout)["loss"] == pytest.approx(on_cpu[-2]["loss"], rel=0.1)
