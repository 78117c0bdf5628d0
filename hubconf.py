"""One line to a backbone, with torch and torchvision alone.

    net = torch.hub.load("ORG/vtbr", "resnet50", weights="model.safetensors")
    features = net(images)  # (B, 2048) of B images (3, h, w), prepared as the checkpoint says

`weights` is a name of the model zoo, or a path or a URL of a checkpoint, of what `vtbr-models export`
writes, or of any file with torchvision's keys. Nothing but tensors is read, and weights that do not fit are
an error.
"""

from __future__ import annotations

import hashlib
import pathlib
import sys
import tempfile

import torch
import torchvision

_PACKAGE = str(pathlib.Path(__file__).parent / "packages/vtbr-models/src")
sys.path.insert(0, _PACKAGE)
# Of the package only what needs nothing but torch and torchvision: tests/models/test_hub.py holds it to that.
import vtbr_models.backbones as _backbones  # noqa: E402
import vtbr_models.checkpoint.matching as _matching  # noqa: E402
import vtbr_models.checkpoint.tensorfile as _tensorfile  # noqa: E402
import vtbr_models.errors as _errors  # noqa: E402

sys.path.remove(_PACKAGE)

dependencies = ["torch", "torchvision"]

_ZOO = pathlib.Path(_tensorfile.__file__).parent / "zoo"
_DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
           "I64": torch.int64, "I32": torch.int32, "U8": torch.uint8, "BOOL": torch.bool}  # fmt: skip
_FAMILIES = ("resnet", "convnext")  # whose torchvision classes pool by themselves


def _entry_point(name: str):
    def build(weights=None, *, sha256=None, last_stride=None):
        tensors, visual = ({}, {}) if weights is None else _read(_local(str(weights), sha256))
        if visual.get("name", name) != name:
            raise _errors.InputError(f"{weights} is a {visual['name']}: load it as that, not as {name}")
        options = {"last_stride": 2, **visual, "name": name}
        network = _backbones.build_backbone(**options | ({"last_stride": last_stride} if last_stride else {}))
        if weights is not None:
            _fill(network, tensors, weights)
        return _pooled(network).eval()

    build.__name__ = build.__qualname__ = name
    build.__doc__ = f"""A {name} of torchvision's class: images (B, 3, h, w) to pooled features (B, C).

    weights: path, URL or name in the zoo; without it the network is untrained.
    sha256: of that file, which is refused if it has another.
    last_stride: 1 or 2; without it what the file says, or 2.
    Raises ValueError for weights that are damaged, hold more than tensors, or do not fit.
    """
    return build


def _fill(network, tensors, weights) -> None:
    found = {key: tensor for key, tensor in tensors.items() if not key.startswith(network.classifier_prefix)}
    difference = _matching.mismatch(network.state_dict(), found)
    if difference:
        raise _errors.InputError(f"{weights} does not fit {network.architecture['name']}: {difference}")
    network.load_state_dict(found)


def _pooled(network):
    """Return the network as an instance of its torchvision class, whose forward pools; no classifier."""
    kind = next(kind for kind in type(network).__mro__ if kind.__module__.startswith("torchvision."))
    pooled = kind.__new__(kind)
    torch.nn.Module.__init__(pooled)
    for name, child in network.named_children():
        setattr(pooled, name, child)
    if isinstance(pooled, torchvision.models.ResNet):
        pooled.fc = torch.nn.Identity()
    else:
        pooled.classifier = torch.nn.Flatten(1)
    return pooled


def _local(weights: str, sha256: str | None) -> pathlib.Path:
    """The file itself, downloaded once where it is a URL, and of the right digest."""
    if "://" in weights:
        folder = pathlib.Path(torch.hub.get_dir()) / "checkpoints"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{hashlib.sha256(weights.encode()).hexdigest()[:16]}-{weights.rsplit('/', 1)[-1]}"
        if not path.exists():
            with tempfile.TemporaryDirectory(dir=folder) as partial:
                torch.hub.download_url_to_file(weights, f"{partial}/file")
                _check(pathlib.Path(partial) / "file", sha256, weights)
                (pathlib.Path(partial) / "file").replace(path)
    else:
        path, named = pathlib.Path(weights), _ZOO / f"{weights}.safetensors"
        path = named if named.is_file() and not path.exists() else path
    _check(path, sha256, weights)
    return path


def _check(path: pathlib.Path, sha256: str | None, weights: str) -> None:
    if sha256 is None:
        return
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256.lower():
        raise _errors.InputError(
            f"{weights} has SHA-256 {found}, not {sha256}: it is not the file that was meant"
        )


def _read(path: pathlib.Path):
    """The backbone's tensors, and what the file says about it: its `architecture.visual`, or nothing."""
    with path.open("rb") as file:
        is_pickle = file.read(4) == b"PK\x03\x04"
    if is_pickle:
        tensors, metadata = torch.load(path, map_location="cpu", weights_only=True), {}
    else:
        header = _tensorfile.read_header(path)
        _tensorfile.verify(path, header)
        tensors, metadata = _tensors(path, header), header.metadata or {}
    prefix = "visual." if metadata.get("format") == "vtbr.checkpoint" else ""
    found = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    return found, metadata.get("architecture", {}).get("visual", {})


def _tensors(path: pathlib.Path, header):
    """All tensors of a safetensors file, in the types that they have there."""
    data = bytearray(path.read_bytes()[header.num_bytes :])
    tensors, start = {}, 0
    for name, spec in header.tensors.items():
        end = start + spec.num_bytes
        tensors[name] = torch.frombuffer(
            data, dtype=_DTYPES[spec.dtype], count=spec.num_elements, offset=start
        )
        tensors[name] = tensors[name].reshape(spec.shape)
        start = end
    return tensors


for _name, _row in _backbones.BACKBONES.items():
    if _row.module in _FAMILIES:
        globals()[_name] = _entry_point(_name)
