"""Entries of the run list, read without torch; unreadable folders are listed as broken."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan import files, registry, runs
from gan.config import RunConfig, networks_card
from gan.hosting import trainers
from gan.runs import Run, RunError
from gan.runs.log_reader import newest
from ui.shared.picture_url import thumbnail_url

WORDS = {
    "training": "Training",
    "paused": "Paused",
    "queued": "Waiting",
    "stopped": "Stopped",
    "finished": "Finished",
    "failed": "Failed",
    "broken": "Unreadable",
}


@dataclass(frozen=True)
class Entry:
    """What is needed of every run to search and sort: `broken` tells why its settings cannot be read."""

    run: Run
    title: str
    status: str  # a key of WORDS
    config: RunConfig | None = None
    broken: str = ""

    @classmethod
    def of(cls, run: Run) -> Entry:
        """Never raises: what cannot be read is told in the entry."""
        title = run.control().title or run.id
        try:
            if trouble := run.trouble():
                return cls(run, title, "broken", broken=trouble)
            return cls(run, title, trainers.status(run), run.config())
        except RunError as error:
            return cls(run, title, "broken", broken=str(error))

    def says(self, words: Iterable[str]) -> bool:
        """Whether each of the words is somewhere in the title, the id, the status or the settings."""
        parts = [self.title, self.run.id, WORDS[self.status]]
        if self.config:
            parts += [self.config.dataset, self.config.model, self.config.loss, names(self.config)]
        text = " ".join(parts).casefold()
        return all(word in text for word in words)


@dataclass(frozen=True)
class Facts:
    """How far a run is; `done` is the used share of its budget, 0.0 to 1.0."""

    step: int
    epoch: float
    seconds: float
    done: float
    created: float  # unix time, 0.0 when unknown
    thumbnail: str  # address of its newest fixed grid, "" without one
    points: bool
    shipped: bool  # came along: finished, without the state that training needs to go on

    @classmethod
    def of(cls, entry: Entry) -> Facts:
        """Reads the folder: a few small files and the end of the log."""
        run, events = entry.run, entry.run.events()
        last = newest(run)
        step, epoch, seconds = (_number(last, name) for name in ("step", "epoch", "seconds"))
        dataset = entry.config.dataset if entry.config else ""
        return cls(
            step=int(step),
            epoch=epoch,
            seconds=seconds,
            done=min(1.0, runs.spent(run.control().budget, int(step), epoch, seconds)),
            created=_number(events[0], "time") if events else 0.0,
            thumbnail=thumbnail_url(run, events),
            points=bool(dataset and registry.card("datasets", dataset).facts.get("POINTS")),
            shipped=entry.status == "finished" and not run.states() and not is_imported(events),
        )


def is_imported(events: list[dict[str, Any]]) -> bool:
    """Whether a run was opened from a zip."""
    return any(event["event"] == "imported" for event in events)


def entries() -> list[Entry]:
    """All runs, newest first."""
    return [Entry.of(run) for run in runs.runs()]


def stamp() -> int:
    """Changes when a run comes, goes, is renamed, or something is done to it; training alone does not change it."""
    stamps = []
    for run_id in filter(runs.ID.match, files.names(runs.root())):
        for name in ("config.json", "control.json", "events.jsonl"):
            try:
                found = (runs.root() / run_id / name).lstat()
            except OSError:
                continue
            stamps.append((run_id, name, found.st_mtime_ns, found.st_size))
    return hash(frozenset(stamps))


def names(config: RunConfig) -> str:
    """Model (or game, where that has networks of its own), data set and loss by their titles."""
    model, data = networks_card(config), registry.card("datasets", config.dataset)
    return f"{model.title} · {data.title} · {registry.card('losses', config.loss).title} loss"


def sizes(run: Run) -> dict[str, int]:
    """Bytes on disk by what they are for; of links nothing, and no deeper than our own folders lie."""
    by_purpose = dict.fromkeys(("pictures", "generators", "to go on from", "log and settings"), 0)
    for folder in ("", "snapshots", "samples", *(f"samples/{sort}" for sort in ("fixed", "random", "nearest"))):
        for name in files.names(run.path / folder, run.path):
            path = run.path / folder / name
            try:
                found = path.lstat()
            except OSError:
                continue  # just replaced
            if stat.S_ISREG(found.st_mode):
                by_purpose[_purpose(path.relative_to(run.path))] += found.st_size
    return by_purpose


def ago(then: float, now: float = 0.0) -> str:
    """A unix time as people say it: "just now", "3 h ago", "12 Mar 2026"."""
    seconds = (now or time.time()) - then
    for unit, span in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 7 * 86400:
            return time.strftime("%-d %b %Y", time.localtime(then))
        if seconds >= span:
            return f"{int(seconds // span)} {unit} ago"
    return "just now"


def lasted(seconds: float) -> str:
    """Seconds as "42 s", "3 min 20 s", "2 h 5 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def weight(size: float) -> str:
    """Bytes as "12 kB", "3.4 MB"."""
    if size < 1e6:
        return f"{size / 1e3:.0f} kB"
    return f"{size / 1e6:.1f} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"


def _number(record: dict[str, Any], name: str) -> float:
    value = record.get(name, 0.0)
    return float(value) if isinstance(value, int | float) else 0.0


def _purpose(path: Path) -> str:
    if path.parts[0] == "samples":
        return "pictures"
    if path.parts[0] == "snapshots" or path.name == "weights.safetensors":
        return "generators"
    return "to go on from" if path.name.startswith("state-") else "log and settings"
