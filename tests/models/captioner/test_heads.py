from __future__ import annotations

import torch
from torch.nn import functional

from vtbr_models.captioner.attributes import AttributeVocabulary
from vtbr_models.captioner.heads import AttributeHead, IdentityHead, TokenHead

POOLED = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))


def test_words_count_once_each_and_special_tokens_not():
    torch.manual_seed(0)
    head = TokenHead(8, 12)
    tokens = torch.tensor([[1, 7, 9, 7, 2, 0], [1, 4, 2, 0, 0, 0], [1, 11, 2, 0, 0, 0]])
    log_probability = head(POOLED).log_softmax(dim=1)
    first = -(log_probability[0, 7] + log_probability[0, 9]) / 2
    expected = (first - log_probability[2, 11]) / 2  # the second image has no word that is known
    torch.testing.assert_close(head.loss(POOLED, tokens), expected)


def test_attributes_are_each_a_softmax_and_the_unknown_are_left_out():
    torch.manual_seed(0)
    head = AttributeHead(8, AttributeVocabulary({"colour": ["blue", "red", "white"], "bag": [False, True]}))
    attributes = torch.tensor([[1, 2], [-1, 0], [-1, -1]])  # bag, colour
    scores = head(POOLED)
    parts = [
        functional.cross_entropy(scores[0, :2], torch.tensor(1)),
        functional.cross_entropy(scores[0, 2:], torch.tensor(2)),
        functional.cross_entropy(scores[1, 2:], torch.tensor(0)),
    ]
    torch.testing.assert_close(head.loss(POOLED, attributes), sum(parts) / 3)
    assert head.loss(POOLED, torch.full((3, 2), -1)).item() == 0
    assert head.predict(POOLED).tolist() == [
        [row[:2].argmax().item(), row[2:].argmax().item()] for row in scores
    ]


def test_nobody_known_is_no_loss_and_no_nan():
    head = IdentityHead(8, 4)
    assert head.loss(POOLED, torch.tensor([-1, -1, -1])).item() == 0


def test_identities_are_told_by_the_smoothed_loss_of_the_known():
    head = IdentityHead(8, 4).eval()
    classes = torch.tensor([2, -1, 0])
    scores = head.classifier(head.neck(POOLED))[[0, 2]]
    expected = functional.cross_entropy(scores, classes[[0, 2]], label_smoothing=0.1)
    torch.testing.assert_close(head.loss(POOLED, classes), expected)
