"""Means of logged values over the steps since the last log line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor


class Means:
    """Running means of named values, kept on their device so that nothing waits for it."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, int] = {}

    def add(self, values: Mapping[str, Tensor]) -> None:
        """Count one more of each value."""
        for name, value in values.items():
            value = value.detach()
            self._sums[name] = self._sums[name].to(value.device) + value if name in self._sums else value
            self._counts[name] = self._counts.get(name, 0) + 1

    def so_far(self) -> dict[str, Tensor]:
        """Return the means of what was added since the last `take`."""
        return {name: total / self._counts[name] for name, total in self._sums.items()}

    def take(self) -> dict[str, Tensor]:
        """Return the means and begin anew."""
        means = self.so_far()
        self._sums, self._counts = {}, {}
        return means

    def state_dict(self) -> dict[str, Any]:
        """Return sums and counts, so that a run that resumes logs what one that never stopped does."""
        return {"sums": self._sums, "counts": self._counts}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put them back."""
        self._sums, self._counts = dict(state["sums"]), dict(state["counts"])
