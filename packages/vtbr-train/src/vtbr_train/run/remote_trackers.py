"""Weights & Biases and MLflow: extras, which write into the run's folder unless their variables name a server.

A run keeps its ids in RUN/trackers.json, so that it stays one run there when it resumes. What a killed process
logged of steps after its last save cannot be taken back: those steps are logged again.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from vtbr_models.files import replacing

IDS = "trackers.json"

Ending = Literal["finished", "stopped", "failed"]


class Wandb:
    """A run of Weights & Biases; offline in RUN/wandb unless WANDB_MODE says otherwise."""

    def __init__(self, folder: Path, name: str, settings: Mapping[str, Any]) -> None:
        import wandb

        ids, mode = read_ids(folder), os.environ.get("WANDB_MODE", "offline")
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", "vtbr"),
            name=name,
            id=os.environ.get("WANDB_RUN_ID", ids.get("wandb")),
            dir=str(folder),
            config=dict(settings),
            mode=mode,
            resume="allow" if mode == "online" else None,  # offline, `wandb sync --append` joins the parts
            settings=wandb.Settings(console="off", silent=True),
        )
        write_ids(folder, {**ids, "wandb": self._run.id})

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Log the values of a step."""
        self._run.log(dict(values), step=step)

    def close(self, ending: Ending) -> None:
        """End the run."""
        self._run.finish(exit_code=0 if ending == "finished" else 1)


class Mlflow:
    """A run of MLflow; in RUN/mlflow.db and RUN/mlruns unless MLFLOW_TRACKING_URI names a place."""

    def __init__(self, folder: Path, name: str, settings: Mapping[str, Any]) -> None:
        is_local = "MLFLOW_TRACKING_URI" not in os.environ
        if is_local:
            os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        import mlflow

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        self._mlflow, ids = mlflow, read_ids(folder)
        experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME", "vtbr")
        if is_local:
            mlflow.set_tracking_uri(f"sqlite:///{folder.resolve() / 'mlflow.db'}")
            if (
                mlflow.get_experiment_by_name(experiment) is None
            ):  # artifacts go to the current folder otherwise
                mlflow.create_experiment(experiment, artifact_location=(folder.resolve() / "mlruns").as_uri())
        mlflow.set_experiment(experiment)
        run = mlflow.start_run(run_id=ids.get("mlflow"), run_name=name)
        if "mlflow" not in ids:  # settings that change when a run resumes cannot be logged again
            mlflow.log_params(dict(_flat(settings)))
            write_ids(folder, {**ids, "mlflow": run.info.run_id})
        mlflow.log_dict(dict(settings), "settings.yaml")

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Log the values of a step."""
        self._mlflow.log_metrics({_metric(name): value for name, value in values.items()}, step=step)

    def close(self, ending: Ending) -> None:
        """End the run."""
        self._mlflow.end_run({"finished": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}[ending])


def read_ids(folder: Path) -> dict[str, str]:
    """Return the ids of a run in its trackers; none where it has not been in any."""
    try:
        return dict(json.loads((folder / IDS).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def write_ids(folder: Path, ids: Mapping[str, str]) -> None:
    """Remember the ids of a run in its trackers."""
    with replacing(folder / IDS) as file:
        file.write((json.dumps(dict(ids), sort_keys=True) + "\n").encode())


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _metric(name: str) -> str:
    """Return a name that MLflow takes: letters, digits, and some signs."""
    return "".join(letter if letter.isalnum() or letter in "_-./ " else "_" for letter in name)
