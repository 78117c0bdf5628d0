from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture
def picture(tmp_path):
    """Make a small picture of one colour under tmp_path."""

    def make(path: str, colour: int = 0, size: tuple[int, int] = (24, 48)) -> Path:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, (colour % 256, 90, 200 - colour % 200)).save(target)
        return target

    return make


@pytest.fixture
def manifest_file(tmp_path):
    """Write lines (objects) as tmp_path/manifest.jsonl."""

    def make(*lines: object, name: str = "manifest.jsonl") -> Path:
        target = tmp_path / name
        target.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return target

    return make
