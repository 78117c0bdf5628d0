"""Models as other programs save them, small, with weights that differ everywhere."""

from __future__ import annotations

import struct

import torch
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

HEADS, DEPTH, WIDTH, FEEDFORWARD, POSITIONS = 2, 2, 32, 48, 9
PIECES = (
    "<unk>",
    "[SOS]",
    "[EOS]",
    "[MASK]",
    "▁r",
    "▁re",
    "▁red",
    "ed",
    "▁",
    "r",
    "e",
    "d",
    "c",
    "o",
    "a",
    "t",
)
MERGED = 4  # of PIECES, from index 4 on: the rest are letters


def resnet10(**options) -> ResNet:
    return ResNet(BasicBlock, [1, 1, 1, 1], **options)


def enliven(model: nn.Module) -> None:
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 1.5)
            elif tensor.is_floating_point() and tensor.dim() == 1:
                tensor.normal_(0.3, 0.3)


class Textual(nn.Module):
    """VirTex's head of one direction, by its names, as its paper describes it."""

    def __init__(self, visual_width: int) -> None:
        super().__init__()
        self.visual_projection = nn.Linear(visual_width, WIDTH)
        self.embedding = nn.Module()
        self.embedding.words = nn.Embedding(len(PIECES), WIDTH, padding_idx=0)
        self.embedding.positions = nn.Embedding(POSITIONS, WIDTH)
        self.embedding.layer_norm = nn.LayerNorm(WIDTH, eps=1e-8)
        layer = nn.TransformerDecoderLayer(WIDTH, HEADS, FEEDFORWARD, 0.1, "gelu")
        self.transformer = nn.TransformerDecoder(layer, DEPTH)
        self.output = nn.Linear(WIDTH, len(PIECES))
        self.output.weight = self.embedding.words.weight

    def forward(self, cells: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        x = self.embedding.layer_norm(
            self.embedding.words(tokens) + self.embedding.positions(torch.arange(tokens.shape[1]))
        )
        mask = torch.full((tokens.shape[1],) * 2, float("-inf")).triu(1)
        memory = self.visual_projection(cells).transpose(0, 1)
        return self.output(self.transformer(x.transpose(0, 1), memory, tgt_mask=mask).transpose(0, 1))


class VirTex(nn.Module):
    """Its bicaptioning model: two heads that share all but their layers."""

    def __init__(self) -> None:
        super().__init__()
        self.visual = nn.Module()
        self.visual.cnn = resnet10()
        self.visual.cnn.fc = nn.Identity()
        self.textual, self.backward_textual = Textual(512), Textual(512)
        for part in ("visual_projection", "embedding", "output"):
            setattr(self.backward_textual, part, getattr(self.textual, part))

    def cells(self, images: torch.Tensor) -> torch.Tensor:
        net = self.visual.cnn
        x = net.maxpool(net.relu(net.bn1(net.conv1(images))))
        x = net.layer4(net.layer3(net.layer2(net.layer1(x))))
        return x.flatten(2).transpose(1, 2)


def virtex() -> VirTex:
    torch.manual_seed(0)
    model = VirTex()
    enliven(model)
    with torch.no_grad():
        model.textual.embedding.words.weight[0] = 0
    return model.eval()


class StrongBaseline(nn.Module):
    """Its network: no ReLU behind the first batch norm, last stride 1, BNNeck."""

    def __init__(self) -> None:
        super().__init__()
        self.base = resnet10()
        del self.base.fc
        self.base.relu = nn.Identity()
        first = self.base.layer4[0]
        first.conv1.stride = first.downsample[0].stride = (1, 1)
        self.bottleneck = nn.BatchNorm1d(512)
        self.classifier = nn.Linear(512, 6, bias=False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        net = self.base
        x = net.maxpool(net.bn1(net.conv1(images)))
        x = net.layer4(net.layer3(net.layer2(net.layer1(x))))
        return self.bottleneck(x.mean((2, 3)))


def strong_baseline() -> StrongBaseline:
    torch.manual_seed(0)
    model = StrongBaseline()
    enliven(model)
    return model.eval()


def fastreid_state(mean: float = 110.0) -> dict[str, torch.Tensor]:
    model = strong_baseline()
    state = {f"backbone.{name}": value for name, value in model.base.state_dict().items()}
    state |= {f"heads.bottleneck.0.{name}": value for name, value in model.bottleneck.state_dict().items()}
    state |= {"heads.weight": model.classifier.weight.detach()}
    return state | {"pixel_mean": torch.full((1, 3, 1, 1), mean), "pixel_std": torch.full((1, 3, 1, 1), 51.0)}


def sentencepiece_model(pieces=PIECES, kind: int = 2) -> bytes:
    """The protobuf that sentencepiece writes: pieces with score and kind, then the trainer's settings."""

    def field(number: int, value: bytes) -> bytes:
        return bytes([number << 3 | 2, len(value)]) + value

    message = b""
    for index, text in enumerate(pieces):
        piece_kind = 2 if index == 0 else 3 if index < 4 else 1
        score = -float(index - 4) if index >= 4 else 0.0
        message += field(
            1, field(1, text.encode()) + b"\x15" + struct.pack("<f", score) + bytes([24, piece_kind])
        )
    return message + field(2, bytes([24, kind]))
