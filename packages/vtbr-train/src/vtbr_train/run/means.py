"""Means of logged values over the steps since the last log line."""

from __future__ import annotations

from collections.abc import Mapping

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
            self._sums[name] = self._sums[name] + value if name in self._sums else value
            self._counts[name] = self._counts.get(name, 0) + 1

    def so_far(self) -> dict[str, Tensor]:
        """Return the means of what was added since the last `take`."""
        return {name: total / self._counts[name] for name, total in self._sums.items()}

    def take(self) -> dict[str, Tensor]:
        """Return the means and begin anew."""
        means = self.so_far()
        self._sums, self._counts = {}, {}
        return means
