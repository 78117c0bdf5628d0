from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vtbr_models.captioner.captioner import reverse
from vtbr_models.captioner.textual import EOS, PAD, SOS
from vtbr_models.checkpoint import build_model

TOKENS = torch.tensor([[1, 7, 8, 9, 2, 0, 0], [1, 6, 2, 0, 0, 0, 0], [1, 5, 6, 7, 8, 9, 2]])


@pytest.fixture
def images():
    return torch.randn(3, 3, 64, 32, generator=torch.Generator().manual_seed(1))


def test_the_loss_is_the_sum_of_both_directions(captioner, images):
    losses = captioner(images, TOKENS)
    torch.testing.assert_close(losses["loss"], losses["forward_loss"] + losses["backward_loss"])
    assert losses["forward_loss"] != losses["backward_loss"]


@pytest.mark.parametrize("direction", ["forward_loss", "backward_loss"])
def test_a_batch_has_the_loss_of_its_images_one_by_one_weighted_by_their_tokens(captioner, images, direction):
    predicted = (TOKENS != PAD).sum(dim=1) - 1
    alone = []
    for image, tokens, count in zip(images, TOKENS, predicted, strict=True):
        losses = captioner(image[None], tokens[None, : count + 1])  # and so without padding
        alone.append(losses[direction] * count)
    torch.testing.assert_close(captioner(images, TOKENS)[direction], sum(alone) / predicted.sum())


@pytest.mark.parametrize("backward", [False, True])
def test_leaving_padding_out_changes_neither_loss_nor_gradients(captioner, images, backward):
    captioner.double()
    given, words = TOKENS[:, :-1], TOKENS[:, 1:]

    def gradients(loss):
        captioner.zero_grad()
        loss.backward()
        return loss, {name: p.grad for name, p in captioner.named_parameters() if p.grad is not None}

    packed = gradients(captioner._caption_loss(captioner.memory(images.double()), TOKENS, backward=backward))
    read = captioner.textual.read(captioner.memory(images.double()), given, backward=backward)
    padded = gradients(captioner._loss_of_all(read, words, words != PAD))  # as a GPU does
    torch.testing.assert_close(packed, padded)


def test_no_token_attends_to_padding(captioner, images):
    before = captioner(images, TOKENS)["loss"].item()
    with torch.no_grad():
        captioner.textual.embedding.token.weight[PAD] += 5.0
        # The padding's row is also an output weight: take it out of the softmax on both sides.
        captioner.textual.output_bias[PAD] = -1e9
    after = captioner(images, TOKENS)["loss"].item()
    with torch.no_grad():
        captioner.textual.embedding.token.weight[PAD] = 0.0
    assert after == captioner(images, TOKENS)["loss"].item()
    assert after != before


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("position", range(6))
def test_a_score_depends_on_no_token_that_comes_later(captioner, images, backward, position):
    memory = captioner.memory(images[:1])
    embedded = captioner.textual.embedding(torch.tensor([[1, 5, 6, 7, 8, 9]])).detach().requires_grad_()
    decoder = captioner.textual.backward_decoder if backward else captioner.textual.forward_decoder
    decoder(embedded, memory)[0, position].square().sum().backward()
    reached = embedded.grad.abs().sum(dim=2)[0] > 0
    assert reached.tolist() == [index <= position for index in range(6)]


def test_the_backward_decoder_sees_the_caption_from_its_end(captioner, images):
    same_end = TOKENS[2:].clone()
    same_end[0, 1] = 10
    memory = captioner.memory(images[:1])
    first, second = (
        captioner.logits(memory, reverse(tokens), backward=True) for tokens in (TOKENS[2:], same_end)
    )
    torch.testing.assert_close(first[:, :5], second[:, :5], rtol=0, atol=0)
    assert not torch.equal(first[:, 5], second[:, 5])


def test_the_directions_have_decoders_of_their_own(captioner, images):
    losses = captioner(images, TOKENS)
    losses["forward_loss"].backward()
    textual = captioner.textual
    assert all(parameter.grad is None for parameter in textual.backward_decoder.parameters())
    assert all(parameter.grad is not None for parameter in textual.forward_decoder.parameters())
    assert textual.projection.weight.grad is not None
    assert captioner.visual.conv1.weight.grad is not None


def test_a_few_steps_learn_a_caption(captioner, images):
    captioner.train()
    optimizer = torch.optim.SGD(captioner.textual.parameters(), lr=0.05)
    first = captioner(images, TOKENS)["loss"].item()
    for _ in range(10):
        loss = captioner(images, TOKENS)["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < first


@given(st.lists(st.lists(st.integers(5, 20), max_size=6), min_size=1, max_size=4))
def test_reversing_is_reading_each_caption_from_its_end(captions):
    rows = [[SOS, *caption, EOS] for caption in captions]
    length = max(map(len, rows)) + 1
    tokens = torch.tensor([row + [PAD] * (length - len(row)) for row in rows])
    expected = [row[::-1] + [PAD] * (length - len(row)) for row in rows]
    assert reverse(tokens).tolist() == expected
    assert torch.equal(reverse(reverse(tokens)), tokens)


@pytest.mark.gpu
def test_the_gpu_gives_the_losses_of_the_cpu(captioner, images):
    expected = captioner(images, TOKENS)["loss"]
    found = captioner.cuda()(images.cuda(), TOKENS.cuda())["loss"]
    torch.testing.assert_close(found.cpu(), expected, rtol=1e-2, atol=1e-2)  # TF32 in convolutions


def test_in_bfloat16_batches_of_captions_come_in_few_sizes_and_lose_nothing(monkeypatch):
    torch.manual_seed(0)
    visual = {"name": "resnet10"}
    textual = {"name": "L1_H64", "vocabulary_size": 50, "max_tokens": 12, "dropout": 0.0}
    model = build_model({"model": "captioner", "visual": visual, "textual": textual}).train()
    sizes = set()
    scores = model.textual.scores
    monkeypatch.setattr(model.textual, "scores", lambda read: sizes.add(len(read)) or scores(read))
    for seed in range(8):
        generator = torch.Generator().manual_seed(seed)
        lengths = torch.randint(3, 12, (16,), generator=generator)
        tokens = torch.randint(5, 50, (16, 12), generator=generator)
        tokens[torch.arange(12) >= lengths[:, None]] = 0
        images = torch.randn(16, 3, 32, 32, generator=generator)
        with torch.autocast("cpu", torch.bfloat16):
            mixed = model(images, tokens)["loss"]
        torch.testing.assert_close(mixed, model(images, tokens)["loss"], rtol=0.02, atol=0.02)
    assert len({size for size in sizes if size % 64 == 0}) <= 3
