from __future__ import annotations

import json

import pytest
import torch
from tokenizers import Tokenizer, models

from tests.support import foreign
from tests.support.converting import converted, refused


@pytest.fixture
def images():
    return torch.randn(2, 3, 64, 32, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def tokenizer_model(tmp_path):
    path = tmp_path / "pieces.model"
    path.write_bytes(foreign.sentencepiece_model())
    return path


SPECIAL = ("[PAD]", "[SOS]", "[EOS]", "[MASK]", "[UNK]")


def imported(size, first=SPECIAL):
    """A tokenizer file of `size` tokens as `vtbr-data tokenizer import` writes it, in bytes."""
    words = [*first, *(f"w{number}" for number in range(size - len(first)))]
    model = models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]")
    return Tokenizer(model).to_str().encode()


def test_an_imported_tokenizer_goes_into_the_checkpoint_as_it_is(tmp_path):
    (tmp_path / "t.json").write_bytes(imported(17))
    checkpoint, _ = converted(
        tmp_path, foreign.virtex().state_dict(), "--heads", 2, "--tokenizer", tmp_path / "t.json"
    )
    assert checkpoint.metadata["tokenizer"] == json.loads(imported(17))


@pytest.mark.parametrize("parallel", ["", "module."])
def test_a_virtex_model_computes_the_same_logits_in_both_directions(tmp_path, images, parallel):
    theirs = foreign.virtex()
    state = {f"{parallel}{name}": value for name, value in theirs.state_dict().items()}
    checkpoint, account = converted(tmp_path, {"model": state, "iteration": 7}, "--heads", foreign.HEADS)
    model = checkpoint.model
    assert account["source"] == "virtex"
    assert model.architecture["textual"]["name"] == "L2_H32_A2_F48"
    their_tokens = torch.tensor([[1, 4, 9, 15, 2, 6], [1, 5, 8, 2, 12, 7]])
    our_tokens = torch.where(their_tokens >= 4, their_tokens + 1, their_tokens)
    with torch.inference_mode():
        cells = theirs.cells(images)
        for direction in ("forward", "backward"):
            reference = (theirs.textual if direction == "forward" else theirs.backward_textual)(
                cells, their_tokens
            )
            logits = model.logits(model.memory(images), our_tokens, backward=direction == "backward")
            assert torch.allclose(logits[..., :4], reference[..., :4], atol=1e-4)
            assert torch.allclose(logits[..., 5:], reference[..., 4:], atol=1e-4)
            assert torch.equal(logits[..., 4], logits[..., 0]), "[UNK] is what their token 0 was"


def test_a_model_of_forty_tokens_is_taken_for_vtbrs(tmp_path):
    state = foreign.virtex().state_dict()
    state["textual.embedding.positions.weight"] = torch.zeros(40, foreign.WIDTH)
    state["backward_textual.embedding.positions.weight"] = torch.zeros(40, foreign.WIDTH)
    checkpoint, account = converted(tmp_path, state, "--heads", 2)
    assert account["source"] == "vtbr"
    assert checkpoint.model.textual.max_tokens == 40


def test_a_shared_tensor_that_differs_from_its_copy_is_refused(tmp_path):
    state = foreign.virtex().state_dict()
    state["textual.output.weight"] = state["textual.output.weight"] + 1
    said, _ = refused(tmp_path, state)
    assert "textual.output.weight differs from textual.embedding.words.weight" in said


def test_the_tokenizer_gives_sentencepieces_pieces_one_id_higher(tmp_path, tokenizer_model):
    checkpoint, _ = converted(
        tmp_path, foreign.virtex().state_dict(), "--heads", 2, "--tokenizer", tokenizer_model
    )
    tokenizer = Tokenizer.from_str(json.dumps(checkpoint.metadata["tokenizer"]))
    sentencepiece = pytest.importorskip("sentencepiece")
    oracle = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer_model))
    for text in ("red coat", "a red  coat", "dearer", "RÉD", "redé"):
        lowered = "redé" if text == "redé" else text.lower().replace("é", "e")
        expected = [4 if piece == 0 else piece + 1 for piece in oracle.encode(lowered.replace("é", "e"))]
        assert tokenizer.encode(text).ids == expected, text
    assert tokenizer.decode(tokenizer.encode("a red coat").ids) == "a red coat"
    assert tokenizer.encode("xyz").ids[-1] == 4


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<unk>\t0\n[SOS]\t0\n", "is not a sentencepiece model: give the .model file"),
        (foreign.sentencepiece_model(kind=1), "is not byte-pair encoding"),
        (foreign.sentencepiece_model(foreign.PIECES[:-1]), "has 15 pieces, the model 16"),
        (foreign.sentencepiece_model()[:-3], "is not a sentencepiece model"),
        (b"{}", "is not a tokenizer in JSON: write one with `vtbr-data tokenizer import`"),
        (imported(16), "has 16 tokens, the model needs 17: import the model's own .model"),
        (imported(17, first=("[UNK]", "[SOS]", "[EOS]", "[MASK]")), "[PAD] is missing, its id must be 0"),
        (imported(17, first=("[UNK]", "[PAD]")), "[PAD] has the id 1, its id must be 0: import the model's"),
    ],
)
def test_another_tokenizer_file_is_refused(tmp_path, data, message):
    (tmp_path / "x.model").write_bytes(data)
    said, _ = refused(tmp_path, foreign.virtex().state_dict(), "--tokenizer", tmp_path / "x.model")
    assert message in said


def test_a_tokenizer_for_a_model_without_captions_is_refused(tmp_path, tokenizer_model):
    said, _ = refused(tmp_path, foreign.resnet10().state_dict(), "--tokenizer", tokenizer_model)
    assert "is no captioner, so it has no tokenizer and no heads: leave them out" in said
