from __future__ import annotations

import pytest
import torch

from vtbr_models.applications.explanation.words import attention, gradients
from vtbr_models.checkpoint.architecture import build_model
from vtbr_models.decoding.scoring import score

IDS = [5, 6, 7, 8]  # "a person in red"


@pytest.fixture
def grid(captioner):
    torch.manual_seed(1)
    with torch.no_grad():
        return captioner.visual(torch.randn(1, 3, 64, 64))[0]


@pytest.mark.parametrize("method", [gradients, attention])
def test_words_have_the_likelihoods_that_captions_are_scored_by(captioner, method):
    torch.manual_seed(1)
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        found = method(captioner.textual, captioner.visual(images)[0], IDS)
        both = [score(captioner, images, [IDS], backward=backward).item() for backward in (False, True)]
        ends = []
        for backward, tokens in ((False, [1, *IDS]), (True, [2, *reversed(IDS)])):
            logits = captioner.logits(captioner.memory(images), torch.tensor([tokens]), backward=backward)
            ends.append(logits[0, -1].log_softmax(dim=-1)[1 if backward else 2].item())
    expected = (sum(both) - sum(ends)) / 2  # scores count the end, which is no word
    assert found.log_likelihood.sum().item() == pytest.approx(expected, abs=1e-3)


def test_attention_sums_to_one(captioner, grid):
    found = attention(captioner.textual, grid, IDS)
    assert found.maps.shape == (4, *grid.shape[1:])
    torch.testing.assert_close(found.maps.sum(dim=(1, 2)), torch.ones(4))


def test_a_gradient_map_says_what_a_small_change_of_a_place_does(captioner, grid):
    found = gradients(captioner.textual, grid, IDS)
    changed, step = grid.clone(), 1e-3
    changed[:, 1, 0] *= 1 + step
    after = gradients(captioner.textual, changed, IDS)
    rate = (after.log_likelihood - found.log_likelihood) / step
    torch.testing.assert_close(rate, found.maps[:, 1, 0], atol=2e-2, rtol=5e-2)


def test_a_model_that_writes_forwards_only_is_read_forwards(captioner_architecture, grid):
    torch.manual_seed(0)
    model = build_model({**captioner_architecture, "objectives": {"captioning": {}}}).eval()
    for method in (gradients, attention):
        assert method(model.textual, grid, IDS).maps.shape == (4, 2, 2)
