"""Directions in the latent space of one generator that do something one can name, each with how sure that is.

    found = directions.of(sampler, evaluator.load("mnist"))
    z += 2 * found.directions[0].vector  # two standard deviations more slanted, say

Attributes and classes are linear fits in z, and what moves one attribute is freed of what moves the others, as in Shen
et al., "Interpreting the Latent Space of GANs for Semantic Face Editing" (InterFaceGAN, 2020, arXiv:1907.10786). SeFa
needs no picture at all: Shen & Zhou, "Closed-Form Factorization of Latent Semantics in GANs" (2021, arXiv:2007.06600).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gan import attributes
from gan.evaluator import Evaluator
from gan.metrics import Unavailable
from gan.sampler import Sampler

Array = NDArray[np.float64]
N = 1024  # pictures that the fits are made from
MOVED = 48  # pictures of them that are drawn again with every direction added and taken away
CHUNK = 128  # pictures drawn at once: they stay in the cache
FOLDS = 5
LEAST, LEAST_AUC = 0.3, 0.75  # held-out scores below which a direction is hidden
FARTHEST = (
    3.0  # length of one unit above which a direction is hidden: z would leave where samples are
)
SEFA = 5
FEW = 10  # pictures that a class must have, and that must not be of it
SURE = 1e-3  # a class probability is taken for no nearer to 0 or 1


@dataclass(frozen=True, eq=False)
class Direction:
    """One way to move z (z_dim,): z + value * vector.

    A unit of an attribute or a class is about one standard deviation of what it measures, and leaves the other
    attributes shown where they are as far as a linear fit can tell; a SeFa vector has length 1. `score` is on held-out
    z and named by `measure`. `effect` is what a unit really did to each attribute, in standard deviations, and
    `monotone` whether its own attribute rose from -1 over 0 to 1; None where nobody looked.
    """

    name: str
    kind: str
    score: float | None
    measure: str
    vector: Array
    effect: dict[str, float] | None = None
    monotone: bool | None = None


@dataclass(frozen=True)
class Hidden:
    """What was looked for and not found well enough. `score` is None where there was nothing to score."""

    name: str
    score: float | None
    measure: str
    why: str


@dataclass(frozen=True, eq=False)
class Directions:
    """All of a generator at a step, from `n` pictures: attributes, then SeFa, then classes, each best first."""

    step: int
    n: int
    directions: list[Direction]
    hidden: list[Hidden]

    def to_dict(self) -> dict[str, Any]:
        """As JSON tells it."""
        return {
            "step": self.step,
            "n": self.n,
            "directions": [
                {
                    **vars(found),
                    "score": _rounded(found.score),
                    "vector": [float(f"{value:.6g}") for value in found.vector],
                    "effect": found.effect
                    and {name: round(value, 3) for name, value in found.effect.items()},
                }
                for found in self.directions
            ],
            "hidden": [{**vars(it), "score": _rounded(it.score)} for it in self.hidden],
            "least": LEAST,
            "least_auc": LEAST_AUC,
        }


def of(
    sampler: Sampler,
    judge: Evaluator | None = None,
    n: int = N,
    seed: int = 0,
    least: float = LEAST,
) -> Directions:
    """The directions of a generator, from `n` of its pictures; classes where `judge` reads them.

    Attributes whose held-out R² is below `least` are hidden. A generator that is told a class has no directions of
    classes, and its attributes are measured against the mean of each class. The same arguments find the same. Raises
    Unavailable for points of the plane, ValueError for fewer pictures than the folds need.
    """
    if sampler.shape[1:] == (1, 1):
        raise Unavailable("points of the plane have no attributes")
    if n < 2 * FOLDS:
        raise ValueError(f"directions need {2 * FOLDS} pictures or more, not {n}")
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n, sampler.z_dim))
    y = rng.permutation(np.arange(n) % sampler.classes) if sampler.classes else None
    pictures = draw(sampler, z, y)
    measured = attributes.measure(pictures)
    values = _within(np.stack([*measured.values()], 1), y)
    shown, hidden = _attributes(z, values, list(measured), least)
    watch = _Watch(sampler, z[:MOVED], None if y is None else y[:MOVED], measured, _spread(values))
    shown = [watch(found) for found in shown + sefa(sampler)]
    if judge is not None and judge.about.shape[0] == pictures.shape[1] and not sampler.classes:
        read, unread = _classes(z, judge.read(pictures)[1], judge.about.names)
        shown, hidden = shown + read, hidden + unread
    return Directions(sampler.step, n, shown, hidden)


def draw(sampler: Sampler, z: Array, classes: NDArray[Any] | None = None) -> NDArray[np.uint8]:
    """Pictures uint8 N,C,H,W of z."""
    parts = [
        sampler.images(z[k : k + CHUNK], None if classes is None else classes[k : k + CHUNK])
        for k in range(0, len(z), CHUNK)
    ]
    return np.ascontiguousarray(np.concatenate(parts).transpose(0, 3, 1, 2))


def sefa(sampler: Sampler, count: int = SEFA) -> list[Direction]:
    """The `count` directions that change what the first layer makes of z the most: eigenvectors of A'A, length 1.

    Each points to where its largest component is positive. Empty for a generator that does not begin with a matrix.
    """
    try:
        A = torch.from_numpy(sampler.first_weights()).double()
    except ValueError:
        return []
    _, vectors = torch.linalg.eigh(A.T @ A)  # the smallest eigenvalue first
    vectors = vectors.T.flip(0)[:count].numpy()
    vectors *= np.sign(vectors[np.arange(len(vectors)), np.abs(vectors).argmax(1)])[:, None]
    return [Direction(f"SeFa {k}", "sefa", None, "", v) for k, v in enumerate(vectors, 1)]


def fit(z: Array, y: Array) -> tuple[Array, Array]:
    """Ridge regression of y (N,K) on z (N,d): slopes (K,d), and what each fold says of the rows it did not see (N,K).

    The penalty is d, which is right where half of the variance is linear in N(0, 1) noise.
    """
    guess = np.empty_like(y)
    for fold in range(FOLDS):
        out = np.arange(len(z)) % FOLDS == fold
        slopes = _ridge(z[~out], y[~out])
        guess[out] = (z[out] - z[~out].mean(0)) @ slopes.T + y[~out].mean(0)
    return _ridge(z, y), guess


def r_squared(y: Array, guess: Array) -> Array:
    """The share of the variance of y (N,K) that the guess tells, K; 0 where there is none."""
    spread = ((y - y.mean(0)) ** 2).sum(0)
    left = ((y - guess) ** 2).sum(0)
    return np.where(spread > 0, 1 - left / np.where(spread > 0, spread, 1), 0.0)


def auc(scores: Array, of_it: NDArray[np.bool_]) -> float:
    """The chance that a picture of a class scores higher than one that is not, of scores (N,)."""
    ranks = np.empty(len(scores))
    ranks[scores.argsort()] = np.arange(1, len(scores) + 1)
    inside = int(of_it.sum())
    return float((ranks[of_it].mean() - (inside + 1) / 2) / (len(scores) - inside))


def apart(slopes: Array) -> Array:
    """The shortest vectors (K,d) that each raise one linear function by 1 and leave the others: slopes (K,d)."""
    return np.asarray(np.linalg.pinv(slopes).T)


def _attributes(
    z: Array, values: Array, names: list[str], least: float
) -> tuple[list[Direction], list[Hidden]]:
    """Directions of what is linear enough in z, the best first, and the rest."""
    y = _standard(values)
    slopes, guess = fit(z, y)
    scores = r_squared(y, guess)
    taken: list[int] = []
    hidden = []
    for k in np.argsort(-scores, kind="stable").tolist():
        why = ""
        if scores[k] < least:
            why = "too little of it is linear in z"
        elif np.linalg.norm(apart(slopes[[*taken, k]]), axis=1).max() > FARTHEST:
            why = "it hardly changes without " + " and ".join(names[i] for i in taken)
        if why:
            hidden.append(Hidden(names[k], float(scores[k]), "R²", why))
        else:
            taken.append(k)
    shown = [
        Direction(names[k], "attribute", float(scores[k]), "R²", vector)
        for k, vector in zip(taken, apart(slopes[taken]), strict=True)
    ]
    return shown, hidden


def _classes(
    z: Array, chances: NDArray[Any], names: Sequence[str]
) -> tuple[list[Direction], list[Hidden]]:
    """Directions of the log-odds of each class, the best first, and the classes that have none."""
    p = chances.astype(np.float64).clip(SURE, 1 - SURE)
    slopes, guess = fit(z, _standard(np.log(p / (1 - p))))
    seen = chances.argmax(1)
    shown: list[Direction] = []
    hidden = []
    for k, name in enumerate(names):
        of_it = seen == k
        count = int(of_it.sum())
        score = auc(guess[:, k], of_it) if FEW <= count <= len(z) - FEW else None
        if score is None:
            why = "too few of the pictures are of it" if count < FEW else "all pictures are of it"
            hidden.append(Hidden(name, None, "AUC", why))
        elif score < LEAST_AUC:
            hidden.append(Hidden(name, score, "AUC", "z hardly tells it"))
        else:
            shown.append(Direction(name, "class", score, "AUC", apart(slopes[[k]])[0]))
    return sorted(shown, key=lambda found: -(found.score or 0)), hidden


@dataclass(frozen=True, eq=False)
class _Watch:
    """Sees what a unit of a direction does to pictures of z, both ways, on average; `before` begins with those."""

    sampler: Sampler
    z: Array
    classes: NDArray[Any] | None
    before: dict[str, Array]
    spread: Array

    def __call__(self, found: Direction) -> Direction:
        less, more = (
            attributes.measure(draw(self.sampler, self.z + way * found.vector, self.classes))
            for way in (-1, 1)
        )
        effect = {
            name: float((more[name] - less[name]).mean() / 2 / spread)
            for name, spread in zip(self.before, self.spread, strict=True)
        }
        monotone = None
        if found.name in effect:
            sides = (less, self.before, more)
            low, middle, high = (side[found.name][: len(self.z)].mean() for side in sides)
            monotone = bool(low < middle < high)
        return replace(found, effect=effect, monotone=monotone)


def _within(values: Array, classes: NDArray[Any] | None) -> Array:
    """Values (N,K) less the mean of their class, so that only what z does is left."""
    if classes is None:
        return values
    means = {k: values[classes == k].mean(0) for k in np.unique(classes).tolist()}
    return values - np.stack([means[k] for k in classes.tolist()])


def _standard(y: Array) -> Array:
    """Columns of mean 0 and variance 1; 0 where all are equal."""
    return (y - y.mean(0)) / _spread(y)


def _spread(y: Array) -> Array:
    """The standard deviation along the first axis; infinite where all are equal, so that nothing is many of it."""
    spread = y.std(0)
    return np.where(spread > 1e-9, spread, np.inf)


def _ridge(z: Array, y: Array) -> Array:
    """Slopes (K,d). In torch, which keeps to the threads that the caller may use; NumPy's BLAS takes all."""
    x, wanted = (torch.from_numpy(v - v.mean(0)) for v in (z, y))
    inner = x.T @ x + z.shape[1] * torch.eye(z.shape[1], dtype=x.dtype)
    return np.asarray(torch.linalg.solve(inner, x.T @ wanted).T.numpy())


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 3)
