from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch
import torchvision
from safetensors.torch import load_file, save_file

from vtbr_models.checkpoint.architecture import build_model
from vtbr_models.checkpoint.checkpoint import load_backbone, load_checkpoint, save_checkpoint
from vtbr_models.checkpoint.metadata import read_metadata
from vtbr_models.errors import InputError


def change(path, *, metadata=None, tensors=None):
    """Write a checkpoint again with some metadata replaced, or other tensors."""
    from vtbr_models.checkpoint.checkpoint import write_tensors

    write_tensors(
        path, load_file(path) if tensors is None else tensors, read_metadata(path) | (metadata or {})
    )


def equal(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_a_captioner_comes_back_as_it_was_saved(captioner, captions_checkpoint):
    loaded = load_checkpoint(captions_checkpoint)
    assert equal(loaded.model.state_dict(), captioner.state_dict())
    assert loaded.model.architecture == captioner.architecture
    assert not loaded.model.training
    assert loaded.metadata["step"] == 7


def test_an_embedder_comes_back_with_its_neck_frozen(embedder, reid_checkpoint):
    model = load_checkpoint(reid_checkpoint).model
    assert equal(model.state_dict(), embedder.state_dict())
    frozen = [name for name, parameter in model.named_parameters() if not parameter.requires_grad]
    assert frozen == ["neck.bias"]


def test_loading_draws_no_random_numbers(reid_checkpoint):
    before = torch.get_rng_state()
    load_checkpoint(reid_checkpoint)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_same_model_gives_the_same_bytes(tmp_path, captioner, preprocessing):
    metadata = {"preprocessing": preprocessing.to_metadata(), "recipe": {"b": 1, "a": 2}}
    for name in ("first", "second"):
        save_checkpoint(tmp_path / name, captioner, metadata)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "second"]


def test_the_file_is_what_the_safetensors_library_would_write(tmp_path, captions_checkpoint, captioner):
    text = json.dumps(
        read_metadata(captions_checkpoint), sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    save_file(captioner.state_dict(), tmp_path / "library", {"vtbr": text})
    assert (tmp_path / "library").read_bytes() == captions_checkpoint.read_bytes()


def test_the_metadata_hold_all_that_the_format_promises(reid_checkpoint):
    metadata = read_metadata(reid_checkpoint)
    assert metadata.keys() == {
        "format", "version", "architecture", "preprocessing", "tokenizer", "step", "recipe", "data",
        "versions", "sha256", "metadata_sha256",
    }  # fmt: skip
    assert metadata["versions"].keys() == {"python", "torch", "torchvision", "vtbr-models"}
    assert metadata["tokenizer"] is None


def test_the_trainers_versions_are_added_to_ours(tmp_path, embedder):
    save_checkpoint(tmp_path / "x", embedder, {"versions": {"vtbr-train": "9"}})
    assert {"python", "vtbr-models", "vtbr-train"} <= read_metadata(tmp_path / "x")["versions"].keys()


def test_metadata_are_read_without_torch(reid_checkpoint):
    code = (
        "import sys; from vtbr_models import read_metadata;"
        f"read_metadata({str(reid_checkpoint)!r}); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, embedder):
    path = tmp_path / "x.safetensors"
    save_checkpoint(path, embedder, {})
    before = path.read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        save_checkpoint(path, embedder, {"recipe": {"rate": float("nan")}})
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.safetensors"]


def test_key_names_are_the_contract(captioner_architecture, embedder_architecture):
    with torch.device("meta"):
        captioner, embedder = build_model(captioner_architecture), build_model(embedder_architecture)
    textual = [name for name in captioner.state_dict() if not name.startswith("visual.")]
    attention = [
        f"{part}.{kind}" for part in ("query", "key", "value", "output") for kind in ("weight", "bias")
    ]
    norm = ["weight", "bias"]
    layer = [
        *[f"self_attention.{name}" for name in attention], *[f"self_norm.{kind}" for kind in norm],
        *[f"cross_attention.{name}" for name in attention], *[f"cross_norm.{kind}" for kind in norm],
        *[f"{part}.{kind}" for part in ("expand", "contract", "feedforward_norm") for kind in norm],
    ]  # fmt: skip
    assert sorted(textual) == sorted(
        f"textual.{name}"
        for name in [
            "projection.weight", "projection.bias", "embedding.token.weight", "embedding.position.weight",
            "embedding.norm.weight", "embedding.norm.bias", "output_bias",
            *[f"{side}_decoder.layers.0.{name}" for side in ("forward", "backward") for name in layer],
        ]
    )  # fmt: skip
    assert [name for name in embedder.state_dict() if not name.startswith("visual.")] == [
        "neck.weight", "neck.bias", "neck.running_mean", "neck.running_var", "neck.num_batches_tracked",
        "classifier.weight",
    ]  # fmt: skip


def test_a_renamed_tensor_is_named(reid_checkpoint):
    tensors = load_file(reid_checkpoint)
    tensors["visual.stem.weight"] = tensors.pop("visual.conv1.weight")
    change(reid_checkpoint, tensors=tensors)
    message = (
        r"does not hold the tensors of its own architecture: visual\.conv1\.weight \(missing\), "
        r"visual\.stem\.weight \(unexpected\): write it again"
    )
    with pytest.raises(InputError, match=message):
        load_checkpoint(reid_checkpoint)


def test_a_flipped_bit_is_noticed(reid_checkpoint, embedder_architecture):
    data = bytearray(reid_checkpoint.read_bytes())
    data[-1000] ^= 1
    reid_checkpoint.write_bytes(data)
    read_metadata(reid_checkpoint)
    for load in (load_checkpoint, lambda path: load_backbone(build_model(embedder_architecture), path)):
        with pytest.raises(InputError, match=r"is damaged \(its SHA-256 differs\)"):
            load(reid_checkpoint)


def test_an_architecture_from_elsewhere_is_refused_with_the_files_name(reid_checkpoint):
    change(reid_checkpoint, metadata={"architecture": {"model": "embedder", "visual": {"name": "resnet9"}}})
    with pytest.raises(InputError, match=r"reid\.safetensors: no backbone is called 'resnet9'"):
        load_checkpoint(reid_checkpoint)


def test_a_newer_checkpoint_asks_for_an_upgrade(reid_checkpoint):
    change(reid_checkpoint, metadata={"version": 2})
    with pytest.raises(InputError, match=r"has version 2 of vtbr\.checkpoint.*--upgrade vtbr-models"):
        load_checkpoint(reid_checkpoint)


def test_a_backbone_moves_from_a_captioner_into_an_embedder(
    captioner, captions_checkpoint, embedder_architecture
):
    model = build_model(embedder_architecture)
    assert load_backbone(model, captions_checkpoint)["step"] == 7
    assert equal(model.visual.state_dict(), captioner.visual.state_dict())


def test_torchvisions_own_weights_load_without_their_classifier(tmp_path):
    theirs = torchvision.models.resnet18()
    save_file(theirs.state_dict(), tmp_path / "r18.safetensors")
    model = build_model({"model": "embedder", "visual": {"name": "resnet18"}})
    assert load_backbone(model, tmp_path / "r18.safetensors") == {}
    assert torch.equal(model.visual.layer4[1].conv2.weight, theirs.layer4[1].conv2.weight)


def test_torchvisions_transformers_load_without_theirs(tmp_path):
    theirs = torchvision.models.VisionTransformer(224, 16, 12, 3, 192, 768)
    save_file(theirs.state_dict(), tmp_path / "vit.safetensors")
    model = build_model({"model": "embedder", "visual": {"name": "vit_ti_16"}})
    load_backbone(model, tmp_path / "vit.safetensors")
    assert torch.equal(model.visual.encoder.pos_embedding, theirs.encoder.pos_embedding)


def test_a_backbone_that_does_not_fit_is_refused_and_changes_nothing(captions_checkpoint):
    model = build_model({"model": "embedder", "visual": {"name": "resnet18"}})
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    message = (
        r"captions\.safetensors \(resnet10\) does not fit this model \(resnet18\): "
        r"layer1\.1\.conv1\.weight \(missing\), layer1\.1\.bn1\.weight \(missing\), "
        r"layer1\.1\.bn1\.bias \(missing\) and \d+ more: give the same backbone to both"
    )
    with pytest.raises(InputError, match=message):
        load_backbone(model, captions_checkpoint)
    assert equal(model.state_dict(), before)


def test_a_backbone_of_another_shape_is_refused_with_both_shapes(tmp_path, embedder_architecture):
    tensors = build_model(embedder_architecture).visual.state_dict()
    tensors["conv1.weight"] = torch.zeros(64, 1, 7, 7)
    tensors["head.weight"] = torch.zeros(1)
    save_file(tensors, tmp_path / "gray.safetensors")
    message = (
        r"\(an unnamed backbone\).*conv1\.weight \(shape \(64, 1, 7, 7\) in the file, \(64, 3, 7, 7\) in the "
        r"model\), head\.weight \(unexpected\)"
    )
    with pytest.raises(InputError, match=message):
        load_backbone(build_model(embedder_architecture), tmp_path / "gray.safetensors")


def test_a_features_file_is_no_backbone(tmp_path, embedder_architecture):
    save_file(
        {"features": torch.zeros(1, 2)}, tmp_path / "f", {"vtbr": '{"format":"vtbr.features","version":1}'}
    )
    with pytest.raises(InputError, match=r"is a vtbr\.features file: a vtbr\.checkpoint file is needed here"):
        load_backbone(build_model(embedder_architecture), tmp_path / "f")


@pytest.mark.gpu
def test_a_checkpoint_of_the_gpu_equals_that_of_the_cpu(tmp_path, embedder):
    save_checkpoint(tmp_path / "cpu", embedder, {})
    save_checkpoint(tmp_path / "gpu", embedder.cuda(), {})
    assert (tmp_path / "cpu").read_bytes() == (tmp_path / "gpu").read_bytes()
    assert load_checkpoint(tmp_path / "gpu", device="cuda").model.neck.weight.is_cuda
