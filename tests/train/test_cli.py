import subprocess
import sys

import pytest
import yaml

from .runs import invoke

COMMANDS = ["pretrain", "finetune", "resume", "recipes", "show-config", "find-rate", "benchmark", "plot"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_ends_in_an_example_that_pipes(command):
    text = invoke(command, "--help").output
    assert "|" in text.partition("Example:")[2].partition("Options:")[0]


def test_help_does_not_load_torch():
    code = "import sys; from vtbr_train.cli import main\n"
    code += "try: main(['--help'])\nfinally: print('torch' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.endswith("False\n")


def test_a_command_does_not_search_torchs_objects_for_cycles_when_it_ends():
    code = "import atexit, gc, sys; atexit.register(lambda: print(gc.get_freeze_count() > 0))\n"
    code += "from vtbr_train.__main__ import run; sys.argv[1:] = ['--version']; run()"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.endswith("True\n")


def test_shown_settings_can_be_given_back_as_a_recipe(tmp_path):
    shown = invoke("show-config", "pretrain", "--recipe", "laptop").stdout
    (tmp_path / "mine.yaml").write_text(shown)
    again = invoke("show-config", "pretrain", "--recipe", str(tmp_path / "mine.yaml")).stdout
    assert again == shown
    assert yaml.safe_load(shown)["model"]["backbone"] == "resnet10_light_ibn_a"


def test_recipes_lists_job_name_and_purpose():
    lines = invoke("recipes").stdout.splitlines()
    assert all(len(line.split("\t")) == 3 for line in lines)
    assert any(line.startswith("finetune\tlaptop\t") for line in lines)


def test_a_typed_wrong_command_exits_with_2():
    assert invoke("pretrian").exit_code == 2
