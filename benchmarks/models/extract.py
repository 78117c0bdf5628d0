"""Images a second: pictures alone, the network alone, and both, against the plain way.

The plain way: Pillow, torchvision's per-image transforms, the model in evaluation mode in float32, one loop.
Pictures are JPEGs drawn at random; the network is ResNet-50 at 256 x 128, last stride 1, no flip, random
weights. Each pair runs in turn in one process; the best times are compared.
"""

from __future__ import annotations

import copy
import io
import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision import transforms

from vtbr_models.checkpoint import build_model
from vtbr_models.embedder import Embedder
from vtbr_models.export import onnx_network
from vtbr_models.inference import (
    Network,
    has_bfloat16,
    in_batches,
    picture_files,
    read_batches,
    torch_network,
)
from vtbr_models.inference.preprocessing import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Preprocessing,
    decode,
    prepare,
    resize,
)

from ..measuring import best_seconds

NUM_IMAGES, BATCH, REPEATS = 48, 16, 3
SIZES = ((64, 128), (480, 640))
SETTINGS = Preprocessing()
PLAIN = transforms.Compose(
    [
        transforms.Resize((256, 128)),
        transforms.ToTensor(),
        transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
    ]
)


def main() -> None:
    """Print both tables."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("| pictures | plain, images/s | Pillow | simplejpeg | its decoding alone | plain differs by |")
        print("| --- | --- | --- | --- | --- | --- |")
        for size in SIZES:
            pictures(draw(folder, size))
        print("\n| ResNet-50 256 x 128 | images/s | this / plain | smallest cosine |")
        print("| --- | --- | --- | --- |")
        networks(draw(folder, SIZES[0]))


def pictures(paths: list[Path]) -> None:
    """Print the row of the input side alone, one core."""
    data = [path.read_bytes() for path in paths]
    with_simplejpeg, library = {}, picture_files.simplejpeg
    for name, decoder in (("Pillow", None), ("simplejpeg", library)):
        picture_files.simplejpeg = decoder
        with_simplejpeg[name] = rates({name: lambda: [resize(decode(one), SETTINGS) for one in data]})[name]
    others = rates(
        {"plain": lambda: [plain(one) for one in data], "decode": lambda: [decode(one) for one in data]}
    )
    off = max(float((plain(one) - prepare(one, SETTINGS)).abs().max()) for one in data[:8])
    width, height = Image.open(paths[0]).size
    print(
        f"| {width} x {height} | {others['plain']:,.0f} | {with_simplejpeg['Pillow']:,.0f} "
        f"| {with_simplejpeg['simplejpeg']:,.0f} | {others['decode']:,.0f} | {off:.3f} |",
        flush=True,
    )


def networks(paths: list[Path]) -> None:
    """Print a row for each way from files to features, and for the networks alone."""
    torch.manual_seed(0)
    model = build_model({"model": "embedder", "visual": {"name": "resnet50"}}).eval()
    assert isinstance(model, Embedder)
    enliven(model)
    cpu = torch.device("cpu")
    ways: dict[str, Network] = {
        "torch": torch_network(copy.deepcopy(model), cpu, torch.float32),
        "ONNX Runtime": onnx_network(copy.deepcopy(model), 256, 128),
    }
    if has_bfloat16(cpu):
        ways["torch, bfloat16"] = torch_network(copy.deepcopy(model), cpu, torch.bfloat16)
    images = torch.stack([prepare(path.read_bytes(), SETTINGS) for path in paths[:BATCH]])
    images = images.to(memory_format=torch.channels_last)
    work: dict[str, Callable[[], Tensor]] = {"plain": lambda: plain_features(model, paths)}
    for name, network in ways.items():
        work[name] = lambda network=network: features(network, paths)
        work[f"{name}, network alone"] = lambda network=network: torch.cat(
            [network(images) for _ in range(NUM_IMAGES // BATCH)]
        )
    expected = torch.cat(
        [model.embed(batch.images) for batch in read_batches(paths, in_batches(len(paths), BATCH), SETTINGS)]
    ).detach()
    found = rates(work)
    for name, rate in found.items():
        cosine = ""
        if "alone" not in name and name != "plain":
            cosine = f"{torch.cosine_similarity(work[name](), expected).min().item():.6f}"
        print(f"| {name} | {rate:.1f} | {rate / found['plain']:.2f} | {cosine} |", flush=True)


def rates(work: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Return the images a second of each, the best of several runs in turn."""
    return {name: NUM_IMAGES / seconds for name, seconds in best_seconds(work, REPEATS).items()}


def plain(data: bytes) -> Tensor:
    """Prepare a picture as most programs do."""
    ready: Tensor = PLAIN(Image.open(io.BytesIO(data)).convert("RGB"))
    return ready


@torch.no_grad()
def plain_features(model: Embedder, paths: list[Path]) -> Tensor:
    """Compute features in one loop over batches of pictures."""
    batches = [paths[first : first + BATCH] for first in range(0, len(paths), BATCH)]
    return torch.cat(
        [model.embed(torch.stack([plain(path.read_bytes()) for path in batch])) for batch in batches]
    )


def features(network: Network, paths: list[Path]) -> Tensor:
    """Compute features as `vtbr-models extract --no-flip` does."""
    batches = read_batches(paths, in_batches(len(paths), BATCH), SETTINGS)
    return torch.cat([network(batch.images) for batch in batches])


def draw(folder: Path, size: tuple[int, int]) -> list[Path]:
    """Write JPEGs of soft colour patches with some grain."""
    random = np.random.default_rng(0)
    paths = []
    for number in range(NUM_IMAGES):
        low = Image.fromarray(random.integers(0, 256, (16, 8, 3), dtype=np.uint8))
        pixels = np.asarray(low.resize(size, Image.Resampling.BICUBIC), np.float32)
        grain = random.normal(0, 6, pixels.shape)
        path = folder / f"{size[0]}_{number}.jpg"
        Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8)).save(path, quality=90)
        paths.append(path)
    return paths


def enliven(model: Embedder) -> None:
    """Set batch norms as training leaves them: none of their numbers is 0 or 1."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor in (module.weight, module.running_var):
                torch.nn.init.uniform_(tensor, 0.5, 1.0)
            for tensor in (module.bias, module.running_mean):
                torch.nn.init.uniform_(tensor, -0.2, 0.2)
