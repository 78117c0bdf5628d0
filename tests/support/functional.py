"""Foreign networks written plainly over their state dicts: what converted models are held to.

Each function computes features (B, D) of images (B, 3, h, w) from tensors by the foreign program's names, with
torch.nn.functional alone. `randomise` makes every tensor of a state dict matter.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

State = dict[str, Tensor]


def randomise(shapes: dict[str, tuple[int, ...]], seed: int = 0) -> State:
    """Tensors of these shapes: variances in [0.5, 1.5], shifts and scales around 0.3, weights that keep the scale."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for name, shape in shapes.items():
        if name.endswith("running_var"):
            state[name] = torch.rand(shape, generator=generator) + 0.5
        elif name.endswith("num_batches_tracked"):
            state[name] = torch.tensor(1)
        elif len(shape) > 1:
            fan = torch.Size(shape[1:]).numel()
            state[name] = torch.randn(shape, generator=generator) * fan**-0.5
        else:
            state[name] = 0.3 + 0.3 * torch.randn(shape, generator=generator)
    return state


def batch_norm(state: State, name: str, x: Tensor) -> Tensor:
    mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    return functional.batch_norm(x, mean, variance, state[f"{name}.weight"], state[f"{name}.bias"])


def instance_norm(state: State, name: str, x: Tensor) -> Tensor:
    return functional.instance_norm(x, weight=state[f"{name}.weight"], bias=state[f"{name}.bias"])


def norm(state: State, name: str, x: Tensor) -> Tensor:
    """Batch norm where there are statistics, else instance norm."""
    return (batch_norm if f"{name}.running_mean" in state else instance_norm)(state, name, x)


def half_instance_norm(state: State, name: str, x: Tensor) -> Tensor:
    """Batch norm, or where there are both instance norm on the first half of the channels (IBN-a)."""
    if f"{name}.IN.weight" not in state:
        return batch_norm(state, name, x)
    first, rest = x.chunk(2, dim=1)
    return torch.cat(
        (instance_norm(state, f"{name}.IN", first), batch_norm(state, f"{name}.BN", rest)), dim=1
    )


def osnet(state: State, images: Tensor) -> Tensor:
    """OSNet's features by torchreid's names, plain, IBN and AIN (Zhou et al. 2019, Figures 3 to 5)."""

    def conv_norm(name: str, x: Tensor, **options: int) -> Tensor:
        x = functional.conv2d(x, state[f"{name}.conv.weight"], **options)
        return norm(state, f"{name}.bn", x) if f"{name}.bn.weight" in state else x

    def light(name: str, x: Tensor) -> Tensor:
        x = functional.conv2d(x, state[f"{name}.conv1.weight"])
        x = functional.conv2d(x, state[f"{name}.conv2.weight"], padding=1, groups=x.shape[1])
        return batch_norm(state, f"{name}.bn", x).relu()

    def gate(name: str, x: Tensor) -> Tensor:
        hidden = functional.conv2d(
            x.mean((2, 3), True), state[f"{name}.fc1.weight"], state[f"{name}.fc1.bias"]
        )
        return (
            x
            * functional.conv2d(
                hidden.relu(), state[f"{name}.fc2.weight"], state[f"{name}.fc2.bias"]
            ).sigmoid()
        )

    def block(name: str, x: Tensor) -> Tensor:
        inner = conv_norm(f"{name}.conv1", x).relu()
        total = torch.zeros(())
        for length in range(1, 5):
            stream = inner
            plain = f"{name}.conv2{'abcd'[length - 1]}"
            for number in range(length):
                if f"{name}.conv2.0.layers.0.bn.weight" in state:
                    stream = light(f"{name}.conv2.{length - 1}.layers.{number}", stream)
                else:
                    stream = light(plain if length == 1 else f"{plain}.{number}", stream)
            total = total + gate(f"{name}.gate", stream)
        out, has_norm = conv_norm(f"{name}.conv3", total), f"{name}.conv3.bn.weight" in state
        shortcut = conv_norm(f"{name}.downsample", x) if f"{name}.downsample.conv.weight" in state else x
        if f"{name}.IN.weight" in state and not has_norm:
            return (instance_norm(state, f"{name}.IN", out) + shortcut).relu()
        out = out + shortcut
        return (instance_norm(state, f"{name}.IN", out) if f"{name}.IN.weight" in state else out).relu()

    x = functional.max_pool2d(conv_norm("conv1", images, stride=2, padding=3).relu(), 3, 2, 1)
    for stage in ("conv2", "conv3", "conv4"):
        x = block(f"{stage}.1", block(f"{stage}.0", x))
        for shrink in (f"{stage}.2.0", f"pool{stage[-1]}.0"):
            if f"{shrink}.conv.weight" in state:
                x = functional.avg_pool2d(conv_norm(shrink, x).relu(), 2)
    pooled = conv_norm("conv5", x).relu().mean((2, 3))
    linear = functional.linear(pooled, state["fc.0.weight"], state["fc.0.bias"])
    return batch_norm(state, "fc.1", linear).relu()


def resnet(
    state: State, images: Tensor, *, prefix: str = "", last_stride: int = 2, ceil: bool = False
) -> Tensor:
    """The feature map of a ResNet of either block, with squeeze-and-excitation and non-local blocks if there."""
    return resnet_maps(state, images, prefix=prefix, last_stride=last_stride, ceil=ceil)[-1]


def resnet_maps(
    state: State, images: Tensor, *, prefix: str = "", last_stride: int = 2, ceil: bool = False
) -> list[Tensor]:
    """The maps behind all blocks of the last stage of a ResNet."""

    def name_of(*parts: object) -> str:
        return prefix + ".".join(map(str, parts))

    def count(start: str, end: str) -> int:
        return sum(key.startswith(start) and key.endswith(end) for key in state)

    def squeeze(block: str, x: Tensor) -> Tensor:
        if f"{block}.se.fc.0.weight" not in state:
            return x
        hidden = functional.linear(x.mean((2, 3)), state[f"{block}.se.fc.0.weight"]).relu()
        return x * functional.linear(hidden, state[f"{block}.se.fc.2.weight"]).sigmoid()[:, :, None, None]

    def block_of(block: str, x: Tensor, stride: int) -> Tensor:
        is_deep = f"{block}.conv3.weight" in state
        strides = (1, stride, 1) if is_deep else (stride, 1)
        out = x
        for number, step in enumerate(strides, 1):
            weight = state[f"{block}.conv{number}.weight"]
            out = functional.conv2d(out, weight, stride=step, padding=weight.shape[-1] // 2)
            out = half_instance_norm(state, f"{block}.bn{number}", out)
            out = out.relu() if number < len(strides) else out
        shortcut = x
        if f"{block}.downsample.0.weight" in state:
            shortcut = functional.conv2d(x, state[f"{block}.downsample.0.weight"], stride=stride)
            shortcut = batch_norm(state, f"{block}.downsample.1", shortcut)
        return (squeeze(block, out) + shortcut).relu()

    def non_local(block: str, x: Tensor) -> Tensor:
        g, theta, phi = (
            functional.conv2d(x, state[f"{block}.{part}.weight"], state[f"{block}.{part}.bias"]).flatten(2)
            for part in ("g", "theta", "phi")
        )
        seen = torch.matmul(torch.matmul(theta.mT, phi) / g.shape[2], g.mT).mT.reshape(
            len(x), -1, *x.shape[2:]
        )
        seen = functional.conv2d(seen, state[f"{block}.W.0.weight"], state[f"{block}.W.0.bias"])
        return batch_norm(state, f"{block}.W.1", seen) + x

    x = functional.conv2d(images, state[name_of("conv1.weight")], stride=2, padding=3)
    x = batch_norm(state, name_of("bn1"), x).relu()
    x = functional.max_pool2d(x, 3, 2, 0 if ceil else 1, ceil_mode=ceil)
    for stage in range(1, 5):
        depth = len(
            {
                key
                for key in state
                if key.startswith(name_of(f"layer{stage}.")) and key.endswith("conv1.weight")
            }
        )
        extra = count(name_of(f"NL_{stage}."), "g.weight")
        maps = []
        for number in range(depth):
            stride = 1 if stage == 1 or number else (last_stride if stage == 4 else 2)
            x = block_of(name_of(f"layer{stage}", number), x, stride)
            if number >= depth - extra:
                x = non_local(name_of(f"NL_{stage}", number - depth + extra), x)
            maps.append(x)
    return maps


def vit(state: State, images: Tensor, *, heads: int, prefix: str = "", step: int = 16) -> Tensor:
    """The class token behind the last norm of a ViT, by timm's names."""
    return vit_tokens(state, images, heads=heads, prefix=prefix, step=step)[:, 0]


def vit_tokens(state: State, images: Tensor, *, heads: int, prefix: str = "", step: int = 16) -> Tensor:
    """All tokens behind the last norm of a ViT, by timm's names: class, PASS's three parts if there, patches."""

    def layer_norm(name: str, x: Tensor) -> Tensor:
        weight, bias = state[f"{prefix}{name}.weight"], state[f"{prefix}{name}.bias"]
        return functional.layer_norm(x, weight.shape, weight, bias, 1e-6)

    def linear(name: str, x: Tensor) -> Tensor:
        return functional.linear(x, state[f"{prefix}{name}.weight"], state[f"{prefix}{name}.bias"])

    weight, bias = (state[f"{prefix}patch_embed.proj.{kind}"] for kind in ("weight", "bias"))
    x = functional.conv2d(images, weight, bias, stride=step).flatten(2).mT
    first, places = [state[f"{prefix}cls_token"]], [state[f"{prefix}pos_embed"]]
    if f"{prefix}part_token1" in state:
        first += [state[f"{prefix}part_token{number}"] for number in (1, 2, 3)]
        own = [state[f"{prefix}{name}_pos"] for name in ("cls", "part1", "part2", "part3")]
        places = [*own, *places]
    x = torch.cat((*(token.expand(len(x), -1, -1) for token in first), x), 1) + torch.cat(places, 1)
    depth = len({key for key in state if key.startswith(f"{prefix}blocks.") and key.endswith("qkv.weight")})
    for number in range(depth):
        block = f"blocks.{number}"
        packed = linear(f"{block}.attn.qkv", layer_norm(f"{block}.norm1", x))
        query, key, value = packed.unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        x = x + linear(f"{block}.attn.proj", seen)
        hidden = functional.gelu(linear(f"{block}.mlp.fc1", layer_norm(f"{block}.norm2", x)))
        x = x + linear(f"{block}.mlp.fc2", hidden)
    return layer_norm("norm", x)


def swin(
    state: State, images: Tensor, *, heads: tuple[int, ...], prefix: str = "", weight: float = 0.2
) -> Tensor:
    """SOLIDER's feature before its neck: Swin with nn.Unfold between stages, and channels scaled by semantics."""

    def of(name: str) -> Tensor:
        return state[f"{prefix}{name}"]

    def linear(name: str, x: Tensor) -> Tensor:
        return functional.linear(x, of(f"{name}.weight"), state.get(f"{prefix}{name}.bias"))

    def layer_norm(name: str, x: Tensor) -> Tensor:
        return functional.layer_norm(x, of(f"{name}.weight").shape, of(f"{name}.weight"), of(f"{name}.bias"))

    def attention(name: str, x: Tensor, shift: int, num_heads: int) -> Tensor:
        """Cell by cell: whom a cell of the padded and rolled grid sees is written down, then gathered."""
        batch, height, width, channels = x.shape
        padded = functional.pad(x, (0, 0, 0, -width % 7, 0, -height % 7))
        rows, columns = padded.shape[1:3]
        rolled = torch.roll(padded, (-shift, -shift), (1, 2)).reshape(batch, rows * columns, channels)
        packed = linear(f"{name}.qkv", rolled).reshape(batch, rows * columns, 3, num_heads, -1)
        place = torch.arange(rows * columns)
        row, column = place // columns, place % columns
        window = row // 7 * columns + column // 7
        side = [torch.where(at >= size - shift, 2, torch.where(at >= size - 7, 1, 0)) if shift else at * 0
                for at, size in ((row, rows), (column, columns))]  # fmt: skip
        region = 3 * side[0] + side[1]
        down, right = row[:, None] - row + 6, column[:, None] - column + 6
        inside = window[:, None] == window
        table = of(f"{name}.relative_position_bias_table")
        bias = table[(down.clamp(0, 12) * 13 + right.clamp(0, 12))].permute(2, 0, 1)
        logits = torch.einsum("bihd,bjhd->bhij", packed[:, :, 0], packed[:, :, 1]) * packed.shape[-1] ** -0.5
        logits = logits + bias - 100.0 * (region[:, None] != region)
        logits = logits.masked_fill(~inside, -torch.inf)
        seen = torch.einsum("bhij,bjhd->bihd", logits.softmax(-1), packed[:, :, 2]).flatten(2)
        whole = linear(f"{name}.proj", seen).reshape(batch, rows, columns, channels)
        return torch.roll(whole, (shift, shift), (1, 2))[:, :height, :width]

    x = functional.conv2d(
        images, of("patch_embed.projection.weight"), of("patch_embed.projection.bias"), stride=4
    )
    x = layer_norm("patch_embed.norm", x.permute(0, 2, 3, 1))
    semantics = torch.tensor([weight, 1 - weight])
    for stage in range(4):
        depth = sum(
            key.startswith(f"{prefix}stages.{stage}.") and key.endswith("w_msa.qkv.weight") for key in state
        )
        for number in range(depth):
            block = f"stages.{stage}.blocks.{number}"
            shift = 3 * (number % 2)
            x = x + attention(f"{block}.attn.w_msa", layer_norm(f"{block}.norm1", x), shift, heads[stage])
            hidden = functional.gelu(linear(f"{block}.ffn.layers.0.0", layer_norm(f"{block}.norm2", x)))
            x = x + linear(f"{block}.ffn.layers.1", hidden)
        if stage < 3:
            x = functional.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
            size = (x.shape[1] // 2, x.shape[2] // 2)
            merged = functional.unfold(x.permute(0, 3, 1, 2), 2, stride=2).mT
            x = linear(
                f"stages.{stage}.downsample.reduction", layer_norm(f"stages.{stage}.downsample.norm", merged)
            )
            if f"{prefix}semantic_embed_w.{stage}.weight" in state:
                scale = functional.softplus(linear(f"semantic_embed_w.{stage}", semantics))
                x = x * scale + linear(f"semantic_embed_b.{stage}", semantics)
            x = x.unflatten(1, size)
    return layer_norm("norm3", x).mean((1, 2))
