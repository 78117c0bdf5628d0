"""What TensorBoard shows of a run: the curves of the log, and pictures at each validation."""

import io
import json

import pytest
from PIL import Image

from vtbr_train.errors import InputError
from vtbr_train.run.trackers import open_trackers

from ..runs import invoke, pretrain_words, read_log

accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
ON = ["--set", "saving.tensorboard=true"]


def shown(folder):
    board = accumulators.EventAccumulator(str(folder / "tensorboard"), size_guidance={"images": 0})
    board.Reload()
    return board


def run(*words):
    result = invoke(*words)
    assert result.exit_code == 0, result.output


def curve(board, name):
    return [(event.step, pytest.approx(event.value)) for event in board.Scalars(name)]


def logged(folder, name):
    lines = read_log(folder)
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


def log_in_two_parts(folder, name):
    """Log steps 1 to 3, and 4 and 5 as the run that resumes."""
    settings = {"job": "finetune", "optimizer": {"learning_rate": 1e-3}}
    for steps in ((1, 2, 3), (4, 5)):
        trackers = open_trackers(
            folder, first_step=steps[0], tensorboard=False, names=[name], name="mine", settings=settings
        )
        for step in steps:
            trackers.log({"step": step, "loss": 1 / step, "held-out/mAP": 0.5, "seconds": 0.1})
        trackers.close("finished" if steps[-1] == 5 else "stopped")


@pytest.mark.filterwarnings("ignore")
def test_mlflow_holds_one_run_of_the_folder_with_its_settings_and_writes_nothing_elsewhere(
    tmp_path, monkeypatch
):
    mlflow = pytest.importorskip("mlflow")
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    log_in_two_parts(tmp_path / "run", "mlflow")
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'run/mlflow.db'}")
    (run,) = client.search_runs([client.get_experiment_by_name("vtbr").experiment_id])
    assert (run.info.run_name, run.info.status) == ("mine", "FINISHED")
    assert run.data.params == {"job": "finetune", "optimizer.learning_rate": "0.001"}
    points = [(point.step, point.value) for point in client.get_metric_history(run.info.run_id, "loss")]
    assert sorted(points) == [(step, 1 / step) for step in range(1, 6)]
    assert client.get_metric_history(run.info.run_id, "held-out/mAP")
    assert list((tmp_path / "here").iterdir()) == []


@pytest.mark.filterwarnings("ignore")
def test_weights_and_biases_writes_a_run_that_resumes_under_its_own_id(tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    for name in ("WANDB_MODE", "WANDB_RUN_ID", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    log_in_two_parts(tmp_path, "wandb")
    run_id = json.loads((tmp_path / "trackers.json").read_text())["wandb"]
    parts = sorted(tmp_path.glob("wandb/offline-run-*/run-*.wandb"))
    assert [part.name for part in parts] == [f"run-{run_id}.wandb"] * 2
    assert b"held-out/mAP" in parts[0].read_bytes()  # the last one may still be under way


class Unreachable:
    """A tracker whose server does not answer."""

    def __init__(self, folder, name, settings):
        if name == "never":
            raise ConnectionError("no server answers at http://nowhere\nand more")
        self.is_closed = False

    def log(self, step, values):
        raise ConnectionError("the server went away")

    def close(self, ending):
        self.is_closed = True


def test_a_server_that_fails_while_a_run_trains_is_said_and_left_out(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("vtbr_train.run.trackers.Mlflow", Unreachable)
    trackers = open_trackers(tmp_path, first_step=1, tensorboard=False, names=["csv", "mlflow"])
    for step in (1, 2):
        trackers.log({"step": step, "loss": 1.5})
    trackers.close("finished")
    said = capsys.readouterr().err.splitlines()
    assert said == ["Unreachable fails (the server went away): nothing more is logged there"]
    assert (tmp_path / "log.csv").read_text().splitlines() == ["step,loss", "1,1.5", "2,1.5"]


def test_a_server_that_does_not_answer_is_refused_before_training(tmp_path, monkeypatch):
    monkeypatch.setattr("vtbr_train.run.trackers.Wandb", Unreachable)
    with pytest.raises(InputError, match=r"saving.trackers = \[wandb\] cannot begin: no server answers at"):
        open_trackers(tmp_path, first_step=1, tensorboard=False, names=["wandb"], name="never")
