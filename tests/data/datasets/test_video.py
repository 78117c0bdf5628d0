from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vtbr_data.datasets import IndexOptions, index_dataset
from vtbr_data.errors import InputError


def sequence(folder, boxes, kind="gt", frames=2):
    (folder / "img1").mkdir(parents=True)
    (folder / kind).mkdir()
    (folder / kind / f"{kind}.txt").write_text(boxes)
    for frame in range(1, frames + 1):
        pixels = np.zeros((60, 80, 3), np.uint8)
        pixels[10:40, 20:40] = (200, 40, 40)
        Image.fromarray(pixels).save(folder / "img1" / f"{frame:06}.jpg", quality=95)
    return folder


def listed(folder, name="video", **options):
    said = []
    return list(index_dataset(name, folder, options=IndexOptions(say=said.append, **options))), said


GT = """\
1,7,21,11,20,30,1,1,1.0
2,7,21,11,20,30,1,1,0.5
1,9,41,11,20,30,1,1,1.0
1,3,1,1,20,30,0,1,1.0
1,4,1,1,20,30,1,8,1.0
1,5,79,1,20,30,1,1,0.1
5,7,1,1,20,30,1,1,1.0
"""


def test_tracks_become_people_and_boxes_crops(tmp_path):
    rows, said = listed(sequence(tmp_path / "MOT17-02", GT))
    assert [(row.path, row.identity, row.camera, row.split) for row in rows] == [
        ("vtbr_crops/00007_000001.jpg", 1, 1, "train"),
        ("vtbr_crops/00009_000001.jpg", 2, 1, "train"),
        ("vtbr_crops/00007_000002.jpg", 1, 1, "train"),
    ]
    assert rows[0].extra == {"frame": 1, "track": 7, "score": 1.0, "xywh": [21, 11, 20, 30]}
    with Image.open(tmp_path / "MOT17-02" / rows[0].path) as crop:
        assert crop.size == (20, 30)
        assert np.abs(np.asarray(crop)[6:-6, 6:-6].astype(int) - (200, 40, 40)).max() < 40
    assert "a track is a person, camera 1 is MOT17-02" in said[0]
    for part in (
        "1 boxes marked as not to be counted",
        "1 boxes of other classes than pedestrians",
        "1 boxes with less than 8 pixels in the picture",
        "1 boxes of frames that are not there",
    ):
        assert part in said[-1]


def test_people_of_several_sequences_are_told_apart(tmp_path):
    for name in ("a", "b"):
        sequence(tmp_path / "train" / name, "1,1,21,11,20,30,1,1,1\n")
    rows, _ = listed(tmp_path, name="auto", split="gallery")
    assert [(row.path, row.identity, row.camera, row.split) for row in rows] == [
        ("train/a/vtbr_crops/00001_000001.jpg", 1, 1, "gallery"),
        ("train/b/vtbr_crops/00001_000001.jpg", 2, 2, "gallery"),
    ]


def test_detections_belong_to_nobody(tmp_path):
    boxes = "1,-1,21,11,20,30,0.9,-1,-1,-1\n1,-1,22,12,20,30,0.8,-1,-1,-1\n"
    rows, _ = listed(sequence(tmp_path / "s", boxes, kind="det"))
    assert [(row.identity, row.extra["score"]) for row in rows] == [(-1, 0.9), (-1, 0.8)]
    assert rows[0].path != rows[1].path
    assert "track" not in rows[0].extra


def test_seqinfo_names_the_folder_of_frames(tmp_path):
    folder = sequence(tmp_path / "s", "1,1,21,11,20,30\n")
    (folder / "img1").rename(folder / "frames")
    (folder / "seqinfo.ini").write_text("[Sequence]\nimDir=frames\nimExt=.jpg\n")
    assert len(listed(folder)[0]) == 1


def test_what_is_no_box_or_no_video_is_one_line(tmp_path):
    for number, line in enumerate(("frame,id", "1,1,inf,1,20,30", "1,1,2,nan,20,30", "1,1")):
        folder = sequence(tmp_path / f"s{number}", f"1,1,21,11,20,30\n{line}\n")
        with pytest.raises(InputError, match=r"gt\.txt line 2: expected frame, id, left, top, width, height"):
            listed(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"holds no video with boxes: expected img1/000001.jpg .*ffmpeg"):
        listed(tmp_path / "empty")


def test_crops_of_an_earlier_run_are_used_but_never_overwritten(tmp_path):
    folder = sequence(tmp_path / "MOT17-02", GT)
    first, _ = listed(folder)
    again, said = listed(folder)
    assert again == first
    assert not any("also holds" in note for note in said)
    (folder / "gt" / "gt.txt").write_text("1,7,21,11,20,30,1,1,1.0\n")
    _, said = listed(folder)
    assert any(
        "vtbr_crops also holds 2 files not listed now (00007_000002.jpg the first)" in note for note in said
    )
    before = (folder / first[0].path).read_bytes()
    (folder / "gt" / "gt.txt").write_text("1,7,22,12,20,30,1,1,1.0\n")
    with pytest.raises(
        InputError, match=r"00007_000001.jpg is another picture, which would be overwritten: remove"
    ):
        listed(folder)
    assert (folder / first[0].path).read_bytes() == before


def test_a_second_box_of_a_track_in_a_frame_is_left_out_and_counted(tmp_path):
    rows, said = listed(sequence(tmp_path, "1,7,21,11,20,30,1,1,1\n1,7,31,11,20,30,1,1,1\n"))
    assert len(rows) == 1
    assert "1 second boxes of a track in one frame" in said[-1]
