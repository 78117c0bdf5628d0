import json
import subprocess
import sys

import pytest
import yaml
from click.testing import CliRunner

from vtbr_train.cli import main

COMMANDS = ["pretrain", "finetune", "recipes", "show-config", "benchmark", "plot"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_ends_in_an_example_that_pipes(command):
    text = CliRunner().invoke(main, [command, "--help"]).output
    assert "|" in text.partition("Example:")[2].partition("Options:")[0]


def test_help_does_not_load_torch():
    code = "import sys; from vtbr_train.cli import main\n"
    code += "try: main(['--help'])\nfinally: print('torch' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.endswith("False\n")


def test_shown_settings_can_be_given_back_as_a_recipe(tmp_path):
    shown = CliRunner().invoke(main, ["show-config", "pretrain", "--recipe", "laptop"]).stdout
    (tmp_path / "mine.yaml").write_text(shown)
    again = (
        CliRunner().invoke(main, ["show-config", "pretrain", "--recipe", str(tmp_path / "mine.yaml")]).stdout
    )
    assert again == shown
    assert yaml.safe_load(shown)["model"]["backbone"] == "resnet10"


def test_recipes_lists_job_name_and_purpose():
    lines = CliRunner().invoke(main, ["recipes"]).stdout.splitlines()
    assert all(len(line.split("\t")) == 3 for line in lines)
    assert any(line.startswith("finetune\tlaptop\t") for line in lines)


def test_a_typed_wrong_command_exits_with_2():
    assert CliRunner().invoke(main, ["pretrian"]).exit_code == 2


def test_curves_of_runs_become_one_picture(pretrained, tmp_path):
    picture = tmp_path / "curves.svg"
    result = CliRunner().invoke(main, ["plot", str(pretrained), str(pretrained), "-o", str(picture)])
    assert result.exit_code == 0, result.output
    assert result.stdout.split() == ["loss", "forward_loss", "backward_loss"]
    assert picture.read_text().startswith("<?xml")
    again = tmp_path / "again.svg"
    CliRunner().invoke(main, ["plot", str(pretrained), str(pretrained), "-o", str(again)])
    assert again.read_bytes() == picture.read_bytes()


def test_a_run_keeps_its_colour_in_every_panel(tmp_path):
    for run, values in {"one": ["a"], "two": ["a", "b"], "three": ["b"]}.items():
        (tmp_path / run).mkdir()
        lines = [json.dumps({"step": step, **dict.fromkeys(values, step)}) + "\n" for step in (1, 2)]
        (tmp_path / run / "log.jsonl").write_text("".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        drawn = []
        from matplotlib.axes import Axes

        plot = Axes.plot
        patch.setattr(Axes, "plot", lambda *a, **k: drawn.append(k["color"]) or plot(*a, **k))
        runs = [str(tmp_path / run) for run in ("one", "two", "three")]
        result = CliRunner().invoke(main, ["plot", *runs, "-o", str(tmp_path / "curves.svg")])
    assert result.exit_code == 0, result.output
    assert drawn == ["C0", "C1", "C1", "C2"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["nowhere", "-o", "a.svg"],
            "nowhere: No such file or directory; give the folder of a run",
        ),
        (["RUN", "-o", "a.txt"], "a.txt: end it in .pdf, .png, .svg"),
        (["RUN", "--value", "mAp", "-o", "a.svg"], "no run logs mAp: there are loss, forward_loss"),
    ],
)
def test_what_cannot_be_drawn_is_said(pretrained, words, says):
    words = [str(pretrained) if word == "RUN" else word for word in words]
    result = CliRunner().invoke(main, ["plot", *words])
    assert result.exit_code == 1
    assert says in result.output


def test_a_benchmark_says_what_limits_a_run(people, recipes):
    words = ["benchmark", "pretrain", people / "manifest.jsonl", "--tokenizer", people / "tokenizer.json"]
    words += ["--recipe", recipes / "pretrain.yaml", "--steps", "2"]
    words += ["--set", "steps=1", "--set", "schedule.warmup=0"]  # a run may be shorter than its benchmark
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vtbr_train.measuring.benchmarking._PEAK_SIZE", {"cpu": 64, "cuda": 64})
        result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["images_per_second"].keys() == {"floor", "step", "data", "end_to_end"}
    assert found["image_gflops"] > 0


@pytest.mark.parametrize("job", ["pretrain", "finetune"])
def test_a_benchmark_needs_no_pictures_of_ones_own(recipes, job):
    words = ["benchmark", job, "--synthetic", "--recipe", recipes / f"{job}.yaml", "--steps", "1"]
    words += ["--set", "model.max_tokens=48"] if job == "pretrain" else []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vtbr_train.measuring.benchmarking._PEAK_SIZE", {"cpu": 64, "cuda": 64})
        result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["images_per_second"]["end_to_end"] > 0


def test_a_benchmark_reads_a_manifest_or_draws_but_not_both(people):
    result = CliRunner().invoke(
        main, ["benchmark", "pretrain", str(people / "manifest.jsonl"), "--synthetic"]
    )
    assert result.exit_code == 1
    assert "MANIFEST or --synthetic, not both" in result.output
