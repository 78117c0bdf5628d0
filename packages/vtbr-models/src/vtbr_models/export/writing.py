"""Networks written as ONNX, OpenVINO IR or `.pt2`, checked against `extract` before the file is kept."""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import InputError
from ..files import Manifest, replacing
from ..inference import Preprocessing
from .checking import (
    Runner,
    agreement,
    cosines,
    expected_features,
    made_pictures,
    read_pictures,
)
from .graphs import DEFAULT_OPSET, Graph, encode_onnx, encode_pt2, with_metadata
from .inputs import InputConvention
from .quantisation import NUM_CALIBRATION, mean_average_precision, quantised, spread

GRAPH_ENDINGS = (".onnx", ".pt2", ".xml")
_NUM_CHECKED = 16  # pictures of a calibration manifest that a float32 export is checked on


def write_graph(
    graph: Graph,
    output: Path,
    *,
    opset: int = DEFAULT_OPSET,
    calibration: Manifest | None = None,
    tests: Sequence[Manifest] = (),
    int8: bool = False,
    report: Callable[[str], None] = print,
) -> None:
    """Write `graph` in the form that the ending of `output` names, and check features against `extract`.

    The pictures are those of `calibration`, or made ones. With `int8` convolutions and linear layers are
    quantised on them, and what that costs is reported on them and on each of `tests`. Raises InputError where
    packages are missing, and where float32 features differ.
    """
    precision = "int8" if int8 else "float32"
    if graph.convention is not None:
        exported = {**graph.convention.to_metadata(), "opset": opset, "precision": precision}
        if output.suffix == ".pt2":
            del exported["opset"]
        graph = replace(graph, metadata={**graph.metadata, "export": exported})
    if output.suffix == ".pt2":
        model = encode_pt2(graph)
    else:
        model = encode_onnx(graph, opset)
        if int8:
            assert calibration is not None
            model = with_metadata(quantised(model, _calibration_inputs(graph, calibration)), graph.json())
    with _written(model, output, graph) as run:
        if graph.convention is not None:
            if int8:
                for manifest in filter(None, (calibration, *tests)):
                    _report_loss(graph, run, manifest, report)
            else:
                _check(graph, run, calibration, report)


@contextmanager
def _written(model: bytes, output: Path, graph: Graph) -> Iterator[Runner]:
    """Write the file under another name, give what runs it, and rename it where nothing went wrong."""
    if output.suffix == ".xml":
        with _openvino_files(model, output, graph.json()) as run:
            yield run
        return
    with replacing(output) as file:
        file.write(model)
        yield _torch_runner(model) if output.suffix == ".pt2" else onnx_runner(model)


def onnx_runner(model: bytes) -> Runner:
    """Return what runs an ONNX file on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda images: session.run(None, {"images": images})[0]


def _torch_runner(model: bytes) -> Runner:
    network = torch.export.load(io.BytesIO(model)).module()

    def run(images: NDArray[Any]) -> NDArray[np.float32]:
        with torch.inference_mode():
            found: NDArray[np.float32] = network(torch.from_numpy(images)).numpy()
        return found

    return run


@contextmanager
def _openvino_files(model: bytes, output: Path, metadata: str) -> Iterator[Runner]:
    try:
        import openvino
    except ImportError as error:
        raise InputError(
            "writing OpenVINO IR needs one more package: pip install 'vtbr-models[openvino]'"
        ) from error
    with tempfile.TemporaryDirectory(dir=output.resolve().parent, prefix=f".{output.name}.") as folder:
        source, made = Path(folder) / "network.onnx", Path(folder) / output.name
        source.write_bytes(model)
        network = openvino.convert_model(source)
        network.set_rt_info(metadata, ["vtbr"])
        openvino.save_model(network, made, compress_to_fp16=False)
        # Without the hint processors with AMX compute in bfloat16.
        compiled = openvino.Core().compile_model(made, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        yield lambda images: next(iter(compiled(images).values()))
        for ending in (".bin", ".xml"):
            made.with_suffix(ending).replace(output.with_suffix(ending))


def _calibration_inputs(graph: Graph, manifest: Manifest) -> Iterator[NDArray[Any]]:
    assert graph.convention is not None
    preprocessing = Preprocessing.from_metadata(graph.metadata["preprocessing"])
    train = [row for row in manifest.rows if row.split == "train"]
    for pixels in read_pictures(manifest, spread(train or manifest.rows, NUM_CALIBRATION)):
        yield graph.convention.encode(pixels, preprocessing)


def _check(graph: Graph, run: Runner, calibration: Manifest | None, report: Callable[[str], None]) -> None:
    convention: InputConvention | None = graph.convention
    assert convention is not None
    model: Any = graph.network.model
    preprocessing = Preprocessing.from_metadata(graph.metadata["preprocessing"])
    pictures = made_pictures()
    if calibration is not None:
        pictures = list(read_pictures(calibration, spread(calibration.rows, _NUM_CHECKED)))
    expected = expected_features(model, pictures, preprocessing, flip=convention.flip)
    found = agreement(run, expected, pictures, preprocessing, convention)
    if not found.is_enough:
        raise InputError(
            "the exported network's features differ from those of `vtbr-models extract` "
            f"(cosine {found.cosine:.6f}, less their mean {found.centred:.4f}): nothing was written; "
            "try another --opset, or leave --resize out"
        )
    named = "" if convention.flip else " --no-flip"
    report(
        f"checked on {len(pictures)} {'made ' if calibration is None else ''}pictures: "
        f"cosine to `vtbr-models extract{named}` at least {found.cosine:.6f}"
    )


def _report_loss(graph: Graph, run: Runner, manifest: Manifest, report: Callable[[str], None]) -> None:
    """Say how far 8-bit features are from float32, and what that costs where there are queries."""
    convention: Any = graph.convention
    model: Any = graph.network.model
    preprocessing = Preprocessing.from_metadata(graph.metadata["preprocessing"])
    rows = [row for row in manifest.rows if row.split != "train"] or spread(manifest.rows, NUM_CALIBRATION)
    expected = expected_features(model, read_pictures(manifest, rows), preprocessing, flip=convention.flip)
    found = np.concatenate(
        [run(convention.encode(pixels, preprocessing)) for pixels in read_pictures(manifest, rows)]
    )
    cosine = cosines(found, expected)
    said = f"int8, {manifest.name}:"
    report(
        f"{said} cosine to float32 of {len(rows)} pictures: mean {cosine.mean():.4f}, smallest {cosine.min():.4f}"
    )
    before, after = (mean_average_precision(features, rows) for features in (expected, found))
    if before is None or after is None:
        report(f"{said} no mAP: no query has a match in the gallery")
    else:
        report(f"{said} mAP {after:.4f}, float32 {before:.4f}: {100 * (before - after):.2f} points lost")


def describe_graph(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what an exported network says of itself: the checkpoint's metadata and the input convention.

    Raises InputError for a file that `vtbr-models export` did not write.
    """
    text = {".onnx": _onnx_text, ".pt2": _pt2_text, ".xml": _xml_text}[Path(path).suffix](Path(path))
    if not text:
        raise InputError(f"{path} was not written by `vtbr-models export`: it says nothing of its input")
    metadata: dict[str, Any] = json.loads(text)
    metadata.pop("tokenizer", None)
    exported: Mapping[str, Any] | None = metadata.get("export")
    if exported is None:
        return metadata
    names = InputConvention.__dataclass_fields__
    convention = InputConvention(**{name: value for name, value in exported.items() if name in names})
    images = convention.shape(Preprocessing.from_metadata(metadata["preprocessing"]))
    return {**metadata, "export": {**exported, "images": images}}


def _onnx_text(path: Path) -> str | None:
    try:
        import onnx
    except ImportError as error:
        raise InputError(
            f"{path}: reading ONNX needs more packages: pip install 'vtbr-models[onnx]'"
        ) from error
    data = path.read_bytes()
    try:
        model = onnx.load_from_string(data)
    except Exception as error:  # protobuf's own
        raise InputError(f"{path} is not an ONNX file") from error
    return next((prop.value for prop in model.metadata_props if prop.key == "vtbr"), None)


def _pt2_text(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            name = next((name for name in archive.namelist() if name.endswith("vtbr.json")), None)
            return None if name is None else archive.read(name).decode()
    except zipfile.BadZipFile as error:
        raise InputError(f"{path} is not a .pt2 file") from error


def _xml_text(path: Path) -> str | None:
    try:
        found = ElementTree.parse(path).getroot().find("rt_info/vtbr")
    except ElementTree.ParseError as error:
        raise InputError(f"{path} is not OpenVINO IR") from error
    return None if found is None else found.get("value")
