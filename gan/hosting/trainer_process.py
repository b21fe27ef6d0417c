"""Trainer process: background trainers in a process of their own, beside the one that serves pages.

In one process both would want the interpreter at once, and a class would slow training down though cores were free:
`python -m benchmarks.classroom` measures what it costs. Run folders carry everything else, so the two say little to
each other, in lines of JSON: which runs to start, which are active, and why one failed. Training ends, saved, where the
other process does; pages go on where the trainers' does.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from gan import runs
from gan.hosting import malloc, torch_loader
from gan.hosting.trainer_threads import TrainerThreads, status_of
from gan.runs import Run

HOME = Path(__file__).parents[2]
LOOK_SECONDS = 0.05  # from one look at the trainers to the next
SAVE_SECONDS = 20.0  # to save in, after which a process that nobody listens to ends
ENDED = "The process that trained it ended{how}. What was saved last is intact: resume to go on from there."


@dataclass
class _State:
    """What the trainers' process said last: the queue places of active runs, failures, and how many starts it heard."""

    places: dict[str, int] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    heard: int = 0
    ready: bool = False  # PyTorch is loaded there, or cannot be


class TrainerProcess:
    """Trainers, as `TrainerThreads` are, in a process that is started when needed, and again where it was killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._state = _State()
        self._asked: dict[str, int] = {}  # by id of an active run: the number of its last start
        self._paths: dict[str, Path] = {}
        self._failures: dict[str, str] = {}  # of a process that ended
        self._starts = 0
        self._changed = threading.Condition()

    def warm_up(self) -> None:
        """Starts the process, which begins to import PyTorch."""
        with self._changed:
            self._running()

    def start(self, *together: Run, accept: bool = False) -> None:
        """As of `TrainerThreads`."""
        with self._changed:
            process = self._running()
            self._starts += 1
            for run in together:
                self._failures.pop(run.id, None)
                self._state.failures.pop(run.id, None)
                self._asked[run.id], self._paths[run.id] = self._starts, run.path
            line = {"start": [str(run.path.resolve()) for run in together], "accept": accept, "number": self._starts}
            assert process.stdin
            with contextlib.suppress(OSError, ValueError):  # it has just ended: whoever reads from it says so
                process.stdin.write(json.dumps(line) + "\n")
                process.stdin.flush()

    @property
    def ready(self) -> bool:
        """Whether a run that is started need not wait for PyTorch."""
        with self._changed:
            return self._state.ready

    def active(self) -> list[str]:
        """Ids of the runs that train, rest or are queued."""
        with self._changed:
            return [*self._state.places, *(name for name in self._asked if name not in self._state.places)]

    def place(self, run: Run) -> int:
        """As of `TrainerThreads`."""
        with self._changed:
            return self._state.places.get(run.id, 0)

    def status(self, run: Run) -> str:
        """As of `TrainerThreads`."""
        return status_of(run, self.active(), self.place(run))

    def failure(self, run_id: str) -> str:
        """Why the last training of this run ended here, "" when it did not fail."""
        with self._changed:
            return self._failures.get(run_id) or self._state.failures.get(run_id, "")

    def join(self, run: Run, timeout: float = 10.0) -> bool:
        """Waits until a run is no longer active. True when it is not."""
        with self._changed:
            return self._changed.wait_for(lambda: run.id not in self.active(), timeout)

    def shutdown(self, timeout: float = 8.0) -> list[str]:
        """Lets every trainer save and ends the process; returns the runs still active after `timeout` seconds."""
        with self._changed:
            process = self._process
        if process is None or process.stdin is None:
            return []
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            return self.active()
        with self._changed:
            self._changed.wait_for(lambda: self._process is not process, 1.0)
        return []

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            path = os.pathsep.join(filter(None, (str(HOME), os.environ.get("PYTHONPATH"))))
            ours, theirs = os.pipe()  # beside the standard streams, which libraries may print to
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gan.hosting.trainer_process", str(theirs)],
                stdin=subprocess.PIPE,
                stdout=None if sys.__stdout__ else subprocess.DEVNULL,
                stderr=None if sys.__stderr__ else subprocess.DEVNULL,
                text=True,
                pass_fds=(theirs,),
                start_new_session=True,  # the signals of a terminal are this process's
                env={**os.environ, "PYTHONPATH": path},
            )
            os.close(theirs)
            answers = os.fdopen(ours)
            name, work = "hear from the trainers", (self._process, answers)
            threading.Thread(target=self._listen, args=work, name=name, daemon=True).start()
        return self._process

    def _listen(self, process: subprocess.Popen[str], answers: IO[str]) -> None:
        assert process.stdin
        with answers:
            for line in answers:
                self._take(_State(**json.loads(line)))
        code = process.wait()
        with contextlib.suppress(OSError):
            process.stdin.close()
        with self._changed:
            how = f" by {signal.Signals(-code).name}" if code < 0 else f" with {code}" if code else ""
            for name in self._asked:
                self._failures[name] = ENDED.format(how=how)
            self._process = None
            self._take(_State(failures=self._state.failures, heard=self._starts))

    def _take(self, state: _State) -> None:
        with self._changed:
            for name, number in [*self._asked.items()]:
                if number <= state.heard and name not in state.places:
                    del self._asked[name]
                    runs.LOCKS.forget(self._paths[name])
            self._state = state
            self._changed.notify_all()


def main(lines: IO[str], answers: IO[str]) -> None:
    """Trains what `lines` ask for until their end or SIGTERM, and says in `answers` whenever something changed."""
    hosted, ended, heard = TrainerThreads(), threading.Event(), 0

    def obey() -> None:
        nonlocal heard
        for line in lines:
            asked: dict[str, Any] = json.loads(line)
            hosted.start(*(Run(Path(path)) for path in asked["start"]), accept=asked["accept"])
            heard = asked["number"]
        ended.set()

    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    malloc.give_back()
    torch_loader.warm_up()
    threading.Thread(target=obey, daemon=True).start()

    before: dict[str, Any] = {}

    def answer() -> None:
        nonlocal before
        number = heard  # read first: what it started is active by now
        now = {"places": hosted.places(), "failures": hosted.failures(), "heard": number}
        now["ready"] = torch_loader.torch_state() not in ("no", "loading")
        if now != before:
            print(json.dumps(now), file=answers, flush=True)
            before = now

    with contextlib.suppress(OSError):  # nobody listens any more
        while not ended.wait(LOOK_SECONDS):
            answer()
    deadline = time.monotonic() + SAVE_SECONDS
    while hosted.shutdown(1.0) and time.monotonic() < deadline:
        pass
    with contextlib.suppress(OSError):
        answer()
    os._exit(0)  # a thread inside PyTorch at the end of the interpreter would abort the process


if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1]), "w") as own:
        main(sys.stdin, own)
