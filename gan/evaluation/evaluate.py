"""Evaluation of a generator: evaluate(run) yields progress, runs every metric, and appends a row to scores.jsonl."""

from __future__ import annotations

import dataclasses
import time
import zlib
from collections.abc import Generator
from typing import Any

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from gan import datasets, files, hardware, images, metrics, registry
from gan.config import RunConfig
from gan.datasets import Data, DataError, Progress
from gan.diagnostics.findings import findings_of
from gan.evaluation import reference
from gan.evaluation.evalnet import EvalNetError, TrainedEvalNet
from gan.evaluation.reference import Reference
from gan.metrics import Features, MetricInputs, TrainDistances, Unavailable, classes, labels, modes, spaced
from gan.metrics._near import nearest
from gan.runs import Run, RunError, scores
from gan.runs.scores import Scores, Which
from gan.sampler import Sampler

N_IMAGES = 10_000  # generated images
SEED = 0  # of their z
CHUNK_IMAGES = 250
MIN_IMAGES = 200  # images from which scores mean something
ROW_IMAGES = 12  # samples a row beside their nearest training images


def evaluate(
    run: Run, step: int | None = None, weights: Which = "average", n: int | None = None
) -> Generator[Progress, None, Scores]:
    """Scores the newest generator of a run, or its snapshot of `step`; yields progress, returns the row.

    `weights` "average" is the EMA; "raw" the generator as it is trained, from the newest state or the one of `step`.
    n: generated images; None for as many as are usual for the data set.
    Appends the row to scores.jsonl, and writes a picture of samples above their nearest training images; where that
    cannot be written, a note of the row says so. Closed before its end it leaves nothing. Raises RunError with a
    sentence when it cannot be done.
    """
    hardware.use_threads(hardware.cores())
    n = n or usual(run.config().dataset)
    yield Progress(0, n, "images", "Reading the generator")
    load = Sampler.load if weights == "average" else Sampler.raw
    sampler = load(run.path, step)
    try:
        pixels, asked = yield from _generate(sampler, n)
        row, sheet = yield from score_images(pixels, sampler.config, asked)
    except CANNOT as error:
        raise RunError(f"This run cannot be scored: {error}") from error
    row = dataclasses.replace(row, step=sampler.step, weights=weights, seed=SEED)
    try:
        if sheet is not None and weights == "average":
            place = scores.nearest_picture(run, sampler.step)
            place.parent.mkdir(parents=True, exist_ok=True)
            files.replace(place, images.webp(sheet), durable=False)
        scores.keep(run, row)
    except OSError as error:  # they took long: the caller gets them all the same
        row = dataclasses.replace(row, notes=(*row.notes, f"Not kept with the run: {error.strerror or error}."))
    yield Progress(n, n, "images", "Scored")
    return row


def usual(dataset: str) -> int:
    """How many generated images a score is taken from."""
    stacked = dataset in registry.names("datasets") and "STACK_OF" in registry.card("datasets", dataset).facts
    return modes.N_IMAGES if stacked else N_IMAGES


def score_images(
    pixels: NDArray[np.uint8], config: RunConfig, asked: NDArray[np.int64] | None = None
) -> Generator[Progress, None, tuple[Scores, images.Pixels | None]]:
    """Scores images, uint8 N,C,H,W from any source, against the data set of `config`.

    `asked` are the classes (N) that they were asked for as; None where none were.
    Yields progress; returns the row and a picture of samples above their nearest training images, None where those
    are missing. Raises one of CANNOT, with a sentence.
    """
    began, n = time.perf_counter(), len(pixels)
    if n < MIN_IMAGES:
        raise ValueError(f"scores need {MIN_IMAGES} images or more, not {n}")
    yield Progress(n, n, "images", "Reading the images")
    data, missing = _training_data(config)
    ref = reference.of(config, data)
    fake = ref.extract(pixels)
    yield Progress(n, n, "images", "Reading the training images")
    train_distances = None
    if data is not None and ref.evalnet is not None:
        train_distances, missing = _train_distances(data, ref.evalnet)
    inputs = MetricInputs(fake, ref.real, train_distances, missing, asked)
    measured: dict[str, float] = {}
    why: dict[str, str] = {}
    for name, some, reason in metrics.measure(inputs):
        yield Progress(n, n, "images", f"Compared: {name.replace('-', ' ')}")
        measured |= some
        why |= {name: reason} if reason else {}
    evaluator, names, shares = _class_shares(ref, fake)
    real = dict(ref.real_baseline)
    if evaluator and "label_accuracy" in measured:
        real["label_accuracy"] = evaluator["accuracy"]
    near, sheet = (None, None) if data is None or train_distances is None else _nearest_sheet(inputs, ref, data)
    row = Scores(
        step=0,
        weights="average",
        n=n,
        seed=None,
        dataset=config.dataset,
        split=ref.real.split,
        evaluator=evaluator,
        scores={key: round(value, 6) for key, value in measured.items()},
        real={key: round(value, 6) for key, value in real.items()},
        shares=shares,
        prior=() if ref.real.prior is None else tuple(np.round(ref.real.prior, 4).tolist()),
        names=names,
        class_accuracy=_class_accuracy(inputs, len(names)) if "label_accuracy" in measured else (),
        why=why,
        verdict=tuple(findings_of(measured, ref.real_baseline, shares, names, ref.real.prior)),
        notes=tuple(_notes(pixels, ref, config)),
        nearest=near,
        seconds=round(time.perf_counter() - began, 2),
        time=time.time(),
    )
    return row, sheet


def _generate(
    sampler: Sampler, n: int
) -> Generator[Progress, None, tuple[NDArray[np.uint8], NDArray[np.int64] | None]]:
    """n generated images, uint8 N,C,H,W, of fixed z, and the classes (N) that they were asked for as, if any."""
    z = np.random.default_rng(SEED).standard_normal((n, sampler.z_dim), dtype=np.float32)
    parts: list[NDArray[np.uint8]] = []
    for start in range(0, n, 4 * CHUNK_IMAGES):
        some = z[start : start + 4 * CHUNK_IMAGES]
        parts += hardware.together(sampler.images, np.array_split(some, -(-len(some) // CHUNK_IMAGES)))
        yield Progress(start + len(some), n, "images", f"Drawing {n:,} images")
    return np.concatenate(parts).transpose(0, 3, 1, 2), sampler.classes_of(z)


def _training_data(config: RunConfig) -> tuple[Data | None, str]:
    """The run's training data, or why they are missing."""
    try:
        return datasets.open(config), ""
    except DataError as error:
        return None, f"the training images are not here ({error})"


def _train_distances(data: Data, net: TrainedEvalNet) -> tuple[TrainDistances | None, str]:
    """The reference of copying, or why there is none. Raises EvalNetError when `net` misreads test images.

    Features of the training images take longest of all, so the last ones are cached: 15 MB for MNIST.
    """
    if data.test is None:
        return None, "this data set has no test split to compare with"
    sums = [zlib.crc32(spaced(split.images, 100).tobytes()) for split in (data, data.test)]
    key = (net.about.sha256, len(data), *sums)
    if (distances := _DISTANCES.get(key)) is None:
        held_out, chances = net.read(data.test.images[:N_IMAGES])
        if data.test.labels is not None and data.shape == net.about.shape:
            net.check(chances.argmax(1), data.test.labels[:N_IMAGES])
        train = net.read(data.images)[0]
        distances = TrainDistances(train, nearest(held_out, train)[0], chances.argmax(1))
        _DISTANCES[key] = distances
    return distances, ""


def _class_shares(ref: Reference, fake: Features) -> tuple[dict[str, Any] | None, tuple[str, ...], tuple[float, ...]]:
    """The row's facts of EvalNet, the names of its classes, and their shares; empty without EvalNet."""
    if ref.classifier is None:
        return None, (), ()
    about = ref.classifier.about
    evaluator = {"name": about.name, "accuracy": about.accuracy, "sha256": about.sha256}
    if ref.evalnet is None:
        return evaluator, (), ()
    shares = np.round(classes.shares(fake.classes, len(about.names)), 4)
    return evaluator, about.names, tuple(shares.tolist())


def _class_accuracy(inputs: MetricInputs, count: int) -> tuple[float | None, ...]:
    """Of each class the share of its images that EvalNet reads as it; None for one never asked for."""
    assert inputs.asked is not None
    shares = labels.per_class(inputs.fake.classes, inputs.asked, count)
    return tuple(None if np.isnan(share) else round(share, 4) for share in shares.tolist())


def _nearest_sheet(inputs: MetricInputs, ref: Reference, data: Data) -> tuple[dict[str, Any], images.Pixels]:
    """A sheet of the samples nearest to training images, then as many others, above those training images."""
    assert inputs.train_distances is not None
    fake, (distance, which) = inputs.fake.images, inputs.nearest_train
    closest = np.argsort(distance, kind="stable")[:ROW_IMAGES]
    others = np.setdiff1d(np.arange(2 * ROW_IMAGES), closest)[:ROW_IMAGES]
    picked = np.concatenate([closest, others])
    train = ref.fit(data.images[which[picked]])
    rows = [part for k in (0, ROW_IMAGES) for part in (fake[picked][k : k + ROW_IMAGES], train[k : k + ROW_IMAGES])]
    sheet = images.grid(np.concatenate(rows).transpose(0, 2, 3, 1), columns=ROW_IMAGES)
    facts = {
        "distances": [round(float(d), 3) for d in distance[picked]],
        "rows": which[picked].tolist(),
        "held_out": round(float(np.median(inputs.train_distances.held_out)), 3),
    }
    return facts, sheet


def _notes(pixels: NDArray[np.uint8], ref: Reference, config: RunConfig) -> list[str]:
    """Notes for the reader of the row."""
    notes, n = [], len(pixels)
    if pixels.shape[1:] != ref.shape:
        before, after = (" × ".join(map(str, s[-2:])) for s in (pixels.shape, ref.shape))
        notes.append(f"The images are {before} and were resized to {after}: their blur counts.")
    if config.n_images:
        notes.append(f"Trained on {config.n_images:,} images only.")
    if n < (full := usual(config.dataset)):
        notes.append(
            f"{n:,} images instead of {full:,}: less certain; coverage, recall and raw distances cannot be "
            "compared with rows of another count."
        )
    return notes


CANNOT = (EvalNetError, DataError, Unavailable, ValueError, LookupError)  # why there are no scores
_DISTANCES: LRUCache[Any, TrainDistances] = LRUCache(1)
