from __future__ import annotations

import pytest
import torch

from vtbr_models.decoding import generate
from vtbr_models.decoding.packed_linear import FEW_ROWS, PackedLinear, pack_decoders


@pytest.fixture
def images():
    return 3 * torch.randn(6, 3, 64, 32, generator=torch.Generator().manual_seed(1))


def test_packed_matrices_give_the_scores_of_plain_ones_in_few_rows_and_many():
    torch.manual_seed(0)
    linear = torch.nn.Linear(24, 40)
    packed = PackedLinear(linear.weight, linear.bias)
    with torch.inference_mode():
        for rows in (1, 8, FEW_ROWS, FEW_ROWS + 1):
            x = torch.randn(rows, 24)
            assert torch.allclose(packed(x), linear(x), atol=1e-5)
        with torch.autocast("cpu", torch.bfloat16):
            assert packed(x[:2]).dtype == torch.bfloat16
        assert packed(x[:6].view(2, 3, 24)).shape == (2, 3, 40)


def test_a_laid_out_head_keeps_its_names_and_its_words(captioner, images):
    words, state = generate(captioner, images), captioner.state_dict()
    before = {name: tensor.clone() for name, tensor in state.items()}
    pack_decoders(captioner.textual)
    assert [[c.tokens for c in found] for found in generate(captioner, images)] == [
        [c.tokens for c in found] for found in words
    ]
    after = captioner.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_where_torch_cannot_pack_a_head_stays_as_it_was(captioner, monkeypatch):
    monkeypatch.setattr("vtbr_models.decoding.packed_linear._can_pack", lambda: False)
    kinds = [type(module) for module in captioner.textual.modules()]
    pack_decoders(captioner.textual)
    assert [type(module) for module in captioner.textual.modules()] == kinds
