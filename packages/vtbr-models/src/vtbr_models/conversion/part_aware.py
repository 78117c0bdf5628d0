"""PASS's ViTs (Zhu et al., ECCV 2022): a class token and three part tokens, pretrained or fine-tuned by its code.

At test the fine-tuned network's feature is the class token beside the mean of the part tokens, or the mean of both,
before its necks; the width of its classifier says which. Of a pretraining file the teacher is read.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from ..errors import InputError
from .persons import Layout, embedder_plan
from .source import Options, Plan, Source, Tensors
from .vit_names import grid_of, our_name

_PREFIXES = ("base.", "backbone.", "")
_NUM_PARTS = 3
_HALF = (0.5, 0.5, 0.5)
_SEVERAL = "one for each token: the feature before them is used"
_JOINED = "joined with "


def _recognises(tensors: Tensors) -> bool:
    return any(f"{prefix}part_token1" in tensors for prefix in _PREFIXES)


def _plan(tensors: Tensors, options: Options) -> Plan:
    prefix = next(name for name in _PREFIXES if f"{name}part_token1" in tensors)
    variant, height, width = grid_of(tensors, options, prefix, class_position=0)
    has_several = "bottleneck_1.weight" in tensors
    if has_several and options.feature == "neck":
        raise InputError(
            "this PASS model has a neck for each of its tokens, a model here has one for the whole feature: leave "
            "out --feature neck"
        )
    changed, joined = _joined(tensors, prefix)
    renamed = {name: f"visual.{our_name(name.removeprefix(prefix))}" for name in changed}
    renamed[f"{prefix}part_token1"] = "visual.part_tokens"
    renamed["classifier.weight"] = "classifier.weight"
    output = _output(tensors, tensors[f"{prefix}cls_token"].shape[-1])
    layout = Layout(
        program="PASS",
        neck=None if has_several else "bottleneck.",
        renamed=renamed,
        left_out={
            **joined,
            f"{prefix}fc.*": "the classifier of ImageNet",
            "head.*": "the projection of pretraining",
            **({"bottleneck*": _SEVERAL} if has_several else {}),
        },
        feature="before",
        height=height,
        width=width,
        mean=_HALF,
        std=_HALF,
        said={"input height": "from the number of positions", "input width": "from the number of positions"},
    )
    plan = embedder_plan(changed, options, layout, {**variant, "output": output, "parts": _NUM_PARTS})
    if prefix != "backbone.":
        return plan
    return replace(
        plan, assumed={**plan.assumed, "weights": "of the teacher (as PASS's fine-tuning takes them)"}
    )


def _joined(tensors: Tensors, prefix: str) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Return the tensors with tokens and positions as here, and which of them were joined with which.

    Part tokens have their positions added; the class token's position is before those of the patches.
    """
    changed = dict(tensors)
    parts = [f"{prefix}part_token{number}" for number in range(1, _NUM_PARTS + 1)]
    places = [f"{prefix}part{number}_pos" for number in range(1, _NUM_PARTS + 1)]
    class_place, patches = f"{prefix}cls_pos", f"{prefix}pos_embed"
    missing = [name for name in (*parts, *places, class_place) if name not in tensors]
    if missing:
        raise InputError(
            f"a ViT of PASS has three part tokens, each with a position: {missing[0]} is missing"
        )
    sums = [tensors[part] + tensors[place] for part, place in zip(parts, places, strict=True)]
    changed[parts[0]] = torch.cat(sums, dim=1)
    changed[patches] = torch.cat((tensors[class_place], tensors[patches]), dim=1)
    joined = dict.fromkeys((*parts[1:], *places), _JOINED + parts[0])
    return changed, {**joined, class_place: _JOINED + patches}


def _output(tensors: Tensors, width: int) -> str:
    """Return which feature the network gives, by the width of what reads it; without that both side by side."""
    readers = [
        tensors[name].shape[-1] for name in ("classifier.weight", "bottleneck.weight") if name in tensors
    ]
    return "parts-mean" if readers and readers[0] == width else "parts"


SOURCE = Source(name="pass", made_by="PASS", recognises=_recognises, plan=_plan)
