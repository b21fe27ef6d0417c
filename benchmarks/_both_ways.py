"""What a translation without pairs is worth, each way: is it of the wanted kind, and does it still show the same?"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks._training import Training
from gan import config as configs
from gan import datasets, images, registry
from gan.config import RunConfig
from gan.datasets import Data, _domains
from gan.datasets._domains import Domains
from gan.evaluation import evalnet, train_evalnet
from gan.evaluation.evalnet import TrainedEvalNet
from gan.metrics import Moments, frechet
from gan.training import held_out

USES = {"cycle-thick": ("thin", "thick"), "cycle-writers": ("first", "second"), "cycle-mnist": ("MNIST", "thick")}
JUDGED = 2_000  # test images of each kind
EPOCHS = 2  # in which a judge learns
Row = dict[str, float]
Pixels = NDArray[np.uint8]


def measured(use: str, budgets: Sequence[int], seeds: Sequence[int]) -> dict[str, list[Row]]:
    """The rows of a table: each way the source, real pictures of the wanted kind, and the results of each seed."""
    config, _ = configs.preset(use)
    names = USES[use]
    ways = {False: f"{names[0]} to {names[1]}", True: f"{names[1]} to {names[0]}"}
    rows: dict[str, list[Row]] = {}
    first: Training | None = None
    judges: Judges | None = None
    for seed in seeds:
        training = Training(config.replace(seed=seed), 1, first)
        if judges is None:
            first = training
            judges = Judges(config, training.data)
            y, x = held_out.examples(training.game, training.data, JUDGED, 0)
            labels = held_out.labels(config, training.data, JUDGED, 0)
            true = held_out.paired(config, training.data)
            for back, way in ways.items():
                source, target = (x, y) if back else (y, x)
                own, others = labels[back], labels[not back]
                rows[f"{way}: source"] = [judges.row(source, target, own, back, true)]
                rows[f"{way}: real ones"] = [judges.row(target, target, others, back, true)]
        print(f"{use}, seed {seed}", file=sys.stderr, flush=True)
        for budget in budgets:
            training.to(budget)
            for back, way in ways.items():
                source, target = (x, y) if back else (y, x)
                row = judges.row(_made(training, source, back), target, labels[back], back, true)
                rows.setdefault(f"{way}: {budget:,} steps", []).append(row)
                print(way, budget, row, file=sys.stderr, flush=True)
    return rows


@torch.no_grad()
def _made(training: Training, y: Tensor, back: bool) -> Tensor:
    G: Any = training.game.G_ema
    return torch.cat([G(None, part, back=back) for part in y.split(250)])


class Judges:
    """Two classifiers that learned from real pictures of both kinds: of the classes, and of the kinds.

    Writers are told apart by one that knows all of them.
    """

    def __init__(self, config: RunConfig, data: Data) -> None:
        domains = _domains.apart(data, config.two_classes)
        self.classes = _learned("classes", _mixed(domains), domains.a.names)
        if config.dataset == "writers":
            everyone: Data = registry.load("datasets", "writers").load(datasets.root())
            kinds = _by_writer(everyone)
            self.kinds = _learned("kinds", kinds, tuple(map(str, range(1, 7))))
            self.numbers = config.writer - 1, config.writer_b - 1
        else:
            self.kinds = _learned("kinds", _mixed(domains, kinds=True), ("a", "b"))
            self.numbers = 0, 1

    def row(self, made: Tensor, target: Tensor, labels: Any, back: bool, true: bool) -> Row:
        """What is measured of results that should be of kind B, or with `back` of kind A."""
        pixels, wanted = _pixels(made), _pixels(target)
        features, chances = self.classes.read(pixels)
        kinds = self.kinds.read(pixels)[1].argmax(1)
        row = {
            "class kept": float((chances.argmax(1) == labels).mean()),
            "of the wanted kind": float((kinds == self.numbers[not back]).mean()),
            "FD": frechet.distance(Moments.of(self.classes.read(wanted)[0]), Moments.of(features)),
            "ink": float(pixels.mean() / wanted.mean()),
        }
        if true:
            row["pixel error"] = float(np.abs(pixels.astype(np.float32) - wanted).mean() / 255)
        return row


def _learned(name: str, data: Data, names: tuple[str, ...]) -> TrainedEvalNet:
    """A classifier of these labels, kept nowhere."""
    with tempfile.TemporaryDirectory() as folder:
        for _ in train_evalnet.train(name, dataclasses.replace(data, names=names), EPOCHS, home=Path(folder)):
            pass
        net = evalnet.load(name, Path(folder))
    print(net.about.name, file=sys.stderr, flush=True)
    return net


def _mixed(domains: Domains, kinds: bool = False) -> Data:
    """Pictures of both kinds with their classes, or with their kinds, as many of each in both splits."""
    splits = []
    for parts in ((domains.a, domains.b), (domains.a.test, domains.b.test)):
        known = [part for part in parts if part is not None]
        n = min(map(len, known))
        pictures = np.concatenate([part.images[:n] for part in known])
        classes = [
            np.full(n, k) if kinds else part.labels[:n] for k, part in enumerate(known) if part.labels is not None
        ]
        splits.append(Data(pictures, np.concatenate(classes).astype(np.int64), domains.a.names))
    return dataclasses.replace(splits[0], test=splits[1])


def _by_writer(data: Data) -> Data:
    """The pictures of all writers, labelled by who wrote them."""
    assert data.factors is not None
    test = None if data.test is None else _by_writer(data.test)
    return Data(data.images, data.factors["writer"].astype(np.int64) - 1, data.names, test=test)


def _pixels(x: Tensor) -> Pixels:
    """uint8 N,C,H,W."""
    return np.ascontiguousarray(images.to_pixels(x.numpy()).transpose(0, 3, 1, 2))
