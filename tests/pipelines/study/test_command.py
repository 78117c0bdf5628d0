"""The study by its command, at its smallest, and its refusals."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


TINY = shlex.split("""--quick --arm captions --arm joint --transfer few --parallel 1 --backbone resnet10
--size seeds=1 --size people=40 --size views=2 --size held_out=3 --size target_people=8 --size target_views=6
--size few=3 --size steps=4 --size batch_size=4 --size textual=L1_H16_A2_F32 --size few_epochs=2""")


STUDY = [sys.executable, "-m", "pipelines.study"]


def study(folder, *words):
    environment = {name: value for name, value in os.environ.items() if name != "VTBR_REAL_DATA"}
    line = [*STUDY, str(folder), *words]
    return subprocess.run(line, capture_output=True, text=True, env=environment, check=False, cwd=ROOT)


def test_the_study_runs_end_to_end_and_not_twice(tmp_path):
    if shutil.which("vtbr-data", path=Path(sys.executable).parent) is None:
        pytest.skip("the commands are not installed beside this Python")
    own = tmp_path / "own"
    people = "--style target --identities 6 --views 6 --pixels 32x64"
    render = [sys.executable, "-m", "vtbr_data", "render", str(own), *people.split()]
    subprocess.run(render, check=True, capture_output=True)
    lines = (own / "manifest.jsonl").read_text().splitlines(keepends=True)
    tested = [line for line in lines if '"train"' not in line]
    (own / "test.jsonl").write_text("".join(tested))
    words = [*TINY, "--transfer", "photographs-zero-shot", "--photographs", f"own={own / 'test.jsonl'}"]
    first = study(tmp_path / "study", *words)
    assert first.returncode == 0, first.stderr
    assert "own is scored without fine-tuning alone" in first.stderr
    lines = [json.loads(line) for line in (tmp_path / "study/results.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["study", "pretrain", "finetune", "finetune", "finetune"]
    assert [line["transfer"] for line in lines[2:]] == ["few", "own-zero-shot", "few"]
    assert lines[1]["search_scores"]["counts"]["gallery"] == 12
    assert 0 <= lines[1]["reading_scores"]["gender"]["accuracy"] <= 1
    assert [line["arm"] for line in lines[2:]] == ["captions", "captions", "joint"]
    assert all(0 < line["scores"]["mAP"] <= 1 for line in lines[2:])
    assert "own, zero-shot: mAP, spread / rank-1" in (tmp_path / "study/study.md").read_text()
    assert (tmp_path / "study" / lines[2]["report"]).exists()
    assert (tmp_path / "study/page.html").exists()
    again = study(tmp_path / "study", *words)
    assert "9 of 9 jobs are done already" in again.stderr


def test_asked_to_stop_it_ends_in_one_line_and_leaves_no_command_behind(tmp_path):
    if shutil.which("vtbr-data", path=Path(sys.executable).parent) is None:
        pytest.skip("the commands are not installed beside this Python")
    line = [*STUDY, str(tmp_path / "study"), *TINY, "--size", "views=4000"]
    process = subprocess.Popen(line, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    while not (tmp_path / "study/data/source.log").exists():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert said.strip().splitlines()[-1].startswith("Stopped: the same command continues")
    assert "Traceback" not in said
    assert not (tmp_path / "study/data/source/done.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--arm", "tokens"], "--arm tokens: there are scratch"),
        (["--size", "step=3"], "--size step: there are backbone"),
        (["--size", "steps=few"], "--size steps takes a number, not 'few'"),
        (["--imagenet", "missing.pth"], "no such file"),
        (["--viper", "missing"], "no folder cam_a"),
        (["--photographs", "market"], "--photographs takes NAME=MANIFEST"),
        (["--photographs", "few=pyproject.toml"], "choose another name"),
        (
            ["--photographs", "market=gone.jsonl"],
            "there is no manifest gone.jsonl; vtbr-data index makes one",
        ),
        (["--photographs", "market=README.md"], "README.md is not a manifest"),
    ],
)
def test_a_wrong_option_is_one_line(tmp_path, words, said):
    result = study(tmp_path / "study", "--dry-run", *words)
    assert result.returncode == 1
    assert said in result.stderr.splitlines()[-1]
