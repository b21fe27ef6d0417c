"""Trains every preset for a short time for a page, docs/presets.md: what it looks like, how fast, the command.

    python -m tools.presets [--scale 1] [--only gan-2014 …] [--publish]

Every preset has its own short budget, times `scale`; each trains on one thread, as many at a time as there are cores.
Real MNIST (or CIFAR-10) under $GAN_DATA is used where it is there, strokes otherwise; the page says which. What is left
out by --only stays on the page as it was.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._machine import describe
from benchmarks._report import folders, keep
from benchmarks._report import parser as command_line
from gan import datasets, files, hardware, images, registry
from gan.runs import Run

SHOWN = 4  # grids side by side
SECONDS = {"gan-2014": 180, "gan-dropout": 180, "dcgan-tutorial": 300, "first-steps": 30}
OTHERWISE = 60
SEEDS = {"gan-2014": 2}  # seed 0 ends in one blot


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--only", nargs="*", default=[])
    given = parser.parse_args()
    told = {name: registry.load("presets", name) for name in registry.names("presets")}
    healthy = [name for name in told if "scenario" not in told[name]]
    names = sorted(healthy, key=lambda name: told[name]["order"])
    wanted = [name for name in names if name in given.only or not given.only]
    head = HEAD.format(scale=given.scale, machine=describe(), cores=hardware.cores())
    before = _kept() if given.only else {}
    with tempfile.TemporaryDirectory() as home, ThreadPoolExecutor(hardware.cores()) as pool:
        sections = pool.map(lambda name: _section(name, given.scale, Path(home), folders(given.publish)), wanted)
        every = {**before, **dict(zip(wanted, sections, strict=True))}
    page = "\n".join([head, *(every.get(name, untrained(name)) for name in names), broken()])
    print(page)
    keep("presets", page, None, given.publish)


def _kept() -> dict[str, str]:
    """The sections of the page as it is, by preset."""
    there = [page for folder in folders(True) if (page := folder / "presets.md").exists()]
    parts = there[0].read_text().split("\n## ")[1:] if there else []
    return {part.split("`")[1]: f"## {part.strip()}\n" for part in parts if not part.startswith(BROKEN)}


def untrained(preset: str) -> str:
    """The section of a preset of which there is no picture yet."""
    told = registry.load("presets", preset)
    how = f"Not trained for this page yet: `python -m tools.presets --only {preset} --publish`."
    return f"## {told['title']}\n\n`{preset}`: {told['sentence']}\n\n{how}\n"


def broken() -> str:
    """The presets that fail on purpose, in a table: what happens, what the light says, what mends it."""
    files = [(name, registry.load("presets", name)) for name in registry.names("presets")]
    rows = sorted((told["order"], name, told) for name, told in files if "scenario" in told)
    lines = [
        f"| `{name}` | {told['sentence']} | {told['scenario']['light']} | {told['scenario']['change']} |"
        for _, name, told in rows
    ]
    return "\n".join([f"## {BROKEN}", "", *BROKEN_HEAD, *lines, ""])


def _data(preset: str) -> str:
    """The data set to train on: the preset's own, else MNIST, else strokes; "" when its own is missing."""
    own = registry.load("presets", preset)["config"].get("dataset")
    for name in [own] if own else ["mnist", "strokes"]:
        if not registry.missing(registry.card("datasets", name), datasets.root()):
            return str(name)
    return ""


def _section(preset: str, scale: float, home: Path, places: Sequence[Path]) -> str:
    told, data = registry.load("presets", preset), _data(preset)
    if not data:
        return f"## {told['title']}\n\n`{preset}`: not measured, its data set is not on this machine.\n"
    seconds = SECONDS.get(preset, OTHERWISE) * scale
    command = f"train --preset {preset} --dataset {data} --seconds {seconds:g} --threads 1"
    if preset in SEEDS:
        command += f" --seed {SEEDS[preset]}"
    arguments = [sys.executable, "-m", "gan", *command.split(), "--run", preset]
    subprocess.run(arguments, check=True, env=_environment(home))
    run = Run(home / preset)
    last: dict[str, Any] = list(files.lines(run.path / "metrics.jsonl"))[-1]
    speeds = [r["images_per_second"] for r in files.lines(run.path / "metrics.jsonl") if r["images_per_second"]]
    steps = _strip(run, [place / "pictures" / f"{preset}.png" for place in places])
    return SECTION.format(
        preset=preset,
        title=told["title"],
        sentence=told["sentence"],
        look_for=told["look_for"],
        command=f"python -m gan {command}",
        steps=", ".join(f"{s:,}" for s in steps),
        epoch=last["epoch"],
        speed=statistics.median(speeds),
        seconds=last["seconds"],
        settings=json.dumps(told["config"]),
    )


def _strip(run: Run, out: Sequence[Path]) -> list[int]:
    """Writes the fixed grid at evenly many pictures of the run, side by side; returns their steps."""
    there = run.pictures("fixed")
    steps = sorted({there[round(k * (len(there) - 1) / (SHOWN - 1))] for k in range(SHOWN)})
    sheets = [images.decode(run.picture("fixed", step).read_bytes()) for step in steps]
    sheet = images.png(images.grid(np.stack(sheets), columns=len(sheets), gap=12, paper=255))
    for path in out:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sheet)
    return steps


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "GAN_RUNS": str(home)}


BROKEN = "Broken on purpose"
BROKEN_HEAD = ["| preset | what happens | the verdict | the fix |", "|---|---|---|---|"]
HEAD = """# The presets, trained

Every preset for a short time, seed 0 unless said, one run each, on one thread, {cores} at a time. Left to right: the
fixed grid at four moments. Made by `python -m tools.presets --scale {scale:g}` on: {machine}.
"""

SECTION = """## {title}

`{preset}`: {sentence}

![Fixed grid at steps {steps}](pictures/{preset}.png)

Steps {steps}; {epoch:.2f} epochs in {seconds:.0f} s; median {speed:,.0f} images/s. {look_for}

```
{command}
```

Settings that differ from the defaults: `{settings}`
"""

if __name__ == "__main__":
    main()
