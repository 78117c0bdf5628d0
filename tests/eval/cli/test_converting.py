from __future__ import annotations

import json

import numpy as np

from tests.support.eval_commands import run
from vtbr_eval.files import read_features


def test_features_become_an_npz_and_come_back(features, tmp_path, table):
    assert run("convert", features, "-o", tmp_path / "x.npz").exit_code == 0
    again = read_features(tmp_path / "x.npz")
    assert again.features.tolist() == table.features.tolist()
    assert again.split.tolist() == table.split.tolist()
    assert list(again.path) == list(table.path)
    first = (tmp_path / "x.npz").read_bytes()
    run("convert", features, "-o", tmp_path / "x.npz")
    assert (tmp_path / "x.npz").read_bytes() == first


def test_a_table_of_columns_is_named_for_a_lone_array(tmp_path):
    np.save(tmp_path / "x.npy", np.eye(2))
    (tmp_path / "people.csv").write_text("path,identity,camera,split\na,1,1,query\nb,1,2,gallery\n")
    result = run("convert", tmp_path / "x.npy", "--columns", tmp_path / "people.csv", "-o", tmp_path / "y")
    assert "wrote 2 features of width 2" in result.stderr
    assert "or name one with --columns FILE" in run("reid", tmp_path / "x.npy").stderr


def test_options_of_tables_are_refused_for_a_features_file(features):
    result = run("reid", features, "--column", "identity=PERSON")
    assert result.exit_code == 1
    assert "is a features file, whose columns are fixed" in result.stderr


def test_a_column_is_named_on_the_command_line(tmp_path):
    np.save(tmp_path / "x.npy", np.eye(3, dtype=np.float32))
    (tmp_path / "x.csv").write_text("PERSON,where,split\nAda,gate,query\nAda,door,gallery\nBo,door,gallery\n")
    columns = ["--column", "identity=PERSON", "--column", "camera=where"]
    result = run("reid", tmp_path / "x.npy", *columns)
    assert json.loads(result.stdout)["counts"]["identities"] == 1
    assert 'read identity from "PERSON", camera from "where", split' in result.stderr
    assert "identity: 2 names numbered from 1" in result.stderr
