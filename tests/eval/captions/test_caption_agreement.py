"""BLEU, ROUGE-L and CIDEr-D; the figures to compare with are pycocoevalcap 1.2's on the same words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtbr_eval.captions.bleu import bleu
from vtbr_eval.captions.cider import cider_d
from vtbr_eval.captions.rouge import rouge_l

PREDICTED = [
    "a man in a red coat and blue trousers with a bag",
    "a woman wearing a green dress seen from the front",
    "an old man in a white shirt",
    "a boy with a hat and a hat and a hat",
]
REFERENCES = [
    ["a man in a long red coat and blue trousers", "a man wearing a red coat with a bag"],
    ["a young woman in a green dress facing the camera"],
    [
        "an elderly man in a white shirt and black pants in the city",
        "an old man in a white shirt and black trousers",
        "a man in white",
    ],
    ["a boy with a hat in the street", "a teenage boy with a hat and a bag"],
]

captions = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=12)
data_sets = st.lists(st.tuples(captions, st.lists(captions, min_size=1, max_size=3)), min_size=2, max_size=8)


def split(texts):
    return [text.split() for text in texts]


def test_the_figures_are_those_of_the_coco_evaluation():
    predicted, references = split(PREDICTED), [split(texts) for texts in REFERENCES]
    assert bleu(predicted, references) == pytest.approx([0.8, 0.73029674, 0.66943295, 0.58592088], abs=1e-8)
    assert cider_d(predicted, references) == pytest.approx(3.2918446548097986, abs=1e-12)
    assert rouge_l(predicted, references) == pytest.approx(0.7450723445260574, abs=1e-12)


def test_a_repeated_word_counts_only_as_often_as_in_one_reference():
    # The example of the BLEU paper: 2 of 7 words.
    references = [split(["the cat is on the mat", "there is a cat on the mat"])]
    assert bleu(split(["the the the the the the the"]), references)[0] == pytest.approx(2 / 7)


def test_a_caption_that_is_too_short_is_punished_by_brevity():
    assert bleu([["a", "b"]], [[["a", "b", "c", "d"]]])[1] == pytest.approx(math.exp(1 - 4 / 2))


def test_rouge_by_hand():
    # Common: "police the gunman", 3 words of 4 and of 4.
    found = rouge_l(split(["police ended the gunman"]), [split(["police killed the gunman"])])
    assert found == pytest.approx(0.75)


def test_one_image_has_no_cider():
    assert cider_d([["a"]], [[["a"]]]) is None


@given(data_sets)
def test_scores_lie_in_their_bounds_and_a_perfect_caption_has_full_bleu_and_rouge(data):
    predicted, references = [p for p, _ in data], [r for _, r in data]
    assert all(0 <= value <= 1 for value in (*bleu(predicted, references), rouge_l(predicted, references)))
    assert -1e-9 <= cider_d(predicted, references) <= 10 + 1e-9
    echo = [[p] for p in predicted]
    assert bleu(predicted, echo)[0] == pytest.approx(1)
    assert rouge_l(predicted, echo) == pytest.approx(1)
    assert cider_d(predicted, references) == pytest.approx(
        cider_d(predicted[::-1], references[::-1]), abs=1e-9
    )


def test_a_caption_that_says_nothing_scores_nothing():
    nothing = [[], []]
    references = [[["a", "b"]], [["c"]]]
    assert bleu(nothing, references) == [0, 0, 0, 0]
    assert rouge_l(nothing, references) == cider_d(nothing, references) == 0
