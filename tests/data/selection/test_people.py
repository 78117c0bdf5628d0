"""People who are held out can be searched for: every query has an image of another camera in the gallery."""

import pytest

from vtbr_data.manifest import Row
from vtbr_data.selection.people import hold_out


def seen(person, *cameras):
    """The rows of a person: one image for each of these cameras."""
    return [
        Row(path=f"{person}-{place}.jpg", identity=person, camera=camera, split="train")
        for place, camera in enumerate(cameras)
    ]


@pytest.mark.parametrize(
    ("cameras", "num_queries"),
    [
        ((1, 2), 1),
        ((1, 1, 1, 2), 1),
        ((1, 1, 2, 2), 2),
        ((1, 2, 3), 2),
        ((1, 1, 2, 2, 3, 3), 3),
        ((-1, -1), 1),
        ((-1, -1, -1), 1),
    ],
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_query_of_a_person_who_is_held_out_has_a_match(cameras, num_queries, seed):
    rows = [*seen(1, *cameras), *seen(2, *cameras)]
    kept, held = hold_out(rows, 0.5, seed=seed)
    queries = [row for row in held if row.split == "query"]
    gallery = [row for row in held if row.split == "gallery"]
    assert len(queries) == num_queries
    assert len(kept) == len(held) == len(cameras)
    for query in queries:
        assert any(row.camera != query.camera or row.camera == -1 for row in gallery)
