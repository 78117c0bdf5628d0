"""A sentencepiece model becomes the same tokenizer, and the same ids, in vtbr-data and in vtbr-models."""

from __future__ import annotations

import io
import json

import pytest
from tokenizers import Tokenizer

from vtbr_data.tokenizer.sentencepiece import read_model, to_tokenizer

sentencepiece = pytest.importorskip("sentencepiece", reason="sentencepiece is not installed")


def test_a_model_of_virtex_is_imported_as_it_is_converted(tmp_path):
    from vtbr_models.conversion.sentencepiece import read_tokenizer

    captions = ["a man in a red coat", "a woman wearing blue trousers, facing left", "two Cafés"] * 5
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(captions),
        model_writer=written,
        model_type="bpe",
        vocab_size=60,
        bos_id=-1,
        eos_id=-1,
        control_symbols="[SOS],[EOS],[MASK]",
        minloglevel=2,
        num_threads=1,
    )
    path = tmp_path / "coco.model"
    path.write_bytes(written.getvalue())
    imported, ids = to_tokenizer(read_model(path), lower_case=True)
    converted = Tokenizer.from_str(json.dumps(read_tokenizer(str(path), 60)))
    (tmp_path / "coco.json").write_text(imported.to_str(pretty=True))
    assert read_tokenizer(str(tmp_path / "coco.json"), 60) == json.loads(imported.to_str())
    assert ids == [4, 1, 2, 3, *range(5, 61)]
    assert imported.get_vocab() == converted.get_vocab()
    for caption in [*captions, "A man  wearing a CAFÉ", "red日 coat", ""]:
        assert imported.encode(caption).ids == converted.encode(caption).ids
