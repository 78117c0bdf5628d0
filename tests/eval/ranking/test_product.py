"""On another device the products differ in their last digits, the scores not at all."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.files import write_features
from vtbr_eval.pairing import pair
from vtbr_eval.protocol import Protocol, Rerank
from vtbr_eval.ranking.product import CPU, product_on
from vtbr_eval.ranking.ranks import match_ranks
from vtbr_eval.ranking.rerank import taken_from_reranked
from vtbr_eval.ranking.space import Space

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


@pytest.fixture(params=DEVICES)
def torch_product(request):
    """torch's product; skips where torch is missing."""
    pytest.importorskip("torch")
    from vtbr_eval.ranking.torch_product import TorchProduct

    return TorchProduct(request.param)


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
@pytest.mark.parametrize("spread", [1.0, 1e-6])
def test_ranks_on_a_device_are_those_of_numpy(random_table, with_features, torch_product, distance, spread):
    table = random_table(11, num_images=120, width=40)
    table = with_features(table, (1 + spread * table.features).astype(np.float32))
    pairing, space = pair(table, Protocol()), Space(table, distance)
    expected = [r.tolist() for r in match_ranks(space, pairing)]
    space.product = torch_product
    assert [r.tolist() for r in match_ranks(space, pairing)] == expected


def test_reranked_distances_on_a_device_are_those_of_numpy(random_table, torch_product):
    vectors = random_table(5, num_images=150, width=16).features
    rows = [
        np.array(list(taken_from_reranked(vectors, 40, Rerank(), np.arange(40), lambda _, row: row, product)))
        for product in (product_on(CPU), torch_product)
    ]
    assert np.abs(rows[0] - rows[1]).max() < 1e-6


@pytest.mark.gpu
def test_scores_on_a_gpu_are_those_on_the_cpu(random_table):
    table = random_table(3, num_images=400, width=64)
    for protocol in (Protocol(), Protocol(rerank=Rerank())):
        assert evaluate(table, protocol, device="cuda").to_json() == evaluate(table, protocol).to_json()


def test_a_device_that_is_not_there_is_named():
    pytest.importorskip("torch")
    with pytest.raises(InputError, match="torch cannot use the device 'nowhere'"):
        product_on("nowhere")


def test_without_torch_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "vtbr_eval.ranking.torch_product", raising=False)
    with pytest.raises(InputError, match=r"needs torch: type `pip install 'vtbr-eval\[gpu\]'`"):
        product_on("cuda")


@pytest.mark.parametrize("command", [["reid"], ["rerank"], ["report"]])
def test_no_command_loads_torch_unless_asked_to(tmp_path, table, command):
    write_features(table, tmp_path / "features.safetensors")
    program = (
        "import sys; from vtbr_eval.cli import main; main(sys.argv[1:], standalone_mode=False); "
        "assert not {'torch', 'cupy', 'vtbr_eval.ranking.torch_product'} & set(sys.modules)"
    )
    arguments = [*command, str(tmp_path / "features.safetensors"), "-o", str(tmp_path / "out")]
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
