from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, trainers

from vtbr_data.errors import InputError
from vtbr_data.tokenizer import text
from vtbr_data.tokenizer.coverage import caption_coverage
from vtbr_data.tokenizer.tokenizer import MODELS, SPECIAL_TOKENS, ids_of_line, summary, train_tokenizer
from vtbr_data.tokenizer.unigram import learn_pieces

CAPTIONS = [
    "a man in a red t-shirt, facing left",
    "a woman wearing Blue trousers; at night!",
    "a woman in a short-sleeved shirt and shorts",
] * 3
LETTERS = sorted(set("".join(CAPTIONS).lower()))
TRAINED = {model: train_tokenizer(CAPTIONS, 120, model=model) for model in MODELS}
any_text = st.text(st.sampled_from("abcab  ,.é日▁\u0301\u0385\u00a0\n"), max_size=30)


def library(captions, size):
    """What the library's own trainer makes."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = text.normalizer(), text.pre_tokenizer()
    tokenizer.decoder = text.decoder()
    special = list(SPECIAL_TOKENS)
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(captions, trainer)
    return tokenizer


@given(st.lists(any_text, min_size=1, max_size=12), st.sampled_from([25, 40, 1000]))
def test_byte_pair_encoding_is_that_of_the_library_to_the_byte(captions, size):
    try:
        ours = train_tokenizer(captions, size)
    except InputError:
        assert library(captions, size).get_vocab_size() > size
    else:
        assert ours.to_str() == library(captions, size).to_str()


@settings(max_examples=50)
@pytest.mark.parametrize("model", MODELS)
@given(said=st.text(st.sampled_from(LETTERS), max_size=40))
def test_decoding_gives_the_normalised_text_back(model, said):
    trained = TRAINED[model]
    assert trained.decode(trained.encode(said).ids) == " ".join(said.split())


@settings(max_examples=50)
@pytest.mark.parametrize("model", ["bpe", "unigram"])
@given(said=st.text(st.characters(exclude_categories=["Cs", "M"]), max_size=20))
def test_bytes_spell_every_script(model, said):
    trained = BY_BYTES[model]
    ids = trained.encode(said).ids
    assert 4 not in ids
    assert trained.decode(ids) == text.normalizer().normalize_str(said)


BY_BYTES = {
    model: train_tokenizer(CAPTIONS, 500, model=model, byte_fallback=True) for model in ("bpe", "unigram")
}


@pytest.mark.parametrize("model", MODELS)
def test_the_order_of_captions_changes_nothing_and_special_ids_are_fixed(model):
    shuffled = random.Random(0).sample(CAPTIONS, len(CAPTIONS))
    trained = train_tokenizer(shuffled, 120, model=model)
    assert trained.to_str() == TRAINED[model].to_str()
    assert [trained.token_to_id(token) for token in SPECIAL_TOKENS] == list(range(5))
    assert trained.get_vocab_size() <= 120
    assert summary(trained)["model"].lower() == model


def test_word_piece_takes_the_longest_piece_from_the_left():
    trained = train_tokenizer(["shirt shirts short shorts"] * 5, 60, model="wordpiece")
    assert trained.encode("shirts shortshirt").tokens == ["▁shirts", "▁shorts", "##h", "##irt"]
    assert trained.encode("shirt日 shirt").tokens == ["[UNK]", "▁shirt"]


def test_unigram_pieces_are_probabilities_and_hold_all_letters():
    pieces = learn_pieces({"▁ababab": 9, "▁abc": 5, "▁d": 1}, 7)
    assert {"▁", "a", "b", "c", "d"} <= {piece for piece, _ in pieces}
    assert len(pieces) == 7
    assert pieces == sorted(pieces, key=lambda item: (-item[1], item[0]))
    assert all(score < 0 for _, score in pieces)
    assert len(learn_pieces({"▁xyz": 1}, 1)) == 4
    assert learn_pieces({}, 9) == []


def test_what_cannot_be_trained_is_said():
    with pytest.raises(InputError, match="there is no model char: use one of bpe, wordpiece, unigram"):
        train_tokenizer(CAPTIONS, model="char")
    with pytest.raises(InputError, match="WordPiece cannot fall back to bytes"):
        train_tokenizer(CAPTIONS, model="wordpiece", byte_fallback=True)
    for model in MODELS:
        with pytest.raises(InputError, match="a vocabulary of 20 is too small"):
            train_tokenizer(CAPTIONS, 20, model=model)
    with pytest.raises(InputError, match="a vocabulary of 270 is too small"):
        train_tokenizer(CAPTIONS, 270, byte_fallback=True)


def test_coverage_counts_unknown_words_and_cut_captions():
    trained = train_tokenizer(["a red coat"] * 3)
    found = caption_coverage(trained, ["a red coat", "a red 日本 coat", "a red coat a red coat"], 6)
    assert found["captions"] == 3
    assert found["tokens"] == {"number": 15, "mean": 5, "shortest": 3, "longest": 6, "a_word": 1.1538}
    assert found["unknown"] == {
        "share_of_tokens": 2 / 15,
        "share_of_captions": 1 / 3,
        "words": {"日本": 2},
    }
    assert found["cut"] == {"max_tokens": 6, "share_of_captions": 2 / 3}
    assert found["lengths"] == {"3": 1, "6": 2}


@given(st.lists(st.integers(0, 99)))
def test_lists_of_ids_are_read_back(ids):
    assert ids_of_line(json.dumps(ids), 1, 100) == ids


@pytest.mark.parametrize("line", ["", "17", '["a"]', "[1.5]", "[true]", "[" * 10_000, "[1", "[100]", "[-1]"])
def test_what_is_no_list_of_ids_is_named_with_its_line(line):
    with pytest.raises(InputError, match=r"line 3 (is not a list of ids|has the id)"):
        ids_of_line(line, 3, 100)
