from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vtbr_eval.comparison import evaluate_runs
from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import evaluate


def test_mean_and_spread_run_over_the_runs(table, with_features):
    runs = [table, with_features(table, np.eye(8)[table.identity]), with_features(table, table.features**3)]
    written = evaluate_runs(runs).to_json()
    values = [evaluate(run, bootstrap=0).measures()["mAP"] for run in runs]
    assert written["mAP"] == {
        "mean": pytest.approx(np.mean(values)),
        "spread": pytest.approx(np.std(values, ddof=1)),
        "values": values,
    }
    assert written["runs"] == 3


def test_one_run_the_same_run_and_other_images_are_refused(table, random_table):
    with pytest.raises(InputError, match="the features files of two runs or more"):
        evaluate_runs([table])
    printed = replace(table, fingerprint="a")
    with pytest.raises(InputError, match="is given twice"):
        evaluate_runs([printed, printed])
    with pytest.raises(InputError, match="features and copy hold the same bytes"):
        evaluate_runs([printed, replace(printed, name="copy")])
    with pytest.raises(InputError, match="extract both from the same manifest"):
        evaluate_runs([table, random_table(1)])
