from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.support.eval_commands import PROGRAM, run
from vtbr_eval.cli import COMMANDS


@pytest.mark.parametrize("args", [["--help"], *([command, "--help"] for command in COMMANDS)])
def test_help_ends_in_an_example_and_loads_nothing_heavy(args):
    code = (
        "import sys; from vtbr_eval.cli import main; main(sys.argv[1:], standalone_mode=False);"
        "print({'numpy', 'scipy', 'rich', 'torch'} & set(sys.modules))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, check=True
    ).stdout
    assert "Example:\n" in out
    assert out.endswith("set()\n")


def test_a_pipe_carries_features_from_convert_to_reid(single_camera):
    convert = subprocess.Popen([*PROGRAM, "convert", single_camera], stdout=subprocess.PIPE)
    scored = subprocess.run([*PROGRAM, "reid", "-", "--no-camera"], stdin=convert.stdout, capture_output=True)
    convert.stdout.close()
    assert convert.wait() == 0
    assert scored.returncode == 0
    assert json.loads(scored.stdout) | {"input": 0} == json.loads(
        run("reid", single_camera, "--no-camera").stdout
    ) | {"input": 0}


@pytest.mark.parametrize(
    "args", [["convert"], ["reid", "--no-camera", "-o", os.devnull, "--per-query", "/dev/stdout"]]
)
def test_a_closed_pipe_ends_quietly(single_camera, args):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*PROGRAM, args[0], single_camera, *args[1:]], stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert b"Traceback" not in done.stderr
    assert b"Error" not in done.stderr


def test_control_c_ends_in_one_word_and_writes_nothing(features, tmp_path):
    # A shell's background jobs ignore Ctrl-C, and their children inherit that.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from vtbr_eval.cli import main; main()"
    )
    command = [sys.executable, "-c", program, "reid", "-", "-o", str(tmp_path / "scores.json")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(features.read_bytes()[:64] + bytes(2**20))  # more than a pipe holds: it reads
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[1].split() == [b"Aborted!"]
        assert process.returncode == 1
    assert not (tmp_path / "scores.json").exists()


def test_an_empty_pipe_is_refused_in_one_line():
    done = subprocess.run([*PROGRAM, "reid", "-"], input="", capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: standard input: is empty (0 bytes)")
    assert done.stderr.count("\n") == 1


def test_a_truncated_file_ends_in_one_line_and_writes_nothing(features, tmp_path):
    features.write_bytes(features.read_bytes()[:-1])
    result = run("reid", features, "-o", tmp_path / "scores.json")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "the file was cut short" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == [features.name]


def test_a_missing_file_and_a_missing_folder_are_named(features, tmp_path):
    assert f"Error: {tmp_path}/no: No such file" in run("reid", tmp_path / "no").stderr
    target = tmp_path / "no" / "scores.json"
    assert f"Error: {target}: No such file" in run("reid", features, "-o", target).stderr


@pytest.mark.parametrize("command", ["convert", "reid"])
def test_a_full_disk_ends_in_one_line(features, command):
    # By redirection: a careless writer, run as root with `-o /dev/full`, would replace the device.
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run([*PROGRAM, command, features], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "Error: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
