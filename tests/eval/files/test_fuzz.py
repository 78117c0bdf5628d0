"""Tables and feature files under any names: the scores are equal, or the file is refused; never a third thing."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate
from vtbr_eval.files import read_features
from vtbr_eval.tables import SYNONYMS

RANDOM = np.random.default_rng(1)
IDENTITY = RANDOM.integers(1, 5, 24)
CAMERA = RANDOM.integers(1, 4, 24)
SPLIT = np.where(np.arange(24) % 3 == 0, "query", "gallery")
FEATURES = (RANDOM.normal(size=(5, 6))[IDENTITY] + RANDOM.normal(size=(24, 6))).astype(np.float32)
COLUMNS = {"identity": IDENTITY, "camera": CAMERA, "split": SPLIT}


@st.composite
def headers(draw):
    """A name for each column, as people write it, in any order; sometimes one that nobody knows."""
    found = {}
    for key in draw(st.permutations(list(COLUMNS))):
        name = draw(st.sampled_from([*SYNONYMS[key], "unheard of"]))
        case = draw(st.sampled_from([str.lower, str.upper, str.title]))
        found[key] = draw(st.sampled_from(["", " "])) + case(name) + draw(st.sampled_from(["", " "]))
    return found


def scored(read):
    """The measures, or None where the file is refused or its cameras or people are said to be unknown."""
    try:
        table = read()
        scores = evaluate(table, bootstrap=0)
    except InputError as error:
        assert "\n" not in str(error)
        return None, ()
    return scores.measures(), (*table.notes, *scores.warnings)


@given(names=headers(), separator=st.sampled_from([",", ";", "\t", "|", "JSON Lines"]))
def test_a_table_scores_the_same_or_says_what_it_lacks(tmp_path_factory, names, separator):
    folder = tmp_path_factory.mktemp("fuzz")
    np.savez(folder / "plain.npz", features=FEATURES, **COLUMNS)
    expected = evaluate(read_features(folder / "plain.npz"), bootstrap=0).measures()
    np.save(folder / "x.npy", FEATURES)
    rows = zip(*(COLUMNS[key] for key in names), strict=True)
    if separator == "JSON Lines":
        plain = (
            [str(cell) if key == "split" else int(cell) for key, cell in zip(names, row, strict=True)]
            for row in rows
        )
        lines = [json.dumps(dict(zip(names.values(), row, strict=True))) for row in plain]
        if len(set(names.values())) < len(names):
            return  # an object has each key once
    else:
        lines = [separator.join(names.values()), *(separator.join(map(str, row)) for row in rows)]
    (folder / ("x.jsonl" if separator == "JSON Lines" else "x.csv")).write_text("\n".join(lines) + "\n")
    found, said = scored(lambda: read_features(folder / "x.npy"))
    if found != expected:
        lost = [key for key, name in names.items() if name.strip().lower() == "unheard of"]
        assert lost
        assert found is None or any("no column for" in note for note in said)


@given(names=headers())
def test_arrays_score_the_same_or_say_what_they_lack(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("fuzz")
    np.savez(folder / "plain.npz", features=FEATURES, **COLUMNS)
    expected = evaluate(read_features(folder / "plain.npz"), bootstrap=0).measures()
    np.savez(folder / "x.npz", feats=FEATURES, **{name: COLUMNS[key] for key, name in names.items()})
    found, said = scored(lambda: read_features(folder / "x.npz"))
    if found != expected:
        lost = [key for key, name in names.items() if name.strip().lower() == "unheard of"]
        assert lost
        assert found is None or any("no array for" in note for note in said)
