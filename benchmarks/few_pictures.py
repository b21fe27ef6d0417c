"""How far the usual settings come with few pictures of one's own, and how much of that is copied.

    GAN_DATA=… python -m benchmarks.few_pictures [--counts 30 100 1000] [--seconds 120] [-- --translation 3 …]

Lays so many digits (MNIST's, or drawn ones without it) as PNG files of 40 x 40 into a folder and trains preset `lean`
on it as the command line does, with what follows `--` as further flags. Prints Markdown: FD-PCA64 between 1,000 samples
and the pictures themselves at step 0 and at the snapshots, and the share of samples that are nearly a training picture.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks._machine import describe
from gan import config as configs
from gan import datasets, hardware, registry, runs
from gan.cli import flags
from gan.cli.parser import make_parser
from gan.config import RunConfig
from gan.evaluation.copies import Copies
from gan.metrics import Moments
from gan.metrics._components import principal, project
from gan.metrics.frechet import distance
from gan.runs import Run
from gan.sampler import Sampler
from gan.training.loop import train

SAMPLES = 1000


def lay(folder: Path, count: int) -> Path:
    """So many digits as pictures of 40 x 40, black on white."""
    name = "strokes" if registry.missing(registry.card("datasets", "mnist"), datasets.root()) else "mnist"
    data = datasets.open(RunConfig(dataset=name, n_images=count))
    folder.mkdir()
    for k, image in enumerate(data.images):
        Image.fromarray(255 - image[0]).resize((40, 40), Image.Resampling.BICUBIC).save(folder / f"{k:04}.png")
    return folder


def trained(home: Path, source: Path, seconds: float, more: list[str]) -> Run:
    """A run of the preset as it stands, for so many seconds of training at most."""
    config, told = configs.preset("lean")
    given = make_parser().parse_args(["train", "--steps", "1", *more])
    config = config.replace(dataset="own-images", source=str(source), **flags.settings(given))
    run = runs.create(hardware.resolve(config), told["budget"], run_id=f"few-{source.name}", home=home)
    for tick in train(run):
        if tick.seconds >= seconds:
            break
    return run


def measured(run: Run) -> list[tuple[int, float, float]]:
    """Step, FD-PCA64 and the share of copies, of each snapshot and of the newest generator."""
    images = np.ascontiguousarray(datasets.open(run.config()).images)
    centre, basis = principal(images)
    real, copies = Moments.of(project(images, centre, basis)), Copies(images)
    found = {}
    for step in [*run.snapshots(), None]:
        sampler = Sampler.load(run.path, step)
        z = np.random.default_rng(0).standard_normal((SAMPLES, sampler.z_dim), dtype=np.float32)
        x = np.concatenate([sampler.images(part) for part in np.array_split(z, 4)]).transpose(0, 3, 1, 2)
        fake = Moments.of(project(x, centre, basis))
        found[sampler.step] = distance(real, fake), copies.share(x)
    return [(step, *values) for step, values in sorted(found.items())]


def main() -> None:
    own, _, more = " ".join(sys.argv[1:]).partition("-- ")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[30, 100, 1000])
    parser.add_argument("--seconds", type=float, default=120)
    given = parser.parse_args(own.split())
    print(describe() + "\n")
    print("| pictures | steps in the time | FD-PCA64 at step 0, last (least) | of step 0's | a quarter at | copies |")
    print("|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for count in given.counts:
            run = trained(Path(folder), lay(Path(folder) / str(count), count), given.seconds, more.split())
            rows = measured(run)
            first, (last, fd, copied) = rows[0][1], rows[-1]
            least = min(value for _, value, _ in rows)
            early = next((f"step {step:,}" for step, value, _ in rows if value < first / 4), "never")
            print(
                f"| {count} | {last:,} | {first:.0f}, {fd:.0f} ({least:.0f}) | {fd / first:.2f} ({least / first:.2f}) "
                f"| {early} | {copied:.0%} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
