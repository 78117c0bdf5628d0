"""What rendered people are worth: trials, their commands and the table, with stand-ins for the commands."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines import growth, photographs, zoo
from pipelines.growth import TABLES, main
from vtbr_data import Row, write_manifest


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """Stand for the commands: keep what was run, and write what each would have written."""
    ran = []

    def run(command, *arguments, result=None):
        words = [*command.split(), *map(str, arguments)]
        ran.append(words)
        path = Path(words[words.index("-o") + 1]) if "-o" in words else Path(words[2])
        if words[1] == "render":
            path.mkdir(parents=True)
            write_manifest([Row("1.png", 1, 1, "query"), Row("0.png", 0, 1)], path / "manifest.jsonl")
        elif words[1] == "finetune":
            path.mkdir()
            (path / "model.safetensors").write_text(str(len(ran)))
            Path(result).write_text(json.dumps({"step": 9, "accuracy": 0.5}))
        elif words[1] == "extract":
            path.write_text(" ".join(words))
        else:
            score = 0.2 + len(ran) / 1000
            said = {"mAP": score, "rank-1": 0.5, "interval": {"mAP": [0.1, 0.3], "rank-1": [0.4, 0.6]}}
            found = {"mAP": {"difference": -0.05, "interval": [-0.08, -0.02]}}
            path.write_text(json.dumps(found if words[1] == "compare" else said))

    for module in (growth, photographs, zoo):
        monkeypatch.setattr(module, "run", run)
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.zeros((8, 4, 3), np.uint8)).save("1.png")
    rows = [Row("1.png", 1, 1, "query"), Row("1.png", 1, 2, "gallery"), Row("1.png", 3, 1, "train")]
    write_manifest(rows, "set.jsonl")
    return ran


def of_kind(commands, name):
    return [words for words in commands if words[1] == name]


def test_each_ingredient_is_left_out_once_and_compared_with_everything(commands, capsys):
    main(["A=set.jsonl", "--only", "ingredients", "--scale", "0.1"])
    left_out = [
        words[words.index("--without") + 1] for words in of_kind(commands, "render") if "--without" in words
    ]
    assert left_out == list(growth.INGREDIENTS)
    assert all(words[words.index("--identities") + 1] == "30" for words in of_kind(commands, "render"))
    lines = capsys.readouterr().out.strip().splitlines()
    assert lines[0].startswith("| learnt from | steps of 64 | accuracy at the end | A: mAP | A: rank-1 |")
    assert lines[2].startswith("| everything | 9 | 0.50 |") and lines[2].endswith("|  |")
    assert lines[3].startswith("| without light |") and lines[3].endswith("| -5.0 [-8.0, -2.0] |")
    assert len(lines) == 2 + len(TABLES["ingredients"])


def test_seeds_train_again_on_the_same_people_and_the_mean_comes_first(commands, capsys):
    words = ["A=set.jsonl", "--only", "pictures", "--seed", "0", "--seed", "2"]
    main(words)
    assert len(of_kind(commands, "render")) == 3
    seeds = [word for words in of_kind(commands, "finetune") for word in words if word.startswith("seed=")]
    assert seeds == ["seed=0"] * 3 + ["seed=2"] * 3
    assert "**-5.0**: -5.0 [-8.0, -2.0], -5.0 [-8.0, -2.0]" in capsys.readouterr().out
    count = len(commands)
    main(words)
    assert len(commands) == count, "what is there is not made again"


def test_epochs_follow_from_steps_and_pictures(commands):
    main(["A=set.jsonl", "--only", "people"])
    epochs = [word for words in of_kind(commands, "finetune") for word in words if word.startswith("epochs=")]
    assert epochs == ["epochs=11", "epochs=6", "epochs=4", "epochs=3"]


def test_pictures_made_elsewhere_are_learnt_from_as_they_are(commands, capsys):
    main(["A=set.jsonl", "--only", "sources", "--other", "drawn=set.jsonl@."])
    assert of_kind(commands, "finetune")[0][2] == "set.jsonl@."
    assert capsys.readouterr().out.splitlines()[3].startswith("| drawn |")


def test_other_pictures_without_training_people_are_refused(commands):
    write_manifest([Row("1.png", 1, 1, "query")], "bare.jsonl")
    with pytest.raises(SystemExit, match=r"drawn: bare\.jsonl has no known people in split train"):
        main(["A=set.jsonl", "--only", "sources", "--other", "drawn=bare.jsonl"])


def test_training_longer_multiplies_the_steps_alone(commands):
    main(["A=set.jsonl", "--only", "cameras", "--longer", "4"])
    assert all(words[words.index("--identities") + 1] == "600" for words in of_kind(commands, "render"))
    epochs = [word for words in of_kind(commands, "finetune") for word in words if word.startswith("epochs=")]
    assert epochs == ["epochs=16"] * 2
