"""The training loop: train(run) yields a tick after every step; the caller iterates it and thereby hosts it."""

from __future__ import annotations

import errno
import time
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

import torch

from gan import config as configs
from gan import datasets, files, games, hardware, registry
from gan.config import ConfigError, RunConfig, decayed
from gan.datasets import Data, DataError
from gan.runs import Control, ControlReader, Run, RunError, known_data, spent
from gan.runs.control import last_budget
from gan.runs.errors import Changed
from gan.runs.lock import GONE, Place
from gan.training import changes, memory
from gan.training.batches import Batches as Batches
from gan.training.checkpoint import load_state
from gan.training.checkpointer import Checkpointer
from gan.training.crew import Leader
from gan.training.live_scores import LiveEvaluator
from gan.training.metrics_log import Diverged, MetricsLog
from gan.training.microscope import Microscope
from gan.training.sample_grids import SamplePublisher
from gan.training.speed import cpu_threads, precision, side_stream
from gan.training.start_from import origin_of, start_from

FLUSH_SECONDS = 0.4  # records reach the disk at least so often
ASKED = {"started", "resumed", "paused", "continued", "stepped", "budget"}  # events of what a driver asked for
BY_HAND = {"both": ("d", "g"), "d": ("d",), "g": ("g",)}  # updates in a single step by hand


@dataclass(frozen=True)
class Tick:
    """Where a run is after a step, or while it rests: then the host may sleep a little."""

    step: int
    epoch: float
    seconds: float
    done: float  # share of the budget, 0.0 to 1.0
    control: Control  # control.json as read before this step
    paused: bool = False
    record: dict[str, Any] | None = None  # the newest line of the log, when one was just written


def train(
    run: Run, data: Data | None = None, spare: int = 0, accept: bool = False, leader: Leader | None = None
) -> Generator[Tick]:
    """Trains `run` from where it stands until its budget is spent or its driver wants it to stop.

    Everything that is to be seen goes into the run folder; the ticks are for the host. The run's lock is held from
    the first tick to the last. A host that stops iterating (closes the generator) leaves a run that can be resumed.
    Where the config does not name a number of CPU threads, `spare` cores are left to what else the host does. With
    `accept` it goes on although settings, or data, were changed since. A `leader` has other processes train with it.

    Raises runs.Busy when another trainer has it. Any other trouble is written to error.txt in plain words and raised
    as RunError: a loss that is not finite, a full disk, missing data, too little memory, changed data or settings.
    """
    with run.locked():
        log, place = MetricsLog(run), Place(run.path)
        try:
            (run.path / "error.txt").unlink(missing_ok=True)
            run.sweep()
            training = _Training(run, log, data, spare, accept, leader)
            with closing(training.executor), precision.matmul_precision_kept():
                yield from training.steps()
        except Exception as error:
            raise RunError(_fail(log, error, run, place)) from error


class _Training:
    """A run being trained: its game, its log, the live settings in force, and the observers of its steps."""

    def __init__(
        self,
        run: Run,
        log: MetricsLog,
        data: Data | None,
        spare: int = 0,
        accept: bool = False,
        leader: Leader | None = None,
    ):
        self.leader = leader
        self.run, self.log, self.spare, self.place = run, log, spare, Place(run.path)
        self.settings = run.config().to_dict()
        self.news = changes.of_settings(run, self.settings, accept)
        self.config = hardware.resolve(run.config())
        self._use(cpu_threads.choose(self.config, spare=spare))
        self.data, self.known, other = changes.of_data(run, data or datasets.open(self.config), accept)
        self.news += other
        if why := memory.refusal(self.config, self.data.shape, self.data.n_classes):
            raise RunError(why)
        device = torch.device(self.config.device)
        self.game = games.build(self.config, self.data.shape, self.data.n_classes, device)
        origin = None if run.states() else origin_of(run)
        self.seeded = start_from(self.game, origin) if origin else ""
        self.updates: Mapping[str, str | None] = registry.load("games", self.config.game).UPDATES
        log.names = tuple(registry.load("games", self.config.game).STATISTICS)
        self.batches = Batches(self.config, self.data, self.game)
        self.controls = ControlReader(run.path)
        self.faults: tuple[str, ...] = ()  # of control.json, as told last
        self.budget = last_budget(run.path)  # as told last
        self.in_force = in_force(self.config, Control())
        self.answered = dict(self.controls.read().asked)  # single steps asked for before count as done
        self.resting = False

        self.executor = side_stream.executor_for(device)
        self.publisher = SamplePublisher(run, self.game, self.data, log, self.executor)
        self.microscope = Microscope(run, self.game, self.data, self.publisher.fixed_z.cpu().numpy())
        self.evaluator = LiveEvaluator(self.game, self.data, self.executor)
        self.checkpointer = Checkpointer(run, self.game, log, self._session_state)

    def steps(self) -> Generator[Tick]:
        """Makes step after step, and rests while the driver wants a pause."""
        self._take_up()
        try:
            while True:
                # Read what the driver wants.
                self.place.check()
                control = self.controls.read()
                self._obey(control)
                if self._done(control) >= 1.0 or control.want == "stop":
                    break
                by_hand = self._single_step(control)
                if control.want == "pause" and not by_hand:
                    self._rest()
                    yield self._tick(control, paused=True)
                    self.mark = time.perf_counter()
                    continue

                # Make the updates of one step.
                rates = self._rates()
                for net, optimizer in self.game.optimizers.items():
                    optimizer.set_rate(rates.get(f"lr_{net.lower()}", rates["lr_g"]))
                made = self._plan(by_hand)
                if by_hand:
                    self.microscope.before()
                for name in made:
                    self.log.add(self.game.update(name, self.batches))
                self.game.end_step()
                self._count(len(made))
                self.place.check()

                # Log, publish samples, save a checkpoint.
                if by_hand and (why := self.microscope.after(self.log.step, made)):
                    self._complain(why)
                self._log(bool(by_hand))
                self.publisher.after_step(bool(by_hand))
                self.checkpointer.after_step()
                yield self._tick(control, self.log.pop_newest())
                self.mark = time.perf_counter()
        except GeneratorExit:  # the host stops here
            self._leave("stopped")
            raise
        self._leave("stopped" if self._done(control) < 1.0 else "finished")
        yield self._tick(control)

    # -- beginning and end -----------------------------------------------------------------------

    def _take_up(self) -> None:
        """Goes on from the newest checkpoint, or begins; the events say which."""
        state: dict[str, Any] = {"step": 0, "offset": 0}
        complaints: list[str] = []
        if self.run.states():
            state, pending, complaints = load_state(self.run, self.game)
            self.log.load_state_dict(state, pending, self.game.device)
            self.in_force = {**self.in_force, **state["in_force"]}
            self._use(cpu_threads.choose(self.config, state.get("threads", 1), self.spare))
        elif why := self.run.cannot_resume():
            raise RunError(why)
        earlier = next((e for e in self.run.events() if e["event"] == "started"), None)
        how: dict[str, Any] = precision.apply(self.game, earlier, self._complain)
        if self.leader:
            self.leader.begin(self.game, how)
            how |= {"processes": self.leader.crew.count}
        cut = self.publisher.forget_after(state["step"])
        cut = self.log.cut(state["offset"]) or cut
        generation = self.run.rewind(state["step"], cut)
        self._record(
            "started" if earlier is None else "resumed",
            device=self.config.device,
            threads=torch.get_num_threads(),
            torch=str(torch.__version__),
            **how,
            **({"generation": generation} if generation else {}),
        )
        reading = known_data.how_read(self.data)
        known_data.write(self.run.path, self.known, **({"reading": reading} if reading else {}))
        if self.data.reading and (sentences := self.data.reading.sentences):
            self._record("data", text=" ".join(sentences))
        for what, text in self.news:
            self._record("changed", what=what, text=text)
        if self.seeded:
            self._record("seeded", text=self.seeded)
        for text in [*complaints, *self.evaluator.complaints]:
            self._complain(text)
        self.flushed_at = time.perf_counter()
        if not self.run.states() or self.news:
            self.checkpointer.save()  # before there are weights: weights without a state are a shipped run
        self.publisher.publish(self.log.step)
        self.mark = time.perf_counter()

    def _leave(self, event: str) -> None:
        """Brings everything to the disk at the end of a stretch of training."""
        self.place.check()
        self.resting = False
        self._settle()
        self._record(event)

    def _rest(self) -> None:
        if not self.resting:
            self.resting = True
            self._settle("paused")

    def _settle(self, event: str = "") -> None:
        self._flush(whole=True)  # finds a loss that is not finite before anything is published
        self.publisher.publish(self.log.step)
        self.publisher.settle()
        if event:
            self._record(event)
        self.checkpointer.save()

    # -- the driver ------------------------------------------------------------------------------

    def _obey(self, control: Control) -> None:
        """Puts new live settings into force, and records them as events."""
        if control.want == "run" and self.resting:
            self.resting = False
            self._record("continued")
        if self.controls.faults != self.faults:
            self.faults = self.controls.faults
            for text in self.faults:
                self._complain(text)
        if control.budget != self.budget:
            self.budget = dict(control.budget)
            self._record("budget", budget=self.budget)
        if self.faults and not control.budget:
            raise RunError(
                "control.json no longer says how long to train. Say it: --steps N, --epochs N or --seconds S."
            )
        wanted = in_force(self.config, control)
        if wanted == self.in_force:
            return
        events = configs.live()
        for event in dict.fromkeys(events.values()):
            names = [name for name in wanted if events[name] == event]
            if any(wanted[name] != self.in_force.get(name) for name in names):
                self._record(event, **{name: wanted[name] for name in names})
        self.in_force = wanted

    def _rates(self) -> dict[str, float]:
        """The learning rates of G and D now, by setting: those in force, as far as they have decayed."""
        c = self.config
        factor = decayed(self.log.step, self.log.epoch, c.decay_steps, c.half_life, c.half_life_steps)
        return {name: self.in_force[name] * factor for name in ("lr_g", "lr_d")}

    def _plan(self, by_hand: str) -> list[str]:
        """The updates of this step, in their order."""
        if by_hand:
            return [name for name in BY_HAND[by_hand] if name in self.updates] or [*self.updates]
        return games.plan_of(self.updates, self.in_force)

    def _single_step(self, control: Control) -> str:
        """Which single step was asked for and not made yet; "" if none. Only a paused run takes them."""
        for what in BY_HAND:
            if control.asked.get(what, 0) > self.answered.get(what, 0):
                self.answered[what] = self.answered.get(what, 0) + 1
                if control.want == "pause":
                    self._record("stepped", what=what)
                    return what
        return ""

    def _done(self, control: Control) -> float:
        return spent(control.budget, self.log.step, self.log.epoch, self.log.seconds)

    # -- clock, log, events ----------------------------------------------------------------------

    def _use(self, chosen: cpu_threads.Threads) -> None:
        self.threads = chosen
        hardware.use_threads(chosen.next)

    def _count(self, updates: int) -> None:
        log, now = self.log, time.perf_counter()
        log.step += 1
        log.images = self.game.images
        log.epoch = log.images / len(self.batches)
        log.seconds += now - self.mark
        if switch := self.threads.took(now - self.mark, updates):
            self._record("threads", **asdict(switch))
        hardware.use_threads(self.threads.next)
        self.mark = now

    def _log(self, by_hand: bool) -> None:
        if by_hand or self.log.step % self.config.log_every == 0:
            rates = self._rates()
            self.log.end_interval({name: rates[name] for name in ("lr_d", "lr_g")}, self.evaluator.begin(self.log.step))
        if by_hand or time.perf_counter() - self.flushed_at > FLUSH_SECONDS:
            self._flush(whole=by_hand)

    def _flush(self, whole: bool) -> None:
        self.flushed_at = time.perf_counter()
        self.log.flush(whole)

    def _session_state(self) -> dict[str, Any]:
        """What a checkpoint keeps beside the log's counts."""
        return {"in_force": self.in_force, "threads": self.threads.settled, "config": self.settings}

    def _complain(self, text: str) -> None:
        self._record("complaint", text=text)

    def _record(self, event: str, **more: Any) -> None:
        log, control = self.log, self.controls.read()
        asked = event in ASKED or event in configs.live().values() or (event == "stopped" and control.want == "stop")
        if asked and control.by:
            more["by"] = control.by
        self.run.record(event, log.step, round(log.seconds, 3), log.epoch, **more)

    def _tick(self, control: Control, record: dict[str, Any] | None = None, paused: bool = False) -> Tick:
        log = self.log
        return Tick(log.step, log.epoch, log.seconds, min(1.0, self._done(control)), control, paused, record)


def in_force(config: RunConfig, control: Control) -> dict[str, Any]:
    """The live settings by name: the driver's where there are any, else the config's own."""
    own = {name: getattr(config, name) for name in configs.live()}
    wanted = {name: getattr(control, name) for name in own if getattr(control, name) is not None}
    ratio = ("d_steps", "g_steps")
    if not any({**own, **wanted}[name] for name in ratio):  # no update at all would train nothing
        wanted |= {name: own[name] for name in ratio}
    return {**own, **wanted}


def _fail(log: MetricsLog, error: Exception, run: Run, place: Place) -> str:
    """Writes to error.txt and to the events why training ended; returns the sentence. The last good state stays."""
    if not place.there():
        return f"{GONE} ({run.path})."
    text = _in_words(error, run)
    try:
        files.replace(run.path / "error.txt", text.encode())
        ask = {"ask": error.what} if isinstance(error, Changed) else {}
        run.record("failed", log.step, round(log.seconds, 3), log.epoch, text=text, **ask)
    except OSError:
        pass  # the disk that is full may be the one the message should go to
    return text


def _in_words(error: Exception, run: Run) -> str:
    match error:
        case Diverged():
            names = registry.load("games", run.config().game).STATISTICS
            return (
                f"{names.get(error.name, error.name)} stopped being a finite number at step {error.step}. The last "
                "good generator was kept. Resume from it with smaller learning rates, or start anew."
            )
        case OSError(errno=errno.ENOSPC):
            return "The disk is full. Free some space and resume: what was saved last is intact."
        case OSError(errno=errno.EACCES | errno.EPERM | errno.EROFS) if str(run.path) in str(error.filename):
            return (
                f"The run's folder cannot be written ({error.strerror}): training has ended, and what was saved last "
                f"is intact. Make {run.path} writable, and go on."
            )
        case _ if memory.is_shortage(error):
            return memory.shortage(run.config())
        case RunError() | DataError() | ConfigError() | ValueError():
            return str(error)
        case registry.Broken():
            return f"A file of this run is broken: {error}"
        case OSError():
            return f"A file could not be read or written: {files.why(error)}"
    return f"Training ended unexpectedly: {type(error).__name__}: {error}{registry.place(error)}"
