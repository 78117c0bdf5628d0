import json

import pytest

from ..runs import invoke


def test_curves_of_runs_become_one_picture(pretrained, tmp_path):
    picture = tmp_path / "curves.svg"
    result = invoke("plot", str(pretrained), str(pretrained), "-o", str(picture))
    assert result.exit_code == 0, result.output
    assert result.stdout.split() == ["loss", "forward_loss", "backward_loss"]
    assert picture.read_text().startswith("<?xml")
    again = tmp_path / "again.svg"
    invoke("plot", str(pretrained), str(pretrained), "-o", str(again))
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
        result = invoke("plot", *runs, "-o", str(tmp_path / "curves.svg"))
    assert result.exit_code == 0, result.output
    assert drawn == ["C0", "C1", "C1", "C2"]


def test_a_curve_of_one_point_is_seen(tmp_path):
    pictures = []
    for run in ("one", "none"):
        line = {"step": 3, "loss": 0.5} if run == "one" else {"step": 3, "loss": float("nan")}
        (tmp_path / run).mkdir()
        (tmp_path / run / "log.jsonl").write_text(json.dumps(line) + "\n")
        result = invoke("plot", tmp_path / run, "-o", tmp_path / f"{run}.svg")
        assert result.exit_code == 0, result.output
        pictures.append((tmp_path / f"{run}.svg").read_text())
    seen, empty = (picture.count("<use") for picture in pictures)
    assert seen > empty


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
    result = invoke("plot", *words)
    assert result.exit_code == 1
    assert says in result.output
