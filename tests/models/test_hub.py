from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import save_file

from vtbr_models.embedder import pool
from vtbr_models.export.weights import export_backbone, export_checkpoint

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not (ROOT / "hubconf.py").exists(), reason="needs the whole repository")


def load(name, *words, **options):
    return torch.hub.load(str(ROOT), name, *words, source="local", **options)


IMAGES = torch.randn(2, 3, 64, 32, generator=torch.Generator().manual_seed(0))


def test_it_needs_nothing_but_torch_and_torchvision(tmp_path, reid_checkpoint):
    # einops and the rest are there, but must not be imported; PIL and numpy are torchvision's own.
    code = f"""
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        blocked = {{'einops', 'click', 'rich', 'tokenizers', 'safetensors', 'yaml', 'msgspec'}}
        if name.partition('.')[0] in blocked:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Nothing())
sys.path = [entry for entry in sys.path if 'vtbr-models' not in entry]
import torch
net = torch.hub.load({str(ROOT)!r}, 'resnet10', weights={str(reid_checkpoint)!r}, source='local')
assert net(torch.zeros(1, 3, 64, 32)).shape == (1, 512)
assert type(net).__module__ == 'torchvision.models.resnet'
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@torch.inference_mode()
def test_a_checkpoint_an_export_and_a_state_dict_give_the_backbones_pooled_features(
    tmp_path, reid_checkpoint, embedder
):
    expected = pool(embedder.visual(IMAGES))
    export_backbone(reid_checkpoint, tmp_path / "b.safetensors")
    export_backbone(reid_checkpoint, tmp_path / "b.pth")
    export_checkpoint(reid_checkpoint, tmp_path / "half.safetensors", dtype=torch.float16)
    for weights, stride in (
        (reid_checkpoint, None),
        (tmp_path / "b.safetensors", None),
        (tmp_path / "b.pth", 1),
    ):
        features = load("resnet10", weights=str(weights), last_stride=stride)(IMAGES)
        assert torch.allclose(features, expected, atol=1e-6)
    half = load("resnet10", weights=str(tmp_path / "half.safetensors"))(IMAGES)
    assert torch.allclose(half, expected, atol=0.01 * float(expected.abs().max()))


@torch.inference_mode()
def test_torchvisions_own_weights_load_without_their_classifier(tmp_path):
    theirs = torchvision.models.resnet18().eval()
    save_file(theirs.state_dict(), tmp_path / "r18.safetensors")
    ours = load("resnet18", weights=str(tmp_path / "r18.safetensors"))
    theirs.fc = torch.nn.Identity()
    assert isinstance(ours, torchvision.models.ResNet)
    assert torch.equal(ours(IMAGES), theirs(IMAGES))


@torch.inference_mode()
def test_convnext_and_ibn_pool_as_well():
    assert load("convnext_tiny")(IMAGES).shape == (2, 768)
    assert load("resnet18_ibn_a")(IMAGES).shape == (2, 512)


def test_a_wrong_sha256_is_refused_and_the_right_one_is_not(reid_checkpoint):
    digest = hashlib.sha256(reid_checkpoint.read_bytes()).hexdigest()
    load("resnet10", weights=str(reid_checkpoint), sha256=digest.upper())
    with pytest.raises(ValueError, match=f"has SHA-256 {digest}, not {'0' * 64}"):
        load("resnet10", weights=str(reid_checkpoint), sha256="0" * 64)


def test_a_url_is_downloaded_once(tmp_path, reid_checkpoint, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    digest = hashlib.sha256(reid_checkpoint.read_bytes()).hexdigest()
    url = reid_checkpoint.as_uri()
    with pytest.raises(ValueError, match="it is not the file that was meant"):
        load("resnet10", weights=url, sha256="0" * 64)
    assert list((tmp_path / "hub/checkpoints").iterdir()) == []
    load("resnet10", weights=url, sha256=digest)
    reid_checkpoint.unlink()
    load("resnet10", weights=url, sha256=digest)


def test_weights_of_another_backbone_are_refused(reid_checkpoint, tmp_path):
    with pytest.raises(
        ValueError, match=r"reid\.safetensors is a resnet10: load it as that, not as resnet18"
    ):
        load("resnet18", weights=str(reid_checkpoint))
    export_backbone(reid_checkpoint, tmp_path / "b.pth")
    with pytest.raises(
        ValueError, match=r"b\.pth does not fit resnet18: layer1\.1\.conv1\.weight \(missing\)"
    ):
        load("resnet18", weights=str(tmp_path / "b.pth"))


def test_a_flipped_bit_is_noticed(reid_checkpoint):
    data = bytearray(reid_checkpoint.read_bytes())
    data[-1000] ^= 1
    reid_checkpoint.write_bytes(data)
    with pytest.raises(ValueError, match="is damaged"):
        load("resnet10", weights=str(reid_checkpoint))


def test_the_hub_lists_backbones_only_and_explains_them():
    spec = importlib.util.spec_from_file_location("hubconf", ROOT / "hubconf.py")
    hubconf = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hubconf)
    names = [
        name for name, value in vars(hubconf).items() if callable(value) and name[0] != "_"
    ]  # hub.list's rule
    assert {"resnet50", "wide_resnet50_2", "resnet50_ibn_a"} <= set(names)
    assert all(name.startswith(("resn", "wide_resnet", "convnext")) for name in names)
    assert "pooled features" in hubconf.resnet50.__doc__
