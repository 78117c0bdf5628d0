from __future__ import annotations

import json
import pickle
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtbr_data.errors import InputError
from vtbr_data.tokenizer.tokenizer import SPECIAL_TOKENS, read_tokenizer, summary, train_tokenizer
from vtbr_data.training import encode_caption

CAPTIONS = [
    "a man in a red t-shirt, facing left",
    "a woman wearing Blue trousers; at night!",
    "café au lait (2)",
]
TOKENIZER = train_tokenizer(CAPTIONS)
LETTERS = sorted(set("".join(CAPTIONS).lower()) - {"é"})


@settings(max_examples=200)
@given(st.text(st.sampled_from(LETTERS), max_size=40))
def test_decoding_gives_the_normalised_text_back(text):
    assert TOKENIZER.decode(TOKENIZER.encode(text).ids) == " ".join(text.split())


@given(st.text(max_size=20))
def test_any_text_can_be_encoded_and_nothing_becomes_padding(text):
    assert 0 not in TOKENIZER.encode(text).ids


def test_special_tokens_have_their_ids():
    assert [TOKENIZER.token_to_id(token) for token in ("[PAD]", "[SOS]", "[EOS]", "[MASK]", "[UNK]")] == list(
        range(5)
    )


def test_encoding_adds_no_start_or_end():
    assert not {1, 2} & set(TOKENIZER.encode("a man in a red t-shirt").ids)


def test_an_unseen_character_is_unknown():
    assert TOKENIZER.token_to_id("[UNK]") in TOKENIZER.encode("a 日 man").ids


def test_case_accents_and_white_space_do_not_matter():
    assert TOKENIZER.encode("  A  CAFÉ\tman ").ids == TOKENIZER.encode("a cafe man").ids


def test_frequent_words_are_one_token():
    trained = train_tokenizer(["a red coat, and a blue coat"] * 3)
    assert trained.encode("a red coat,").tokens == ["▁a", "▁red", "▁coat", ","]


def test_training_in_another_process_gives_the_same_bytes():
    script = f"from vtbr_data import train_tokenizer; print(train_tokenizer({CAPTIONS!r}).to_str())"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout
    assert other.strip() == TOKENIZER.to_str()


def test_the_vocabulary_has_a_limit_and_a_smallest_size():
    assert train_tokenizer(CAPTIONS, 50).get_vocab_size() == 50
    with pytest.raises(InputError, match="a vocabulary of 10 is too small"):
        train_tokenizer(CAPTIONS, 10)


def test_a_tokenizer_is_read_back(tmp_path):
    target = tmp_path / "tokenizer.json"
    target.write_text(TOKENIZER.to_str(), encoding="utf-8")
    assert summary(read_tokenizer(target)) == summary(TOKENIZER)
    assert summary(TOKENIZER)["tokens"][:5] == list(SPECIAL_TOKENS)


def test_what_is_no_tokenizer_is_named(tmp_path):
    with pytest.raises(InputError, match="there is no tokenizer"):
        read_tokenizer(tmp_path / "nothing.json")
    with pytest.raises(InputError, match="is a folder: give the tokenizer's JSON file in it"):
        read_tokenizer(tmp_path)
    target = tmp_path / "tokenizer.json"
    target.write_bytes(b"\xff{")
    with pytest.raises(InputError, match="is not a tokenizer of the tokenizers library"):
        read_tokenizer(target)
    other = json.loads(TOKENIZER.to_str())
    other["added_tokens"] = []
    other["model"]["vocab"] = {"[UNK]": 0, "a": 1}
    other["model"]["merges"] = []
    target.write_text(json.dumps(other))
    with pytest.raises(InputError, match=r"\[PAD\] has id None, not 0"):
        read_tokenizer(target)


def test_special_tokens_in_a_caption_are_text(tmp_path):
    captions = ["a man [EOS] in red", "[PAD] [MASK] man eos pad mask"]
    trained = train_tokenizer(captions)
    (tmp_path / "t.json").write_text(trained.to_str())
    for tokenizer in (trained, read_tokenizer(tmp_path / "t.json")):
        ids = tokenizer.encode(captions[0]).ids
        assert min(ids) > 4
        assert tokenizer.decode(ids) == "a man [eos] in red"
        copy = pickle.loads(pickle.dumps(tokenizer))
        assert min(encode_caption(copy, captions[1], 30)[1:-1].tolist()) > 4
