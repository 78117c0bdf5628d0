"""Trained weights and networks for other programs."""

from .graphs import DEFAULT_OPSET as DEFAULT_OPSET
from .graphs import LARGEST_OPSET as LARGEST_OPSET
from .graphs import SMALLEST_OPSET as SMALLEST_OPSET
from .graphs import build_graph as build_graph
from .inputs import InputConvention as InputConvention
from .runtime import onnx_features as onnx_features
from .runtime import onnx_network as onnx_network
from .weights import export_backbone as export_backbone
from .weights import export_checkpoint as export_checkpoint
from .writing import describe_graph as describe_graph
from .writing import write_graph as write_graph
