"""timm's ResNets (torchvision's names, resized by bicubic interpolation) and plain ViTs (DeiT's, too).

ResNets with another stem (`resnet50d`) or attention have other tensors and are refused.
"""

from __future__ import annotations

from .persons import Layout, embedder_plan
from .source import Options, Plan, Source, Tensors
from .torchvision import LEFT_OUT
from .vit_names import grid_of, is_vit, our_name


def _recognises(tensors: Tensors) -> bool:
    return is_vit(tensors)  # nothing in a file tells its ResNets from torchvision's: --from timm does


def _plan(tensors: Tensors, options: Options) -> Plan:
    if not is_vit(tensors):
        return embedder_plan(
            tensors, options, Layout(program="timm", left_out=LEFT_OUT, interpolation="bicubic")
        )
    variant, height, width = grid_of(tensors, options)
    layout = Layout(
        program="timm",
        renamed={name: f"visual.{our_name(name)}" for name in tensors},
        left_out={"head.*": "the classifier of ImageNet", "fc.*": "the classifier of ImageNet"},
        height=height,
        width=width,
        interpolation="bicubic",
    )
    return embedder_plan(tensors, options, layout, {**variant, "output": "class"})


SOURCE = Source(
    name="timm", made_by="timm.create_model('resnet50'), DeiT", recognises=_recognises, plan=_plan
)
