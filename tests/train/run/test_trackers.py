"""What TensorBoard shows of a run: the curves of the log, and pictures at each validation."""

import io
import json

import pytest
from click.testing import CliRunner
from PIL import Image

from vtbr_train.cli import main
from vtbr_train.run.trackers import open_trackers

from ..conftest import pretrain_words

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


def test_a_pretraining_shows_its_curves_and_captions_under_pictures(people, recipes, tmp_path):
    folder = tmp_path / "run"
    words = [*pretrain_words(people, recipes, folder), "--validation", people / "manifest.jsonl"]
    run(*words, *ON, "--set", "steps=4", "--set", "validate_every=2")
    board = shown(folder)
    for name in ("loss", "validation_loss", "learning_rate_factor", "images_per_second"):
        assert curve(board, name) == logged(folder, name)
    steps, sizes = pictures(board, "held-out/pictures")
    assert steps == [2, 4]
    assert set(sizes) == {(8 * 32, 64)}  # eight in a row
    text = board.Tensors("held-out/captions/text_summary")
    assert [event.step for event in text] == [2, 4]
    table = text[0].tensor_proto.string_val[0].decode().splitlines()
    assert table[:2] == ["| true | predicted |", "| --- | --- |"]
    assert len(table) == 2 + 8
    assert table[2].startswith("| a person in a blue shirt facing left | ")


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
        board = open_trackers(tmp_path, first_step=first_step, tensorboard=True)
        for step in range(first_step, 6 - first_step // 3):
            board.log({"step": step, "loss": value, "seconds": 0.0})
        board.close()
    assert curve(shown(tmp_path), "loss") == [(1, 1.0), (2, 1.0), (3, 2.0), (4, 2.0)]


def test_nothing_is_written_where_it_is_switched_off(pretrained):
    assert not (pretrained / "tensorboard").exists()


def test_a_table_of_the_log_grows_with_its_values_and_resumes(tmp_path):
    for first_step in (1, 3):
        trackers = open_trackers(tmp_path, first_step=first_step, tensorboard=False, names=["csv"])
        for step in range(first_step, 5):
            trackers.log({"step": step, "loss": 1.5, "seconds": 0.1, **({"mAP": 0.5} if step == 4 else {})})
        trackers.close()
    rows = (tmp_path / "log.csv").read_text().splitlines()
    assert rows == ["step,loss,mAP", "1,1.5,", "2,1.5,", "3,1.5,", "4,1.5,0.5"]
