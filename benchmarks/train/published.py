"""The published recipe's step, written plainly: what a run is compared with.

One optimizer group a parameter, Lookahead in Python loops, every caption padded to 30 tokens, attention and
scores over the padding, Pillow's transforms image by image in one loop; torch's own decoder layers.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import torch
from einops import rearrange
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_
from torchvision import transforms
from torchvision.models import resnet50

from vtbr_data.tokenizer.tokenizer import read_tokenizer
from vtbr_models.captioner import Captioner, reverse
from vtbr_models.checkpoint import build_model

from ..measuring import clock

BATCH, HEIGHT, WIDTH, LONGEST, H, HEADS, F = 16, 256, 128, 30, 1024, 16, 4096
ARCHITECTURE = {"name": f"L1_H{H}_A{HEADS}_F{F}", "max_tokens": LONGEST, "dropout": 0.0}
PAD, SOS, EOS = 0, 1, 2
RATES = {"visual": 0.2, "textual": 1e-3}


class Published(nn.Module):
    """VirTex in torch's own modules: bicaptioning from a ResNet-50."""

    def __init__(self, vocabulary_size: int) -> None:
        super().__init__()
        self.visual = resnet50(weights=None)
        self.visual.fc = nn.Identity()
        self.projection = nn.Linear(2048, H)
        self.words = nn.Embedding(vocabulary_size, H, padding_idx=PAD)
        self.positions = nn.Embedding(LONGEST, H)
        self.norm = nn.LayerNorm(H)
        self.decoders = nn.ModuleList(
            nn.TransformerDecoderLayer(H, HEADS, F, dropout=0.0, activation="gelu") for _ in range(2)
        )
        self.output = nn.Linear(H, vocabulary_size)
        self.output.weight = self.words.weight

    def forward(self, images: Tensor, captions: Tensor) -> list[Tensor]:
        """Return the losses of captions (B, L) of images (B, 3, h, w), forwards and backwards."""
        v = self.visual
        x = v.maxpool(v.relu(v.bn1(v.conv1(images))))
        grid = v.layer4(v.layer3(v.layer2(v.layer1(x))))
        memory = self.projection(rearrange(grid, "b c h w -> (h w) b c"))
        return [
            self.loss(decoder, memory, tokens)
            for decoder, tokens in zip(self.decoders, (captions, reverse(captions)), strict=True)
        ]

    def loss(self, decoder: nn.Module, memory: Tensor, tokens: Tensor) -> Tensor:
        """Return the cross-entropy of each token after those before it."""
        length = tokens.shape[1]
        x = self.norm(self.words(tokens) + self.positions.weight[:length])
        later = torch.ones(length, length, dtype=torch.bool).triu(1)
        read = decoder(rearrange(x, "b l h -> l b h"), memory, tgt_mask=later,
                       tgt_key_padding_mask=tokens == PAD)  # fmt: skip
        scores = self.output(rearrange(read, "l b h -> b l h"))
        return functional.cross_entropy(
            rearrange(scores[:, :-1], "b l v -> (b l) v"), tokens[:, 1:].flatten(), ignore_index=PAD
        )

    @torch.no_grad()
    def take(self, ours: Captioner) -> None:
        """Copy the weights of our model."""
        visual = {name.removeprefix("visual."): value for name, value in ours.state_dict().items()
                  if name.startswith("visual.")}  # fmt: skip
        self.visual.load_state_dict(visual)
        textual = ours.textual
        self.projection.load_state_dict(textual.projection.state_dict())
        self.words.weight.copy_(textual.embedding.token.weight)
        self.positions.weight.copy_(textual.embedding.position.weight)
        self.norm.load_state_dict(textual.embedding.norm.state_dict())
        self.output.bias.copy_(textual.output_bias)
        for plain, decoder in zip(
            self.decoders, (textual.forward_decoder, textual.backward_decoder), strict=True
        ):
            plain.load_state_dict(renamed(decoder.layers[0]))


def renamed(layer: Any) -> dict[str, Tensor]:
    """Return a layer's weights under the names of `nn.TransformerDecoderLayer`."""
    found: dict[str, Tensor] = {}
    for ours, theirs in (("self_attention", "self_attn"), ("cross_attention", "multihead_attn")):
        attention = getattr(layer, ours)
        for kind in ("weight", "bias"):
            parts = [getattr(getattr(attention, name), kind) for name in ("query", "key", "value")]
            found[f"{theirs}.in_proj_{kind}"] = torch.cat(parts)
            found[f"{theirs}.out_proj.{kind}"] = getattr(attention.output, kind)
    names = {"expand": "linear1", "contract": "linear2", "self_norm": "norm1",
             "cross_norm": "norm2", "feedforward_norm": "norm3"}  # fmt: skip
    for ours, theirs in names.items():
        for kind in ("weight", "bias"):
            found[f"{theirs}.{kind}"] = getattr(getattr(layer, ours), kind)
    return found


class PlainLookahead:
    """Lookahead, a parameter at a time."""

    def __init__(self, optimizer: torch.optim.Optimizer, *, steps: int = 5, alpha: float = 0.5) -> None:
        self.optimizer, self.steps, self.alpha, self.count = optimizer, steps, alpha, 0
        self.slow = [[p.detach().clone() for p in group["params"]] for group in optimizer.param_groups]

    def step(self) -> None:
        """Take a step of the optimizer, and every few of them one of the slow weights."""
        self.optimizer.step()
        self.count += 1
        if self.count % self.steps:
            return
        with torch.no_grad():
            for group, slow in zip(self.optimizer.param_groups, self.slow, strict=True):
                for fast, kept in zip(group["params"], slow, strict=True):
                    kept.add_(fast - kept, alpha=self.alpha)
                    fast.copy_(kept)


def measure(manifest: str, tokenizer_file: str, steps: int) -> dict[str, float]:
    """Compare the losses, then time the steps.

    Returns images a second, how far the losses are from ours with the same weights, and the share of padding.
    """
    tokenizer = read_tokenizer(tokenizer_file)
    rows = [json.loads(line) for line in Path(manifest).read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["split"] == "train"]
    random.seed(0)
    torch.manual_seed(0)
    root = Path(manifest).parent
    model = Published(tokenizer.get_vocab_size())
    apart = losses_apart(model, *batch(rows, root, tokenizer))
    optimizer = plain_optimizer(model)
    tokens, seconds = 0, 0.0
    for step in range(steps + 1):
        begun = clock()
        images, captions = batch(rows, root, tokenizer)
        loss = torch.stack(model(images, captions)).sum()
        optimizer.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(model.parameters(), 10.0)
        optimizer.step()
        if step:  # the first warms up
            seconds += clock() - begun
            tokens += int((captions != PAD).sum())
    padding = 1 - tokens / (steps * BATCH * LONGEST)
    return {"images_per_second": steps * BATCH / seconds, "apart": apart, "padding": padding}


@torch.no_grad()
def losses_apart(model: Published, images: Tensor, captions: Tensor) -> float:
    """Give the model the weights of ours; returns the largest difference of the two losses."""
    textual = {**ARCHITECTURE, "vocabulary_size": model.words.num_embeddings}
    ours = build_model({"model": "captioner", "visual": {"name": "resnet50"}, "textual": textual})
    assert isinstance(ours, Captioner)
    model.take(ours)
    longest = int((captions != PAD).sum(dim=1).max())
    theirs = torch.stack(model.train()(images, captions))
    found = ours.train()(images, captions[:, :longest])
    return (theirs - torch.stack([found["forward_loss"], found["backward_loss"]])).abs().max().item()


def plain_optimizer(model: Published) -> PlainLookahead:
    """Return SGD with Lookahead, one group a parameter; norms and biases do not decay."""
    groups = [
        {"params": [p], "lr": RATES["visual" if name.startswith("visual") else "textual"],
         "weight_decay": 0.0 if "norm" in name or name.endswith("bias") else 1e-4}
        for name, p in model.named_parameters()
    ]  # fmt: skip
    return PlainLookahead(torch.optim.SGD(groups, momentum=0.9))


def batch(rows: list[dict[str, Any]], root: Path, tokenizer: Any) -> tuple[Tensor, Tensor]:
    """Return images (B, 3, h, w) and captions (B, 30) of some rows."""
    pixels = transforms.Compose(
        [
            transforms.RandomResizedCrop((HEIGHT, WIDTH), scale=(0.2, 1.0)),
            transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
            transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )
    images, captions = [], torch.full((BATCH, LONGEST), PAD)
    for i, row in enumerate(random.sample(rows, BATCH)):
        with Image.open(root / row["path"]) as picture:
            images.append(pixels(picture.convert("RGB")))
        ids = tokenizer.encode(random.choice(row["captions"]), add_special_tokens=False).ids[: LONGEST - 2]
        captions[i, : len(ids) + 2] = torch.tensor([SOS, *ids, EOS])
    return torch.stack(images), captions
