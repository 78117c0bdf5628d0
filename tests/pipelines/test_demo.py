"""The demo's chain at its smallest, in real processes and pipes."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TINY = shlex.split("""
--people 6 --views 2 --target-people 8 --target-views 8
--pretrain-set steps=4 --pretrain-set schedule.warmup=1 --pretrain-set batch_size=4
--pretrain-set data.workers=0 --pretrain-set data.height=64 --pretrain-set data.width=32
--pretrain-set model.textual=L1_H16_A2_F32
--finetune-set epochs=2 --finetune-set validate_every_epochs=1
--finetune-set data.workers=0 --finetune-set data.height=64 --finetune-set data.width=32
""")


def run(*words, **options):
    scripts = Path(sys.executable).parent
    path = os.pathsep.join([str(scripts), os.environ["PATH"]])
    return subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
        **options,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    if shutil.which("vtbr-data", path=Path(sys.executable).parent) is None:
        pytest.skip("the commands are not installed beside this Python")
    folder = tmp_path_factory.mktemp("chain") / "demo"
    return folder, run(sys.executable, "-m", "pipelines.demo", folder, *TINY, cwd=ROOT)


def test_the_demo_ends_in_a_table_captions_and_files(demo):
    folder, result = demo
    assert result.returncode == 0, result.stderr
    for text in ("from captions", "from scratch", "mAP", "upper colour", "captions.png"):
        assert text in result.stdout
    assert (folder / "captions.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((folder / "from-captions.scores.json").read_text())["counts"]["queries"] > 0


def test_a_second_run_finds_everything_done(demo):
    folder, _ = demo
    again = run(sys.executable, "-m", "pipelines.demo", folder, *TINY, cwd=ROOT)
    assert again.returncode == 0
    assert "$ vtbr" not in again.stderr


def shell(folder, line):
    return run("bash", "-o", "pipefail", "-c", line, cwd=folder)


def test_features_go_from_model_to_scores_through_a_pipe(demo):
    folder, _ = demo
    model, manifest = "from-captions/model.safetensors", "target/manifest.jsonl"
    result = shell(folder, f"vtbr-models extract {model} {manifest} | vtbr-eval reid - --bootstrap 0")
    assert result.returncode == 0, result.stderr
    piped = json.loads(result.stdout)
    filed = json.loads((folder / "from-captions.scores.json").read_text())
    assert piped["mAP"] == filed["mAP"]


def test_a_reader_that_leaves_early_ends_the_writer_quietly(demo):
    folder, _ = demo
    line = "vtbr-models extract from-captions/model.safetensors target/manifest.jsonl | head -c 100 | wc -c"
    result = run("bash", "-c", line, cwd=folder)
    assert result.stdout.strip() == "100"
    assert "Traceback" not in result.stderr
    assert "Error" not in result.stderr


def test_manifests_compose_with_lines_and_pipes(demo):
    folder, _ = demo
    line = (
        'vtbr-data index market1501 target | grep -v \'"split":"train"\' | '
        "vtbr-models extract pretrained/model.safetensors - --root target --no-flip | "
        "vtbr-eval reid - --table"
    )
    result = shell(folder, line)
    assert result.returncode == 0, result.stderr
    assert "mAP" in result.stdout


def test_what_was_rendered_is_what_the_index_finds(demo):
    folder, _ = demo
    result = shell(folder, "vtbr-data index market1501 target | vtbr-data check - --root target")
    report = json.loads(result.stdout)
    assert result.returncode == 0, result.stderr
    assert report
