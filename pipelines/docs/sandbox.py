"""The files that the pages' examples name, small: rendered people and models that know nothing."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import scipy.io
import sentencepiece
import torch
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

from vtbr_eval import FeatureTable, write_features
from vtbr_models import build_model, save_checkpoint

PRELUDE = {
    "packages/vtbr-models/README.md": """
import safetensors.torch, torch, torchvision
from vtbr_models import load_checkpoint
captioner = load_checkpoint("captions.safetensors").model
images, tokens, classes = torch.zeros(2, 3, 64, 32), torch.tensor([[1, 5, 2]] * 2), torch.tensor([0, 1])
""",
    "packages/vtbr-data/README.md": "",
    "README.md": "",
}
"""What the Python of a page takes for granted; the Python of other pages is compiled only."""

SIZE = {"height": 64, "width": 32, "mean": [0.5] * 3, "std": [0.25] * 3, "interpolation": "bilinear"}


def fill(folder: Path) -> None:
    """Make them all in `folder`. A file `PAGE+NAME` is NAME on that page alone."""
    folder.mkdir()
    render = [sys.executable, "-m", "vtbr_data", "render"]
    for words in (["people", "--identities", "5", "--views", "3"], ["Market-1501", "--style", "target"]):
        more = ["--identities", "8", "--views", "6"] if "target" in words else []
        subprocess.run([*render, *words, *more], cwd=folder, check=True, capture_output=True)
    shutil.copytree(folder / "people", folder / "FineGPR")
    market = [json.loads(line) for line in (folder / "Market-1501/manifest.jsonl").open()]
    with (folder / "people.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "identity", "camera", "split", "caption"])
        few = sorted({row["identity"] for row in market if row["split"] == "query"})[:3]
        for row in (row for row in market if row["split"] != "train" and row["identity"] in few):
            caption = "a person in a red coat"
            table.writerow(
                [f"Market-1501/{row['path']}", row["identity"], row["camera"], row["split"], caption]
            )
    shutil.copy(folder / "Market-1501" / market[0]["path"], folder / "person.jpg")
    tokenizer = [sys.executable, "-m", "vtbr_data", "tokenizer", "train", "people/manifest.jsonl"]
    trained = subprocess.run(tokenizer, cwd=folder, check=True, capture_output=True).stdout
    (folder / "tokenizer.json").write_bytes(trained)
    models(folder, json.loads(trained))
    features(folder, [row for row in market if row["split"] != "train"])


def models(folder: Path, tokenizer: dict) -> None:
    """Write checkpoints, and weights as other programs save them."""
    textual = {
        "name": "L1_H32_A2_F64",
        "vocabulary_size": len(tokenizer["model"]["vocab"]),
        "max_tokens": 12,
    }
    described = {
        "model": {"model": "embedder", "visual": {"name": "resnet50"}},
        "captions": {"model": "captioner", "visual": {"name": "resnet10"}, "textual": textual},
        "dual": {
            "model": "captioner",
            "visual": {"name": "resnet10"},
            "textual": textual,
            "objectives": {"contrastive": {}},
        },
    }
    torch.manual_seed(0)
    for name, architecture in described.items():
        metadata = {"preprocessing": SIZE, "tokenizer": None if name == "model" else tokenizer}
        save_checkpoint(folder / f"{name}.safetensors", build_model(architecture), metadata)
    (folder / "market-run").mkdir()
    shutil.copy(folder / "model.safetensors", folder / "market-run")
    torch.save(virtex_weights(write_pieces(folder)), folder / "bicaptioning_R_50_L1_H1024.pth")
    torch.save(strong_baseline_weights(), folder / "market_resnet50_model_120.pth")


def write_pieces(folder: Path) -> int:
    """Train a sentencepiece model as VirTex does; returns its number of pieces."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a person in a red coat walks by the sea"] * 9), model_writer=model,
        model_type="bpe", vocab_size=40, bos_id=-1, eos_id=-1, control_symbols=["[SOS]", "[EOS]", "[MASK]"],
        minloglevel=2,
    )  # fmt: skip
    (folder / "coco_10k.model").write_bytes(model.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue()).get_piece_size()


def virtex_weights(pieces: int, width: int = 64) -> dict[str, torch.Tensor]:
    """Return a captioner of one layer by the key names of VirTex, whose two heads share all but their layers."""
    shared = {
        "visual_projection": nn.Linear(512, width),
        "embedding.words": nn.Embedding(pieces, width, padding_idx=0),
        "embedding.positions": nn.Embedding(30, width),
        "embedding.layer_norm": nn.LayerNorm(width),
        "output": nn.Linear(width, pieces),
    }
    shared["output"].weight = shared["embedding.words"].weight
    state = prefixed("visual.cnn", without_classifier())
    for head in ("textual", "backward_textual"):
        layer = nn.TransformerDecoderLayer(width, nhead=1, dim_feedforward=width)
        for name, module in {**shared, "transformer.layers.0": layer}.items():
            state |= prefixed(f"{head}.{name}", module)
    return state


def strong_baseline_weights() -> dict[str, torch.Tensor]:
    """Return an embedder by the key names of reid-strong-baseline."""
    parts = {"bottleneck": nn.BatchNorm1d(512), "classifier": nn.Linear(512, 6, bias=False)}
    state = prefixed("base", without_classifier())
    return state | {key: value for name, part in parts.items() for key, value in prefixed(name, part).items()}


def without_classifier() -> ResNet:
    """Return Torchvision's ResNet of ten layers, its classifier left out."""
    network = ResNet(BasicBlock, [1, 1, 1, 1])
    network.fc = nn.Identity()
    return network


def prefixed(prefix: str, module: nn.Module) -> dict[str, torch.Tensor]:
    """Return the module's state dict, each key after `prefix.`."""
    return {f"{prefix}.{key}": value for key, value in module.state_dict().items()}


def features(folder: Path, rows: list[dict]) -> None:
    """Write features of several systems, and layumi's file."""
    random = np.random.default_rng(0)
    labels = {key: [row[key] for row in rows] for key in ("identity", "camera", "path")}
    split = [["query", "gallery"].index(row["split"]) for row in rows]
    page = "packages_vtbr-eval_README.md"
    for name in ("features", "scratch", f"{page}+captions", "seed-1", "seed-2", "market-run"):
        table = FeatureTable.of(random.normal(size=(len(rows), 8)), split=split, **labels)
        write_features(table, folder / f"{name}.safetensors")
    shutil.copytree(folder / "Market-1501", folder / "images")
    arrays = {"pids": labels["identity"], "camids": labels["camera"], "paths": labels["path"], "split": split}
    for name in ("mine", "theirs"):
        np.savez(folder / f"{name}.npz", features=random.normal(size=(len(rows), 8)), **arrays)
    seeds = [sys.executable, "-m", "vtbr_eval", "seeds", "seed-1.safetensors", "seed-2.safetensors"]
    said = subprocess.run(
        [*seeds, "-o", "theirs.json"], cwd=folder, check=False, capture_output=True, text=True
    )
    assert said.returncode == 0, said.stderr
    mat = {f"{part}_f": random.normal(size=(4, 8)).astype(np.float32) for part in ("query", "gallery")}
    mat |= {f"{part}_label": [[1, 2, 1, 2]] for part in ("query", "gallery")}
    mat |= {"query_cam": [[1, 1, 2, 2]], "gallery_cam": [[2, 2, 1, 1]]}
    scipy.io.savemat(folder / "pytorch_result.mat", mat)
