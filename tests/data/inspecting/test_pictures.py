from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vtbr_data.inspecting.pictures import inspect_picture, inspect_pictures

GOLDEN = Path(__file__).parents[2] / "contracts/pictures"


def scene(seed: int, size=(64, 128)) -> Image.Image:
    """A picture that differs from those of other seeds: coarse noise."""
    noise = np.random.default_rng(seed).integers(0, 256, (8, 6, 3), np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "JPEG", **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG that claims this size and holds these chunks."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def inspected(tmp_path, content: bytes, name: str = "a.jpg"):
    (tmp_path / name).write_bytes(content)
    return inspect_picture(tmp_path / name)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "WEBP"])
def test_a_whole_picture_tells_its_kind_size_and_glance(tmp_path, kind):
    state = inspected(tmp_path, encoded(scene(1), kind))
    assert (state.problem, state.kind, state.width, state.height) == ("", kind, 64, 128)
    assert len(state.glance) == 16 * 17


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK", "I;16"])
def test_every_mode_has_a_glance(tmp_path, mode):
    kind = {"CMYK": "JPEG"}.get(mode, "PNG")
    image = scene(1).convert("L").convert("I;16") if mode == "I;16" else scene(1).convert(mode)
    state = inspected(tmp_path, encoded(image, kind))
    assert state.problem == ""
    assert len(state.glance) == 16 * 17


def turned(image):
    exif = Image.Exif()
    exif[274] = 6
    return encoded(image.rotate(90, expand=True), exif=exif, quality=95)


def test_a_turned_picture_has_the_size_and_the_glance_of_the_upright_one(tmp_path):
    upright = inspected(tmp_path, encoded(scene(1, (200, 400)), quality=95))
    state = inspected(tmp_path, turned(scene(1, (200, 400))))
    assert (state.width, state.height, state.surprises) == (200, 400, ("turned",))
    assert upright.surprises == ()
    pair = [np.frombuffer(one.glance, np.uint8).astype(int) for one in (upright, state)]
    assert np.abs(pair[0] - pair[1]).max() < 8


@pytest.mark.parametrize(
    ("name", "surprise"),
    [
        ("orientation_6.png", "turned"),
        ("rgba.png", "alpha"),
        ("transparent.gif", "alpha"),
        ("gray16.png", "deep"),
        ("rgb16.png", "deep"),
        ("animated.webp", "frames"),
        ("pages.tiff", "frames"),
        ("cmyk.jpg", "cmyk"),
    ],
)
def test_what_other_programs_may_show_differently_is_noted(name, surprise):
    state = inspect_picture(GOLDEN / name)
    assert surprise in state.surprises
    assert state.problem == ""


@pytest.mark.parametrize(
    "name", ["plain.jfif", "phone.mpo", "gray.png", "palette.png", "one_bit.png", "plain.jp2"]
)
def test_ordinary_pictures_hold_no_surprise(name):
    state = inspect_picture(GOLDEN / name)
    assert (state.surprises, state.problem) == ((), "")


def test_32_bit_pixels_are_a_problem():
    assert inspect_picture(GOLDEN / "float.tiff").problem == "has 32-bit pixels: save it with 8 bits"


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("options", [{}, {"progressive": True}], ids=["baseline", "progressive"])
def test_a_jpeg_that_is_cut_off_is_noticed_at_any_scale(tmp_path, part, options):
    whole = encoded(scene(1, (640, 480)), **options)
    assert "is cut off" in inspected(tmp_path, whole[: int(len(whole) * part)]).problem


def test_the_same_cuts_are_noticed_as_by_decoding_in_full(tmp_path):
    whole = encoded(scene(2, (200, 200)))
    for length in range(0, len(whole), 97):
        try:
            Image.open(io.BytesIO(whole[:length])).load()
            is_whole = True
        except Exception:
            is_whole = False
        assert (inspected(tmp_path, whole[:length]).problem == "") == is_whole


def test_a_huge_png_is_refused_before_it_is_decoded(tmp_path):
    state = inspected(tmp_path, png(50_000, 50_000, (b"IDAT", zlib.compress(bytes(1000)))))
    assert state.problem in (
        "is 50000 x 50000, more than 64 million pixels",
        "claims more pixels than any camera has",
    )
    assert "9000 x 9000, more than" in inspected(tmp_path, png(9000, 9000)).problem


def test_a_png_whose_text_unpacks_to_megabytes_is_refused(tmp_path):
    bomb = zlib.compress(bytes(20_000_000), 1)
    pixels = zlib.compress(b"\0" + bytes(8))
    state = inspected(tmp_path, png(8, 1, (b"zTXt", b"x\0\0" + bomb), (b"IDAT", pixels)))
    assert state.problem.startswith("cannot be decoded: ")


def test_postscript_is_no_picture_because_it_would_start_a_program(tmp_path):
    assert (
        inspected(tmp_path, b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n").problem
        == "is not a picture"
    )


@pytest.fixture
def eager(monkeypatch):
    """Processes are started for few pictures."""
    monkeypatch.setattr("vtbr_data.inspecting.pictures._WORTH_A_PROCESS", 30)


def test_processes_report_what_one_process_does(tmp_path, eager):
    paths = []
    for number in range(100):
        paths.append(str(tmp_path / f"{number}.jpg"))
        if number % 7:
            (tmp_path / f"{number}.jpg").write_bytes(
                encoded(scene(number % 5, (8, 16)))[: 40 * (number % 30)]
            )
    told = []
    states = list(inspect_pictures(paths, workers=2, report=lambda done, total: told.append((done, total))))
    assert states == [inspect_picture(path) for path in paths]
    assert told[-1] == (100, 100)


def test_processes_end_when_somebody_stops_listening(tmp_path, eager):
    paths = [str(tmp_path / f"{number}.jpg") for number in range(100)]
    states = inspect_pictures(paths, workers=2)
    assert next(states).is_missing
    states.close()
