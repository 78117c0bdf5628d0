"""Trained weights and networks for other programs."""

from .graphs import build_graph as build_graph
from .graphs import onnx_network as onnx_network
from .graphs import write_onnx as write_onnx
from .graphs import write_pt2 as write_pt2
from .weights import export_backbone as export_backbone
from .weights import export_checkpoint as export_checkpoint
