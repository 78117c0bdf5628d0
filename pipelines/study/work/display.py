"""What a study that runs shows: jobs done, what is under way, and the time left."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from .job import Job


class Clock:
    """How long the rest will take, from the plan and from how the plan has kept so far."""

    def __init__(self, jobs: Sequence[Job], parallel: int) -> None:
        self.planned = {job.name: job.seconds for job in jobs}
        self.parallel = parallel
        self.planned_done, self.took = 0.0, 0.0
        self.began = time.monotonic()

    def finished(self, job: Job, seconds: float) -> None:
        """Note how long a job took."""
        self.planned_done += self.planned.pop(job.name)
        self.took += seconds

    def left(self) -> float:
        """Return the seconds left."""
        pace = self.took / self.planned_done if self.planned_done > 0 else 1.0
        return pace * sum(self.planned.values()) / self.parallel


class Display:
    """Jobs done, time left and what is under way: moving on a terminal, a line a job elsewhere."""

    def __init__(self, say: Console, total: int) -> None:
        self.say, self.total, self.count = say, total, 0
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]} left"),
            TextColumn("[dim]{task.fields[now]}"),
            console=say,
            disable=not say.is_terminal,
        )
        self.task = self.progress.add_task("study", total=total, left="", now="")
        self.left = 0.0

    def __enter__(self) -> Display:
        self.progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.progress.stop()

    def show(self, now: Sequence[str], left: float) -> None:
        """Show what runs, and how long it will take."""
        self.left = left
        self.progress.update(self.task, now=", ".join(now), left=duration(left))

    def advance(self) -> None:
        """Count a finished job."""
        self.count += 1
        self.progress.advance(self.task)
        if not self.say.is_terminal:
            self.say.print(f"{self.count} of {self.total} jobs done, about {duration(self.left)} left")


def duration(seconds: float) -> str:
    """Return hours and minutes, for people.

    >>> duration(7322), duration(95), duration(3)
    ('2 h 02 min', '2 min', '1 min')
    """
    minutes = max(1, round(seconds / 60))
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"
