"""Styles of a generator: what mixing two of them takes from each, and what truncation to one centre or many does.

    python -m benchmarks.styles --run ID [--pairs 2000] [--n 5000] [--publish]
    python -m benchmarks.styles --run ID --through-time [--n 5000] [--draws 1]

Mixing: pairs of random z, the first k layers with the style of one, the others with that of the other. EvalNet reads
the digit (counted where the two show different ones), gan/latents/attributes.py measures thickness and slant, whose
correlation with either parent is told. Truncation: the same z for every psi. Confident is a digit that EvalNet gives
more than 0.9. The run's data set needs an EvalNet. What is random here has the seed 0.

With --through-time each generator that the run has kept instead, as it draws without truncation: medians and ranges of
so many draws of n pictures, by the seeds 0, 1, ...
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks._machine import describe
from benchmarks._report import parser as command_line
from benchmarks._report import publish, spread, table
from gan import images, runs
from gan.evaluation import reference
from gan.evaluation.reference import Reference
from gan.latents import attributes
from gan.metrics import Features, MetricInputs, classes, classifier_score, frechet, needed
from gan.runs import Run
from gan.sampler import Sampler, styles

CONFIDENT = 0.9  # probability
CHUNK_IMAGES = 250
MEASURES = {"confident": 3, "classes": 0, "smallest class": 3, "score": 2, "FD-EvalNet64": 1}  # and their digits
PSIS = (1.0, 0.9, 0.8, 0.7, 0.5, 0.3, 0.0)
Pictures = NDArray[np.uint8]


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--run", required=True)
    parser.add_argument("--pairs", type=int, default=2_000)
    parser.add_argument("--n", type=int, default=5_000)
    parser.add_argument("--through-time", action="store_true")
    parser.add_argument("--draws", type=int, default=1)
    given = parser.parse_args()
    run = runs.find(given.run)
    sampler = Sampler.load(run.path)
    ruler = reference.of(sampler.config)
    if given.through_time:
        print(table(["step", *MEASURES], through_time(run, ruler, given.n, given.draws)))
        return
    rng = np.random.default_rng(0)
    coarse, fine = rng.standard_normal((2, given.pairs, sampler.z_dim))
    z = rng.standard_normal((given.n, sampler.z_dim))
    mixing = mixed(sampler, ruler, coarse, fine)
    truncation = truncated(sampler, ruler, z)
    parents = ["digit of the coarse one", "of the fine one", "thickness: coarse", "fine", "slant: coarse", "fine"]
    parts = [
        f"`{sampler.config.model}`, step {sampler.step:,}.",
        f"## Mixing, {given.pairs:,} pairs",
        table(["layers from the coarse one", *parents, "confident"], mixing),
        f"## Truncation, {given.n:,} pictures",
        table(["drawn to", "ψ", *MEASURES], truncation),
    ]
    found = {"mixing": mixing, "truncation": truncation}
    publish("Styles", "\n\n".join(parts), found, describe(), "styles", given.publish)


def mixed(sampler: Sampler, ruler: Reference, coarse: NDArray[Any], fine: NDArray[Any]) -> list[list[str]]:
    """A row for each border."""
    one, other = sampler.mapping(coarse), sampler.mapping(fine)
    shown = [_drawn(sampler, w[:, None].repeat(len(sampler.layers), 1)) for w in (one, other)]
    digits = [_read(ruler, pictures)[0] for pictures in shown]
    measured = [attributes.measure(pictures) for pictures in shown]
    unlike = digits[0] != digits[1]
    rows = []
    for border in range(1, len(sampler.layers)):
        is_coarse = (np.arange(len(sampler.layers)) < border)[None, :, None]
        pictures = _drawn(sampler, np.where(is_coarse, one[:, None], other[:, None]))
        digit, sure = _read(ruler, pictures)
        own = attributes.measure(pictures)
        alike = [f"{(digit == each)[unlike].mean():.1%}" for each in digits]
        related = [
            f"{np.corrcoef(own[name], each[name])[0, 1]:.2f}" for name in ("thickness", "slant") for each in measured
        ]
        rows.append([", ".join(sampler.layers[:border]), *alike, *related, f"{sure.mean():.3f}"])
    return rows


def truncated(sampler: Sampler, ruler: Reference, z: NDArray[Any]) -> list[list[str]]:
    """A row for each centre and psi."""
    return [
        [
            "nearest" if centre == "nearest" else "the mean",
            f"{psi:g}",
            *_cells([_measured(sampler, ruler, z, psi, centre)]),
        ]
        for centre in styles.CENTRES
        for psi in PSIS
    ]


def through_time(run: Run, ruler: Reference, n: int, draws: int) -> list[list[str]]:
    """A row for each snapshot, and for the newest generator."""
    rows = []
    for step in (*run.snapshots(), None):
        sampler = Sampler.load(run.path, step)
        noise = (np.random.default_rng(seed).standard_normal((n, sampler.z_dim)) for seed in range(draws))
        rows.append([f"{sampler.step:,}", *_cells([_measured(sampler, ruler, z) for z in noise])])
    return rows


def _measured(
    sampler: Sampler, ruler: Reference, z: NDArray[Any], psi: float = 1.0, centre: str = "nearest"
) -> list[float]:
    """MEASURES of the pictures of z."""
    features = _features(ruler, _pixels(sampler.images(part, psi=psi, centre=centre) for part in _parts(z)))
    shares = np.bincount(features.classes, minlength=10) / len(z)
    inputs = MetricInputs(features, ruler.real, None, "")
    sure = needed(features.probabilities, "").max(1) > CONFIDENT
    fd, score = frechet.measure(inputs)["fd"], classifier_score.measure(inputs)["classifier_score"]
    return [float(value) for value in (sure.mean(), classes.measure(inputs)["classes"], shares.min(), score, fd)]


def _cells(draws: list[list[float]]) -> list[str]:
    """MEASURES of some draws as text."""
    return [spread(values, digits) for values, digits in zip(zip(*draws, strict=True), MEASURES.values(), strict=True)]


def _drawn(sampler: Sampler, w: NDArray[Any]) -> Pictures:
    """Pictures uint8 N,C,H,W of styles N,layers,w_dim."""
    return _pixels(images.to_pixels(sampler.synthesis(part)) for part in _parts(w))


def _parts(rows: NDArray[Any]) -> list[NDArray[Any]]:
    return np.array_split(rows, -(-len(rows) // CHUNK_IMAGES))


def _pixels(parts: Any) -> Pictures:
    return np.ascontiguousarray(np.concatenate([*parts]).transpose(0, 3, 1, 2))


def _features(ruler: Reference, pictures: Pictures) -> Features:
    return ruler.extract(pictures)


def _read(ruler: Reference, pictures: Pictures) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The digit of each picture, and whether EvalNet is confident of it."""
    features = _features(ruler, pictures)
    return features.classes, needed(features.probabilities, "no EvalNet").max(1) > CONFIDENT


if __name__ == "__main__":
    main()
