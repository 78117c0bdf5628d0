"""Networks in ONNX Runtime on the CPU; what is exported for it is kept in the user's cache.

Exporting takes seconds, so the second program that uses a model finds the network there. The cache is the folder
`VTBR_CACHE`, or the system's for caches; of exports it holds the `NUM_KEPT` last used.

Legend: B images, D width of a feature.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..captioner import Captioner
from ..embedder import Embedder
from ..errors import InputError
from ..inference import Network, Preprocessing
from .graphs import DEFAULT_OPSET, Graph, encode_onnx, feature_graph
from .inputs import InputConvention

NUM_KEPT = 16
"""Exports in the cache."""
_PACKAGE = Path(__file__).parents[1]
_PLAIN = (bool, int, float, str, tuple, type(None))


def onnx_network(model: Captioner | Embedder, height: int, width: int) -> Network:
    """Return the model as a network in ONNX Runtime on the CPU; raises InputError without extra `onnx`."""
    run = onnx_features(model, Preprocessing(height=height, width=width), InputConvention())
    return lambda images: torch.from_numpy(run(images.contiguous().numpy()))


def onnx_features(
    model: Captioner | Embedder, preprocessing: Preprocessing, convention: InputConvention
) -> Callable[[NDArray[Any]], NDArray[np.float32]]:
    """Return what computes features (B, D) of images as `convention` says, in ONNX Runtime on the CPU.

    The network is read from the user's cache, or exported and put there. Raises InputError without extra `onnx`.
    """
    if any(importlib.util.find_spec(name) is None for name in ("onnxruntime", "onnxscript")):
        raise InputError("the backend onnxruntime needs more packages: pip install 'vtbr-models[onnx]'")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    network = exported(feature_graph(model, preprocessing, {}, convention))
    session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    return lambda images: session.run(None, {"images": images})[0]


def exported(graph: Graph) -> bytes:
    """Return a network of features as ONNX, from the cache where it has been exported before.

    Says on stderr what was written. Processes that export the same at once each write a whole file; a cache that
    cannot be written is done without.
    """
    folder, key = cache_folder() / "onnx", _key(graph)
    model = _kept(folder, key)
    if model is not None:
        return model
    model = encode_onnx(graph)
    path = folder / f"{key}-{_digest(model)}.onnx"
    try:
        _keep(path, model)
    except OSError as error:
        advice = "set VTBR_CACHE to a folder that can be written"
        _say(f"exported for ONNX Runtime, but not kept: {folder}: {error.strerror}; {advice}")
    else:
        _say(f"exported for ONNX Runtime, kept in {path} ({len(model) / 1e6:.1f} MB)")
    return model


def cache_folder() -> Path:
    """Return where this user's programs keep what they can make again: `VTBR_CACHE`, or the system's place."""
    if folder := os.environ.get("VTBR_CACHE"):
        return Path(folder)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "vtbr"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "vtbr"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vtbr"


def _kept(folder: Path, key: str) -> bytes | None:
    """Return what the cache has under `key`; None where that is nothing, or not what was written."""
    for path in folder.glob(f"{key}-*.onnx"):
        try:
            model = path.read_bytes()
        except OSError:  # another process has just removed it
            continue
        if path.stem == f"{key}-{_digest(model)}":
            with suppress(OSError):  # another user's
                os.utime(path)
            return model
        _say(f"{path} is damaged: exporting the network again")
        with suppress(OSError):
            path.unlink()
    return None


def _keep(path: Path, model: bytes) -> None:
    """Write a file that appears whole, and remove those that were not used for longest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(model)
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
    for old in sorted(path.parent.iterdir(), key=_last_used, reverse=True)[NUM_KEPT:]:
        with suppress(OSError):
            old.unlink()


def _last_used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process has just removed it
        return 0.0


def _key(graph: Graph) -> str:
    """Return a digest of all that the ONNX file depends on: weights, settings, this package's code, versions."""
    network: Any = graph.network
    digest = hashlib.sha256(json.dumps(network.model.architecture, sort_keys=True).encode())
    for name, module in network.named_modules():
        plain = sorted((key, value) for key, value in vars(module).items() if isinstance(value, _PLAIN))
        digest.update(f"{name} {type(module).__qualname__} {plain!r};".encode())
    for name, tensor in (*network.named_parameters(), *network.named_buffers()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)};".encode())
        digest.update(tensor.detach().numpy().tobytes())
    versions = [importlib.metadata.version(name) for name in ("torch", "onnx", "onnxscript")]
    sources = [(str(path), path.stat().st_mtime_ns) for path in sorted(_PACKAGE.rglob("*.py"))]
    digest.update(
        repr((network.convention, network.preprocessing, DEFAULT_OPSET, versions, sources)).encode()
    )
    return digest.hexdigest()[:32]


def _digest(model: bytes) -> str:
    return hashlib.sha256(model).hexdigest()[:16]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
