"""Is a data set better with generated pictures in it? A small classifier, trained on real ones, fakes, and both.

For each number n of real pictures, and each seed, an EvalNet is trained for the same number of batches on

    real              n real pictures
    real and fakes    the same and as many fakes
    real, moved       the same, each shifted and turned a little every time it is seen
    fakes             n fakes alone: train on fake, test on real
    fakes judged      not trained again: the classifier of n real pictures reads fakes (train on real, test on fake)

and tested on real test pictures, for the last on fakes. Ravuri & Vinyals, "Classification Accuracy Score for
Conditional Generative Models" (2019, arXiv:1905.10887). A generator may have been trained on far more real pictures
than n: what its fakes add at a small n may come from those.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from gan import models
from gan.datasets import Data, DataError, Progress
from gan.evaluation.evalnet import EvalNet
from gan.evaluation.train_evalnet import augment, split
from gan.images import to_unit
from gan.models import _layers as layers
from gan.rng import RngStreams
from gan.runs.enlarged import Table

Pictures = tuple[NDArray[np.uint8], NDArray[np.int64]]  # N,C,H,W and their classes
Draw = Callable[[int, int], Pictures]  # (n, seed) -> fakes, every class as often
COUNTS, SEEDS, BATCHES = (100, 300, 1_000, 3_000), 3, 200
KINDS = ("real", "real and fakes", "real, moved", "fakes", "fakes judged")
BATCH, PEAK, DECAY = 64, 5e-3, 1e-2
TESTED = 2_000  # pictures that a classifier is tested with


def measure(
    draw: Draw, data: Data, counts: Sequence[int] = COUNTS, seeds: int = SEEDS, batches: int = BATCHES
) -> Generator[Progress, None, Table]:
    """Trains all classifiers; yields after each, returns the accuracies. Raises DataError for data without labels."""
    learn, test = split(data)
    if learn.labels is None or test.labels is None or data.is_points:
        raise DataError("A classifier needs pictures with labels.")
    counts = [n for n in counts if n <= len(learn)]
    chosen = np.random.RandomState(0).permutation(len(test))[:TESTED]
    tested = np.asarray(test.images)[chosen], test.labels[chosen]
    table: Table = {kind: {n: [] for n in counts} for kind in KINDS}
    done, total = 0, len(counts) * seeds * (len(KINDS) - 1)
    for n in counts:
        for seed in range(seeds):
            rows = np.random.RandomState(seed).permutation(len(learn))[:n]
            real = np.asarray(learn.images)[rows], learn.labels[rows]
            fakes = draw(n, seed)
            both = np.concatenate([real[0], fakes[0]]), np.concatenate([real[1], fakes[1]])
            for kind, (images, labels) in zip(KINDS, (real, both, real, fakes), strict=False):
                net = fitted(images, labels, data.n_classes, seed, batches, moved=kind == "real, moved")
                table[kind][n].append(accuracy(net, *tested))
                if kind == "real":
                    table["fakes judged"][n].append(accuracy(net, *draw(TESTED, 1_000 + seed)))
                done += 1
                yield Progress(done, total, "classifiers", f"{n:,} pictures, seed {seed}, {kind}")
    return table


def fitted(
    images: NDArray[np.uint8], labels: NDArray[np.int64], classes: int, seed: int, batches: int, moved: bool
) -> EvalNet:
    """A classifier of pictures N,C,H,W, trained for so many batches, with or without shifts and turns."""
    shape: tuple[int, int, int] = images.shape[1:]
    with models.seeded(torch.Generator().manual_seed(seed)):
        net = EvalNet(shape, classes)
    net.train()
    x, y, rng = to_unit(torch.from_numpy(images).float()), torch.from_numpy(labels), RngStreams(seed)
    optimizer = torch.optim.AdamW(net.parameters(), lr=PEAK, weight_decay=DECAY)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK, total_steps=batches, pct_start=0.25)
    for k in range(batches):
        rows = rng.batch(k, min(BATCH, len(x)), len(x))
        shown = augment(x[rows], rng.generator("augment", k)) if moved else x[rows]
        layers.rekey(net, rng.generator("dropout", k))
        optimizer.zero_grad()
        F.cross_entropy(net(shown), y[rows]).backward()
        optimizer.step()
        cycle.step()
    return net.eval()


@torch.inference_mode()
def accuracy(net: EvalNet, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
    """The share of pictures that are read as their class."""
    x = to_unit(torch.from_numpy(np.ascontiguousarray(images)).float())
    read = torch.cat([net(part).argmax(1) for part in x.split(500)]).numpy()
    return float((read == labels).mean())
