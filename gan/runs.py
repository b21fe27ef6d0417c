"""The run folder: everything that a trainer, a browser and a shell tell each other goes through these files."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from gan import files
from gan.config import ConfigError, RunConfig
from gan.control import Control as Control
from gan.control import Desk as Desk
from gan.numbered import steps_of
from gan.prober import Prober

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
STATUSES = ("training", "paused", "queued", "stopped", "finished", "failed")
Sort = Literal["fixed", "random"]
TEMPORARY = (".state-*.tmp", ".weights.*.tmp", ".events.*.tmp", "s*/.*.tmp", "samples/*/.*.tmp")


class RunError(Exception):
    """Something about a run folder that keeps it from being used; the message is for people."""


class Busy(RunError):
    """Somebody else trains this run."""


def root() -> Path:
    """Where runs live: $GAN_RUNS, else checkpoints/ here."""
    return Path(os.environ.get("GAN_RUNS") or "checkpoints")


def find(run_id: str, home: Path | None = None) -> Run:
    """The run of that id. Raises RunError for an id that is malformed or not there."""
    if not ID.match(run_id):
        raise RunError(
            f"{run_id!r} is not a run id: lower-case letters, digits and hyphens, at most 64."
        )
    run = Run((home or root()) / run_id)
    if not (run.path / "config.json").is_file():
        raise RunError(f"There is no run {run_id!r} in {run.path.parent}.")
    return run


def runs(home: Path | None = None) -> list[Run]:
    """All runs, newest first; folders that are none are passed over."""
    folder = home or root()
    found = [
        Run(path.parent) for path in folder.glob("*/config.json") if ID.match(path.parent.name)
    ]
    return sorted(found, key=lambda run: (run.created(), run.id), reverse=True)


def create(
    config: RunConfig,
    budget: Mapping[str, float],
    title: str = "",
    run_id: str = "",
    preset: str = "",
    home: Path | None = None,
    fill: Callable[[Run], None] | None = None,
) -> Run:
    """Makes the folder of a new run; without `run_id` one is made from the model and data set.

    `fill` puts there what the run begins with, before the folder counts as a run: a crash leaves none by halves.
    Raises RunError when the id is malformed or taken, or when the folder cannot be written.
    """
    folder = home or root()
    if run_id and not ID.match(run_id):
        raise RunError(
            f"{run_id!r} is not a run id: lower-case letters, digits and hyphens, at most 64."
        )
    stem = re.sub(r"[^a-z0-9]+", "-", f"{preset or config.model}-{config.dataset}".lower())
    stem = stem.strip("-")[:56]
    wanted = [run_id] if run_id else [f"{stem}-{k}" for k in range(1, 10_000)]
    run = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in wanted:
            with contextlib.suppress(FileExistsError):
                (folder / name).mkdir()
                run = Run(folder / name)
                break
        else:
            raise RunError(f"A run {wanted[-1]!r} is there already; choose another id.")
        control = Control(title=title or run.id, budget=dict(budget))
        files.replace(run.path / "control.json", _json(dataclasses.asdict(control)))
        for sort in ("fixed", "random"):
            (run.path / "samples" / sort).mkdir(parents=True)
        (run.path / "snapshots").mkdir()
        run.record("created", preset=preset)
        if fill:
            fill(run)
        files.replace(run.path / "config.json", _json(config.to_dict()))
    except OSError as error:
        raise RunError(
            f"The run folder cannot be written: {error.strerror or error} ({folder})."
        ) from error
    finally:
        if run and not (run.path / "config.json").exists():
            shutil.rmtree(run.path, ignore_errors=True)  # half a run would only hold its name
    return run


@dataclass(frozen=True)
class Run:
    """One run folder. Cheap to make; reads on every call, so it is never stale."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    def config(self) -> RunConfig:
        """The settings. Raises RunError when the file is missing, broken, or of another version."""
        try:
            return RunConfig.from_dict(files.load((self.path / "config.json").read_bytes()))
        except (OSError, ValueError, TypeError, AttributeError) as error:
            why = "; ".join(error.problems) if isinstance(error, ConfigError) else str(error)
            raise RunError(f"The settings of run {self.id!r} cannot be read: {why}") from error

    def control(self) -> Control:
        """What the driver wants; the plain default when the file is missing or broken."""
        try:
            return Control.read(self.path / "control.json")
        except (OSError, ValueError):
            return Control(title=self.id)

    def write_control(self, **changes: Any) -> Control:
        """Replaces control.json with `changes` made; within one process no change is lost. Raises RunError."""
        with _CONTROL:
            control = dataclasses.replace(self.control(), **changes)
            try:
                files.replace(self.path / "control.json", _json(dataclasses.asdict(control)))
            except OSError as error:
                raise RunError(f"Run {self.id!r} cannot be written: {error.strerror}.") from error
        return control

    def ask_step(self, what: Literal["both", "d", "g"]) -> None:
        """Asks the paused trainer for exactly one update of D, of G, or of each. Raises RunError."""
        with _CONTROL:
            asked = dict(self.control().asked)
            self.write_control(asked={**asked, what: asked.get(what, 0) + 1})

    def record(
        self, event: str, step: int = 0, seconds: float = 0.0, epoch: float = 0.0, **more: Any
    ) -> None:
        """Appends to events.jsonl what was done to the run, when, and at which step."""
        told = {"step": step, "seconds": seconds, "epoch": epoch, "time": time.time()}
        files.append(self.path / "events.jsonl", [{**told, "event": event, **more}])

    def events(self) -> list[dict[str, Any]]:
        """Everything that was done to the run, oldest first; lines that tell no event are passed over."""
        return [e for e in files.lines(self.path / "events.jsonl") if _is_event(e)]

    def rewind(self, step: int, cut: bool) -> int:
        """Forgets the events after `step` and a torn last line, when a resume goes back to it.

        Returns the generation to announce, one more than before, when anything was taken back: events here or, as
        `cut` tells, records or pictures. 0 when nothing was.
        """
        events = self.events()
        generation = max((int(e.get("generation", 0)) for e in events), default=0)
        kept = [e for e in events if e.get("step", 0) <= step]
        text = "".join(files.dump(event) + "\n" for event in kept).encode()
        path = self.path / "events.jsonl"
        if not path.exists() or path.read_bytes() != text:
            files.replace(path, text)
        return generation + 1 if cut or len(kept) < len(events) else 0

    def created(self) -> float:
        """Unix time at which the run was made; 0.0 when nobody wrote it down."""
        return float(next((e["time"] for e in self.events() if "time" in e), 0.0))

    def error(self) -> str:
        """Why it failed, or ""."""
        try:
            return (self.path / "error.txt").read_text("utf-8", errors="replace").strip()
        except OSError:
            return ""

    def pictures(self, sort: Sort) -> list[int]:
        """The steps of which a grid is there, ascending."""
        return steps_of(self.path / "samples" / sort, "*.webp")

    def picture(self, sort: Sort, step: int) -> Path:
        return self.path / "samples" / sort / f"{step}.webp"

    def snapshots(self) -> list[int]:
        """The steps of which a generator was kept, ascending."""
        return steps_of(self.path / "snapshots", "*.safetensors")

    def weights(self, step: int | None = None) -> Path:
        """The newest generator, or the snapshot of one step."""
        if step is None:
            return self.path / "weights.safetensors"
        return self.path / "snapshots" / f"{step}.safetensors"

    def states(self) -> list[int]:
        """The steps from which training can go on, ascending."""
        return steps_of(self.path, "state-*.safetensors")

    def state(self, step: int) -> Path:
        return self.path / f"state-{step}.safetensors"

    @contextlib.contextmanager
    def locked(self, timeout: float = 2.0) -> Iterator[None]:
        """Holds the run's kernel lock, which dies with the process. Raises Busy when somebody trains it."""
        if not self.path.is_dir():  # the lock would make the folder
            raise RunError(f"There is no run {self.id!r} in {self.path.parent}.")
        lock = FileLock(
            self.path / "lock", timeout=timeout, thread_local=False, fallback_to_soft=False
        )
        try:
            lock.acquire()
        except Timeout:
            raise Busy(f"Run {self.id!r} is being trained by another trainer.") from None
        except OSError as error:
            why = error.strerror or error
            raise RunError(f"Run {self.id!r} cannot be locked: {why}.") from error
        try:
            yield
        finally:
            lock.release()

    def is_held(self) -> bool:
        """True while somebody trains it. Takes the lock for an instant: ask PROBER instead, which asks seldom."""
        if not (self.path / "lock").exists():
            return False
        try:
            with self.locked(timeout=0):
                return False
        except Busy:
            return True
        except RunError:
            return False  # a folder that cannot be written cannot be trained either

    def sweep(self) -> None:
        """Removes what a killed trainer left half written; for whoever holds the lock."""
        for pattern in TEMPORARY:
            for path in self.path.glob(pattern):
                path.unlink(missing_ok=True)

    def delete(self) -> None:
        """Removes the folder for good. Raises Busy while somebody trains it, RunError when it cannot be removed."""
        with self.locked():
            gone = self.path.with_name(f".deleted-{self.id}-{time.time_ns()}")
            try:
                self.path.rename(gone)
            except OSError as error:
                raise RunError(f"Run {self.id!r} cannot be removed: {error.strerror}.") from error
        shutil.rmtree(gone, ignore_errors=True)


def status(run: Run, held: bool | None = None) -> str:
    """What a run is doing: "training", "paused", "stopped", "finished" or "failed", derived from the folder.

    `held` tells whether somebody holds its lock, when that is known; otherwise the shared prober looks.
    """
    if PROBER.held(run) if held is None else held:
        return "paused" if run.control().want == "pause" else "training"
    if run.error():
        return "failed"
    return "finished" if _spent(run) else "stopped"


def spent(budget: Mapping[str, float], step: int, epoch: float, seconds: float) -> float:
    """How much of a budget is used: 0.0 to 1.0 and over; 0.0 without a budget."""
    used = {"steps": step, "epochs": epoch, "seconds": seconds}
    return max((used[unit] / total for unit, total in budget.items() if total), default=0.0)


PROBER = Prober()
_CONTROL = threading.RLock()


def _spent(run: Run) -> bool:
    last = max(run.events(), key=lambda e: (e.get("step", 0), e.get("time", 0)), default={})
    told = [last.get(key, 0) for key in ("step", "epoch", "seconds")]
    return spent(run.control().budget, *told) >= 1.0


def _is_event(record: dict[str, Any]) -> bool:
    """Whether a line of events.jsonl has a name, and numbers where readers count on them."""
    numbers = [record.get(key, 0) for key in ("step", "seconds", "epoch", "time", "generation")]
    return isinstance(record.get("event"), str) and all(map(files.is_number, numbers))


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
