"""What TensorBoard shows of a run: the curves of the log, and pictures at each validation."""

import io
import json

import pytest
from click.testing import CliRunner
from PIL import Image

from vtbr_train.cli import main
from vtbr_train.tensorboard import open_board

accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
ON = ["--set", "saving.tensorboard=true"]


def shown(folder):
    board = accumulators.EventAccumulator(str(folder / "tensorboard"), size_guidance={"images": 0})
    board.Reload()
    return board


def run(*words):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output


def curve(board, name):
    return [(event.step, pytest.approx(event.value)) for event in board.Scalars(name)]


def logged(folder, name):
    lines = map(json.loads, (folder / "log.jsonl").read_text().splitlines())
    return [(line["step"], line[name]) for line in lines if name in line]


def pictures(board, name):
    events = board.Images(name)
    sizes = [Image.open(io.BytesIO(event.encoded_image_string)).size for event in events]
    return [event.step for event in events], sizes


def test_a_fine_tuning_shows_ranked_lists(people, recipes, tmp_path):
    folder = tmp_path / "run"
    words = ["finetune", people / "manifest.jsonl", "--recipe", recipes / "finetune.yaml", "-o", folder]
    run(
        *words,
        *ON,
        "--set",
        "epochs=2",
        "--set",
        "validate_every_epochs=1",
        "--set",
        "schedule.milestones=[]",
    )
    board = shown(folder)
    assert curve(board, "mAP") == logged(folder, "mAP")
    steps, sizes = pictures(board, "ranked")
    assert steps == [step for step, _ in logged(folder, "mAP")]
    assert set(sizes) == {(2 + 9 * (32 + 2), 2 + 6 * (64 + 2))}  # 6 queries, each before its 8 nearest


def test_what_a_killed_process_wrote_past_its_last_save_is_hidden(tmp_path):
    for first_step, value in ((1, 1.0), (3, 2.0)):
        board = open_board(tmp_path, first_step=first_step, wanted=True)
        for step in range(first_step, 6 - first_step // 3):
            board.scalars({"step": step, "loss": value, "seconds": 0.0})
        board.close()
    assert curve(shown(tmp_path), "loss") == [(1, 1.0), (2, 1.0), (3, 2.0), (4, 2.0)]


def test_nothing_is_written_where_it_is_switched_off(pretrained):
    assert not (pretrained / "tensorboard").exists()
