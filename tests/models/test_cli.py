from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
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


def test_describe_refuses_what_extract_refuses(reid_checkpoint, people):
    whole = reid_checkpoint.read_bytes()
    flipped = whole[:-1000] + bytes([whole[-1000] ^ 1]) + whole[-999:]
    edited = whole.replace(b'mean\\":[0.485', b'mean\\":[0.486')
    assert edited != whole
    for data, said in ((flipped, "is damaged"), (edited, "its metadata were changed after it was written")):
        reid_checkpoint.write_bytes(data)
        for command in (["describe", str(reid_checkpoint)], ["extract", str(reid_checkpoint), str(people)]):
            result = CliRunner().invoke(main, command)
            assert result.exit_code == 1
            assert said in result.stderr


@pytest.mark.parametrize("command", ["describe", "extract", "caption", "export"])
def test_a_pickle_with_another_name_is_refused_in_one_line(command, tmp_path, people):
    path = tmp_path / "pickle.safetensors"
    torch.save({"weight": torch.zeros(3)}, path)
    words = {"extract": [people], "caption": [people], "export": ["-o", tmp_path / "x.pth"]}.get(command, [])
    result = CliRunner().invoke(main, [command, str(path), *map(str, words)])
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith("Error: ")


def test_a_mistyped_command_is_answered_with_the_right_one():
    result = CliRunner().invoke(main, ["captio"])
    assert result.exit_code == 2
    assert "No such command 'captio'. Did you mean 'caption'?" in result.stderr


@pytest.mark.parametrize("output", ["model", "manifest", "picture"])
def test_an_output_that_is_an_input_is_refused_before_anything_is_opened(output, people, reid_checkpoint):
    picture = next(people.parent.glob("*.bmp"))
    path = {"model": reid_checkpoint, "manifest": people, "picture": picture}[output]
    before = path.read_bytes()
    result = CliRunner().invoke(main, ["extract", str(reid_checkpoint), str(people), "-o", str(path)])
    assert result.exit_code == 2
    assert f"{path} is read and would be overwritten: give -o another name" in result.stderr
    assert path.read_bytes() == before


def test_two_outputs_with_one_name_are_refused(tmp_path):
    torch.save({"weight": torch.zeros(3)}, tmp_path / "x.pth")
    words = ["convert", tmp_path / "x.pth", "-o", tmp_path / "y", "--account", tmp_path / "y"]
    result = CliRunner().invoke(main, [*map(str, words)])
    assert result.exit_code == 2
    assert f"-o and --account both write to {tmp_path / 'y'}" in result.stderr


def test_a_folder_in_place_of_a_manifest_names_the_command_that_lists_it(people, reid_checkpoint):
    result = CliRunner().invoke(main, ["extract", str(reid_checkpoint), str(people.parent)])
    assert result.exit_code == 1
    assert "is a folder: list its pictures with `vtbr-data index" in result.stderr


def test_a_table_from_a_pipe_is_read_and_how_is_said(people, reid_checkpoint, tmp_path):
    rows = [json.loads(line) for line in people.read_text(encoding="utf-8").splitlines()]
    table = "img_path;pid;camid;split\n" + "".join(
        f"{row['path']};{row['identity'] + 1};cam{row['camera']};{row['split']}\n" for row in rows
    )
    words = ["extract", reid_checkpoint, "-", "--root", people.parent, "-o", tmp_path / "f.safetensors"]
    result = CliRunner().invoke(main, [*map(str, words)], input=table.encode())
    assert result.exit_code == 0, result.stderr
    assert (
        'standard input: read path from "img_path", identity from "pid", camera from "camid", split'
        in result.stderr
    )
    assert "standard input: separated by semicolons" in result.stderr
    assert 'standard input: camera: numbers read from names like "cam0"' in result.stderr


def test_list_names_every_backbone_with_its_size():
    listed = json.loads(CliRunner().invoke(main, ["list"]).stdout)["backbones"]
    assert [entry["name"] for entry in listed] == list(BACKBONES)
    assert listed[0].keys() == {"name", "width", "parameters", "gflop"}
    (found,) = [entry for entry in listed if entry["name"] == "resnet50"]
    assert (found["width"], found["parameters"]) == (2048, 23_508_032)


def test_list_needs_no_torch():
    code = "import sys; from vtbr_models.cli import main; main(['list'], standalone_mode=False);"
    code += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL).returncode == 0


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


@pytest.mark.parametrize("command", ["extract", "caption", "attributes", "export", "convert", "explain"])
def test_an_output_without_a_folder_is_refused_before_anything_is_computed(command, tmp_path, people):
    output = tmp_path / "nowhere" / "x.pth"
    rest = [] if command in ("export", "convert") else [people]
    words = [command, tmp_path / "not-read.safetensors", *rest]
    result = CliRunner().invoke(
        main, [*map(str, words), "-o", str(output.with_suffix(".jsonl" if rest else ".pth"))]
    )
    assert result.exit_code == 1
    assert f"there is no folder {tmp_path / 'nowhere'}: make it, or correct the path\n" in result.stderr


@pytest.mark.parametrize("name", ["x.safetensors", "x.onnx", "x.xml", "x.pt2"])
def test_describe_says_that_a_file_is_missing(tmp_path, name):
    result = CliRunner().invoke(main, ["describe", str(tmp_path / name)])
    assert result.exit_code == 1
    assert result.stderr == f"Error: {tmp_path / name}: No such file or directory\n"


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
