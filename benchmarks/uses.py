"""What GANs are used for: translation and restoration, beside doing nothing, bicubic, and the pixel error alone.

    GAN_DATA=… python -m benchmarks.uses [--steps 500 1000] [--seeds 0 1 2] [--only restore-7 …] [--publish]

Each preset is trained on one thread for the last of so many steps and judged at each of them, then once more without
D's opinion: the same G by the pixel error alone. Steps, because seconds of a machine with other work are not worth the
same twice. Real MNIST for the restorations (strokes without it). Judged on 2,000 test images by the averaged weights:

    class kept      share that EvalNet reads as the class of the source; EvalNet of strokes for thin to thick
    pixel error     mean difference to the true picture, pixels in 0..1; of a hole in the whole picture
    FD              Fréchet distance to the true pictures in EvalNet's 64 features, raw
    of the wanted   share that a classifier takes for the kind it was translated to; of writers one that knows all six.
    kind            Where there are no pairs, it and that of classes learned from real pictures of both kinds
    answers apart   mean difference of two of 8 answers to one source, where there are several, and how many digits
    and digits      EvalNet reads among the 8
    shrinks back    pixel error of a result made as small as its source, to that source
    ink             mean of the results over that of the true pictures
    thickness       pixels, by twice the area over the outline, put right on strokes whose thickness is known

Prints Markdown: the median of the seeds, and their range where there are several.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from benchmarks import _both_ways
from benchmarks._machine import describe
from benchmarks._report import parser as command_line
from benchmarks._report import publish, spread, table
from benchmarks._training import Training
from gan import config as configs
from gan import datasets, images, registry
from gan.config import RunConfig
from gan.datasets import Data
from gan.evaluation import evalnet
from gan.games._degradations import degrade
from gan.latents import attributes
from gan.metrics import Moments, frechet
from gan.rng import RngStreams
from gan.training import held_out

USES = ("thin-to-thick", "restore-7", "restore-4", "inpaint", *_both_ways.USES)
MNIST = registry.card("datasets", "mnist")
JUDGED = 2_000  # test images
ANSWERS, ANSWERED = 8, 250  # answers to each of so many sources, where a run has several
SCORES = {
    "class kept": 3,
    "of the wanted kind": 3,
    "pixel error": 4,
    "FD": 2,
    "ink": 3,
    "thickness": 2,
    "answers apart": 4,
    "digits": 2,
    "shrinks back": 4,
}  # and their decimals
GAMES: dict[str, dict[str, float]] = {
    "with D": {},
    "L1 alone": {"adversarial_weight": 0.0, "diversity_weight": 0.0},
}
Row = dict[str, float]
Pixels = NDArray[np.uint8]


def main() -> None:
    parser = command_line(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--steps", type=int, nargs="+", default=[1_500])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--without-twin", action="store_true", help="leave out L1 alone")
    parser.add_argument("--only", nargs="+", default=USES, choices=USES)
    given = parser.parse_args()
    parts, found = [TEXT.format(seeds=len(given.seeds), judged=JUDGED)], {}
    for use in given.only:
        if use in _both_ways.USES:
            found[use] = _both_ways.measured(use, sorted(given.steps), given.seeds)
        else:
            found[use] = _measured(use, sorted(given.steps), given.seeds, not given.without_twin)
        names = [name for name in SCORES if any(name in row for rows in found[use].values() for row in rows)]
        lines = [[who, *(_told(rows, name) for name in names)] for who, rows in found[use].items()]
        parts.append(f"## {registry.load('presets', use)['title']}\n\n{table(['', *names], lines)}")
    publish("Uses", "\n\n".join(parts), found, describe(), "uses", given.publish)


TEXT = """What a translation or a restoration is worth after so many steps: {seeds} seed(s), judged on {judged:,}
test images by the averaged weights. *Class kept*: the share that EvalNet reads as the class of the source. *Pixel
error*: mean difference to the true picture, pixels from 0 to 1. *FD*: Fréchet distance to the true pictures in
EvalNet's features. *Ink*: how much there is, as a share of the truth. *Thickness*: pixels. *Answers apart*: mean
difference of two of 8 answers to one source, and *digits*, how many different ones EvalNet reads among the 8.
*Shrinks back*: pixel error of a result made as small as its source, to that source. *L1 alone* is the same G
without D's opinion. Without pairs both ways are judged, classes and kinds by classifiers that learned from real
pictures of both kinds, those of writers from all six."""


def _told(rows: Sequence[Row], name: str) -> str:
    values = [row[name] for row in rows if name in row]
    return spread(values, SCORES[name]) if values else ""


def _measured(use: str, budgets: Sequence[int], seeds: Sequence[int], twin: bool) -> dict[str, list[Row]]:
    """The rows of a table: what is judged, and what was measured of it with each seed."""
    config, _ = configs.preset(use)
    if "dataset" not in registry.load("presets", use)["config"] and not registry.missing(MNIST, datasets.root()):
        config = config.replace(dataset="mnist")
    rows: dict[str, list[Row]] = {}
    labels: Any = None
    first: Training | None = None
    for seed in seeds:
        for who, changes in tuple(GAMES.items())[: 1 + twin]:
            training = Training(config.replace(seed=seed, **changes), 1, first)
            judge = Judge(training.config)
            if first is None:
                first = training
                y, truth = held_out.examples(training.game, training.data, JUDGED, 0)
                labels = held_out.labels(training.config, training.data, JUDGED, 0)[0]
                for name, x in _without_training(training.config, y, truth):
                    rows[name] = [judge.row(_pixels(x), _pixels(truth), labels)]
            print(f"{use}, seed {seed}, {who}", file=sys.stderr, flush=True)
            for budget in budgets:
                training.to(budget)
                row = judge.row(_made(training, y), _pixels(truth), labels) | _answers(training, y, judge)
                rows.setdefault(f"{who}, {budget:,} steps", []).append(row)
                print(budget, row, file=sys.stderr, flush=True)
    return rows


def _without_training(config: RunConfig, y: Tensor, truth: Tensor) -> Iterator[tuple[str, Tensor]]:
    """What costs nothing: the truth, the source as it is (black where it is missing), and a smooth enlargement."""
    C, H, W = truth.shape[1:]
    shown = registry.load("games", config.game).shown(config, y, (C, H, W))
    yield "the truth", truth
    yield "the source", y[:, :C] if config.degradation == "hole" else shown
    if config.degradation in ("shrink", "tiny"):
        yield "bicubic", F.interpolate(y, (H, W), mode="bicubic", align_corners=False).clamp(-1, 1)


@torch.no_grad()
def _made(training: Training, y: Tensor, answer: int = 0) -> Pixels:
    """Results; of a run that has several answers one of them."""
    G: Any = training.game.G_ema
    z = RngStreams(answer).z("uses", 0, len(y), training.config.z_dim)
    return _pixels(torch.cat([G(*part) for part in zip(z.split(250), y.split(250), strict=True)]))


def _answers(training: Training, y: Tensor, judge: Judge) -> Row:
    """What is measured of several answers to one source, and whether results shrink back to it."""
    row: Row = {}
    config, y = training.config, y[:ANSWERED]
    made = [_made(training, y, answer) for answer in range(ANSWERS if config.diversity_weight else 1)]
    if config.degradation in ("shrink", "tiny"):
        back = degrade(config.degradation, images.to_unit(torch.from_numpy(made[0]).float()), torch.Generator())
        row["shrinks back"] = float((back - y).abs().mean() / 2)
    if len(made) > 1:
        pairs = itertools.combinations(np.stack(made).astype(np.float32), 2)
        row["answers apart"] = float(np.mean([np.abs(a - b).mean() / 255 for a, b in pairs]))
        read = np.stack([judge.net.read(each)[1].argmax(1) for each in made])
        row["digits"] = float(np.mean([len({*each}) for each in read.T]))
    return row


def _pixels(x: Tensor) -> Pixels:
    """uint8 N,C,H,W."""
    return np.ascontiguousarray(images.to_pixels(x.numpy()).transpose(0, 3, 1, 2))


class Judge:
    """What reads results: an EvalNet, and a ruler of thickness where the data are lines of known thickness."""

    def __init__(self, config: RunConfig) -> None:
        self.lines = config.dataset == "thin-thick"
        self.net = evalnet.load("strokes" if self.lines else config.dataset)
        self.fit = _ruler(registry.load("datasets", "strokes").load(datasets.root())) if self.lines else None

    def row(self, made: Pixels, truth: Pixels, labels: NDArray[np.int64]) -> Row:
        """What is measured of results, beside the truth and the classes of their sources."""
        (features, probabilities), (wanted, _) = self.net.read(made), self.net.read(truth)
        row = {
            "class kept": float((probabilities.argmax(1) == labels).mean()),
            "pixel error": float(np.abs(made.astype(np.float32) - truth).mean() / 255),
            "FD": frechet.distance(Moments.of(wanted), Moments.of(features)),
            "ink": float(made.mean() / truth.mean()),
        }
        if self.fit is not None:
            row["thickness"] = float(np.polyval(self.fit, attributes.measure(made)["thickness"]).mean())
        return row


def _ruler(data: Data) -> NDArray[np.float64]:
    """The cubic from the measured thickness of strokes to the pen's."""
    assert data.test is not None
    assert data.test.factors is not None
    return np.polyfit(attributes.measure(data.test.images)["thickness"], data.test.factors["thickness"], 3)


if __name__ == "__main__":
    main()
