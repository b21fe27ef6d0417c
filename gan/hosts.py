"""Who iterates train(): threads of this process, one training a device at a time. Imports torch only when it must."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import sys
import threading
import time
import types
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gan import hardware, runs
from gan.config import RunConfig
from gan.control import Control, Desk
from gan.runs import Run

if TYPE_CHECKING:
    from gan.datasets import Progress

REST_SECONDS = 0.05  # how long a paused trainer sleeps before it looks again
SPARE = 1  # core left to the server and its browsers: who trains here wants to see it
SLICE_SECONDS = 3.0  # after which the next of a party trains, where a log interval takes longer


class Turn:
    """A device's turn: held by one trainer at a time, handed on in the order of asking.

    Trainers that ask as a party have one place in the queue, and alternate when it comes.
    """

    def __init__(self) -> None:
        self._line: dict[
            str, deque[str]
        ] = {}  # members by party; the first one's first has the turn
        self._moved = threading.Condition()

    def wait(self, name: str, given_up: Callable[[], bool], party: str = "") -> bool:
        """Queues up, with `party` if that is in line, and waits. False when `given_up()` before the turn came."""
        with self._moved:
            self._line.setdefault(party or name, deque()).append(name)
            return self._wait(name, given_up)

    def share(self, name: str, given_up: Callable[[], bool]) -> bool:
        """Lets the others of the holder's party have the turn once each. False when `given_up()` meanwhile."""
        with self._moved:
            members = next(members for members in self._line.values() if name in members)
            if len(members) == 1:
                return True
            members.rotate(-1)
            self._moved.notify_all()
            return self._wait(name, given_up)

    def leave(self, name: str) -> None:
        """Hands the turn on, or leaves the queue."""
        with self._moved:
            self._drop(name)
            self._moved.notify_all()

    def place(self, name: str) -> int:
        """0 for the holder, its party and strangers, 1 for the next in line, …"""
        with self._moved:
            places = [k for k, members in enumerate(self._line.values()) if name in members]
            return max(places, default=0)

    def _wait(self, name: str, given_up: Callable[[], bool]) -> bool:
        while next(iter(self._line.values()))[0] != name:
            if given_up():
                self._drop(name)
                return False
            self._moved.wait(0.1)
        return True

    def _drop(self, name: str) -> None:
        for party, members in [*self._line.items()]:
            if name in members:
                members.remove(name)
            if not members:
                del self._line[party]


@dataclass
class _Trainer:
    thread: threading.Thread
    stop: threading.Event


class Trainers:
    """The training threads of this process. A paused run lets the next one have the device."""

    def __init__(self) -> None:
        self._trainers: dict[str, _Trainer] = {}
        self._parties: dict[str, str] = {}  # by run id; stays, so that who was stopped joins again
        self._failures: dict[str, str] = {}
        self._turns: dict[str, Turn] = {}
        self._guard = threading.Lock()

    def start(self, *together: Run) -> None:
        """Trains runs in the background from where they stand; nothing happens with those that already do.

        Several take turns on their device, a log interval each, so that they can be compared while they train.
        Trouble ends in the run's error.txt and in `failure`, not here.
        """
        with self._guard:
            if len(together) > 1:
                self._parties.update(dict.fromkeys((run.id for run in together), together[0].id))
            for run in together:
                if self._alive(run.id):
                    continue
                self._failures.pop(run.id, None)
                stop = threading.Event()
                thread = threading.Thread(
                    target=self._host, args=(run, stop), name=f"train {run.id}", daemon=True
                )
                self._trainers[run.id] = _Trainer(thread, stop)
                thread.start()

    def active(self) -> list[str]:
        """Ids of the runs with a living thread: training, paused or queued."""
        with self._guard:
            return [name for name in self._trainers if self._alive(name)]

    def place(self, run: Run) -> int:
        """How many are before this run on its device; 0 when it does not wait."""
        with self._guard:
            return max((turn.place(run.id) for turn in self._turns.values()), default=0)

    def status(self, run: Run) -> str:
        """The status to show: what the folder says, and "queued" for a run that waits here."""
        if run.id not in self.active():
            return runs.status(run)
        if self.place(run):
            return "queued"
        return runs.status(run, held=True)

    def failure(self, run_id: str) -> str:
        """Why the last training of this run ended here, "" when it did not fail."""
        return self._failures.get(run_id, "")

    def shutdown(self, timeout: float = 8.0) -> list[str]:
        """Lets every trainer save and end; returns those still alive after `timeout` seconds."""
        with self._guard:
            trainers = dict(self._trainers)
        for trainer in trainers.values():
            trainer.stop.set()
        deadline = time.monotonic() + timeout
        for trainer in trainers.values():
            trainer.thread.join(max(0.0, deadline - time.monotonic()))
        return [name for name, trainer in trainers.items() if trainer.thread.is_alive()]

    def join(self, run: Run, timeout: float = 10.0) -> bool:
        """Waits for the end of a run's thread. True when it is gone."""
        with self._guard:
            trainer = self._trainers.get(run.id)
        if trainer:
            trainer.thread.join(timeout)
        return not (trainer and trainer.thread.is_alive())

    def _alive(self, run_id: str) -> bool:
        trainer = self._trainers.get(run_id)
        return trainer is not None and trainer.thread.is_alive()

    def _host(self, run: Run, stop: threading.Event) -> None:
        try:
            config = run.config()
            device = hardware.resolve(config).device if config.device == "auto" else config.device
            with self._guard:
                turn = self._turns.setdefault(device, Turn())
            try:
                if self._wait(run, stop, turn):
                    self._iterate(run, stop, turn, config.log_every)
            finally:
                turn.leave(run.id)
        except Exception as error:  # also a broken PyTorch: a thread has nobody to tell but us
            self._failures[run.id] = str(error)
        finally:
            runs.PROBER.forget(run)

    def _iterate(self, run: Run, stop: threading.Event, turn: Turn, interval: int) -> None:
        from gan.train import train

        given_up, began = self._given_up(run, stop), time.monotonic()
        with contextlib.closing(train(run, spare=SPARE)) as ticks:
            for tick in ticks:
                if stop.is_set():
                    return
                if tick.paused:
                    turn.leave(run.id)  # whoever waits may train meanwhile
                    self._sleep(run, tick.wish, stop)
                    if not self._wait(run, stop, turn):
                        return
                elif tick.step % interval == 0 or time.monotonic() - began > SLICE_SECONDS:
                    if not turn.share(run.id, given_up):
                        return
                    began = time.monotonic()

    def _wait(self, run: Run, stop: threading.Event, turn: Turn) -> bool:
        return turn.wait(run.id, self._given_up(run, stop), self._parties.get(run.id, ""))

    @staticmethod
    def _given_up(run: Run, stop: threading.Event) -> Callable[[], bool]:
        desk = Desk(run)
        return lambda: stop.is_set() or desk.read().want == "stop"

    @staticmethod
    def _sleep(run: Run, wish: Control, stop: threading.Event) -> None:
        """Until the driver wants a paused run to do more than it was to do by the `wish` it rests on."""
        desk, told = Desk(run), wish
        while told.want == "pause" and told.asked == wish.asked and not stop.wait(REST_SECONDS):
            told = desk.read()


@dataclass
class Job:
    """A long job in the background, such as a download, and how far it is."""

    done: int = 0
    total: int = 0
    unit: str = ""
    text: str = ""
    state: str = "running"  # "running", "done", "failed"
    error: str = ""
    thread: threading.Thread | None = field(default=None, repr=False)


def new_run(
    config: RunConfig,
    budget: Mapping[str, float],
    title: str = "",
    run_id: str = "",
    preset: str = "",
) -> Run:
    """Makes a run with its device decided.

    Imports torch, so the first call of a process may take seconds. Raises ConfigError and RunError.
    """
    warm_up()
    return runs.create(hardware.resolve(config), budget, title, run_id, preset)


def trainers() -> Trainers:
    """The trainers of this process."""
    found: Trainers = _process().trainers
    return found


def start_job(key: str, work: Callable[[], Iterator[Progress]]) -> Job:
    """Iterates `work()` in the background; a second call while it runs returns the running one."""
    jobs: dict[str, Job] = _process().jobs
    with _process().guard:
        if key in jobs and jobs[key].state == "running":
            return jobs[key]
        job = jobs[key] = Job()
        job.thread = threading.Thread(target=_work, args=(job, work), name=key, daemon=True)
        job.thread.start()
    return job


def job(key: str) -> Job | None:
    """The job of that name, running or ended; None when there was none."""
    found: Job | None = _process().jobs.get(key)
    return found


def forget_job(key: str) -> None:
    """Forgets an ended job, so that what it failed for is not told again."""
    _process().jobs.pop(key, None)


def warm_up() -> None:
    """Starts importing torch in the background; nothing happens when that is under way or done."""
    with _process().guard:
        if _process().torch == "no":
            _process().torch = "loading"
            _process().importer = threading.Thread(target=_import_torch, name="import torch")
            _process().importer.start()


def torch_state() -> str:
    """Whether torch is here: "no", "loading", "ready", or "failed: …"."""
    state: str = _process().torch
    return state


def remembered(key: str) -> Any:
    """Something this process found out once, such as how fast the machine is; None before."""
    return _process().notes.get(key)


def _import_torch() -> None:
    try:
        importlib.import_module("gan.train")
        _process().torch = "ready"
        if not trainers().active():
            _process().notes["lean images/s"] = importlib.import_module("gan.probe").probe()
    except Exception as error:
        if _process().torch != "ready":
            _process().torch = f"failed: {error}"


def _work(job: Job, work: Callable[[], Iterator[Progress]]) -> None:
    try:
        for step in work():
            job.done, job.total, job.unit, job.text = step.done, step.total, step.unit, step.text
        job.state = "done"
    except Exception as error:
        job.state, job.error = "failed", str(error) or type(error).__name__


def _process() -> Any:
    """State of this process that a hot reload must not make anew: an invented module, which no reloader watches."""
    state = sys.modules.get("forger_process")
    if state is None:
        fresh = types.ModuleType("forger_process")
        fresh.__dict__.update(
            trainers=Trainers(), jobs={}, notes={}, torch="no", guard=threading.Lock()
        )
        state = sys.modules.setdefault("forger_process", fresh)
        if state is fresh:
            atexit.register(fresh.__dict__["trainers"].shutdown)
    return state
