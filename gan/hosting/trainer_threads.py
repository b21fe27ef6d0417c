"""Trainer threads: one per run, one active run per device. PyTorch is imported in those threads."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from gan import hardware, runs
from gan.hosting.device_queue import DeviceQueue
from gan.runs import Run
from gan.runs.control import Control, ControlReader
from gan.runs.lock import Place

BUSY_SECONDS = 10.0  # for which a run that another process is just leaving is waited for
POLL_SECONDS = 0.05  # how often a paused trainer reads control.json
SPARE_CORES = 1  # left to the server and its browsers
SLICE_SECONDS = 3.0  # after which the next run of a group trains, where a log interval takes longer


@dataclass
class _Trainer:
    thread: threading.Thread
    stop: threading.Event
    again: bool = False  # asked to start while it was still leaving
    gone: bool = False  # it has left; the thread itself ends at once


def status_of(run: Run, active: Collection[str], place: int) -> str:
    """The status of a run: "queued" where it is active and its place is not 0, else as its folder says."""
    if run.id not in active:
        return runs.folder_status(run)
    return "queued" if place else runs.folder_status(run, held=True)


class TrainerThreads:
    """The training threads of this process. A paused run releases its device to the next one."""

    def __init__(self) -> None:
        self._trainers: dict[str, _Trainer] = {}
        self._groups: dict[str, str] = {}  # by run id; stays, so that a stopped run joins its group again
        self._failures: dict[str, str] = {}
        self._queues: dict[str, DeviceQueue] = {}
        self._guard = threading.Lock()

    def start(self, *together: Run, accept: bool = False) -> None:
        """Starts or resumes runs in the background; those that already train are left alone.

        One that is about to stop goes on as soon as it has saved. With `accept` a run goes on although its settings or
        data were changed since. Several runs alternate on their device, a log interval each, so that they can be
        compared while they train.
        Errors go to the run's error.txt and to `failure`, not to the caller.
        """
        with self._guard:
            if len(together) > 1:
                self._groups.update(dict.fromkeys((run.id for run in together), together[0].id))
            for run in together:
                if self._alive(run.id):
                    self._trainers[run.id].again = True
                    continue
                self._failures.pop(run.id, None)
                stop = threading.Event()
                thread = threading.Thread(
                    target=self._host, args=(run, stop, accept), name=f"train {run.id}", daemon=True
                )
                self._trainers[run.id] = _Trainer(thread, stop)
                thread.start()

    def active(self) -> list[str]:
        """Ids of the runs with a living thread: training, paused or queued."""
        with self._guard:
            return [name for name in self._trainers if self._alive(name)]

    def place(self, run: Run) -> int:
        """The number of runs or groups queued before this run on its device; 0 when it does not wait."""
        return self.places().get(run.id, 0)

    def places(self) -> dict[str, int]:
        """The place of every active run in the queue of its device."""
        with self._guard:
            queues = [*self._queues.values()]
        return {name: max((queue.place(name) for queue in queues), default=0) for name in self.active()}

    def status(self, run: Run) -> str:
        """The status of a run: "queued" while it waits for a device of these threads, else as its folder says."""
        return status_of(run, self.active(), self.place(run))

    def failure(self, run_id: str) -> str:
        """Why the last training of this run ended here, "" when it did not fail."""
        return self._failures.get(run_id, "")

    def failures(self) -> dict[str, str]:
        """Why training failed here, by run id."""
        return dict(self._failures)

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
        return trainer is not None and trainer.thread.is_alive() and not trainer.gone

    def _host(self, run: Run, stop: threading.Event, accept: bool) -> None:
        going = True
        while going:
            try:
                self._train(run, stop, accept)
            except Exception as error:  # also a broken PyTorch: no caller would see what a thread raises
                self._failures[run.id] = str(error)
            finally:
                runs.LOCKS.forget(run.path)
                going = self._again(run, stop)

    def _again(self, run: Run, stop: threading.Event) -> bool:
        """Whether somebody asked to go on while the run was about to stop; else its thread counts as gone."""
        with self._guard:
            trainer = self._trainers[run.id]
            going = trainer.again and not stop.is_set() and runs.folder_status(run, held=False) == "stopped"
            going = going and run.control().want == "run" and run.path.is_dir()
            trainer.again = False
            if not going:
                trainer.gone = True
            return going

    def _train(self, run: Run, stop: threading.Event, accept: bool) -> None:
        config = run.config()
        device = hardware.resolve(config).device if config.device == "auto" else config.device
        with self._guard:
            queue = self._queues.setdefault(device, DeviceQueue())
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                if self._wait(run, stop, queue):
                    self._iterate(run, stop, queue, config.log_every, accept)
                return
            except runs.Busy:  # another process may be about to leave it
                if time.monotonic() > deadline or stop.is_set():
                    raise
            finally:
                queue.leave(run.id)

    def _iterate(self, run: Run, stop: threading.Event, queue: DeviceQueue, interval: int, accept: bool) -> None:
        from gan.training.loop import train

        cancelled, began = self._cancelled(run, stop), time.monotonic()
        with contextlib.closing(train(run, spare=SPARE_CORES, accept=accept)) as ticks:
            for tick in ticks:
                if stop.is_set():
                    return
                if tick.paused:
                    queue.leave(run.id)  # the next in the queue may train meanwhile
                    self._sleep(run, tick.control, stop)
                    if not self._wait(run, stop, queue):
                        return
                elif tick.step % interval == 0 or time.monotonic() - began > SLICE_SECONDS:
                    if not queue.yield_turn(run.id, cancelled):
                        return
                    began = time.monotonic()

    def _wait(self, run: Run, stop: threading.Event, queue: DeviceQueue) -> bool:
        return queue.wait(run.id, self._cancelled(run, stop), self._groups.get(run.id, ""))

    @staticmethod
    def _cancelled(run: Run, stop: threading.Event) -> Callable[[], bool]:
        reader = ControlReader(run.path)
        return lambda: stop.is_set() or reader.read().want == "stop"

    @staticmethod
    def _sleep(run: Run, before: Control, stop: threading.Event) -> None:
        """Waits until control.json asks a paused run for more than it did `before`: to go on, or for a single step."""
        reader, control = ControlReader(run.path), before
        place = Place(run.path)
        while control.want == "pause" and control.asked == before.asked and not stop.wait(POLL_SECONDS):
            if not place.there():
                return  # the trainer says so
            control = reader.read()
