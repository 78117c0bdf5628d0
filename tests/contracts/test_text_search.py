"""Captions and images of a dual encoder, from vtbr-models to vtbr-eval."""

import json

import numpy as np
import torch
from click.testing import CliRunner
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers

from vtbr_eval.cli import main as eval_main
from vtbr_models.checkpoint.architecture import build_model
from vtbr_models.checkpoint.checkpoint import save_checkpoint
from vtbr_models.cli import main as models_main

COLOURS = {"red": (250, 0, 0), "green": (0, 250, 0), "blue": (0, 0, 250)}
WORDS = ("[PAD]", "[SOS]", "[EOS]", "[MASK]", "[UNK]", *COLOURS)


def test_each_colour_is_found_by_its_name(tmp_path):
    lines = []
    for identity, (name, colour) in enumerate(COLOURS.items(), start=1):
        Image.new("RGB", (32, 64), colour).save(tmp_path / f"{name}.png")
        line = {"path": f"{name}.png", "identity": identity, "split": "gallery", "captions": [name]}
        lines.append(json.dumps(line) + "\n")
    (tmp_path / "manifest.jsonl").write_text("".join(lines))
    save_colour_reader(tmp_path / "dual.safetensors")
    for flag in ("texts", "joint"):
        words = [
            tmp_path / "dual.safetensors",
            tmp_path / "manifest.jsonl",
            f"--{flag}",
            "-o",
            tmp_path / flag,
        ]
        result = CliRunner().invoke(models_main, ["extract", *map(str, words)])
        assert result.exit_code == 0, result.output
    result = CliRunner().invoke(
        eval_main, ["search", str(tmp_path / "texts"), str(tmp_path / "joint"), "--bootstrap", "0"]
    )
    assert json.loads(result.stdout)["R@1"] == 1.0


def save_colour_reader(path):
    """A dual encoder that knows three colours: its projections are solved for, not trained."""
    torch.manual_seed(0)
    textual = {"name": "L1_H64", "vocabulary_size": len(WORDS), "max_tokens": 4, "dropout": 0.0}
    objectives = {"contrastive": {"width": 3}}
    model = build_model(
        {"model": "captioner", "visual": {"name": "resnet10"}, "textual": textual, "objectives": objectives}
    ).eval()
    pixels = np.array(list(COLOURS.values())) / 255
    images = torch.tensor((pixels - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)).float()
    with torch.no_grad():
        pooled = model.visual(images[:, :, None, None].expand(3, 3, 64, 32)).mean(dim=(2, 3))
        read = model.textual.encode(torch.tensor([[1, word, 2] for word in (5, 6, 7)]))
        for features, projection in (
            (pooled, model.dual_head.image_projection),
            (read, model.dual_head.text_projection),
        ):
            projection.weight.copy_(torch.linalg.pinv(features.double()).mT)  # features @ weight.T = identity
    word_level = models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]")
    tokenizer = Tokenizer(word_level)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    preprocessing = {"height": 64, "width": 32, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225],
                     "interpolation": "bilinear"}  # fmt: skip
    metadata = {"preprocessing": preprocessing, "tokenizer": json.loads(tokenizer.to_str())}
    save_checkpoint(path, model, metadata)
