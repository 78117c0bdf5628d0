from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import distributed
from torch.nn import functional

from vtbr_models.captioner.dual_encoder import DualHead, match

TOKENS = torch.tensor([[1, 7, 2, 0], [1, 8, 9, 2], [1, 7, 2, 0], [1, 6, 2, 0]])


def head_and_vectors(num=4):
    torch.manual_seed(0)
    head = DualHead(8, 6, 5)
    return head, head.embed_images(torch.randn(num, 8)), head.embed_texts(torch.randn(num, 6))


def test_embeddings_are_unit_vectors():
    _, images, texts = head_and_vectors()
    for vectors in (images, texts):
        torch.testing.assert_close(vectors.norm(dim=1), torch.ones(4))


def test_without_anything_in_common_it_is_clips_loss():
    head, images, texts = head_and_vectors()
    tokens = torch.arange(5, 13).reshape(4, 2)
    scores = images @ texts.T / 0.07
    own = torch.arange(4)
    expected = (functional.cross_entropy(scores, own) + functional.cross_entropy(scores.T, own)) / 2
    torch.testing.assert_close(head.loss(images, texts, tokens, None), expected)


def test_the_same_caption_and_the_same_person_are_matches():
    head, images, texts = head_and_vectors()
    identities = torch.tensor([-1, 5, 3, 5])
    matches = match(TOKENS, identities)
    assert matches.int().tolist() == [[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1]]
    logs = [(scores / 0.07).log_softmax(dim=1) for scores in (images @ texts.T, texts @ images.T)]
    expected = sum(-(log[matches].sum() / 2 / 4) for log in logs) / 2
    torch.testing.assert_close(head.loss(images, texts, TOKENS, identities), expected)


@given(st.lists(st.tuples(st.integers(5, 7), st.integers(-1, 2)), min_size=1, max_size=6))
def test_belonging_together_is_mutual_and_everybody_belongs_to_himself(people):
    matches = match(torch.tensor([[word] for word, _ in people]), torch.tensor([who for _, who in people]))
    assert torch.equal(matches, matches.T)
    assert matches.diagonal().all()
    assert matches.tolist() == [
        [word == other_word or (who == other >= 0) for other_word, other in people] for word, who in people
    ]


def test_the_temperature_stops_at_a_hundred():
    head, images, texts = head_and_vectors()
    with torch.no_grad():
        head.log_scale.fill_(9.0)
    tokens = torch.arange(5, 13).reshape(4, 2)
    scores, own = 100 * images @ texts.T, torch.arange(4)
    expected = (functional.cross_entropy(scores, own) + functional.cross_entropy(scores.T, own)) / 2
    torch.testing.assert_close(head.loss(images, texts, tokens, None), expected)


def share_of_the_loss(rank, folder):
    """What DistributedDataParallel would have of two processes: loss and gradients, averaged over both."""
    torch.manual_seed(0)
    head = DualHead(8, 6, 5)
    pooled, read = torch.randn(4, 8), torch.randn(4, 6)
    tokens = [torch.tensor([[1, 7, 2], [1, 8, 2]]), torch.tensor([[1, 7, 2, 0], [1, 6, 9, 2]])]
    identities = torch.tensor([-1, 5, 3, 5])
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2, timeout=timedelta(minutes=1)
    )
    try:
        own = slice(2 * rank, 2 * rank + 2)
        images, texts = head.embed_images(pooled[own]), head.embed_texts(read[own])
        loss = head.loss(images, texts, tokens[rank], identities[own])
        loss.backward()
        found = [loss.detach(), *(parameter.grad for parameter in head.parameters())]
        for value in found:
            distributed.all_reduce(value)
        return [value / 2 for value in found]
    finally:
        distributed.destroy_process_group()


def test_two_processes_have_the_loss_and_gradient_of_one(tmp_path):
    other = subprocess.Popen([sys.executable, __file__, str(tmp_path)])
    found = share_of_the_loss(0, tmp_path)
    assert other.wait(60) == 0
    torch.manual_seed(0)
    head = DualHead(8, 6, 5)
    images, texts = head.embed_images(torch.randn(4, 8)), head.embed_texts(torch.randn(4, 6))
    tokens = torch.tensor([[1, 7, 2, 0], [1, 8, 2, 0], [1, 7, 2, 0], [1, 6, 9, 2]])
    loss = head.loss(images, texts, tokens, torch.tensor([-1, 5, 3, 5]))
    loss.backward()
    expected = [loss.detach(), *(parameter.grad for parameter in head.parameters())]
    torch.testing.assert_close(found, expected)


if __name__ == "__main__":
    share_of_the_loss(1, sys.argv[1])


def test_a_wrong_caption_is_one_more_that_its_own_image_must_not_match():
    head, images, texts = head_and_vectors()
    wrong = head.embed_texts(torch.randn(4, 6))
    tokens, own = torch.arange(5, 13).reshape(4, 2), torch.arange(4)
    is_wrong = torch.tensor([True, True, False, True])
    extra = ((images * wrong).sum(dim=1) / 0.07).masked_fill(~is_wrong, -torch.inf)
    to_texts = torch.cat([images @ texts.T / 0.07, extra[:, None]], dim=1)
    expected = (
        functional.cross_entropy(to_texts, own) + functional.cross_entropy(texts @ images.T / 0.07, own)
    ) / 2
    found = head.loss(images, texts, tokens, None, wrong_texts=wrong, is_wrong=is_wrong)
    torch.testing.assert_close(found, expected)
    none_wrong = head.loss(
        images, texts, tokens, None, wrong_texts=wrong, is_wrong=torch.zeros(4, dtype=torch.bool)
    )
    torch.testing.assert_close(none_wrong, head.loss(images, texts, tokens, None))
