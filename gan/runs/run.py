"""The run folder: trainers, pages and shells exchange everything through these files."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gan import __version__, files
from gan.config import ConfigError, RunConfig
from gan.runs import lock
from gan.runs.control import Control, excess, last_budget
from gan.runs.errors import Missing, RunError
from gan.runs.lock import LockCache
from gan.runs.retention import steps_of

VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){0,3}\Z")
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
Sort = Literal["fixed", "random"]
FORMAT = 2  # of a run folder; 1 had no number, and called the EMA "G." in weights and "average." in states
MAX_BYTES = {  # of the files of a run: many times what we write, little enough to be read beside a training
    "config.json": 1 << 20,
    "control.json": 1 << 20,
    "data.json": 4 << 20,
    "events.jsonl": 4 << 20,
    "scores.jsonl": 16 << 20,
    "metrics.jsonl": 4 << 30,  # streamed
    "error.txt": 1 << 16,
    "card.md": 1 << 18,
    "enlarging.json": 1 << 18,
    "weights.safetensors": 1 << 30,
    "lock": 1 << 16,
}
FOLDERS = ("samples", "samples/fixed", "samples/random", "samples/nearest", "snapshots")
PICTURE_BYTES = 16 << 20
NEEDED_BYTES = 150 << 20  # on the disk: what a large run takes
CACHED_BYTES = 1 << 18  # of events: of longer ones only the last that were read are kept
TEMPORARY = (".state-*.tmp", ".weights.*.tmp", ".events.*.tmp", "s*/.*.tmp", "samples/*/.*.tmp")


def root() -> Path:
    """Where runs live: $GAN_RUNS, else checkpoints/ here."""
    return Path(os.environ.get("GAN_RUNS") or "checkpoints")


def check_root(home: Path | None = None) -> None:
    """Raises RunError when the folder of runs is a file."""
    folder = home or root()
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder} is a file, and runs need a folder: remove it, or set GAN_RUNS to another place.")


def made_root(home: Path | None = None) -> Path:
    """The folder of runs, made where there is none. Raises RunError when it cannot be, or is a file."""
    folder = home or root()
    check_root(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"The folder of runs cannot be made: {error.strerror or error} ({folder}).") from error
    return folder


def shipped() -> Path:
    """Where the runs lie that came along with the code."""
    return Path(__file__).parents[2] / "checkpoints"


def find(run_id: str, home: Path | None = None) -> Run:
    """The run of that id. Raises RunError for an id that is malformed or not there."""
    if not ID.match(run_id):
        raise RunError(f"{run_id!r} is not a run id: lower-case letters, digits and hyphens, at most 64.")
    run = Run((home or root()) / run_id)
    if not os.path.lexists(run.path / "config.json"):
        raise Missing(f"There is no run {run_id!r}.")
    return run


def runs(home: Path | None = None) -> list[Run]:
    """All runs, newest first; other folders are skipped."""
    folder = home or root()
    entries = [Run(folder / name) for name in files.names(folder) if ID.match(name)]
    entries = [run for run in entries if os.path.lexists(run.path / "config.json")]
    return sorted(entries, key=lambda run: (run.created(), run.id), reverse=True)


def no_room(folder: Path) -> str:
    """Why no run may begin, or go on, on the disk of a folder; "" where it may."""
    if (free := shutil.disk_usage(folder).free) >= NEEDED_BYTES:
        return ""
    return f"The disk of {folder} has {free >> 20:,} MB left, and a run may take {NEEDED_BYTES >> 20} MB: make room."


def create(
    config: RunConfig,
    budget: Mapping[str, float],
    title: str = "",
    run_id: str = "",
    preset: str = "",
    home: Path | None = None,
    fill: Callable[[Run], None] | None = None,
) -> Run:
    """Creates the folder of a new run; without `run_id` an id is made from the preset or model and the data set.

    `fill` adds files before the folder counts as a run, so that a crash leaves no half-made run.
    Raises RunError when the id is malformed or taken, the budget too large, the disk nearly full, or when the folder
    cannot be written.
    """
    if why := excess(budget):
        raise RunError(why)
    if run_id and not ID.match(run_id):
        raise RunError(f"{run_id!r} is not a run id: lower-case letters, digits and hyphens, at most 64.")
    stem = re.sub(r"[^a-z0-9]+", "-", f"{preset or config.model}-{config.dataset}".lower())
    stem = stem.strip("-")[:56]
    wanted = [run_id] if run_id else [f"{stem}-{k}" for k in range(1, 10_000)]
    run, folder = None, made_root(home)
    if why := no_room(folder):
        raise RunError(why)
    try:
        for name in wanted:
            with contextlib.suppress(FileExistsError):
                (folder / name).mkdir()
                run = Run(folder / name)
                break
        else:
            raise RunError(f"A run {wanted[-1]!r} is there already; choose another id.")
        control = Control(title=title or run.id, budget=dict(budget))
        files.replace(run.path / "control.json", _json(control.to_dict()))
        for sort in ("fixed", "random"):
            (run.path / "samples" / sort).mkdir(parents=True)
        (run.path / "snapshots").mkdir()
        run.record("created", preset=preset, budget=dict(budget), version=__version__)
        if fill:
            fill(run)
        files.replace(run.path / "config.json", _json({"format": FORMAT, **config.to_dict()}))
    except OSError as error:
        raise RunError(f"The run folder cannot be written: {error.strerror or error} ({folder}).") from error
    finally:
        if run and not (run.path / "config.json").exists():
            shutil.rmtree(run.path, ignore_errors=True)  # half a run would only hold its name
    return run


@dataclass(frozen=True)
class Run:
    """A run folder. Cheap to construct; reads the disk on every call, so it is never stale."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    def config(self) -> RunConfig:
        """The settings. Raises RunError when the file is missing, broken, or of another version."""
        try:
            values = files.load(self.read("config.json"))
            if (number := values.pop("format", 1)) not in range(1, FORMAT + 1):
                raise ValueError(_later(number, [values, *self.events()]))
            return RunConfig.from_dict(values)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            why = "; ".join(error.problems) if isinstance(error, ConfigError) else files.why(error)
            raise RunError(f"The settings of run {self.id!r} cannot be read: {why}") from error

    def control(self) -> Control:
        """The contents of control.json; the default with the last good budget when the file is missing or broken."""
        try:
            return Control.read(self.path / "control.json")
        except (OSError, ValueError):
            return Control(title=self.id, budget=last_budget(self.path))

    def write_control(self, **changes: Any) -> Control:
        """Replaces control.json with `changes` made; within one process no change is lost. Raises RunError.

        `by` is left out unless the change names it: it tells who made this one.
        """
        with _CONTROL:
            control = self.control().replace(**{"by": "", **changes})
            try:
                files.replace(self.path / "control.json", _json(control.to_dict()))
            except OSError as error:
                raise RunError(f"Run {self.id!r} cannot be written: {error.strerror}.") from error
        return control

    def ask_step(self, what: Literal["both", "d", "g"], by: str = "") -> None:
        """Asks the paused trainer for exactly one update of D, of G, or of each. Raises RunError."""
        with _CONTROL:
            asked = dict(self.control().asked)
            self.write_control(by=by, asked={**asked, what: asked.get(what, 0) + 1})

    def record(self, event: str, step: int = 0, seconds: float = 0.0, epoch: float = 0.0, **more: Any) -> None:
        """Appends an event to events.jsonl: its name, the step, and the time."""
        place = {"step": step, "seconds": seconds, "epoch": epoch, "time": time.time()}
        files.append(self.path / "events.jsonl", [{**place, "event": event, **more}])

    def events(self) -> list[dict[str, Any]]:
        """The events of the run, oldest first; lines that are no events are skipped."""
        try:
            status = (self.path / "events.jsonl").stat()
        except OSError:
            return []
        version = (status.st_mtime_ns, status.st_size, status.st_ino)
        read = _events if status.st_size <= CACHED_BYTES else _many_events
        return [*read(self.path, version)]

    def rewind(self, step: int, cut: bool) -> int:
        """Removes the events after `step` and a torn last line, when a resume goes back to it.

        Returns the new generation, one more than before, when anything was removed: events here or, with `cut`,
        records or pictures before the call. 0 when nothing was.
        """
        events = self.events()
        generation = max((int(e.get("generation", 0)) for e in events), default=0)
        remaining = [e for e in events if e.get("step", 0) <= step]
        text = "".join(files.dump(event) + "\n" for event in remaining).encode()
        path = self.path / "events.jsonl"
        if not path.exists() or self.read("events.jsonl") != text:
            files.replace(path, text)
        return generation + 1 if cut or len(remaining) < len(events) else 0

    def created(self) -> float:
        """Unix time at which the run was made; 0.0 when its events do not say."""
        return float(next((e["time"] for e in self.events() if "time" in e), 0.0))

    def error(self) -> str:
        """The text of error.txt: why the run failed; "" when it did not."""
        try:
            return self.read("error.txt").decode("utf-8", errors="replace").strip()
        except FileNotFoundError:
            return ""
        except OSError as error:
            return f"Why it failed cannot be read: {files.why(error)}."

    def read(self, file: str | Path) -> bytes:
        """The bytes of a file of the folder, as many as files of its kind may have. Raises OSError, never waits."""
        path = self.path / file if isinstance(file, str) else file
        return files.read(path, MAX_BYTES.get(path.name, PICTURE_BYTES), self.path)

    def trouble(self) -> str:
        """Why the folder as a whole is not to be trusted, in a sentence; "" for a sound one.

        Files that are no files, lead out of the folder, or are far longer than any of ours: nothing in them is read.
        """
        problems = (files.problem(self.path / name, most, self.path) for name, most in MAX_BYTES.items())
        if problem := next(filter(None, problems), ""):
            return f"{problem}. Remove it, or put a proper file in its place."
        for name in FOLDERS:
            if (self.path / name).is_symlink() and not files.is_inside(self.path / name, self.path):
                return f"{name} is a link out of its folder. Put a folder in its place."
        return ""

    def pictures(self, sort: Sort) -> list[int]:
        """The steps that have a sample grid, ascending."""
        return steps_of(self.path / "samples" / sort, "*.webp", self.path)

    def picture(self, sort: Sort, step: int) -> Path:
        return self.path / "samples" / sort / f"{step}.webp"

    def real_picture(self) -> Path:
        """The grid of real images beside the generated ones; it may not be there yet."""
        return self.path / "samples" / "real.webp"

    def snapshots(self) -> list[int]:
        """The steps that have a snapshot of the generator, ascending."""
        return steps_of(self.path / "snapshots", "*.safetensors", self.path)

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

    def came_without_state(self) -> bool:
        """Whether there is a generator, but nothing to train on from."""
        return not self.states() and self.weights().exists()

    def cannot_resume(self) -> str:
        """Why training cannot go on now, in a sentence; "" where it can."""
        if not self.came_without_state():
            return no_room(self.path.parent)
        return (
            f"Run {self.id!r} came without the state that training needs to go on, as shipped runs and those opened "
            "from a zip do. Branch from it (in its report), or start a new run with its settings."
        )

    def locked(self, timeout: float = 2.0) -> contextlib.AbstractContextManager[None]:
        """Holds the run's lock; waits `timeout` seconds for it. Raises Busy when another trainer has it."""
        return lock.locked(self.path, timeout)

    def sweep(self) -> None:
        """Removes half-written files of a killed trainer. The caller must hold the lock."""
        for pattern in TEMPORARY:
            for path in self.path.glob(pattern):
                path.unlink(missing_ok=True)

    def delete(self) -> None:
        """Removes the folder for good. Raises Busy while a trainer holds it, RunError when it cannot be removed."""
        with self.locked():
            gone = self.path.with_name(f".deleted-{self.id}-{time.time_ns()}")
            try:
                self.path.rename(gone)
            except OSError as error:
                raise RunError(f"Run {self.id!r} cannot be removed: {error.strerror}.") from error
        with contextlib.suppress(RecursionError):  # what nests so deeply is not ours; it is out of the list
            shutil.rmtree(gone, ignore_errors=True)


def folder_status(run: Run, held: bool | None = None) -> str:
    """The status of a run by its folder alone: "training", "paused", "stopped", "finished" or "failed".

    Only the training process knows which runs are queued for a device: pages call `gan.hosting.trainers.status`.

    `held` says whether a trainer holds the lock; None asks the shared cache of locks.
    """
    if LOCKS.held(run.path) if held is None else held:
        return "paused" if run.control().want == "pause" else "training"
    if run.error():
        return "failed"
    return "finished" if _spent(run) else "stopped"


def spent(budget: Mapping[str, float], step: int, epoch: float, seconds: float) -> float:
    """The used share of a budget: 0.0 to 1.0 and over; 0.0 without a budget."""
    used = {"steps": step, "epochs": epoch, "seconds": seconds}
    return max((used[unit] / total for unit, total in budget.items() if total), default=0.0)


_EVENT_NUMBERS = ("step", "seconds", "epoch", "time", "generation")
LOCKS = LockCache()
_CONTROL = threading.RLock()


def _spent(run: Run) -> bool:
    last = max(run.events(), key=lambda e: (e.get("step", 0), e.get("time", 0)), default={})
    progress = [last.get(key, 0) for key in ("step", "epoch", "seconds")]
    return spent(run.control().budget, *progress) >= 1.0


def _later(number: Any, events: list[dict[str, Any]]) -> str:
    """Why a folder of that format is not read, and which version of Forger reads it, as far as the folder tells."""
    text = f"it has the format {number!r}, and this version of Forger, {__version__}, reads up to {FORMAT}"
    if type(number) is not int or number < 1:
        return text
    versions = [str(values.get("version", "")) for values in events if values.get("event", "created") == "created"]
    own = next((name for name in versions if VERSION.match(name) and name != __version__), "")
    return f"{text}. Version {own} wrote it: open it with that" if own else f"{text}. Open it with a later version"


@functools.lru_cache(maxsize=128)
def _events(folder: Path, version: tuple[int, ...]) -> tuple[dict[str, Any], ...]:
    """The events in a run folder; `version` is another one as soon as the file has changed."""
    events = files.lines(folder / "events.jsonl", MAX_BYTES["events.jsonl"], folder)
    return tuple(event for event in events if _is_event(event))


# one list asks for the events of a run several times
_many_events = functools.lru_cache(maxsize=1)(_events.__wrapped__)


def _is_event(record: dict[str, Any]) -> bool:
    """Whether a line of events.jsonl has a name, and numbers where readers count on them."""
    named = isinstance(record.get("event"), str)
    return named and all(files.is_number(record[key]) for key in _EVENT_NUMBERS if key in record)


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
