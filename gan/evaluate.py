"""Scores of a generator: evaluate(run) yields progress, asks every measure, and appends a row to scores.jsonl."""

from __future__ import annotations

import dataclasses
import time
import zlib
from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan import datasets, files, hardware, images, metrics, reference, scores
from gan.config import RunConfig
from gan.datasets import Data, DataError, Progress
from gan.evaluator import Evaluator, EvaluatorError
from gan.metrics import Copied, Evidence, Seen, Unavailable, classes, spaced
from gan.metrics._near import nearest
from gan.reference import Reference
from gan.runs import Run, RunError
from gan.sampler import Sampler
from gan.scores import Scores, Which
from gan.verdict import verdict

N = 10_000  # generated images
SEED = 0  # of their z
CHUNK = 250
FEWEST = 200  # images from which scores mean something
SHOWN = 12  # samples a row beside their nearest training images


def evaluate(
    run: Run, step: int | None = None, weights: Which = "average", n: int = N
) -> Generator[Progress, None, Scores]:
    """Scores the newest generator of a run, or its snapshot of `step`; yields how far it is, returns the row.

    `weights` "raw" takes the generator as it is trained instead of its running average, from the newest state or the
    one of `step`. Appends the row to scores.jsonl, and keeps a picture of samples above their nearest training
    images; closed before its end it leaves nothing. Raises RunError when it cannot be done, with a sentence.
    """
    hardware.use_threads(hardware.cores())
    yield Progress(0, n, "images", "Reading the generator")
    load = Sampler.load if weights == "average" else Sampler.raw
    sampler = load(run.path, step)
    try:
        pixels = yield from _draw(sampler, n)
        found, sheet = yield from judge(pixels, sampler.config)
    except CANNOT as error:
        raise RunError(f"This run cannot be scored: {error}") from error
    found = dataclasses.replace(found, step=sampler.step, weights=weights, seed=SEED)
    if sheet is not None and weights == "average":
        place = scores.nearest_picture(run, sampler.step)
        place.parent.mkdir(parents=True, exist_ok=True)
        files.replace(place, images.webp(sheet), durable=False)
    scores.keep(run, found)
    yield Progress(n, n, "images", "Scored")
    return found


def judge(
    pixels: NDArray[np.uint8], config: RunConfig
) -> Generator[Progress, None, tuple[Scores, images.Pixels | None]]:
    """Scores images, uint8 N,C,H,W, said to be like the training images of `config`, wherever they come from.

    Yields how far it is; returns the row and a picture of samples above their nearest training images, None where
    those are not here. Raises one of CANNOT, with a sentence.
    """
    began, n = time.perf_counter(), len(pixels)
    if n < FEWEST:
        raise ValueError(f"scores need {FEWEST} images or more, not {n}")
    yield Progress(n, n, "images", "Reading the images")
    data, missing = _training_data(config)
    ruler = reference.of(config, data)
    fake = ruler.see(pixels)
    yield Progress(n, n, "images", "Reading the training images")
    copied = None
    if data is not None and ruler.evaluator is not None:
        copied, missing = _copied(data, ruler.evaluator)
    evidence = Evidence(fake, ruler.real, copied, missing)
    found: dict[str, float] = {}
    why: dict[str, str] = {}
    for name, measured, reason in metrics.measure(evidence):
        yield Progress(n, n, "images", f"Compared: {name.replace('-', ' ')}")
        found |= measured
        why |= {name: reason} if reason else {}
    told, names, shares = _read_by(ruler, fake)
    near, sheet = (None, None) if data is None or copied is None else _beside(evidence, ruler, data)
    row = Scores(
        step=0,
        weights="average",
        n=n,
        seed=None,
        dataset=config.dataset,
        split=ruler.real.split,
        evaluator=told,
        scores={key: round(value, 6) for key, value in found.items()},
        real={key: round(value, 6) for key, value in ruler.floor.items()},
        shares=shares,
        prior=() if ruler.real.prior is None else tuple(np.round(ruler.real.prior, 4).tolist()),
        names=names,
        why=why,
        verdict=tuple(verdict(found, ruler.floor, shares, names, ruler.real.prior)),
        notes=tuple(_notes(pixels, ruler, config)),
        nearest=near,
        seconds=round(time.perf_counter() - began, 2),
        time=time.time(),
    )
    return row, sheet


def _draw(sampler: Sampler, n: int) -> Generator[Progress, None, NDArray[np.uint8]]:
    """n images, uint8 N,C,H,W, of fixed z."""
    z = np.random.default_rng(SEED).standard_normal((n, sampler.z_dim), dtype=np.float32)
    parts: list[NDArray[np.uint8]] = []
    for start in range(0, n, 4 * CHUNK):
        some = z[start : start + 4 * CHUNK]
        parts += hardware.together(sampler.images, np.array_split(some, -(-len(some) // CHUNK)))
        yield Progress(start + len(some), n, "images", f"Drawing {n:,} images")
    return np.concatenate(parts).transpose(0, 3, 1, 2)


def _training_data(config: RunConfig) -> tuple[Data | None, str]:
    """What the run was trained on, or why it is not here."""
    try:
        return datasets.open(config), ""
    except DataError as error:
        return None, f"the training images are not here ({error})"


def _copied(data: Data, judge: Evaluator) -> tuple[Copied | None, str]:
    """What copying is measured against, or why it cannot be. Raises EvaluatorError when `judge` misreads test images.

    Reading the training images takes longest of all, so the last ones read are kept: 15 MB for MNIST.
    """
    if data.test is None:
        return None, "this data set has no test split to compare with"
    sums = [zlib.crc32(spaced(split.images, 100).tobytes()) for split in (data, data.test)]
    key = (judge.about.sha256, len(data), *sums)
    if (found := _READ.get(key)) is None:
        held_out, chances = judge.read(data.test.images[:N])
        if data.test.labels is not None and data.shape == judge.about.shape:
            judge.check(chances.argmax(1), data.test.labels[:N])
        train = judge.read(data.images)[0]
        found = Copied(train, nearest(held_out, train)[0], chances.argmax(1))
        _READ.clear()
        _READ[key] = found
    return found, ""


def _read_by(
    ruler: Reference, fake: Seen
) -> tuple[dict[str, Any] | None, tuple[str, ...], tuple[float, ...]]:
    """Of the evaluator what a row tells, the names of its classes, and the shares it finds; nothing without one."""
    if ruler.evaluator is None:
        return None, (), ()
    about = ruler.evaluator.about
    shares = np.round(classes.shares(fake.classes, len(about.names)), 4)
    told = {"name": about.name, "accuracy": about.accuracy, "sha256": about.sha256}
    return told, about.names, tuple(shares.tolist())


def _beside(
    evidence: Evidence, ruler: Reference, data: Data
) -> tuple[dict[str, Any], images.Pixels]:
    """The samples nearest to training images, then as many others, above those training images."""
    assert evidence.copied is not None
    fake, (distance, which) = evidence.fake.images, evidence.twins
    closest = np.argsort(distance, kind="stable")[:SHOWN]
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


def _notes(pixels: NDArray[np.uint8], ruler: Reference, config: RunConfig) -> list[str]:
    """What one has to know to read the row."""
    found, n = [], len(pixels)
    if pixels.shape[1:] != ruler.shape:
        before, after = (" × ".join(map(str, s[-2:])) for s in (pixels.shape, ruler.shape))
        found.append(f"The images are {before} and were resized to {after}: their blur counts.")
    if config.n_images:
        found.append(f"Trained on {config.n_images:,} images only.")
    if n < N:
        found.append(
            f"{n:,} images instead of {N:,}: less certain; coverage, recall and raw distances cannot be compared with "
            "rows of another count."
        )
    return found


CANNOT = (
    EvaluatorError,
    DataError,
    Unavailable,
    ValueError,
    LookupError,
)  # why there are no scores
_READ: dict[Any, Copied] = {}
