"""Imported models cut text as the sentencepiece library does."""

from __future__ import annotations

import io
import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtbr_data.attributes import VALUES
from vtbr_data.captions.captions import captions_of
from vtbr_data.errors import InputError
from vtbr_data.tokenizer.protobuf import fields
from vtbr_data.tokenizer.sentencepiece import Piece, SentencePieceModel, read_model, to_tokenizer

sentencepiece = pytest.importorskip("sentencepiece", reason="sentencepiece is not installed")


def made_captions(number):
    for index in range(number):
        attributes = {name: values[index * 7 % len(values)] for name, values in VALUES.items()}
        yield from captions_of(f"{index}.jpg", attributes | {"viewpoint": index * 37 % 360}, seed=1, number=2)


CAPTIONS = [*made_captions(300), "A café in Zürich — ½ price!", "日本 語", "ﬁne　wide   x "]
KINDS = {
    "virtex": {
        "model_type": "bpe",
        "vocab_size": 300,
        "bos_id": -1,
        "eos_id": -1,
        "control_symbols": "[SOS],[EOS],[MASK]",
        "character_coverage": 1.0,
    },
    "bpe with bytes": {"model_type": "bpe", "vocab_size": 500, "byte_fallback": True},
    "unigram": {"model_type": "unigram", "vocab_size": 260, "pad_id": 3},
    "unigram with bytes": {"model_type": "unigram", "vocab_size": 500, "byte_fallback": True},
    "folded": {"model_type": "bpe", "vocab_size": 300, "normalization_rule_name": "nmt_nfkc_cf"},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sentencepiece")
    found = {}
    for name, settings_ in KINDS.items():
        written = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(CAPTIONS),
            model_writer=written,
            minloglevel=2,
            hard_vocab_limit=False,
            num_threads=1,
            **settings_,
        )
        path = folder / f"{name}.model"
        path.write_bytes(written.getvalue())
        found[name] = (sentencepiece.SentencePieceProcessor(model_proto=written.getvalue()), path)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_text_is_cut_as_by_sentencepiece_with_its_ids_or_ours(trained, kind):
    original, path = trained[kind]
    model = read_model(path)
    kept, same = to_tokenizer(model, keeps_ids=True)
    ours, new = to_tokenizer(model)
    assert same == list(range(original.get_piece_size()))
    assert [ours.token_to_id(token) for token in ("[PAD]", "[SOS]", "[EOS]", "[MASK]", "[UNK]")] == list(
        range(5)
    )
    for caption in [*CAPTIONS, "", "   ", "a\tb", "unseen 😀 ҂", *made_captions(500)]:
        wanted = original.encode(caption)
        assert kept.encode(caption).ids == wanted, caption
        assert ours.encode(caption).ids == [new[number] for number in wanted], caption
        if original.unk_id() not in wanted:
            assert kept.decode(wanted) == original.decode(wanted)


def test_the_ids_of_virtex_move_up_by_one_behind_the_special_ones(trained):
    original, path = trained["virtex"]
    _, new = to_tokenizer(read_model(path))
    assert new[:4] == [4, 1, 2, 3]  # [UNK], [SOS], [EOS], [MASK]
    assert new[4:] == list(range(5, original.get_piece_size() + 1))


@settings(max_examples=100)
@given(said=st.text(st.sampled_from("abcdefghij ,.-ABé½ﬁ\u00a0\u3000日"), max_size=30))
def test_letters_of_all_kinds_are_cut_alike(trained_virtex, said):
    original, kept = trained_virtex
    assert kept.encode(said).ids == original.encode(said)


@pytest.fixture(scope="module")
def trained_virtex(trained):
    original, path = trained["virtex"]
    return original, to_tokenizer(read_model(path), keeps_ids=True)[0]


def test_lower_case_comes_before_the_model(trained):
    original, path = trained["virtex"]
    lowered, _ = to_tokenizer(read_model(path), keeps_ids=True, lower_case=True)
    assert lowered.encode("A MÄN").ids == original.encode("a man")


def test_what_is_no_model_is_named(tmp_path, trained):
    with pytest.raises(InputError, match="there is no sentencepiece model"):
        read_model(tmp_path / "none.model")
    torn = tmp_path / "torn.model"
    good = trained["virtex"][1].read_bytes()
    for damaged in (
        b"",
        good[:-5],
        b"\xff" * 30,
        b"\x0a\x05ab",
        b"\x08\x01",
        b"<unk>\t0\n",
        b"\x0a\x02\x10\x01",
    ):
        torn.write_bytes(damaged)
        with pytest.raises(
            InputError, match=r"torn\.model is not a sentencepiece model: .*; give the \.model file"
        ):
            read_model(torn)


@given(st.binary(max_size=60))
def test_any_bytes_are_fields_or_refused(data):
    with suppress(ValueError):
        assert all(number > 0 for number, _ in fields(data))


def test_models_that_would_be_cut_otherwise_are_refused():
    pieces = [Piece("<unk>", 0, 2), Piece("a", -1, 1)]
    for model, message in (
        (SentencePieceModel(pieces, model=3), "of the kind word"),
        (SentencePieceModel(pieces, is_suffix=True), "spaces are treated as suffixes"),
        (SentencePieceModel(pieces[1:]), "no unknown piece"),
        (SentencePieceModel([*pieces, Piece("t-shirt", 0, 4)]), r"user-defined pieces \(t-shirt\)"),
    ):
        with pytest.raises(InputError, match=message):
            to_tokenizer(model)
    with pytest.raises(InputError, match="two pieces are the same text"):
        to_tokenizer(SentencePieceModel([*pieces, pieces[1]]), keeps_ids=True)


def test_the_command_writes_tokenizer_and_map(tmp_path, trained):
    from click.testing import CliRunner

    from vtbr_data.cli import main

    target, mapped = tmp_path / "t.json", tmp_path / "map.json"
    arguments = ["tokenizer", "import", str(trained["virtex"][1]), "-o", str(target), "--map", str(mapped)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(mapped.read_text())[:5] == [4, 1, 2, 3, 5]
    shown = json.loads(CliRunner().invoke(main, ["tokenizer", "show", str(target)]).stdout)
    assert shown["special"] == {"[PAD]": 0, "[SOS]": 1, "[EOS]": 2, "[MASK]": 3, "[UNK]": 4}
