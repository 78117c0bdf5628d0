from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import vtbr_models
from vtbr_models.backbones import BACKBONES
from vtbr_models.cli import main


def test_describe_tells_what_a_checkpoint_is(captions_checkpoint, captioner):
    result = CliRunner().invoke(main, ["describe", str(captions_checkpoint)])
    described = json.loads(result.stdout)
    total = sum(parameter.numel() for parameter in captioner.parameters())
    visual = sum(parameter.numel() for parameter in captioner.visual.parameters())
    assert described["parameters"] == {"textual": total - visual, "total": total, "visual": visual}
    assert described["architecture"] == captioner.architecture
    assert described["tokenizer"] == {"type": "WordLevel", "vocabulary": 15}
    assert described["step"] == 7
    assert described["file"]["bytes"] == captions_checkpoint.stat().st_size


def test_describe_reads_a_checkpoint_without_torch(captions_checkpoint):
    code = (
        "import sys; from vtbr_models.cli import main;"
        f"main(['describe', {str(captions_checkpoint)!r}], standalone_mode=False);"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=False).returncode == 0


def test_list_names_every_backbone_with_its_size():
    listed = json.loads(CliRunner().invoke(main, ["list"]).stdout)["backbones"]
    assert [entry["name"] for entry in listed] == list(BACKBONES)
    assert {"name": "resnet50", "width": 2048, "parameters": 23_508_032} in listed


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_commands_help_ends_in_an_example(command):
    result = CliRunner().invoke(main, [command, "-h"])
    assert result.exit_code == 0
    assert f"  Example:\n    vtbr-models {command}" in result.stdout


def test_help_needs_no_torch():
    code = (
        "import sys; from vtbr_models.cli import main; main(['extract', '--help'], standalone_mode=False);"
        "sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=False).returncode == 0


def test_the_module_runs_as_the_command():
    result = subprocess.run(
        [sys.executable, "-m", "vtbr_models", "--version"], capture_output=True, text=True, check=True
    )
    assert result.stdout == f"vtbr-models, version {vtbr_models.__version__}\n"


@pytest.mark.parametrize("command", ["describe", "extract", "caption", "attributes", "export", "convert"])
def test_a_missing_checkpoint_is_one_line(tmp_path, people, command):
    output = ["-o", str(tmp_path / "x.pth")]
    rest = {"describe": [], "export": output, "convert": output}.get(command, [str(people)])
    result = CliRunner().invoke(main, [command, str(tmp_path / "none.safetensors"), *rest])
    assert result.exit_code == 1
    assert result.stderr == f"Error: {tmp_path / 'none.safetensors'}: No such file or directory\n"


def test_a_missing_manifest_is_one_line(tmp_path, reid_checkpoint):
    result = CliRunner().invoke(main, ["extract", str(reid_checkpoint), str(tmp_path / "none.jsonl")])
    assert result.exit_code == 1
    assert result.stderr == f"Error: {tmp_path / 'none.jsonl'}: No such file or directory\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", ["extract", "caption"])
def test_a_full_disk_is_one_line(people, captions_checkpoint, command):
    result = subprocess.run(
        f"{sys.executable} -m vtbr_models {command} {captions_checkpoint} {people} > /dev/full",
        shell=True, capture_output=True, text=True, check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
    )  # fmt: skip
    assert result.returncode == 1
    assert result.stderr == "Error: No space left on device\n"


def test_a_wrong_option_exits_with_2(people, reid_checkpoint):
    result = CliRunner().invoke(main, ["extract", str(reid_checkpoint), str(people), "--split", "test"])
    assert result.exit_code == 2


@pytest.mark.parametrize("name", list(vtbr_models._HOMES))
def test_public_names_are_found_where_they_are_said_to_be(name):
    assert getattr(vtbr_models, name).__name__ == name


def test_other_names_are_not_there():
    with pytest.raises(AttributeError, match="module 'vtbr_models' has no attribute 'nothing'"):
        _ = vtbr_models.nothing
