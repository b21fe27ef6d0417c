"""Time to digits: which classes a preset draws, and how far from real ones they are, after so many seconds of training.

    python -m benchmarks.digits [--seeds 3] [--seconds 60] [--threads 0] [--only lean …] [--publish]
    python -m benchmarks.digits --long [--only lean …] [--publish]

The small pair and its labelled twin beside a recipe for one minute, on real MNIST, seed after seed in turn. Seconds are
those of the training loop by wall clock, with the machine to itself: neither loading, nor three steps of another
training that warm up, nor the looks count. A look: 5,000 samples of the averaged generator, read by EvalNet.

--long trains seed 0 on for 1.4 million images, ten minutes at the pace of two cores, by the loop itself and on one
thread: a look and the light of the Train page after each 70,000. Images are counted, so this may share the machine.

Every training is kept under .bench/digits and not made again, so an interrupted command goes on. The page,
docs/digits.md, tells all that is kept. MNIST has to be under $GAN_DATA.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks._machine import describe
from benchmarks._report import BENCH, keep
from benchmarks._report import parser as command_line
from benchmarks._training import SAMPLES, Training, judged, noise
from gan import config as configs
from gan import files, hardware, runs
from gan.config import RunConfig
from gan.diagnostics import health
from gan.diagnostics.health_log import log_of
from gan.evaluation import reference
from gan.runs import Run
from gan.runs.log_reader import LogReader
from gan.sampler import Sampler
from gan.training.loop import train

KEPT = BENCH / "digits"
AT = (1, 2, 3, 5, 10, 20, 40, 60)  # seconds
LONG, PAUSE = 1_400_000, 70_000  # images
WARM_UP = 3  # steps
SHORT, LONG_ONES = "short.jsonl", "long.jsonl"
Row = dict[str, Any]
RECIPE: Row = {"model": "lean-dcgan", "width": 24, "z_dim": 64, "ema_decay": 0.995}


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--long", action="store_true")
    given = parser.parse_args()
    wanted = {name: c for name, c in contestants().items() if name in given.only or not given.only}
    KEPT.mkdir(parents=True, exist_ok=True)
    if given.long:
        for name, config in wanted.items():
            _train_on(name, config)
    else:
        at = [seconds for seconds in AT if seconds <= given.seconds]
        threads = given.threads or hardware.cores()
        for seed in range(given.seeds):
            turn = seed % len(wanted)
            for name in [*wanted][turn:] + [*wanted][:turn]:
                _race(name, wanted[name].replace(seed=seed), threads, at)
    short, long = _kept(SHORT), _kept(LONG_ONES)
    page = _page(short, long)
    print(page)
    keep("digits", page, {"short": short, "long": long}, given.publish)


def contestants() -> dict[str, RunConfig]:
    """The settings that are compared, by name."""
    lean, cond = (configs.preset(name)[0].replace(dataset="mnist") for name in ("lean", "lean-cond"))
    return {"lean": lean, "lean-cond": cond, "recipe": RunConfig(dataset="mnist", **RECIPE)}


def _race(name: str, config: RunConfig, threads: int, at: Sequence[float]) -> None:
    """Looks after so many seconds of training, kept when all are there."""
    if any(row["name"] == name and row["seed"] == config.seed for row in _kept(SHORT)):
        return
    machine = describe()
    warm = Training(config, threads)
    for _ in range(WARM_UP):
        warm.step()
    training, spent, rows = Training(config, threads), 0.0, []
    for seconds in at:
        began, before = time.perf_counter(), spent
        while spent < seconds:
            training.step()
            spent = before + time.perf_counter() - began
        about = {"name": name, "seed": config.seed, "seconds": seconds, "images": training.images}
        rows.append({**about, **training.look(), "threads": threads, "machine": machine})
    files.append(KEPT / SHORT, rows)


def _train_on(name: str, config: RunConfig) -> None:
    """Looks at a run of the loop itself, each kept at once; the run is gone on with where it was left."""
    run, ruler = Run(KEPT / name), reference.of(config)
    if not (run.path / "config.json").exists():
        settings = config.replace(device="cpu", threads=1)
        runs.create(settings, {}, run_id=name, preset=name, home=KEPT)
    seen = [row["images"] for row in _kept(LONG_ONES) if row["name"] == name]
    for images in range(PAUSE, LONG + 1, PAUSE):
        steps = -(-images // config.batch)
        if images in seen:
            continue
        run.write_control(want="run", budget={"steps": steps})
        for _ in train(run):
            pass
        sampler = Sampler.load(run.path)
        z, y = noise(config, sampler.classes)
        pixels = sampler.images(z.numpy(), None if y is None else y.numpy())
        light = health.diagnose(log_of(run, LogReader(run)))
        row = {"name": name, "seed": config.seed, "images": images, "light": light and light.title}
        row |= judged(ruler, pixels.transpose(0, 3, 1, 2), y)
        files.append(KEPT / LONG_ONES, [row])


def _kept(name: str) -> list[Row]:
    return list(files.lines(KEPT / name))


def pace(rows: Sequence[Row], name: str) -> float:
    """Median images a second of a preset over the whole of its short trainings."""
    own = [row for row in rows if row["name"] == name]
    ends = [row for row in own if row["seconds"] == max(r["seconds"] for r in own)]
    return statistics.median(row["images"] / row["seconds"] for row in ends)


def _page(short: Sequence[Row], long: Sequence[Row]) -> str:
    names = [name for name in contestants() if any(row["name"] == name for row in short)]
    text = HEAD.format(
        samples=f"{SAMPLES:,}",
        table=_table(short, "seconds", names),
        machine=short[0]["machine"],
        threads=short[0]["threads"],
        seeds=", ".join(str(seed) for seed in sorted({row["seed"] for row in short})),
        paces=", ".join(f"`{name}` {pace(short, name):,.0f}" for name in names),
        settings="\n".join(f"- `{n}`: {_told(c)}" for n, c in contestants().items()),
    )
    if long:
        names = [name for name in names if any(row["name"] == name for row in long)]
        lights = (f"`{n}`: {_lights(row for row in long if row['name'] == n)}" for n in names)
        text += TAIL.format(
            table=_table(long, "images", names),
            seconds=", ".join(f"`{n}` {LONG / pace(short, n):,.0f}" for n in names),
            lights="; ".join(lights),
            pause=f"{PAUSE:,}",
        )
    return text


def _lights(rows: Iterable[Row]) -> str:
    """What the light said, and how often."""
    counted = Counter(row["light"] for row in rows)
    return ", ".join(f"{title} ({count} times)" for title, count in counted.items())


def _told(config: RunConfig) -> str:
    """What differs from the defaults."""
    usual = RunConfig().to_dict()
    differs = {k: v for k, v in config.to_dict().items() if v != usual[k] and k != "samples"}
    return ", ".join(f"{key} {value}" for key, value in differs.items())


def _table(rows: Sequence[Row], key: str, names: Sequence[str]) -> str:
    lines = [[key, *(f"`{name}`: classes; FD" for name in names)]]
    lines.append(["---"] * len(lines[0]))
    for place in sorted({row[key] for row in rows}):
        at = [row for row in rows if row[key] == place]
        cells = [_cell([row for row in at if row["name"] == name]) for name in names]
        lines.append([f"{place:,}", *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(rows: Sequence[Row]) -> str:
    """Medians and ranges."""
    if not rows:
        return "–"
    return "; ".join(_spread([row[key] for row in rows]) for key in ("classes", "fd"))


def _spread(values: Sequence[float]) -> str:
    middle, low, high = statistics.median(values), min(values), max(values)
    digits = 1 if high < 100 and low % 1 else 0
    if len(values) == 1 or low == high:
        return f"{middle:,.{digits}f}"
    return f"{middle:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"


HEAD = """# Time to digits

Classes present (of 10; from a share of 1 %) and FD-EvalNet64 of {samples} samples of the averaged generator, after so
many seconds of training on real MNIST: medians and ranges of seeds {seeds} on {threads} threads, nothing else running;
loading and looking are not counted. A pair that is told the digit is asked for each as often; the others have to find
out that there are ten.

{table}

Images a second: {paces}.

{settings}

Made by `python -m benchmarks.digits` on: {machine}.
"""
TAIL = """
## A longer run

Seed 0, one run each of the loop itself, on one thread, a look after each {pause} images, as far as it was trained. At
the pace above 1.4 million images take so many seconds: {seconds}.

{table}

The light of the Train page at these looks: {lights}.

Made by `python -m benchmarks.digits --long`.
"""

if __name__ == "__main__":
    main()
