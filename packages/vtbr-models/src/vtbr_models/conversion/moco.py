"""MoCo's ResNets (He et al., CVPR 2020), and LUPerson's (Fu et al., CVPR 2021), which are trained by its code."""

from __future__ import annotations

from .persons import Layout, embedder_plan
from .source import Options, Plan, Source, Tensors

_ENCODERS = {"encoder_q.": "encoder_k.", "base_encoder.": "momentum_encoder."}
"""The encoder that is trained and the one that follows it: versions 1 and 2, version 3."""


def _recognises(tensors: Tensors) -> bool:
    return any(f"{encoder}conv1.weight" in tensors for encoder in _ENCODERS)


def _plan(tensors: Tensors, options: Options) -> Plan:
    encoder = next(name for name in _ENCODERS if f"{name}conv1.weight" in tensors)
    left_out = {
        f"{_ENCODERS[encoder]}*": "the encoder that follows the trained one",
        f"{encoder}fc.*": "the projection of contrastive training",
        "queue*": "the queue of contrastive training",
        "predictor.*": "the predictor of contrastive training",
    }
    return embedder_plan(tensors, options, Layout(program="MoCo", backbone=encoder, left_out=left_out))


SOURCE = Source(name="moco", made_by="MoCo and LUPerson", recognises=_recognises, plan=_plan)
