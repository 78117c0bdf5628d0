from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vtbr_models.captioner.textual import EOS, MASK, PAD, SOS
from vtbr_models.decoding import sampling as sampling_module
from vtbr_models.decoding.beam_search import BeamSearch
from vtbr_models.decoding.generation import generate
from vtbr_models.decoding.sampling import Sampling, draw


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


def slow_log_probabilities(model, memory, tokens, backward):
    """Of what follows `tokens`, the whole prefix computed anew."""
    scores = model.logits(memory, torch.tensor([tokens]), backward=backward)[0, -1].log_softmax(dim=0)
    scores[[PAD, tokens[0], MASK]] = -math.inf
    return scores


def slow_beam_search(model, image, search):
    """The same search, image by image, computing every prefix from its beginning."""
    memory = model.memory(image[None])
    start, end = (EOS, SOS) if search.backward else (SOS, EOS)
    open_beams, finished = [([start], 0.0)], []
    last, beams = model.textual.max_tokens - 1, search.beams

    def score(candidate, length):
        return candidate[1] / length**search.length_penalty

    for length in range(1, last + 1):
        candidates = []
        for tokens, total in open_beams:
            scores = slow_log_probabilities(model, memory, tokens, search.backward).tolist()
            candidates += [([*tokens, token], total + score) for token, score in enumerate(scores)]
        candidates = [candidate for candidate in candidates if not repeats(candidate[0], search)]
        candidates.sort(key=lambda candidate: -candidate[1])
        ending = candidates if length == last else candidates[:beams]
        finished += [(score(found, length), found[0]) for found in ending if found[0][-1] == end]
        finished.sort(key=lambda found: -found[0])
        open_beams = [candidate for candidate in candidates if candidate[0][-1] != end][:beams]
        if len(finished) >= beams:
            break
        if len(finished) >= search.captions and finished[search.captions - 1][0] >= score(
            open_beams[0], last
        ):
            break
    captions = [tuple(tokens[1:-1]) for _, tokens in finished[: search.captions]]
    return [tokens[::-1] if search.backward else tokens for tokens in captions]


def repeats(tokens, search):
    size = search.no_repeat_ngram
    if not size:
        return False
    grams = [tuple(tokens[i : i + size]) for i in range(len(tokens) - size + 1)]
    return len(set(grams)) < len(grams)


SEARCHES = [
    BeamSearch(beams=beams, length_penalty=length_penalty)
    for beams in (1, 2, 5)
    for length_penalty in (0.0, 1.0)
] + [
    BeamSearch(beams=4, captions=3),
    BeamSearch(beams=3, backward=True),
    BeamSearch(beams=3, no_repeat_ngram=1),
    BeamSearch(beams=4, captions=2, no_repeat_ngram=2, backward=True),
]


@torch.inference_mode()
@pytest.mark.parametrize("search", SEARCHES, ids=str)
def test_cached_search_finds_the_captions_of_the_slow_one(captioner, images, search):
    found = [[caption.tokens for caption in captions] for captions in generate(captioner, images, search)]
    slow = [slow_beam_search(captioner, image, search) for image in images]
    assert found == slow
    assert len({captions[0] for captions in slow}) > 1


@torch.inference_mode()
def test_without_a_limit_some_captions_repeat_their_words(captioner, images):
    captions = [found.tokens for (found,) in generate(captioner, images, BeamSearch(beams=3))]
    assert any(len(set(tokens)) < len(tokens) for tokens in captions)


@torch.inference_mode()
def test_one_beam_is_greedy_search(captioner, images):
    for image, (caption,) in zip(images, generate(captioner, images, BeamSearch(beams=1)), strict=True):
        memory, tokens = captioner.memory(image[None]), [SOS]
        while len(tokens) < captioner.textual.max_tokens - 1:
            tokens.append(int(slow_log_probabilities(captioner, memory, tokens, False).argmax()))
            if tokens[-1] == EOS:
                break
        assert [token for token in tokens[1:] if token != EOS] == list(caption.tokens)


def test_the_log_probability_is_that_of_the_caption(captioner, images):
    for (caption,), image in zip(generate(captioner, images), images, strict=True):
        tokens = torch.tensor([[SOS, *caption.tokens, EOS]])
        scores = captioner.logits(captioner.memory(image[None]), tokens[:, :-1])
        loss = torch.nn.functional.cross_entropy(scores[0], tokens[0, 1:]).item()
        assert caption.score == pytest.approx(-loss, rel=1e-4)
        assert caption.log_probability == pytest.approx(-loss * (len(caption.tokens) + 1), rel=1e-4)


@pytest.mark.parametrize("method", [BeamSearch(), Sampling(captions=2, top_p=0.9), Sampling(seed=5)], ids=str)
def test_captions_do_not_depend_on_the_batch(captioner, images, method):
    together = [[found.tokens for found in captions] for captions in generate(captioner, images, method)]
    alone = [generate(captioner, image[None], method, numbers=[n])[0] for n, image in enumerate(images)]
    assert together == [[found.tokens for found in captions] for captions in alone]


@pytest.mark.parametrize("method", [BeamSearch(beams=1), BeamSearch(beams=3), Sampling(captions=2)], ids=str)
def test_captions_fit_the_positions_even_if_the_model_never_ends_them(captioner, images, method):
    captioner.textual.output_bias.data[EOS] = -100.0
    lengths = {len(found.tokens) for captions in generate(captioner, images, method) for found in captions}
    assert lengths == {captioner.textual.max_tokens - 2}


@pytest.mark.parametrize("method", [BeamSearch(beams=3), Sampling()], ids=str)
def test_a_model_that_ends_at_once_gives_empty_captions(captioner, images, method):
    captioner.textual.output_bias.data[EOS] = 100.0
    assert {captions[0].tokens for captions in generate(captioner, images, method)} == {()}


def test_more_beams_than_words_are_allowed(captioner, images):
    captions = generate(captioner, images, BeamSearch(beams=50, captions=20))
    assert [len({found.tokens for found in group}) for group in captions] == [20] * len(images)


@pytest.mark.parametrize("method", [BeamSearch(beams=2), Sampling(captions=2)], ids=str)
def test_an_image_leaves_the_batch_once_it_is_done(captioner, images, method):
    captioner.textual.output_bias.data[EOS] = 4.0  # some captions end early, others late
    sizes = []
    step = captioner.textual.step
    captioner.textual.step = lambda tokens, *rest, **options: (
        sizes.append(len(tokens)),
        step(tokens, *rest, **options),
    )[1]
    generate(captioner, images, method)
    assert sizes[0] == len(images)
    assert sizes[-1] < len(images)


@torch.inference_mode()
@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(captions=3, seed=1),
        Sampling(captions=2, temperature=0.5, seed=2),
        Sampling(captions=3, top_p=0.7),
        Sampling(captions=2, top_k=3, backward=True),
        Sampling(captions=2, top_k=6, top_p=0.5, temperature=2.0),
    ],
    ids=str,
)
def test_cached_samples_are_those_of_prefixes_computed_anew(captioner, images, sampling):
    start, end = (EOS, SOS) if sampling.backward else (SOS, EOS)
    length = captioner.textual.max_tokens - 1
    chance = sampling_module._chances(range(len(images)), sampling.captions, length, sampling.seed)
    for number, captions in enumerate(generate(captioner, images, sampling)):
        memory = captioner.memory(images[number : number + 1])
        for which, caption in enumerate(captions):
            tokens, total = [start], 0.0
            while tokens[-1] != end:
                scores = slow_log_probabilities(captioner, memory, tokens, sampling.backward)
                token = slow_draw(scores, float(chance[number, which, len(tokens) - 1]), sampling)
                token = end if len(tokens) == length else token
                total += scores[token].item()
                tokens.append(token)
            words = tuple(tokens[1:-1])
            assert caption.tokens == (words[::-1] if sampling.backward else words)
            assert caption.log_probability == pytest.approx(total, rel=1e-4)
            assert caption.score == pytest.approx(total / (len(words) + 1), rel=1e-4)


def slow_draw(scores, chance, sampling):
    """Keep the likely tokens one by one, then go up to where `chance` falls."""
    probabilities = (scores / sampling.temperature).softmax(dim=0).tolist()
    order = list(range(len(probabilities)))
    if sampling.top_k or sampling.top_p < 1:
        order.sort(key=lambda token: -probabilities[token])
    order = order[: sampling.top_k or None]
    whole = sum(probabilities[token] for token in order)
    kept, mass = [], 0.0
    for token in order:
        if mass >= sampling.top_p * whole:
            break
        kept.append(token)
        mass += probabilities[token]
    target = chance * mass
    for token in kept:
        target -= probabilities[token]
        if target < 0:
            return token
    return kept[-1]


@given(
    st.lists(st.floats(-8, 8, width=32), min_size=2, max_size=700),
    st.floats(0, 1, exclude_max=True, width=32),
    st.sampled_from([Sampling(top_p=0.6), Sampling(top_k=2), Sampling(), Sampling(top_k=4, top_p=0.9)]),
)
def test_a_token_is_drawn_only_from_the_likely_ones(scores, chance, sampling):
    scores = torch.tensor([[scores]])
    token = draw(scores, torch.tensor([[chance]]), sampling).item()
    likelier = int((scores > scores[0, 0, token]).sum())
    assert sampling.top_k == 0 or likelier < sampling.top_k
    probabilities = scores.softmax(dim=2)
    assert probabilities[scores > scores[0, 0, token]].sum() < sampling.top_p + 1e-5


def test_tokens_are_drawn_in_proportion():
    chance = torch.linspace(0, 1, 1001)[None, :-1]
    log_probabilities = torch.tensor([0.1, 0.2, 0.3, 0.4]).log().expand(1, 1000, 4)
    drawn = torch.bincount(draw(log_probabilities, chance, Sampling())[0])
    torch.testing.assert_close(drawn, torch.tensor([100, 200, 300, 400]), rtol=0, atol=1)
    nucleus = torch.bincount(draw(log_probabilities, chance, Sampling(top_p=0.65))[0], minlength=4)
    assert nucleus[:2].tolist() == [0, 0]
    assert nucleus[3].item() == pytest.approx(1000 * 4 / 7, abs=1)


def test_another_seed_draws_other_captions(captioner, images):
    first, again, other = (generate(captioner, images, Sampling(seed=seed)) for seed in (0, 0, 1))
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        (BeamSearch, {"beams": 0}, "beams must be at least 1, not 0"),
        (BeamSearch, {"captions": 6}, "captions must be from 1 to the 5 beams, not 6"),
        (BeamSearch, {"length_penalty": -1.0}, "length_penalty must be at least 0"),
        (BeamSearch, {"no_repeat_ngram": -1}, "no_repeat_ngram must be at least 0"),
        (Sampling, {"captions": 0}, "captions must be at least 1"),
        (Sampling, {"temperature": 0.0}, "temperature must be above 0, not 0.0: 0 is greedy search"),
        (Sampling, {"top_k": -1}, "top_k must be at least 0"),
        (Sampling, {"top_p": 1.5}, "top_p must be above 0 and at most 1"),
        (Sampling, {"seed": -1}, "seed must be at least 0"),
    ],
)
def test_settings_out_of_range_are_refused(method, options, message):
    with pytest.raises(ValueError, match=message):
        method(**options)


@pytest.mark.gpu
def test_the_gpu_writes_the_captions_of_the_cpu(captioner, images):
    expected = [caption.tokens for (caption,) in generate(captioner, images)]
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        found = generate(captioner.cuda(), images.cuda())
    assert [caption.tokens for (caption,) in found] == expected
