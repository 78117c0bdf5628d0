from __future__ import annotations

import numpy as np
import pytest

from vtbr_eval.errors import InputError
from vtbr_eval.features import GALLERY, QUERY, TRAIN, FeatureTable
from vtbr_eval.text_search import search


def texts(features, **others):
    count = len(features)
    columns = {"identity": [1] * count, "camera": [-1] * count, "split": [QUERY] * count}
    return FeatureTable.of(features, **(columns | others))


IMAGES = FeatureTable.of(
    [[1, 0], [1, 0.5], [0.5, 1], [0, 1], [1, 0]],
    identity=[1, 2, 1, 3, 1],
    camera=[1, 1, 2, 2, 1],
    split=[GALLERY, QUERY, GALLERY, GALLERY, TRAIN],
    path=["a", "b", "c", "d", "e"],
)


def test_all_images_of_a_person_are_right_whatever_camera_and_name():
    asked = texts([[1, 0], [0, 1]], identity=[1, 3], path=["a", "d"])
    found = search(asked, IMAGES)
    assert [ranks.tolist() for ranks in found.scores.ranks] == [
        [1, 3],
        [1],
    ]  # of a, b, c, d
    assert found.measures((1, 5)) == {
        "mAP": pytest.approx((5 / 6 + 1) / 2), "mINP": pytest.approx((2 / 3 + 1) / 2), "R@1": 1, "R@5": 1,
    }  # fmt: skip
    written = found.to_json()
    assert written["protocol"]["name"] == "text-to-image"
    assert written["protocol"]["relevance"] == "identity"
    assert set(written["interval"]) == {"mAP", "mINP", "R@1", "R@5", "R@10"}
    assert set(written["input"]) == {"texts", "images"}


def test_under_the_relevance_path_only_the_described_image_is_right():
    asked = texts([[1, 0], [1, 0]], identity=[-1, -1], path=["c", "nowhere"])
    found = search(asked, IMAGES, relevance="path")
    assert [ranks.tolist() for ranks in found.scores.ranks] == [[3]]
    assert found.to_json()["dropped"]["identity_absent"] == 1


def test_perfect_texts_find_their_images_first(random_table):
    table = random_table(3)
    perfect = FeatureTable.of(
        np.eye(8)[table.identity], identity=table.identity, camera=table.camera, split=table.split
    )
    assert set(search(perfect, perfect).measures().values()) == {1.0}


@pytest.mark.parametrize(
    ("asked", "relevance", "message"),
    [
        (texts([[1, 0, 0]]), "identity", "are 3 and 2 wide: texts and images need features of one model"),
        (texts([[1, 0]], split=[TRAIN]), "identity", "all its rows are of the split train"),
        (texts([[1, 0]], identity=[9]), "identity", "show people who are not in the gallery"),
        (texts([[1, 0]]), "colour", "relevance is identity or path, not 'colour'"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(asked, relevance, message):
    with pytest.raises(InputError, match=message):
        search(asked, IMAGES, relevance=relevance)
