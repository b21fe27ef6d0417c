"""How good the directions of the shipped generators are, and what truncation costs. Makes docs/directions.md.

    python -m benchmarks.directions [--only lean-mnist …] [--epochs 4] [--publish]

One thread. Moves are judged on 1,000 z that no fit has seen. The true factors of generated strokes are read by a
network that is trained here on real ones, half a minute an epoch. What is left out by --only stays on the page as it
was measured before.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks._machine import describe
from benchmarks._report import earlier, keep
from benchmarks._report import parser as command_line
from gan import datasets, models
from gan.datasets import Data, strokes
from gan.evaluation import evalnet, reference
from gan.evaluation.evalnet import EvalNet
from gan.latents import attributes, directions, truncation
from gan.latents.directions import Directions, r_squared, render
from gan.models import _layers as layers
from gan.rng import RngStreams
from gan.sampler import Sampler

HOME = Path("checkpoints")
RUNS = (
    "mini-stylegan-mnist",
    "dcgan-deep-mnist",
    "dcgan-deep-cond-mnist",
    "lean-mnist",
    "gan-2014-mnist",
    "lean-strokes",
)
Z, LEVELS, ROUNDS = 1000, (-2, -1, 0, 1, 2), 5
FACTORS = ("slant", "rotation", "scale", "thickness")
SAME = {"slant": "slant", "rotation": "rotation", "size": "scale", "thickness": "thickness"}
BATCH, PEAK = 128, 4e-3
Told = dict[str, Any]


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--epochs", type=int, default=4)
    given = parser.parse_args()
    machine = describe()
    torch.set_num_threads(1)
    before: Told = {"generators": {}, "strokes": None}
    if given.only:
        before = earlier("directions") or before
    new = {name: _generator(name) for name in RUNS if name in given.only or not given.only}
    every = {**before["generators"], **new}
    found = {name: every[name] for name in RUNS if name in every}
    truth = _truth(given.epochs) if "lean-strokes" in new else before["strokes"]
    if given.only:
        machine += f" Only {', '.join(given.only)}; the others by earlier calls, on other machines."
    page = _page(found, truth, machine)
    print(page)
    told = {"generators": found, "strokes": truth, "machine": machine}
    keep("directions", page, told, given.publish)


def _generator(name: str) -> Told:
    """What is found in one generator, how it moves, how long it takes, and what truncation costs."""
    sampler = Sampler.load(HOME / name)
    judge = evalnet.load(sampler.config.dataset)
    found = directions.of(sampler, judge)  # the first one warms up
    seconds, work = [], []
    for _ in range(ROUNDS):
        began, worked = time.perf_counter(), time.process_time()
        directions.of(sampler, judge)
        seconds.append(time.perf_counter() - began)
        work.append(time.process_time() - worked)
    z = np.random.default_rng(1).standard_normal((Z, sampler.z_dim))
    z = np.pad(z, ((0, 0), (0, sampler.latent_dim - sampler.z_dim)))  # where there are styles, w is moved
    return {
        "directions": [
            {"name": it.name, "kind": it.kind, "score": it.score, "measure": it.measure} for it in found.directions
        ],
        "hidden": [vars(it) for it in found.hidden],
        "seconds": seconds,
        "cpu": work,
        "moves": _moves(sampler, found, z, attributes.measure, attributes.UNITS),
        "truncation": list(truncation.sweep(sampler, reference.of(sampler.config))),
    }


def _moves(sampler: Sampler, found: Directions, z: NDArray[Any], see: Any, names: Iterable[str]) -> dict[str, Told]:
    """For every direction of an attribute: mean of what `see` tells at each level, in sd from the one at 0."""
    y = np.arange(len(z)) % sampler.classes if sampler.classes else None
    start = see(render(sampler, z, y))
    told = {}
    for way in found.directions:
        if way.kind != "attribute":
            continue
        at = [see(render(sampler, z + level * way.vector, y)) for level in LEVELS]
        told[way.name] = {
            name: [float((one[name] - start[name]).mean() / start[name].std()) for one in at] for name in names
        }
    return told


def _truth(epochs: int) -> Told:
    """How well directions of the strokes' generator isolate the factors that strokes are written with."""
    data = strokes.load(datasets.root())
    assert data.test is not None
    net, mean, spread = _reader(data, epochs)

    def see(pictures: NDArray[np.uint8]) -> dict[str, NDArray[np.float64]]:
        return dict(zip(FACTORS, (_read(net, pictures) * spread + mean).T, strict=True))

    real, true = see(data.test.images), _factors(data.test)
    read = np.stack([real[name] for name in FACTORS], 1)
    sampler = Sampler.load(HOME / "lean-strokes")
    z = np.random.default_rng(1).standard_normal((Z, sampler.z_dim))
    made = see(render(sampler, z))
    measured = attributes.measure(data.test.images)
    assert data.test.labels is not None
    return {
        "reader": dict(zip(FACTORS, r_squared(true, read).tolist(), strict=True)),
        "spread": {name: {"real": float(real[name].std()), "generated": float(made[name].std())} for name in FACTORS},
        "moves": _moves(sampler, directions.of(sampler), z, see, FACTORS),
        "moves of all": _moves(sampler, directions.of(sampler, least=-9), z, see, FACTORS),
        "agreement": {
            name: {factor: _agreement(values, true[:, k], data.test.labels) for k, factor in enumerate(FACTORS)}
            for name, values in measured.items()
        },
    }


def _reader(data: Data, epochs: int) -> tuple[EvalNet, NDArray[Any], NDArray[Any]]:
    """A network that reads the factors of strokes (standardised), their means and standard deviations.

    EvalNet's 64 features were learnt to tell digits apart, which takes forgetting the hand: a linear fit on them reads
    rotation with R² 0.12 and scale with 0.07. So its layers are trained anew, on the factors themselves.
    """
    with models.seeded(torch.Generator().manual_seed(0)):
        net = EvalNet(data.shape, len(FACTORS))
    net.drop = layers.Dropout(0)  # a number, unlike a class, suffers from dropout
    y = _factors(data)
    mean, spread = y.mean(0), y.std(0)
    images, wanted = torch.tensor(data.images), torch.tensor((y - mean) / spread).float()
    rng, total = RngStreams(0), epochs * (len(data) // BATCH)
    optimizer = torch.optim.Adam(net.parameters(), lr=PEAK)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK, total_steps=total)
    for k in range(total):
        rows = rng.batch(k, BATCH, len(data))
        loss = (net(images[rows].float() / 127.5 - 1) - wanted[rows]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        cycle.step()
    return net.eval().requires_grad_(False), mean, spread


def _read(net: EvalNet, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    parts = torch.tensor(pictures).split(250)
    return np.concatenate([net(part.float() / 127.5 - 1).numpy() for part in parts]).astype(float)


def _factors(data: Data) -> NDArray[np.float64]:
    """N,4."""
    assert data.factors is not None
    return np.stack([data.factors[name] for name in FACTORS], 1).astype(np.float64)


def _agreement(a: NDArray[Any], b: NDArray[Any], labels: NDArray[Any]) -> float:
    """Spearman's rank correlation within each class, on average."""

    def ranks(values: NDArray[Any]) -> NDArray[Any]:
        _, place, count = np.unique(values, return_inverse=True, return_counts=True)
        return (np.cumsum(count) - (count - 1) / 2)[place]

    each = [np.corrcoef(ranks(a[labels == k]), ranks(b[labels == k]))[0, 1] for k in np.unique(labels)]
    return float(np.mean(each))


def _page(found: dict[str, Told], truth: Told | None, machine: str) -> str:
    parts = [HEAD.format(n=f"{directions.N_IMAGES:,}", least=directions.MIN_R_SQUARED, auc=directions.MIN_AUC)]
    parts += [_scores(found), MOVES]
    for name, told in found.items():
        parts += [f"### {name}\n", _matrix(told["moves"], list(attributes.UNITS), {}), ""]
    if truth:
        parts += [STROKES, _table(["", *FACTORS], [_row("R²", truth["reader"])]), SHOWN]
        parts += [_matrix(truth["moves"], FACTORS, SAME), ALL]
        parts += [_matrix(truth["moves of all"], FACTORS, SAME), AGREEMENT]
        rows = [_row(name, told) for name, told in truth["agreement"].items()]
        parts += [_table(["", *FACTORS], rows)]
    parts += [TRUNCATION, _psi(found)]
    parts += [f"\nMade by `python -m benchmarks.directions` on: {machine}. Directions on one thread."]
    return "\n".join(parts) + "\n"


def _scores(found: dict[str, Told]) -> str:
    rows = []
    for name, told in found.items():
        shown = {it["name"]: it["score"] for it in told["directions"] if it["kind"] == "attribute"}
        hidden = {it["name"]: it["score"] for it in told["hidden"] if it["measure"] == "R²"}
        classes = [it["score"] for it in told["directions"] if it["kind"] == "class"]
        every = len(classes) + sum(it["measure"] == "AUC" for it in told["hidden"])
        rows.append(
            [
                f"`{name}`",
                *(f"**{shown[it]:.2f}**" if it in shown else f"{hidden[it]:.2f}" for it in attributes.UNITS),
                f"{len(classes)} of {every}, {min(classes):.2f} to {max(classes):.2f}" if classes else "told",
                *(
                    f"{statistics.median(told[key]):.2f} ({min(told[key]):.2f} to {max(told[key]):.2f})"
                    for key in ("seconds", "cpu")
                ),
            ]
        )
    return _table(["generator", *attributes.UNITS, "classes shown, AUC", "seconds", "of CPU"], rows)


def _matrix(moves: dict[str, Told], names: Sequence[str], same: dict[str, str]) -> str:
    """A row a direction: sd a unit of everything between -2 and 2, and how its own stands out."""
    rows = []
    for way, told in moves.items():
        slopes = {name: (told[name][-1] - told[name][0]) / (LEVELS[-1] - LEVELS[0]) for name in names}
        own = same.get(way, way)
        cells = [f"**{slopes[it]:+.2f}**" if it == own else f"{slopes[it]:+.2f}" for it in names]
        if own in slopes:
            most = max(abs(slope) for name, slope in slopes.items() if name != own)
            rising = bool((np.diff(told[own]) > 0).all())
            cells += [" ".join(f"{value:+.2f}" for value in told[own]), "yes" if rising else "no"]
            cells += [f"{slopes[own] / most:.1f}"]
        else:
            cells += ["", "", ""]
        rows.append([way, *cells])
    return _table(["direction", *names, "its own at -2 … 2", "monotone", "own / largest other"], rows)


def _psi(found: dict[str, Told]) -> str:
    rows = [[f"`{name}`", *(f"{p:.2f} / {r:.2f}" for _, p, r in told["truncation"])] for name, told in found.items()]
    return _table(["ψ", *(f"{psi:g}" for psi in truncation.PSIS)], rows)


def _row(name: str, values: dict[str, float]) -> list[str]:
    return [name, *(f"{value:.2f}" for value in values.values())]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


HEAD = """# Directions

What `gan.latents.directions` finds in the shipped generators, from {n} pictures of each. An attribute
(`gan.latents.attributes`) is a linear fit in z. The table has its held-out R² (five folds), in bold where it is
at least {least}; the others are hidden. A class is a fit of EvalNet's log-odds, hidden below an AUC of {auc}.
MNIST scales every digit to 20 pixels, so there is no size to find. Seconds are medians (and ranges) on the clock of a
machine that had other work, too.
"""
MOVES = """
## Moving along one

{z} z that no fit has seen are moved from -2 to 2 units: what each attribute does on average, in standard deviations a
unit; the levels of its own; how much that is beside the largest change of another, hidden ones included.
""".format(z=f"{Z:,}")
STROKES = """
## By the true factors of strokes

A network trained on real strokes reads their factors. Its R² on 10,000 held-out ones tells what can be known at all: a
rotation of 4 degrees hardly stands out from slant and slips of the hand.
"""
SHOWN = """
Directions of `lean-strokes` that are shown, by the factors that are read (standard deviations a unit):
"""
ALL = """
With the hidden ones among them, of which all others are then freed as well:
"""
AGREEMENT = """
## What the attributes measure

Rank correlation with the true factors within each class of 10,000 real strokes, on average:
"""
TRUNCATION = """
## Truncation

Precision / recall (k = 3, EvalNet's features) of {n} samples of ψ z against as many real images. Towards the middle z
gets shorter than any z these generators were trained on; variety goes, and below 0.6 quality too.
""".format(n=f"{truncation.N_IMAGES:,}")

if __name__ == "__main__":
    main()
