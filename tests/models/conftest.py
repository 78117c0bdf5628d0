from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers

from vtbr_models.captioner.captioner import Captioner
from vtbr_models.checkpoint.architecture import build_model
from vtbr_models.checkpoint.checkpoint import save_checkpoint
from vtbr_models.embedder.embedder import Embedder
from vtbr_models.inference.preprocessing import Preprocessing

WORDS = ("[PAD]", "[SOS]", "[EOS]", "[MASK]", "[UNK]",
         "a", "person", "in", "red", "blue", "coat", "walks", "by", "the", "sea")  # fmt: skip
PREPROCESSING = Preprocessing(height=64, width=32)

CAPTIONER = {
    "model": "captioner",
    "visual": {"name": "resnet10"},
    "textual": {
        "name": "L1_H32_A2_F64",
        "vocabulary_size": len(WORDS),
        "max_tokens": 8,
        "dropout": 0.0,
    },
}
EMBEDDER = {"model": "embedder", "visual": {"name": "resnet10"}, "num_classes": 5}


@pytest.fixture(autouse=True)
def auto_is_float32(monkeypatch):
    """Exact comparisons hold on processors that compute in bfloat16, too."""
    monkeypatch.setattr("vtbr_models.inference.device.has_bfloat16", lambda device: False)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Exports of tests are shared by them and stay out of the user's cache."""
    monkeypatch.setenv("VTBR_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def preprocessing() -> Preprocessing:
    return PREPROCESSING


@pytest.fixture
def words() -> tuple[str, ...]:
    """The tokenizer's vocabulary, by id."""
    return WORDS


@pytest.fixture
def captioner_architecture() -> dict[str, object]:
    return CAPTIONER


@pytest.fixture
def embedder_architecture() -> dict[str, object]:
    return EMBEDDER


def enliven(model: torch.nn.Module) -> None:
    """Weights and statistics as training leaves them: different everywhere, so that a mix-up shows."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 1.5, generator=generator)
            elif tensor.dim() == 1:
                tensor.normal_(0.5, 0.3, generator=generator)


@pytest.fixture
def captioner() -> Captioner:
    torch.manual_seed(0)
    model = build_model(CAPTIONER)
    enliven(model)
    assert isinstance(model, Captioner)
    with torch.no_grad():  # larger than at the start of training, so that images matter to captions
        for name, parameter in model.textual.named_parameters():
            if parameter.dim() == 2:
                parameter.mul_(10)
            elif "norm" not in name:
                parameter.mul_(0)
    return model.eval()


@pytest.fixture
def embedder() -> Embedder:
    torch.manual_seed(0)
    model = build_model(EMBEDDER)
    enliven(model)
    assert isinstance(model, Embedder)
    return model.eval()


@pytest.fixture
def tokenizer() -> Tokenizer:
    model = models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]")
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(list(WORDS[:5]))
    return tokenizer


@pytest.fixture
def captions_checkpoint(tmp_path: Path, captioner: Captioner, tokenizer: Tokenizer) -> Path:
    path = tmp_path / "captions.safetensors"
    metadata = {
        "preprocessing": PREPROCESSING.to_metadata(),
        "tokenizer": json.loads(tokenizer.to_str()),
        "step": 7,
        "recipe": {"seed": 0},
        "data": {"fingerprint": "0" * 64, "name": "manifest.jsonl"},
    }
    save_checkpoint(path, captioner, metadata)
    return path


@pytest.fixture
def reid_checkpoint(tmp_path: Path, embedder: Embedder) -> Path:
    path = tmp_path / "reid.safetensors"
    save_checkpoint(path, embedder, {"preprocessing": PREPROCESSING.to_metadata(), "step": 3})
    return path


@pytest.fixture
def dual(tmp_path: Path, tokenizer: Tokenizer) -> tuple[Path, Captioner]:
    """A checkpoint of a dual encoder, and its model."""
    torch.manual_seed(0)
    model = build_model({**CAPTIONER, "objectives": {"contrastive": {"width": 12}}})
    path = tmp_path / "dual.safetensors"
    metadata = {"preprocessing": PREPROCESSING.to_metadata(), "tokenizer": json.loads(tokenizer.to_str())}
    save_checkpoint(path, model, metadata)
    return path, model.eval()


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A manifest of seven pictures, JPEG, PNG and BMP, and the pictures beside it."""
    folder = tmp_path / "people"
    folder.mkdir()
    random = np.random.default_rng(0)
    lines = []
    for number in range(7):
        name = f"é{number}.{('jpg', 'png', 'bmp')[number % 3]}"
        low = Image.fromarray(random.integers(0, 256, (8, 4, 3), dtype=np.uint8))
        low.resize((24 + number, 50)).save(folder / name)
        split = ("query", "gallery", "train")[min(number // 2, 2)] if number < 5 else "gallery"
        row = {"path": name, "identity": number % 3, "camera": number % 2, "split": split, "weather": "foggy"}
        lines.append(json.dumps(row))
    manifest = folder / "manifest.jsonl"
    manifest.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return manifest
