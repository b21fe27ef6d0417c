"""Trains every preset for a short time and writes docs/presets.md: what it looks like, how fast it was, the command.

    python -m benchmarks.presets [--seconds 60] [--only gan-2014 …]

Real MNIST (or CIFAR-10) under $GAN_DATA is used where it is there, strokes otherwise; the page says which.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe
from gan import datasets, files, images, registry
from gan.runs import Run

DOCS = Path("docs")
SHOWN = 4  # grids side by side


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--only", nargs="*", default=[])
    given = parser.parse_args()
    names = sorted(registry.names("presets"), key=lambda n: registry.load("presets", n)["order"])
    lines = [HEAD.format(seconds=given.seconds, machine=describe())]
    with tempfile.TemporaryDirectory() as home:
        for name in names:
            if given.only and name not in given.only:
                continue
            data = _data(name)
            if not data:
                lines.append(f"## {name}\n\nNot measured: its data set is not on this machine.\n")
                continue
            lines.append(_section(name, data, given.seconds, Path(home)))
            print(lines[-1], flush=True)
    if not given.only:
        files.replace(DOCS / "presets.md", "\n".join(lines).encode())


def _data(preset: str) -> str:
    """The data set to train on: the preset's own, else MNIST, else strokes; "" when its own is missing."""
    own = registry.load("presets", preset)["config"].get("dataset")
    for name in [own] if own else ["mnist", "strokes"]:
        if not registry.missing(registry.card("datasets", name), datasets.root()):
            return str(name)
    return ""


def _section(preset: str, data: str, seconds: float, home: Path) -> str:
    told = registry.load("presets", preset)
    flags = [
        "train",
        "--preset",
        preset,
        "--dataset",
        data,
        "--seconds",
        f"{seconds:g}",
        "--run",
        preset,
    ]
    subprocess.run([sys.executable, "-m", "gan", *flags], check=True, env=_environment(home))
    run = Run(home / preset)
    last: dict[str, Any] = list(files.lines(run.path / "metrics.jsonl"))[-1]
    speeds = [
        r["images_per_second"]
        for r in files.lines(run.path / "metrics.jsonl")
        if r["images_per_second"]
    ]
    picture = DOCS / "pictures" / f"{preset}.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    steps = _strip(run, picture)
    return SECTION.format(
        preset=preset, title=told["title"], sentence=told["sentence"], look_for=told["look_for"],
        command=" ".join(["python -m gan", *flags]), steps=", ".join(f"{s:,}" for s in steps),
        epoch=last["epoch"], speed=statistics.median(speeds), seconds=last["seconds"],
        settings=json.dumps(told["config"]),
    )  # fmt: skip


def _strip(run: Run, picture: Path) -> list[int]:
    """Writes the fixed grid at evenly many pictures of the run, side by side; returns their steps."""
    there = run.pictures("fixed")
    steps = sorted({there[round(k * (len(there) - 1) / (SHOWN - 1))] for k in range(SHOWN)})
    sheets = [images.decode(run.picture("fixed", step).read_bytes()) for step in steps]
    picture.write_bytes(
        images.png(images.grid(np.stack(sheets), columns=len(sheets), gap=12, paper=255))
    )
    return steps


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "GAN_RUNS": str(home)}


HEAD = """# The presets, trained

Every preset for {seconds:g} seconds, from a shell, seed 0, one run each. Left to right: the fixed grid at four moments.
Made by `python -m benchmarks.presets --seconds {seconds:g}` on: {machine}.
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
