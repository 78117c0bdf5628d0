from __future__ import annotations

import pytest
import torch

from vtbr_models.captioner import CaptionTraining, inverse_frequency
from vtbr_models.captioner.heads import TokenHead
from vtbr_models.captioner.training import hide_words, keep_cells
from vtbr_models.checkpoint.architecture import build_model

TOKENS = torch.tensor([[1, 7, 8, 9, 2, 0], [1, 6, 2, 0, 0, 0]])
OTHERS = torch.tensor([[1, 9, 7, 6, 2, 0], [1, 8, 2, 0, 0, 0]])  # other words of the same lengths


@pytest.fixture(scope="module")
def images():
    return torch.randn(2, 3, 64, 32, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def captioner():
    torch.manual_seed(0)
    textual = {"name": "L1_H32_A2_F64", "vocabulary_size": 12, "max_tokens": 8, "dropout": 0.0}
    return build_model({"model": "captioner", "visual": {"name": "resnet10"}, "textual": textual}).train()


def test_a_parallel_batch_learns_from_the_image_alone(captioner, images):
    """The decoders read the same whatever the words are: only the words asked for differ."""
    captioner.eval()
    memory = captioner.memory(images)
    reads = [captioner.textual.read(memory, hide_words(tokens)) for tokens in (TOKENS, OTHERS)]
    assert torch.equal(*reads)
    plain = [captioner.textual.read(memory, tokens) for tokens in (TOKENS, OTHERS)]
    assert not torch.allclose(*plain)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_share_of_parallel_batches_is_kept(captioner, images, share):
    captioner.training_options = CaptionTraining(parallel_share=share)
    found = captioner(images, TOKENS)["forward_loss"]
    captioner.training_options = CaptionTraining()
    given = hide_words(TOKENS[:, :-1]) if share else TOKENS[:, :-1]
    grid = captioner.visual(images)
    scores = captioner.logits(captioner.textual.memory(grid), given)
    words = TOKENS[:, 1:]
    expected = torch.nn.functional.cross_entropy(scores[words != 0], words[words != 0])
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_in_evaluation_every_word_and_cell_is_seen(captioner, images):
    captioner.eval()
    plain = captioner(images, TOKENS)
    captioner.training_options = CaptionTraining(parallel_share=1, visual_share=0.3)
    for name, loss in captioner(images, TOKENS).items():
        assert torch.equal(loss, plain[name])


def test_draws_repeat_with_the_seed_and_plain_training_draws_nothing(captioner, images):
    captioner.training_options = CaptionTraining(parallel_share=0.5, visual_share=0.5)
    losses = []
    for _ in range(2):
        torch.manual_seed(5)
        losses.append([captioner(images, TOKENS)["loss"].item() for _ in range(4)])
    assert losses[0] == losses[1]
    captioner.training_options = CaptionTraining()
    state = torch.get_rng_state()
    captioner(images, TOKENS)
    assert torch.equal(torch.get_rng_state(), state)


def test_cells_are_kept_in_their_order_for_each_image_alone():
    memory = torch.arange(12.0).reshape(1, 12, 1).repeat(3, 1, 2)
    torch.manual_seed(0)
    kept = keep_cells(memory, 0.33)
    assert kept.shape == (3, 4, 2)
    assert (kept[:, 1:, 0] > kept[:, :-1, 0]).all()
    assert len({tuple(row.tolist()) for row in kept[:, :, 0]}) > 1
    assert keep_cells(memory, 1.0) is memory
    assert keep_cells(memory, 0.01).shape[1] == 1


@pytest.mark.parametrize("options", [{"parallel_share": 1.5}, {"parallel_share": -1}, {"visual_share": 0}])
def test_shares_out_of_their_limits_are_refused(options):
    with pytest.raises(ValueError, match="must be"):
        CaptionTraining(**options)


def test_rare_words_weigh_more_and_in_training_alone():
    torch.manual_seed(0)
    head = TokenHead(4, 12)
    pooled = torch.randn(2, 4)
    plain = head.loss(pooled, TOKENS)
    head.word_weights = inverse_frequency([[1, 7, 8, 2], [1, 7, 9, 2], [1, 7, 2], [6]], 12)
    weighted = head.train().loss(pooled, TOKENS)
    log_probability = head(pooled).log_softmax(dim=-1)
    first = head.word_weights[[7, 8, 9]]
    expected = -(log_probability[0, [7, 8, 9]] * first).sum() / first.sum() - log_probability[1, 6]
    torch.testing.assert_close(weighted, expected / 2)
    assert torch.equal(head.eval().loss(pooled, TOKENS), plain)


def test_a_word_of_every_caption_weighs_nothing_and_special_tokens_neither():
    weights = inverse_frequency([[1, 7, 2], [1, 7, 8, 2]], 10)
    assert weights[7] == 0
    assert weights[8] > 0
    assert (weights[:5] == 0).all()
