"""TransReID's models (He et al., ICCV 2021): a ViT on pedestrians, its class token as the feature.

Left out, and so said: the side information embeddings (SIE), which need each picture's camera, and the local
branches (JPM), whose four features theirs puts behind the global one. With JPM the last block is `b1`.
"""

from __future__ import annotations

from .persons import Layout, embedder_plan
from .source import Options, Plan, Source, Tensors
from .vit_names import grid_of, is_vit, our_name

_BASE = "base."
_LOCAL = "of the local branches (JPM), whose features theirs adds: the global feature alone is used here"
_HALF = (0.5, 0.5, 0.5)


def _recognises(tensors: Tensors) -> bool:
    return is_vit(tensors, _BASE)


def _plan(tensors: Tensors, options: Options) -> Plan:
    variant, height, width = grid_of(tensors, options, _BASE)
    depth = 1 + max(int(name.split(".")[2]) for name in tensors if name.startswith(f"{_BASE}blocks."))
    renamed = {
        name: f"visual.{our_name(name.removeprefix(_BASE))}" for name in tensors if name.startswith(_BASE)
    }
    renamed["classifier.weight"] = "classifier.weight"
    left_out = {
        "base.fc.*": "the classifier of ImageNet",
        "base.head.*": "the classifier of ImageNet",
        "base.sie_embed": "of cameras (SIE), which an embedder here does not ask for: features differ by that",
        "base.*_embed_camera": "of cameras (SIE), which an embedder here does not ask for: features differ by that",
        "b2.*": _LOCAL,
        "bottleneck_*": _LOCAL,
        "classifier_*": _LOCAL,
    }
    if "b1.0.norm1.weight" in tensors:
        left_out |= {f"base.blocks.{depth - 1}.*": "replaced by b1", "base.norm.*": "replaced by b1"}
        for name in tensors:
            if name.startswith("b1.0."):
                renamed[name] = f"visual.{our_name(name.replace('b1.0.', f'blocks.{depth - 1}.', 1))}"
            elif name.startswith("b1.1."):
                renamed[name] = f"visual.{our_name(name.replace('b1.1.', 'norm.', 1))}"
    layout = Layout(
        program="TransReID",
        neck="bottleneck.",
        renamed=renamed,
        left_out=left_out,
        feature="before",
        height=height,
        width=width,
        mean=_HALF,
        std=_HALF,
        said={"input height": "from the number of positions", "input width": "from the number of positions"},
    )
    return embedder_plan(tensors, options, layout, {**variant, "output": "class"})


SOURCE = Source(name="transreid", made_by="TransReID", recognises=_recognises, plan=_plan)
