"""What an evaluation costs: seconds besides sampling, and those of drawing 10,000 images, for every model of a preset.

    python -m benchmarks.evaluate [--rounds 3] [--only lean …] [--publish]

Each round is a fresh evaluation: nothing read before is kept, as for the first one after a start. Presets whose data
are not here are left out, and those of points, which have no scores. The generators are untrained, which costs the
same. Prints Markdown.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks._machine import describe
from benchmarks._report import parser as command_line
from benchmarks._report import publish, spread, table
from gan import datasets, hardware, registry, runs
from gan.config import RunConfig, preset
from gan.evaluation import evaluate, reference
from gan.runs import Run
from gan.training.loop import train


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[])
    given = parser.parse_args()
    machine, rows, found = describe(), [], {}
    for name, config in _models():
        if name in given.only or not given.only:
            with tempfile.TemporaryDirectory() as home:
                found[name] = [*_rounds(config, Path(home), given.rounds)]
            rows.append([f"`{name}`", config.dataset, *_row(found[name])])
            print(*rows[-1], file=sys.stderr, flush=True)
    head = ["Preset", "Data", "Besides drawing, s", "CPU, s", "Drawing 10,000 images, s"]
    text = f"Medians of {given.rounds} rounds and their range.\n\n" + table(head, rows)
    publish("An evaluation", text, found, machine, "evaluate", given.publish)


def _row(rounds: list[tuple[float, float, float]]) -> list[str]:
    return [spread(column, 1) for column in zip(*rounds, strict=True)]


def _models() -> Iterator[tuple[str, RunConfig]]:
    """The presets of pictures that can be trained here, one for every model and size."""
    seen = set()
    for name in sorted(registry.names("presets"), key=_order):
        config = preset(name)[0]
        card = registry.card("datasets", config.dataset)
        what = (config.model, config.dataset, config.image_size)
        here = not registry.missing(card, datasets.root()) and not card.facts.get("POINTS")
        if here and what not in seen:
            seen.add(what)
            yield name, config


def _order(name: str) -> int:
    return int(registry.load("presets", name)["order"])


def _rounds(config: RunConfig, home: Path, count: int) -> Iterator[tuple[float, float, float]]:
    """Of each round the seconds besides sampling, those of CPU, and those of drawing."""
    settings = hardware.resolve(config.replace(samples=16))
    run = runs.create(settings, {"steps": 1}, run_id="one", home=home)
    for _ in train(run):
        pass
    for _ in range(count):
        evaluate._DISTANCES.clear()
        reference._shipped.cache_clear()
        yield _once(run)


def _once(run: Run) -> tuple[float, float, float]:
    began, work, cpu, drawn = time.perf_counter(), evaluate.evaluate(run), 0.0, 0.0
    while True:
        try:
            step = next(work)
        except StopIteration as end:
            return end.value.seconds, time.process_time() - cpu, drawn
        if step.text == "Reading the images":
            drawn, cpu = time.perf_counter() - began, time.process_time()


if __name__ == "__main__":
    main()
