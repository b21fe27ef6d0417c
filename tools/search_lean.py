"""Trains variations of a preset for a short while and tells which digits each draws after so many images.

    python -m tools.search_lean --vary lr_d=0.001 --vary "z_dim=64 ema_decay=0.995" [--preset lean]
        [--seeds 0 1 2] [--at 5000 10000 20000] [--out .bench/search.jsonl]

Each --vary is one variation: settings of `RunConfig` that differ from the preset, "" for the preset itself; other
layers are other files in gan/models. Counted in images, so that a busy machine tells the same as a quiet one; the CPU
time of one thread stands beside it, without the looks. A look: 5,000 samples of the averaged generator, read by
EvalNet. One JSON line a look goes to --out, and what is there already is not trained again; then everything in it is
printed as Markdown: classes present for each seed, and the mean Fréchet distance ± its standard deviation. Without
--vary it only prints.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks._report import BENCH
from benchmarks._training import Training, varied
from gan import files
from gan.config import RunConfig

AT = (5_000, 10_000, 20_000, 40_000)  # images
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="lean")
    parser.add_argument("--vary", action="append", default=[])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--at", type=int, nargs="+", default=AT)
    parser.add_argument("--out", type=Path, default=BENCH / "search.jsonl")
    given = parser.parse_args()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    for seed in given.seeds:
        for settings in given.vary:
            name = f"{given.preset} {settings}".strip()
            had = [row["at"] for row in files.lines(given.out) if _is(row, name, seed)]
            if not set(given.at) <= set(had):
                config = varied(given.preset, settings).replace(seed=seed)
                for row in looks(config, sorted(given.at)):
                    files.append(given.out, [{"name": name, "seed": seed, **row}])
    print(table([*files.lines(given.out)], sorted(given.at)))


def _is(row: Row, name: str, seed: int) -> bool:
    return bool(row["name"] == name and row["seed"] == seed)


def looks(config: RunConfig, at: Sequence[int]) -> Iterable[Row]:
    """What a training shows after each of these counts of images, and the CPU seconds up to there."""
    training, spent = Training(config, 1), 0.0
    for images in at:
        began = time.thread_time()
        while training.images < images:
            training.step()
        spent += time.thread_time() - began
        yield {"at": images, "cpu": round(spent, 2), **training.look()}


def table(rows: Sequence[Row], at: Sequence[int]) -> str:
    """Markdown, a variation a line."""
    lines = [["variation", "seeds", "images / CPU s", *(f"{images:,}" for images in at)]]
    lines.append(["---"] * len(lines[0]))
    for name in dict.fromkeys(row["name"] for row in rows):
        own = [row for row in rows if row["name"] == name]
        pace = max(row["at"] / row["cpu"] for row in own)
        seeds = sorted({row["seed"] for row in own})
        cells = [_cell([row for row in own if row["at"] == images]) for images in at]
        lines.append([f"`{name}`", ", ".join(map(str, seeds)), f"{pace:,.0f}", *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(rows: Sequence[Row]) -> str:
    if not rows:
        return "–"
    fd = [row["fd"] for row in rows]
    seen = "/".join(f"{row['classes']:.0f}" for row in rows)
    spread = f" ± {statistics.stdev(fd):,.0f}" if len(fd) > 1 else ""
    return f"{seen}: {statistics.mean(fd):,.0f}{spread}"


if __name__ == "__main__":
    main()
