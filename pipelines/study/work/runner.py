"""Run jobs once: in parallel, one a core, cached by fingerprint, stoppable at any moment."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from rich.console import Console

from .display import Clock, Display
from .job import Command, Job

DONE = "done.json"
"""A job's folder is finished when it holds this, with the job's fingerprint."""
KILLED_AFTER = 10
"""Seconds that a command has to end when it is asked to."""

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


class JobError(Exception):
    """A command ended badly; the message is for people."""


class Runner:
    """Runs the jobs of a study in `folder`."""

    def __init__(self, folder: Path, say: Console) -> None:
        self.folder, self.say = folder, say
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._is_stopping = False

    def run(self, jobs: Sequence[Job], prints: Mapping[str, str], *, parallel: int) -> None:
        """Run what is not done yet, `parallel` jobs at a time, in their order as far as their needs allow.

        Raises `JobError` after the first that fails, when the others have been stopped. `KeyboardInterrupt`
        stops them, too. A job that was stopped starts anew next time.
        """
        waiting = [job for job in jobs if not self.is_done(job, prints[job.name])]
        done = {job.name for job in jobs} - {job.name for job in waiting}
        if done:
            self.say.print(f"{len(done)} of {len(jobs)} jobs are done already")
        clock = Clock(waiting, parallel)
        under_way: dict[Future[float], Job] = {}
        with Display(self.say, len(waiting)) as display, ThreadPoolExecutor(parallel) as pool:
            try:
                while waiting or under_way:
                    for job in [job for job in waiting if done.issuperset(job.needs)]:
                        if len(under_way) == parallel:
                            break
                        waiting.remove(job)
                        under_way[pool.submit(self._run_job, job, prints[job.name])] = job
                    display.show([job.name for job in under_way.values()], clock.left())
                    finished, _ = wait(under_way, timeout=1, return_when=FIRST_COMPLETED)
                    for future in finished:
                        job = under_way.pop(future)
                        clock.finished(job, future.result())
                        done.add(job.name)
                        display.advance()
            except BaseException:
                self._stop()
                raise

    def is_done(self, job: Job, fingerprint: str) -> bool:
        """Return whether its folder is finished, by these very commands on these very inputs."""
        note = self.note(job)
        return note is not None and note["fingerprint"] == fingerprint

    def note(self, job: Job) -> dict[str, Any] | None:
        """Return what a finished job left: its fingerprint and seconds."""
        try:
            note = json.loads((self.folder / job.name / DONE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return note if isinstance(note, dict) and "fingerprint" in note else None

    def _run_job(self, job: Job, fingerprint: str) -> float:
        began = time.monotonic()
        folder = self.folder / job.name
        shutil.rmtree(folder, ignore_errors=True)  # of another fingerprint, or stopped half-way
        for step in job.commands:
            folder.mkdir(parents=True, exist_ok=True)
            if step.words[:2] == ("vtbr-data", "render"):
                folder.rmdir()  # it makes its folder itself
            self._run_command(step, folder)
        # What a run could resume from, and fine-tuned weights behind their features, would fill the disk.
        (folder / "run/state.safetensors").unlink(missing_ok=True)
        if job.kind == "finetune":
            (folder / "run/model.safetensors").unlink(missing_ok=True)
        seconds = time.monotonic() - began
        write_whole(folder / DONE, json.dumps({"fingerprint": fingerprint, "seconds": round(seconds, 1)}))
        return seconds

    def _run_command(self, step: Command, folder: Path) -> None:
        log = folder.with_name(folder.name + ".log")
        process = self._start(step, log)
        printed, _ = process.communicate()
        with self._lock:
            self._running.discard(process)
        if process.returncode:
            last = (log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or [""])[-1]
            line = " ".join(step.words[:2])
            raise JobError(
                f"`{line}` of {folder.relative_to(self.folder)} ended with exit code {process.returncode}: "
                f"{last} (all it said: {log}; run it by hand in {self.folder}: {shlex.join(step.words)})"
            )
        if step.to:
            target = self.folder / step.to
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(printed)

    def _start(self, step: Command, log: Path) -> subprocess.Popen[bytes]:
        """Start a command in a session of its own: Ctrl-C reaches us alone, and we stop it."""
        scripts = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        with self._lock:
            if self._is_stopping:
                raise JobError("stopped")
            try:
                with log.open("ab") as errors:
                    process = subprocess.Popen(
                        step.words,
                        cwd=self.folder,
                        env={**os.environ, **ONE_THREAD, "PATH": scripts},
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.PIPE,
                        stderr=errors,
                        start_new_session=True,
                    )
            except FileNotFoundError as error:
                raise JobError(f"no command {step.words[0]} here: install the four packages first") from error
            self._running.add(process)
        return process

    def _stop(self) -> None:
        with self._lock:
            self._is_stopping = True
            running = list(self._running)
        for process in running:
            _signal(process, signal.SIGTERM)
        until = time.monotonic() + KILLED_AFTER
        for process in running:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is never seen half-written."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
