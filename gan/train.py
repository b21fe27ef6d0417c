"""The training loop: train(run) yields a tick after every step, and whoever iterates it is the host."""

from __future__ import annotations

import errno
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan import accelerate, aside, datasets, files, hardware, models, registry, state, threads
from gan.checkup import Checkup
from gan.config import ConfigError
from gan.datasets import Data, DataError
from gan.gallery import Gallery
from gan.journal import Diverged, Journal, Look
from gan.runs import Control, Desk, Run, RunError, spent
from gan.schedule import decayed
from gan.step import Players

FLUSH_SECONDS = 0.4  # records reach the disk at least so often
SAVE_SECONDS = 20.0  # a killed process loses at most so much
BY_HAND = {"both": (1, 1), "d": (1, 0), "g": (0, 1)}  # updates of D and of G in a single step
LIVE = {"lr": ("lr_g", "lr_d"), "ratio": ("d_steps", "g_steps")}  # what may change, by event

STATISTICS = {
    "d_loss": "D's loss",
    "d_real": "D(x)",
    "d_fake": "D(G(z))",
    "grad_norm_d": "D's gradient",
    "d_accuracy": "D's accuracy",
    "g_loss": "G's loss",
    "grad_norm_g": "G's gradient",
}


@dataclass(frozen=True)
class Tick:
    """Where a run is after a step, or while it rests: then the host may sleep a little."""

    step: int
    epoch: float
    seconds: float
    done: float  # share of the budget, 0.0 to 1.0
    wish: Control  # what the driver wanted, as the trainer saw it
    paused: bool = False
    record: dict[str, Any] | None = None  # the newest line of the log, when one was just written


def train(run: Run, data: Data | None = None, spare: int = 0) -> Generator[Tick]:
    """Trains `run` from where it stands until its budget is spent or its driver wants it to stop.

    Everything that is to be seen goes into the run folder; the ticks are for the host. The run's lock is held from
    the first tick to the last. A host that stops iterating (closes the generator) leaves a run that can be resumed.
    Where the config does not name a number of CPU threads, `spare` cores are left to what else the host does.

    Raises runs.Busy when somebody else trains it. Any other trouble is written to error.txt in plain words and raised
    as RunError: a loss that is not finite, a full disk, missing data, too little memory.
    """
    with run.locked():
        journal = Journal(run)
        try:
            (run.path / "error.txt").unlink(missing_ok=True)
            run.sweep()
            training = _Training(run, journal, data, spare)
            with closing(training.aside), accelerate.products_kept():
                yield from training.steps()
        except Exception as error:
            raise RunError(_fail(journal, error)) from error


class _Training:
    """A run being trained: its players, its log, its pictures, and the live settings in force."""

    def __init__(self, run: Run, journal: Journal, data: Data | None, spare: int = 0):
        self.run, self.journal, self.spare = run, journal, spare
        self.config = hardware.resolve(run.config())
        self._use(threads.choose(self.config, spare=spare))
        self.data = data or datasets.open(self.config)
        device = torch.device(self.config.device)
        G, D = models.build(
            self.config, self.data.shape, self.data.n_classes, self.config.seed, device
        )
        self.players = Players(self.config, G, D, registry.load("losses", self.config.loss))
        self.real = torch.from_numpy(  # all of it, uint8 N,C,H,W; on the CPU the same memory
            np.require(self.data.images, requirements="W")
        ).to(device)
        self.classes = (
            torch.tensor(self.data.labels, device=device) if self.players.n_classes else None
        )
        self.aside = aside.open(device)  # where looking is done
        self.look: Look | None = None  # the last checkup
        self.desk = Desk(run)
        self.in_force = self._wanted(Control())
        self.answered = dict(self.desk.read().asked)  # single steps asked for before count as done
        self.resting = False

    def steps(self) -> Generator[Tick]:
        """Plays step after step, and rests while the driver wants a pause."""
        self._take_up()
        try:
            while True:
                # what the driver wants now
                wish = self.desk.read()
                self._obey(wish)
                if self._done(wish) >= 1.0 or wish.want == "stop":
                    break
                by_hand = self._single_step(wish)
                if wish.want == "pause" and not by_hand:
                    self._rest()
                    yield self._tick(wish, paused=True)
                    self.mark = time.perf_counter()
                    continue

                # one step: D learns, G learns
                ratio = (self.in_force["d_steps"], self.in_force["g_steps"])
                n_d, n_g = BY_HAND.get(by_hand, ratio)
                self.players.set_rates(*self._rates())
                for _ in range(n_d):
                    self.journal.d_rows.append(self.players.update_d(*self._next_batch()))
                for _ in range(n_g):
                    self.journal.g_rows.append(self.players.update_g())
                self.players.end_round()
                self._count(n_d + n_g)

                # what is told, shown and kept of it
                record = self._log(by_hand)
                if by_hand or self.gallery.due():
                    self._show(wait=bool(by_hand))
                if time.perf_counter() - self.saved_at > SAVE_SECONDS:
                    self._save()
                yield self._tick(wish, record)
                self.mark = time.perf_counter()
        except GeneratorExit:  # the host stops here
            self._leave("stopped")
            raise
        self._leave("stopped" if self._done(wish) < 1.0 else "finished")
        yield self._tick(wish)

    # -- beginning and end -----------------------------------------------------------------------

    def _take_up(self) -> None:
        """Goes on from the newest state, or begins; tells in the log which."""
        told: dict[str, Any] = {"step": 0, "offset": 0}
        complaints: list[str] = []
        if self.run.states():
            told, pending, complaints = state.load_state(self.run, self.players)
            self.journal.go_on(told, pending, self.players.device)
            self.in_force = told["in_force"]
            self._use(threads.choose(self.config, told.get("threads", 1), self.spare))
        elif self.run.weights().exists():
            raise RunError(
                "This run was shipped without the state that training needs to go on. "
                "Start a new run with its settings instead."
            )
        earlier = next((e for e in self.run.events() if e["event"] == "started"), None)
        how = accelerate.apply(self.players, earlier, self._complain)
        self.gallery = Gallery(self.run, self.players, self.data, self.aside)
        self.checkup = Checkup(self.players, self.data)
        cut = self.gallery.forget_after(told["step"])
        cut = self.journal.cut(told["offset"]) or cut
        generation = self.run.rewind(told["step"], cut)
        self._record(
            "started" if earlier is None else "resumed",
            device=self.config.device,
            threads=torch.get_num_threads(),
            torch=str(torch.__version__),
            **how,
            **({"generation": generation} if generation else {}),
        )
        for text in [*complaints, *self.checkup.complaints]:
            self._complain(text)
        self.flushed_at = self.saved_at = time.perf_counter()
        if not self.run.states():
            self._save()  # before there are weights: weights without a state are a shipped run
        self.gallery.publish(self.journal.step)
        self.mark = time.perf_counter()

    def _leave(self, event: str) -> None:
        """Keeps everything at the end of a stretch of training."""
        self.resting = False
        self._show()
        self._save()
        self._record(event)

    # -- the driver ------------------------------------------------------------------------------

    def _wanted(self, wish: Control) -> dict[str, Any]:
        """The live settings: the driver's where there are any, else the config's own."""
        names = [name for group in LIVE.values() for name in group]
        own = {name: getattr(self.config, name) for name in names}
        chosen = {name: getattr(wish, name) for name in names if getattr(wish, name) is not None}
        if not any({**own, **chosen}[name] for name in LIVE["ratio"]):
            return {**own, **chosen, **{name: own[name] for name in LIVE["ratio"]}}
        return {**own, **chosen}

    def _obey(self, wish: Control) -> None:
        """Puts new live settings into force and tells so in the log."""
        if wish.want == "run" and self.resting:
            self.resting = False
            self._record("continued")
        wanted = self._wanted(wish)
        if wanted == self.in_force:
            return
        for event, names in LIVE.items():
            if any(wanted[name] != self.in_force[name] for name in names):
                self._record(event, **{name: wanted[name] for name in names})
        self.in_force = wanted

    def _rates(self) -> tuple[float, float]:
        """The learning rates of G and D now: those in force, as far as they have decayed."""
        step, epoch = self.journal.step, self.journal.epoch
        shrunk = decayed(step, epoch, self.config.decay_steps, self.config.half_life)
        return self.in_force["lr_g"] * shrunk, self.in_force["lr_d"] * shrunk

    def _single_step(self, wish: Control) -> str:
        """Which single step was asked for and not made yet; "" if none. Only a paused run takes them."""
        for what in BY_HAND:
            if wish.asked.get(what, 0) > self.answered.get(what, 0):
                self.answered[what] = self.answered.get(what, 0) + 1
                if wish.want == "pause":
                    self._record("stepped", what=what)
                    return what
        return ""

    def _rest(self) -> None:
        if self.resting:
            return
        self.resting = True
        self._show()
        self._record("paused")
        self._save()

    def _done(self, wish: Control) -> float:
        return spent(wish.budget, self.journal.step, self.journal.epoch, self.journal.seconds)

    # -- data, log, pictures, states -------------------------------------------------------------

    def _next_batch(self) -> tuple[Tensor, Tensor | None]:
        """The next real images, float32 N,C,H,W in [-1, 1], and their classes if the players are told."""
        rows = self.players.draws.batch(self.players.d_updates, self.config.batch, len(self.real))
        batch, y = self.real[rows], None if self.classes is None else self.classes[rows]
        return batch if batch.is_floating_point() else batch.float().div_(127.5).sub_(1), y

    def _use(self, chosen: threads.Threads) -> None:
        self.threads = chosen
        hardware.use_threads(chosen.next)

    def _count(self, updates: int) -> None:
        journal, now = self.journal, time.perf_counter()
        journal.step += 1
        journal.images = self.players.d_updates * self.config.batch
        journal.epoch = journal.images / len(self.real)
        journal.seconds += now - self.mark
        if switch := self.threads.took(now - self.mark, updates):
            self._record("threads", **asdict(switch))
        hardware.use_threads(self.threads.next)
        self.mark = now

    def _log(self, by_hand: str) -> dict[str, Any] | None:
        if by_hand or self.journal.step % self.config.log_every == 0:
            lr_g, lr_d = self._rates()
            self.journal.end_interval(lr_d, lr_g, self._look())
        if by_hand or time.perf_counter() - self.flushed_at > FLUSH_SECONDS:
            return self._flush(whole=bool(by_hand))
        return None

    def _look(self) -> Look | None:
        if not self.checkup.due(self.journal.step):
            return None
        if self.look:
            self.look.result()  # one at a time
        self.look = self.aside.do(partial(self.checkup.look, self.players.frozen()))
        return self.look

    def _flush(self, whole: bool = True) -> dict[str, Any] | None:
        self.flushed_at = time.perf_counter()
        return self.journal.flush(whole)

    def _show(self, wait: bool = True) -> None:
        self._flush(whole=wait)  # finds a loss that is not finite before anything is published
        self.gallery.publish(self.journal.step)
        if wait:
            self.gallery.settle()

    def _save(self) -> None:
        self._flush()
        told = {
            **self.journal.told(),
            "in_force": self.in_force,
            "threads": self.threads.settled,
        }
        state.save_state(self.run, self.players, told, self.journal.pending())
        self.saved_at = time.perf_counter()

    def _complain(self, text: str) -> None:
        self._record("complaint", text=text)

    def _record(self, event: str, **more: Any) -> None:
        j = self.journal
        self.run.record(event, j.step, round(j.seconds, 3), j.epoch, **more)

    def _tick(
        self, wish: Control, record: dict[str, Any] | None = None, paused: bool = False
    ) -> Tick:
        j = self.journal
        return Tick(j.step, j.epoch, j.seconds, min(1.0, self._done(wish)), wish, paused, record)


def _fail(j: Journal, error: Exception) -> str:
    """Tells in error.txt and in the log why training ended; returns the sentence. The last good state stays."""
    text = _in_words(error)
    try:
        files.replace(j.run.path / "error.txt", text.encode())
        j.run.record("failed", j.step, round(j.seconds, 3), j.epoch, text=text)
    except OSError:
        pass  # the disk that is full may be the one the message should go to
    return text


def _in_words(error: Exception) -> str:
    match error:
        case Diverged():
            return (
                f"{STATISTICS[error.name]} stopped being a finite number at step {error.step}. The last "
                "good generator was kept. Go on from it with smaller learning rates, or start anew."
            )
        case OSError(errno=errno.ENOSPC):
            return "The disk is full. Free some space and resume: what was saved last is intact."
        case torch.OutOfMemoryError():
            return "The device has too little memory for this. Choose a smaller batch or model."
        case RunError() | DataError() | ConfigError() | ValueError():
            return str(error)
        case OSError():
            return f"A file could not be read or written: {error}"
    return f"Training ended unexpectedly: {type(error).__name__}: {error}"
