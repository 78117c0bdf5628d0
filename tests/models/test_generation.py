from __future__ import annotations

import math

import pytest
import torch

from vtbr_models.generation import generate
from vtbr_models.textual import EOS, MASK, PAD, SOS


@pytest.fixture
def captioner(captioner):
    # Rows of pixels are the memory: what an untrained backbone sees is much the same in all images.
    captioner.memory = lambda images: images[:, 0, :6]
    for name, parameter in captioner.textual.named_parameters():
        if "cross_attention" in name or "cross_norm.weight" in name:
            parameter.data *= 4
        elif name.endswith("norm.bias"):
            parameter.data *= 0
    return captioner


@pytest.fixture
def images():
    return 3 * torch.randn(6, 3, 64, 32, generator=torch.Generator().manual_seed(1))


def slow_beam_search(model, image, beams, length_penalty):
    """The same search, image by image, computing every prefix from its beginning."""
    memory = model.memory(image[None])
    open_beams, finished = [([SOS], 0.0)], []
    last = model.textual.max_tokens - 1
    for length in range(1, last + 1):
        candidates = []
        for tokens, total in open_beams:
            scores = model.logits(memory, torch.tensor([tokens]))[0, -1]
            scores[[PAD, SOS, MASK]] = -math.inf
            scores = scores.log_softmax(dim=0).tolist()
            candidates += [([*tokens, token], total + score) for token, score in enumerate(scores)]
        candidates.sort(key=lambda candidate: -candidate[1])
        ending = candidates if length == last else candidates[:beams]
        finished += [candidate for candidate in ending if candidate[0][-1] == EOS]
        open_beams = [candidate for candidate in candidates if candidate[0][-1] != EOS][:beams]
        best = max(
            (total / length_of(tokens) ** length_penalty for tokens, total in finished), default=-math.inf
        )
        if len(finished) >= beams or best >= open_beams[0][1] / last**length_penalty:
            break
    tokens, _ = max(finished, key=lambda candidate: candidate[1] / length_of(candidate[0]) ** length_penalty)
    return tuple(tokens[1:-1])


def length_of(tokens):
    return len(tokens) - 1


@torch.inference_mode()
@pytest.mark.parametrize("beams", [1, 2, 5])
@pytest.mark.parametrize("length_penalty", [0.0, 1.0])
def test_cached_search_finds_the_captions_of_the_slow_one(captioner, images, beams, length_penalty):
    found = generate(captioner, images, beams=beams, length_penalty=length_penalty)
    slow = [slow_beam_search(captioner, image, beams, length_penalty) for image in images]
    assert [caption.tokens for caption in found] == slow
    assert len(set(slow)) > 1


@torch.inference_mode()
def test_one_beam_is_greedy_search(captioner, images):
    captions = generate(captioner, images, beams=1)
    for image, caption in zip(images, captions, strict=True):
        tokens = [SOS]
        while len(tokens) < captioner.textual.max_tokens - 1:
            scores = captioner.logits(captioner.memory(image[None]), torch.tensor([tokens]))[0, -1]
            scores[[PAD, SOS, MASK]] = -math.inf
            tokens.append(int(scores.argmax()))
            if tokens[-1] == EOS:
                break
        assert [token for token in tokens[1:] if token != EOS] == list(caption.tokens)


def test_the_log_probability_is_that_of_the_caption(captioner, images):
    captioner.textual.output_bias.data[[PAD, SOS, MASK]] = -1e9
    for caption, image in zip(generate(captioner, images), images, strict=True):
        tokens = torch.tensor([[SOS, *caption.tokens, EOS]])
        scores = captioner.logits(captioner.memory(image[None]), tokens[:, :-1])
        loss = torch.nn.functional.cross_entropy(scores[0], tokens[0, 1:]).item()
        assert caption.score == pytest.approx(-loss, rel=1e-4)
        assert caption.log_probability == pytest.approx(-loss * (len(caption.tokens) + 1), rel=1e-4)


def test_captions_do_not_depend_on_the_batch(captioner, images):
    together = [caption.tokens for caption in generate(captioner, images)]
    assert together == [generate(captioner, image[None])[0].tokens for image in images]


def test_captions_fit_the_positions_even_if_the_model_never_ends_them(captioner, images):
    captioner.textual.output_bias.data[EOS] = -100.0
    for beams in (1, 3):
        lengths = {len(caption.tokens) for caption in generate(captioner, images, beams=beams)}
        assert lengths == {captioner.textual.max_tokens - 2}


def test_a_model_that_ends_at_once_gives_empty_captions(captioner, images):
    captioner.textual.output_bias.data[EOS] = 100.0
    assert {caption.tokens for caption in generate(captioner, images, beams=3)} == {()}


def test_more_beams_than_words_are_allowed(captioner, images):
    assert len(generate(captioner, images, beams=50)) == len(images)


@pytest.mark.gpu
def test_the_gpu_writes_the_captions_of_the_cpu(captioner, images):
    expected = [caption.tokens for caption in generate(captioner, images)]
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        found = generate(captioner.cuda(), images.cuda())
    assert [caption.tokens for caption in found] == expected
