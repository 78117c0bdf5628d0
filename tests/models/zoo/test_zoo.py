from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest
import yaml
from click.testing import CliRunner

from vtbr_models.checkpoint.metadata import read_metadata
from vtbr_models.cli import main
from vtbr_models.errors import InputError
from vtbr_models.zoo import entries, read_zoo, resolve


def entry(path, **changes):
    data = path.read_bytes()
    values = {
        "about": "Describes drawn people.",
        "model": "captioner",
        "backbone": "resnet10",
        "file": path.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "recipe": "vtbr-train pretrain",
        "data": "drawn",
        "scores": {"upper_colour": 0.5},
        "measured_on": "drawn",
        "licence": "Apache-2.0",
        "card": "card.md",
    } | changes
    return {key: value for key, value in values.items() if value is not None}


@pytest.fixture
def zoo(tmp_path, captions_checkpoint, monkeypatch):
    """A zoo of one tiny captioner."""
    path = tmp_path / "zoo.yaml"
    path.write_text(yaml.safe_dump({"tiny": entry(captions_checkpoint)}))
    monkeypatch.setenv("VTBR_ZOO", str(path))
    return path


def test_the_zoo_is_listed_as_json(zoo):
    (listed,) = json.loads(CliRunner().invoke(main, ["list", "--zoo"]).stdout)
    assert listed["name"] == "tiny"
    assert listed["scores"] == {"upper_colour": 0.5}


def test_a_name_is_as_good_as_a_path(zoo, captions_checkpoint, people):
    assert resolve("tiny") == captions_checkpoint
    by_name, by_path = (
        CliRunner().invoke(main, ["caption", model, str(people), "--greedy"])
        for model in ("tiny", str(captions_checkpoint))
    )
    assert by_name.exit_code == 0, by_name.stderr
    assert by_name.stdout == by_path.stdout
    described = CliRunner().invoke(main, ["describe", "tiny"])
    assert json.loads(described.stdout)["architecture"]["model"] == "captioner"


def test_a_file_of_that_name_goes_before_the_zoo(zoo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny").write_bytes(b"")
    assert str(resolve("tiny")) == "tiny"


def test_an_unknown_name_is_answered_with_near_ones(zoo):
    result = CliRunner().invoke(main, ["describe", "tinny"])
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: no file and no model is called 'tinny': the zoo has tiny (`vtbr-models list --zoo`)\n"
    )


def test_a_model_with_another_digest_is_refused(zoo, captions_checkpoint):
    captions_checkpoint.write_bytes(captions_checkpoint.read_bytes() + b" ")
    with pytest.raises(InputError, match="is not the model tiny"):
        resolve("tiny")


def test_a_model_at_a_url_is_downloaded_once(zoo, captions_checkpoint, tmp_path, monkeypatch):
    import torch

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    far = entry(captions_checkpoint, file=None, url=captions_checkpoint.as_uri())
    zoo.write_text(yaml.safe_dump({"far": far, "wrong": {**far, "sha256": "0" * 64}}))
    first = resolve("far")
    with pytest.raises(InputError, match="cannot be downloaded as wrong"):
        resolve("wrong")
    captions_checkpoint.unlink()
    assert resolve("far") == first
    assert read_metadata(first)["step"] == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1", "is not valid YAML"),
        ("[1]", "a zoo maps names to entries"),
        ("tiny: {about: x}", "tiny must have about, backbone, .* look at backbone"),
        ("tiny: {file: x, url: y}", "and a file or a url"),
    ],
)
def test_a_zoo_that_is_none_is_refused(zoo, text, message):
    zoo.write_text(text)
    with pytest.raises(InputError, match=message):
        read_zoo()


def test_every_model_that_comes_along_is_the_file_that_its_entry_describes():
    for name, listed in read_zoo(entries._OWN).items():
        path = entries._OWN.parent / str(listed.file)
        data = path.read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (listed.sha256, listed.bytes), name
        assert len(data) < 14e6
        architecture = read_metadata(path)["architecture"]
        assert (architecture["model"], architecture["visual"]["name"]) == (listed.model, listed.backbone)
        assert all(0 <= score <= 10 for score in listed.scores.values())
        assert (entries._OWN.parent / listed.card).read_text().startswith(f"# {name}\n")


def test_listing_the_zoo_needs_no_torch(zoo):
    code = (
        "import sys; from vtbr_models.cli import main;"
        "main(['list', '--zoo'], standalone_mode=False); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=False).returncode == 0
