from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from safetensors.numpy import load_file

from vtbr_models import Extractor, create
from vtbr_models.cli import main
from vtbr_models.errors import InputError


def opened(path):
    with Image.open(path) as image:
        return image.convert("RGB")


@pytest.fixture
def paths(people):
    rows = [json.loads(line) for line in people.read_text(encoding="utf-8").splitlines()]
    return [people.parent / row["path"] for row in rows if row["split"] != "train"]


@pytest.fixture
def extracted(reid_checkpoint, people, tmp_path):
    words = ["extract", reid_checkpoint, people, "-o", tmp_path / "f.safetensors"]
    assert CliRunner().invoke(main, [*map(str, words)]).exit_code == 0
    return load_file(tmp_path / "f.safetensors")["features"]


@pytest.mark.parametrize("form", ["paths", "names", "bytes", "Pillow", "RGB", "BGR"])
def test_every_form_of_a_picture_gives_the_features_of_extract(form, reid_checkpoint, paths, extracted):
    extractor = Extractor(
        reid_checkpoint, channels="bgr" if form == "BGR" else "rgb", batch_size=4, threads=2
    )
    pixels = [np.asarray(opened(path)) for path in paths]
    pictures = {
        "paths": paths, "names": [str(path) for path in paths], "bytes": [path.read_bytes() for path in paths],
        "Pillow": [opened(path) for path in paths], "RGB": pixels, "BGR": [one[..., ::-1] for one in pixels],
    }[form]  # fmt: skip
    found = extractor(pictures)
    assert (found.dtype, found.shape) == (np.float32, (len(paths), extractor.width))
    np.testing.assert_allclose(found, extracted, rtol=1e-4, atol=1e-4)


def test_boxes_of_a_frame_are_pictures_clipped_to_it(reid_checkpoint):
    frame = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    extractor = Extractor(reid_checkpoint, flip=False, l2=True)
    found = extractor(frame, boxes=[[10, 5, 40, 80], [-20, 50, 30.4, 200]])
    expected = extractor([frame[5:80, 10:40], frame[50:90, 0:30]])
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    assert extractor(frame, boxes=np.zeros((0, 4))).shape == (0, extractor.width)


@pytest.mark.parametrize(
    ("pictures", "boxes", "said"),
    [
        (np.zeros((9, 9, 3), np.uint8), [[20, 0, 30, 5]], r"box 0 has no pixel in the frame of 9 x 9"),
        (np.zeros((9, 9, 3), np.float32), None, r"pixels must be uint8 .* not float32"),
        (np.zeros((9, 9, 3), np.uint8), [[2, 3, 2, 8]], r"box 0 has no pixel .*: \[2.0, 3.0, 2.0, 8.0\]"),
        (np.zeros((9, 9, 3), np.uint8), [[0, 0, float("nan"), 5]], r"box 0 is not finite"),
        (
            np.zeros((9, 9, 3), np.uint8),
            np.ones((4, 5)),
            r"boxes must be \(N, 4\), .* not \(4, 5\): leave out scores",
        ),
        (np.zeros((9, 9, 4), np.uint8), None, r"pixels must be uint8 .* not uint8 \(9, 9, 4\)"),
        (None, None, r"None is not a picture: cv2.imread returns it"),
        ([b"x", b"y"], [[0, 0, 1, 1]], r"boxes are of one frame, not of 2 pictures"),
        (b"no picture", None, r"no whole picture"),
        ("none.jpg", None, r"none\.jpg: No such file"),
        ([7], None, r"a picture is a path, bytes, .* not int"),
        (7, None, r"a picture is a path, bytes, .* not int"),
        (torch.zeros(3, 9, 9), None, r"a picture is a path, bytes, .* not Tensor"),
        (np.zeros((0, 9, 3), np.uint8), None, r"a picture of 9 x 0 has no pixel"),
        (np.zeros((9, 9, 3), np.uint8), [["a", 0, 1, 1]], r"boxes must be \(N, 4\) numbers"),
        (np.zeros((9, 9, 3), np.uint8), [[0, 0, 1, 1], [0, 1]], r"boxes must be \(N, 4\) numbers"),
    ],
)
def test_what_is_no_picture_is_named(pictures, boxes, said, reid_checkpoint):
    with pytest.raises(InputError, match=said):
        Extractor(reid_checkpoint)(pictures, boxes)


def test_a_picture_with_alpha_is_on_white_as_its_file_is(reid_checkpoint, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 32, 4), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "clear.png")
    extractor = Extractor(reid_checkpoint)
    with Image.open(tmp_path / "clear.png") as image:
        np.testing.assert_array_equal(extractor(image), extractor(tmp_path / "clear.png"))


def test_a_gray_frame_and_a_single_box_are_taken(reid_checkpoint):
    frame = np.random.default_rng(0).integers(0, 256, (90, 60), dtype=np.uint8)
    extractor = Extractor(reid_checkpoint)
    coloured = np.repeat(frame[:70, :40, None], 3, axis=2)
    np.testing.assert_array_equal(extractor(frame, [0, 0, 40, 70]), extractor(coloured))


@pytest.mark.parametrize("settings", [{}, {"flip": False}, {"l2": True, "channels": "bgr"}])
def test_onnxruntime_gives_torchs_features(reid_checkpoint, settings):
    pytest.importorskip("onnxruntime")
    pictures = list(np.random.default_rng(0).integers(0, 256, (3, 70, 40, 3), dtype=np.uint8))
    expected = Extractor(reid_checkpoint, **settings)(pictures)
    found = Extractor(reid_checkpoint, backend="onnxruntime", **settings)(pictures)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"backend": "onnx"}, "backend must be torch or onnxruntime, not 'onnx'"),
        ({"channels": "gray"}, "channels must be rgb or bgr, not 'gray'"),
        ({"threads": 0}, "threads must be at least 1, not 0"),
    ],
)
def test_an_extractor_refuses_settings_that_it_does_not_know(reid_checkpoint, settings, said):
    with pytest.raises(ValueError, match=said):
        Extractor(reid_checkpoint, **settings)


def test_a_name_that_the_zoo_does_not_have_says_which_it_has():
    with pytest.raises(InputError, match="no model is called 'people-reid': the zoo has people-reid-light"):
        Extractor("people-reid")


def test_create_gives_a_model_with_its_preprocessing_and_tokenizer(dual, paths, reid_checkpoint):
    path, _ = dual
    model, preprocess, tokenizer = create(path)
    with torch.inference_mode():
        images = model.encode_image(torch.stack([preprocess(one) for one in paths]))
        texts = model.encode_text(tokenizer(["a person in red", "blue coat"]))
    assert (images @ texts.T).shape == (len(paths), 2)
    assert create(reid_checkpoint).tokenizer is None


def test_features_of_a_track_are_the_mean_of_its_pictures(reid_checkpoint, people, extracted, tmp_path):
    rows = [json.loads(line) for line in people.read_text(encoding="utf-8").splitlines()]
    kept = [row for row in rows if row["split"] != "train"]
    for number, row in enumerate(kept):
        row |= {"identity": 5, "camera": 1, "track": "a" if number < 2 else "b", "score": 1 + number % 2}
    people.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
    for words, weights in (([], [1, 1]), (["--weight-by", "score"], [1, 2])):
        output = tmp_path / "t.safetensors"
        words = ["extract", reid_checkpoint, people, "--average-by", "track", *words, "-o", output]
        result = CliRunner().invoke(main, [*map(str, words)])
        assert result.exit_code == 0, result.stderr
        found = load_file(output)["features"]
        np.testing.assert_allclose(
            found[0], np.average(extracted[:2], axis=0, weights=weights), rtol=1e-4, atol=1e-5
        )


def test_a_track_of_two_people_is_refused(reid_checkpoint, people):
    result = CliRunner().invoke(
        main, ["extract", str(reid_checkpoint), str(people), "--average-by", "weather"]
    )
    assert result.exit_code == 1
    assert "have one weather (foggy) and different identity" in result.stderr


def test_resizing_by_pillow_gives_the_features_of_pillows_pixels(reid_checkpoint, people, paths, tmp_path):
    output = tmp_path / "p.safetensors"
    words = ["extract", reid_checkpoint, people, "--resize", "pillow", "-o", output]
    assert CliRunner().invoke(main, [*map(str, words)]).exit_code == 0
    small = [np.asarray(opened(path).resize((32, 64), Image.Resampling.BILINEAR)) for path in paths]
    np.testing.assert_allclose(
        load_file(output)["features"], Extractor(reid_checkpoint)(small), rtol=1e-4, atol=1e-4
    )
