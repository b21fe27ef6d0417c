"""Progress bars of long commands in a terminal, and their interruption."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Generator, Iterator
from typing import Any, TypeVar

from gan.datasets import Progress
from gan.diagnostics import few_pictures
from gan.runs import Run, known_data, pace

T = TypeVar("T")
REDRAW_SECONDS = 0.2
SAID_AT_START = ("data", "changed", "seeded", "complaint")  # events whose texts are told when training starts

_drawn_at = [0.0]  # when the last line was drawn


@contextlib.contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Turns Ctrl-C and SIGTERM into an event, so that a step is finished and saved; a second one acts at once."""
    stop = threading.Event()

    def ask(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, before[number])

    before: dict[int, Any] = {n: signal.signal(n, ask) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def follow(work: Generator[Progress, None, T]) -> T:
    """Iterates a job and shows how far it is; returns what the job returns."""
    result: list[T] = []

    def steps() -> Iterator[Progress]:
        result.append((yield from work))

    try:
        for step in steps():
            show_bar(step.done / max(step.total, 1), step.text)
    finally:
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr)
    return result[0]


def show_progress(run: Run, tick: Any) -> None:
    """How far a training is, five times a second; `tick` as gan.training.loop.train yields it."""
    if time.monotonic() - _drawn_at[0] < REDRAW_SECONDS and tick.done < 1.0:
        return
    left = tick.seconds / tick.done - tick.seconds if tick.done else 0.0
    more = "paused" if tick.paused else f"{left:,.0f} s left" if tick.done < 1 else "done"
    show_bar(tick.done, f"{run.id}  step {tick.step:,}  epoch {tick.epoch:.2f}  {tick.seconds:,.0f} s  {more}")


def show_length(run: Run) -> None:
    """How its data were read, how long a training will be, how often it passes over them; what to expect of few."""
    config, budget = run.config(), run.control().budget
    known = known_data.read(run.path)
    events = run.events()
    began = max((k for k, event in enumerate(events) if event["event"] in ("started", "resumed")), default=0)
    for event in events[began:]:
        if event["event"] in SAID_AT_START:
            print(f"{run.id}: {event.get('text', '')}", file=sys.stderr)
    if budget:
        speed = pace.measured(config) or pace.declared(config)
        count = known.images if known else pace.count(config)
        print(f"{run.id}: {pace.length_text(config, budget, count, speed)}.", file=sys.stderr)
    batch = 0 if known_data.read_how(run.path) else config.batch  # else reading has told
    if known and known.shape[1:] != (1, 1) and (expectation := few_pictures.expectation(known.images, batch)):
        flags = [remedy.flags for remedy in few_pictures.remedies(config, known.images, known.shape)]
        print(expectation + (f" Worth a try: {', '.join(flags)}." if flags else ""), file=sys.stderr)


def show_bar(done: float, text: str) -> None:
    """A bar that is full at `done` 1.0, where a person looks on."""
    _drawn_at[0] = time.monotonic()
    if sys.stderr.isatty():
        filled = round(24 * min(done, 1.0))
        print(f"\r{'█' * filled}{'·' * (24 - filled)} {done:4.0%}  {text}\033[K", end="", file=sys.stderr)
