"""The board of photographs: sets read, split and described; lines; the table; all of it on tiny pictures."""

import json

import numpy as np
import pytest
from PIL import Image

from pipelines import photographs
from pipelines.photograph_sets import is_single_shot, read_set
from pipelines.photographs import main, read_options, stripes, table
from vtbr_data import Row, read_manifest, write_manifest
from vtbr_models import build_model, save_checkpoint

SIZE = {"height": 32, "width": 32, "mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bilinear"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Four people seen once by each of two cameras, two of them in split train, and a model."""
    monkeypatch.chdir(tmp_path)
    rows = []
    for number in range(8):
        identity, camera = 1 + number // 2, 1 + number % 2
        noise = np.random.default_rng(identity).integers(0, 256, (64, 32, 3), dtype=np.uint8)
        (tmp_path / "pictures").mkdir(exist_ok=True)
        Image.fromarray(noise).save(f"pictures/{number}.png")
        split = "train" if identity > 2 else ("query", "gallery")[number % 2]
        rows.append(Row(f"{number}.png", identity, camera, split))
    write_manifest(rows, "set.jsonl")
    model = build_model({"model": "embedder", "visual": {"name": "resnet10"}, "num_classes": 2})
    save_checkpoint("model.safetensors", model, {"preprocessing": SIZE})
    return tmp_path


@pytest.fixture
def scorer(monkeypatch):
    """Stands for the commands: keeps what was run, writes a score that tells the files apart."""
    commands = []

    def run(command, *arguments, result=None):
        words = [*command.split(), *map(str, arguments)]
        commands.append(words)
        path = words[words.index("-o") + 1]
        score = {"mAP": 0.25, "rank-1": 0.5, "interval": {"mAP": [0.2, 0.3], "rank-1": [0.4, 0.6]}}
        text = json.dumps(score) if words[0] == "vtbr-eval" else " ".join(words)
        (photographs.Path(path)).write_text(text)

    monkeypatch.setattr(photographs, "run", run)
    return commands


def options_of(*words):
    options = read_options(list(words))
    options.folder.mkdir(exist_ok=True)
    return options


def test_a_table_has_stripes_untrained_weights_the_model_and_features_made_elsewhere(folder, scorer, capsys):
    (folder / "theirs.npz").write_bytes(b"features")
    words = ["A=set.jsonl@pictures", "--model", "model.safetensors", "--features", "osnet:A=theirs.npz"]
    main(words)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| features | A: mAP | A: rank-1 |"
    names = [line.split(" | ")[0].removeprefix("| ") for line in lines[2:]]
    assert names == ["colours of six stripes", "untrained resnet10, 32 x 32", "model.safetensors", "osnet"]
    assert all(line.endswith("| 25.0 [20.0, 30.0] | 50.0 [40.0, 60.0] |") for line in lines[2:])
    kept = json.loads((folder / "photographs/photographs.json").read_text())
    assert kept["sets"] == {"A": "2 people, 2 queries, 2 gallery images, viper-like"}
    count = len(scorer)
    main(words)
    assert len(scorer) == count, "what is there is not made again"
    (folder / "theirs.npz").write_bytes(b"other features")
    main(words)
    assert len(scorer) == count + 1, "new features have new scores"


def test_everyone_means_the_training_people_too_divided_by_camera(folder):
    options = options_of("A=set.jsonl@pictures", "--everyone", "A")
    found = read_set("A=set.jsonl@pictures", options)
    rows = read_manifest(found.manifest).rows
    assert {(row.camera, row.split) for row in rows} == {(1, "query"), (2, "gallery")}
    assert found.about == "4 people, 4 queries, 4 gallery images, viper-like"


def test_who_has_several_pictures_a_camera_is_scored_as_on_market1501():
    rows = [Row("a.png", 1, 1, "query"), Row("b.png", 1, 2, "gallery")]
    assert is_single_shot(rows)
    assert not is_single_shot([*rows, Row("c.png", 1, 2, "gallery")])
    assert is_single_shot([*rows, Row("d.png", 0, 2, "gallery"), Row("e.png", 0, 2, "gallery")]), (
        "distractors"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["A"], "'A' is not NAME=MANIFEST[@ROOT]"),
        (["A=nothing.jsonl"], "A: there is no manifest nothing.jsonl"),
        (["A=set.jsonl"], "0.png: no such image; name the folder that paths start from: A=MANIFEST@FOLDER"),
        (["A=train.jsonl@pictures"], "A: no image of train.jsonl has split gallery: nothing to score"),
        (["A=mixed.jsonl@pictures", "--everyone", "A"], "A: query and gallery share cameras"),
        (["A=set.jsonl@pictures", "--everyone", "B"], "B is none of the sets: they are A"),
        (["A=set.jsonl@pictures", "--protocol", "B=viper-like"], "B is none of the sets"),
        (["A=set.jsonl@pictures", "--model", "nobody"], "nobody"),
        (["A=set.jsonl@pictures", "--features", "osnet=a.npz"], "is not LABEL:NAME=FILE with NAME one of A"),
        (
            ["A=set.jsonl@pictures", "--features", "o:A=gone.npz", "--model", "model.safetensors"],
            "gone.npz",
        ),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(folder, scorer, words, message):
    write_manifest([Row("0.png", 1, 1, "train")], "train.jsonl")
    write_manifest([Row("0.png", 1, 1, "query"), Row("1.png", 1, 1, "gallery")], "mixed.jsonl")
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert str(stopped.value.code).startswith("Error: ")
    assert message in str(stopped.value.code)
    assert "\n" not in str(stopped.value.code)


def test_a_stripes_histogram_holds_the_colours_of_the_middle_of_its_stripe():
    picture = np.zeros((60, 30, 3), np.uint8)
    picture[:10, 5:25] = 255  # the first of six stripes, but for its margins
    found = stripes(picture).reshape(6, 8, 8, 8)
    assert found[0, 7, 7, 7] == 1
    assert (found[1:, 0, 0, 0] == 1).all()
    assert found.sum() == 6


def test_a_set_without_features_of_a_line_has_an_empty_cell():
    sets = [
        photographs.PhotographSet(name=name, manifest=None, root=None, protocol="", about="") for name in "AB"
    ]
    score = {"mAP": 0.1, "rank-1": 0.2, "interval": {"mAP": [0, 0.2], "rank-1": [0.1, 0.3]}}
    text = table(sets, [{"features": "osnet", "scores": {"B": score}}])
    assert text.splitlines()[2] == "| osnet |  |  | 10.0 [0.0, 20.0] | 20.0 [10.0, 30.0] |"
