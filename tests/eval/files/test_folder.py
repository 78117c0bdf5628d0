from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import FeatureTable
from vtbr_eval.files import read_features, write_features


def part(table, rows, **others):
    rows = np.asarray(rows)
    return replace(
        FeatureTable.of(
            table.features[rows], identity=table.identity[rows], camera=table.camera[rows],
            split=table.split[rows], path=[table.path[row] for row in rows.tolist()],
        ),
        **others,
    )  # fmt: skip


def test_the_files_of_a_folder_are_one_table_in_the_order_of_their_names(tmp_path, table):
    write_features(part(table, range(40, 60)), tmp_path / "part-1.safetensors")
    write_features(part(table, range(40)), tmp_path / "part-0.safetensors")
    (tmp_path / "log.txt").write_text("not looked at")
    (tmp_path / "list.csv").write_text("path,identity\na,1\n")
    whole = read_features(tmp_path)
    assert whole.features.tolist() == table.features.tolist()
    assert list(whole.path) == list(table.path)
    assert evaluate(whole).measures() == evaluate(table).measures()
    assert whole.fingerprint != read_features(tmp_path / "part-0.safetensors").fingerprint


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({"metadata": {"model": {"fingerprint": "b"}}}, "come from two models"),
        ({"metadata": {"data": {"fingerprint": "b"}}}, "come from two manifests"),
        ({"features": np.ones((60, 3), np.float32)}, "are 8 and 3 wide: extract both with one model"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(tmp_path, table, others, message):
    metadata = {"model": {"fingerprint": "a"}, "data": {"fingerprint": "a"}}
    write_features(replace(table, metadata=metadata), tmp_path / "a.safetensors")
    write_features(replace(table, **{"metadata": metadata, **others}), tmp_path / "b.safetensors")
    with pytest.raises(InputError, match=message):
        read_features(tmp_path)


def test_people_are_counted_alike_in_all_parts(tmp_path):
    columns = {"features": np.eye(2), "camera": [1, 2], "path": ["a", "b"]}
    np.savez(tmp_path / "a.npz", **columns, identity=[0, 1], split=["query", "query"])
    np.savez(tmp_path / "b.npz", **columns, identity=[0, 1], split=["gallery", "gallery"])
    table = read_features(tmp_path)
    assert table.identity.tolist() == [1, 2, 1, 2]
    assert table.notes[-1] == f"{tmp_path}: identity: counted from 0, raised by 1"


def test_a_folder_without_feature_files_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no feature file"):
        read_features(tmp_path)
