from __future__ import annotations

import torch

from vtbr_models.captioner.masking import mask_words

NUM_WORDS = 1000


def captions(num_captions):
    words = torch.randint(5, NUM_WORDS, (num_captions, 20))
    words[:, 0], words[:, 15], words[:, 16:] = 1, 2, 0
    return words


def test_a_share_of_fifteen_percent_is_chosen_and_most_of_it_masked():
    torch.manual_seed(0)
    tokens = captions(4000)
    gaps, is_chosen = mask_words(tokens, NUM_WORDS, is_training=True)
    num_words, num_chosen = 4000 * 14, is_chosen.sum().item()
    assert abs(num_chosen / num_words - 0.15) < 0.005
    chosen_gaps, chosen_words = gaps[is_chosen], tokens[is_chosen]
    assert abs((chosen_gaps == 3).float().mean() - 0.85) < 0.015
    assert abs(((chosen_gaps != 3) & (chosen_gaps != chosen_words)).float().mean() - 0.10) < 0.015
    assert abs((chosen_gaps == chosen_words).float().mean() - 0.05) < 0.015


def test_only_words_are_chosen_and_only_the_chosen_change():
    tokens = captions(500)
    gaps, is_chosen = mask_words(tokens, NUM_WORDS, is_training=True)
    assert (tokens[is_chosen] >= 4).all()
    assert torch.equal(gaps[~is_chosen], tokens[~is_chosen])
    assert ((gaps[is_chosen] == 3) | (gaps[is_chosen] >= 5)).all()


def test_a_caption_without_words_is_left_alone():
    tokens = torch.tensor([[1, 2, 0]])
    gaps, is_chosen = mask_words(tokens, NUM_WORDS, is_training=True)
    assert torch.equal(gaps, tokens)
    assert not is_chosen.any()
