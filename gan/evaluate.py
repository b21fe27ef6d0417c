"""Scores of a generator: evaluate(run) yields progress, asks every measure, and appends a row to scores.jsonl."""

from __future__ import annotations

import dataclasses
import time
import zlib
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan import datasets, files, hardware, images, metrics, reference, scores
from gan.config import RunConfig
from gan.datasets import Data, DataError, Progress
from gan.evaluator import Evaluator, EvaluatorError
from gan.metrics import Copied, Evidence, Unavailable, classes
from gan.metrics._near import nearest
from gan.reference import Reference
from gan.runs import Run, RunError
from gan.sampler import Sampler
from gan.scores import Scores, Which
from gan.verdict import verdict

N = 10_000  # generated images
SEED = 0  # of their z
CHUNK = 250
FEWEST = 100
SHOWN = 12  # samples a row beside their nearest training images


def evaluate(
    run: Run, step: int | None = None, weights: Which = "average", n: int = N
) -> Iterator[Progress]:
    """Scores the newest generator of a run, or its snapshot of `step`; yields how far it is.

    `weights` "raw" takes the generator as it is trained instead of its running average, from the newest state or the
    one of `step`. Appends the row to scores.jsonl, and keeps a picture of samples above their nearest training
    images. Raises RunError when it cannot be done, with a sentence.
    """
    hardware.use_threads(hardware.cores())
    yield Progress(0, n, "images", "Reading the generator")
    load = Sampler.load if weights == "average" else Sampler.raw
    sampler = load(run.path, step)
    try:
        pixels = yield from _draw(sampler, n)
        found, sheet = yield from judge(pixels, sampler.config)
    except (EvaluatorError, DataError, Unavailable, ValueError) as error:
        raise RunError(f"This run cannot be scored: {error}") from error
    found = dataclasses.replace(found, step=sampler.step, weights=weights)
    if sheet is not None and weights == "average":
        place = scores.nearest_picture(run, sampler.step)
        place.parent.mkdir(parents=True, exist_ok=True)
        files.replace(place, images.webp(sheet), durable=False)
    scores.keep(run, found)
    yield Progress(n, n, "images", "Scored")


def judge(
    pixels: NDArray[np.uint8], config: RunConfig
) -> Generator[Progress, None, tuple[Scores, images.Pixels | None]]:
    """Scores images, uint8 N,C,H,W, said to be like the training images of `config`, wherever they come from.

    Yields how far it is; returns the row and a picture of samples above their nearest training images, None where
    those are not here. Raises Unavailable, EvaluatorError, DataError, ValueError with a sentence.
    """
    began, n = time.perf_counter(), len(pixels)
    if n <= FEWEST:
        raise ValueError(f"scores need more than {FEWEST} images, not {n}")
    data, missing = _training_data(config)
    yield Progress(n, n, "images", "Reading the images")
    ruler = reference.of(config, data)
    notes = _notes(pixels, ruler, config)
    fake = ruler.see(pixels)
    yield Progress(n, n, "images", "Reading the training images")
    copied = None
    if data is not None and ruler.evaluator is not None:
        copied, missing = _copied(data, ruler.evaluator)
    found: dict[str, float] = {}
    why: dict[str, str] = {}
    yield Progress(n, n, "images", "Comparing")
    evidence = Evidence(fake, ruler.real, copied, missing)
    for name, measured, reason in metrics.measure(evidence):
        found |= measured
        why |= {name: reason} if reason else {}
        yield Progress(n, n, "images", f"Compared: {name.replace('-', ' ')}")
    told: dict[str, Any] | None = None
    names: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    if ruler.evaluator is not None:
        about = ruler.evaluator.about
        told = {"name": about.name, "accuracy": about.accuracy, "sha256": about.sha256}
        names = about.names
        shares = tuple(np.round(classes.shares(fake.classes, len(names)), 4).tolist())
    near, sheet = (None, None) if data is None or copied is None else _beside(evidence, ruler, data)
    row = Scores(
        step=0,
        weights="average",
        n=n,
        seed=SEED,
        dataset=config.dataset,
        split=ruler.real.split,
        evaluator=told,
        scores={key: round(value, 6) for key, value in found.items()},
        real={key: round(value, 6) for key, value in ruler.floor.items()},
        shares=shares,
        names=names,
        why=why,
        verdict=tuple(verdict(found, ruler.floor, shares, names, ruler.real.prior)),
        notes=notes,
        nearest=near,
        seconds=round(time.perf_counter() - began, 2),
        time=time.time(),
    )
    return row, sheet


def _draw(sampler: Sampler, n: int) -> Generator[Progress, None, NDArray[np.uint8]]:
    """n images, uint8 N,C,H,W, of fixed z."""
    rng, parts = np.random.default_rng(SEED), []
    for start in range(0, n, CHUNK):
        z = rng.standard_normal((min(CHUNK, n - start), sampler.z_dim), dtype=np.float32)
        parts.append(sampler.images(z))
        yield Progress(start + len(z), n, "images", f"Drawing {n:,} images")
    return np.concatenate(parts).transpose(0, 3, 1, 2)


def _training_data(config: RunConfig) -> tuple[Data | None, str]:
    """What the run was trained on, or why it is not here."""
    try:
        return datasets.open(config), ""
    except DataError as error:
        return None, f"the training images are not here ({error})"


def _copied(data: Data, judge: Evaluator) -> tuple[Copied | None, str]:
    """What copying is measured against, or why it cannot be."""
    if data.test is None:
        return None, "this data set has no test split to compare with"
    key = (
        judge.about.sha256,
        len(data),
        zlib.crc32(data.images[:: max(1, len(data) // 97)].tobytes()),
    )
    if key not in _READ:
        train = judge.read(data.images)[0]
        held_out, chances = judge.read(data.test.images[:N])
        _READ.clear()  # one data set at a time: MNIST's is 15 MB
        _READ[key] = Copied(train, nearest(held_out, train)[0], chances.argmax(1))
    return _READ[key], ""


def _beside(
    evidence: Evidence, ruler: Reference, data: Data
) -> tuple[dict[str, Any], images.Pixels]:
    """The samples nearest to training images, then as many others, above those training images."""
    assert evidence.copied is not None
    fake, (distance, which) = evidence.fake.images, evidence.twins
    closest = np.argsort(distance)[:SHOWN]
    others = np.setdiff1d(np.arange(2 * SHOWN), closest)[:SHOWN]
    picked = np.concatenate([closest, others])
    twins = ruler.fit(data.images[which[picked]])
    rows = [
        part for k in (0, SHOWN) for part in (fake[picked][k : k + SHOWN], twins[k : k + SHOWN])
    ]
    sheet = images.grid(np.concatenate(rows).transpose(0, 2, 3, 1), columns=SHOWN)
    told = {
        "distances": [round(float(d), 3) for d in distance[picked]],
        "rows": which[picked].tolist(),
        "held_out": round(float(np.median(evidence.copied.held_out)), 3),
    }
    return told, sheet


def _notes(pixels: NDArray[np.uint8], ruler: Reference, config: RunConfig) -> tuple[str, ...]:
    """What one has to know to read the row."""
    found = []
    if pixels.shape[1:] != ruler.shape:
        H, W = ruler.shape[1:]
        found.append(
            f"The images are {pixels.shape[2]} × {pixels.shape[3]} and were resized to {H} × {W}: their blur counts."
        )
    if config.n_images:
        found.append(f"Trained on {config.n_images:,} images only.")
    if len(pixels) < N:
        found.append(
            f"{len(pixels):,} images instead of {N:,}: less certain, and not comparable with other rows."
        )
    return tuple(found)


_READ: dict[Any, Copied] = {}
