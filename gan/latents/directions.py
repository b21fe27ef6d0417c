"""Named directions in the latent space of a generator, each with a held-out score.

    fitted = directions.of(sampler, evalnet.load("mnist"))
    z += 2 * fitted.directions[0].vector  # two standard deviations more slanted, say

Attributes and classes are linear fits in z, and what moves one attribute is freed of what moves the others, as in Shen
et al., "Interpreting the Latent Space of GANs for Semantic Face Editing" (InterFaceGAN, 2020, arXiv:1907.10786). SeFa
needs no picture at all: Shen & Zhou, "Closed-Form Factorization of Latent Semantics in GANs" (2021, arXiv:2007.06600).

Of a generator with styles all of them are ways in w, measured in its principal components, which are directions, too:
Härkönen et al., "GANSpace: Discovering Interpretable GAN Controls" (2020, arXiv:2004.02546).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gan.evaluation.evalnet import TrainedEvalNet
from gan.latents import attributes
from gan.metrics import Unavailable
from gan.sampler import Sampler

Array = NDArray[np.float64]
N_IMAGES = 1024  # pictures that the fits are made from
MOVED_IMAGES = 48  # pictures of them that are drawn again with every direction added and taken away
CHUNK_IMAGES = 128  # pictures drawn at once: they stay in the cache
FOLDS = 5
MIN_R_SQUARED, MIN_AUC = 0.3, 0.75  # held-out scores below which a direction is hidden
MAX_LENGTH = 3.0  # length of one unit above which a direction is hidden: z would leave where samples are
SEFA_COUNT = PCA_COUNT = 5
MIN_VARIANCE = 1e-4  # of a principal component of w, as a share of the largest, below which it is left out
MIN_CLASS_IMAGES = 10  # pictures that a class must have, and that must not be of it
MIN_PROBABILITY = 1e-3  # a class probability is taken for no nearer to 0 or 1


@dataclass(frozen=True, eq=False)
class Direction:
    """One way to move z (z_dim,), or w with zeros for z in front (latent_dim,): z + value * vector.

    A unit of an attribute or a class is about one standard deviation of what it measures, and leaves the other
    attributes shown where they are as far as a linear fit can tell; one of SeFa or PCA is a standard deviation of z or
    w. `score` is on held-out z and named by `measure`. `effect` is the measured change of each attribute by a unit, in
    standard deviations, and `monotone` whether its own attribute rose from -1 over 0 to 1; None where that was not
    measured.
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
    """A direction whose fit is too poor to show. `score` is None where there was nothing to score."""

    name: str
    score: float | None
    measure: str
    why: str


@dataclass(frozen=True, eq=False)
class Directions:
    """All directions of a generator at a step, from `n` pictures: attributes, SeFa, then classes, each best first."""

    step: int
    n: int
    directions: list[Direction]
    hidden: list[Hidden]

    def to_dict(self) -> dict[str, Any]:
        """JSON values, with rounded numbers."""
        return {
            "step": self.step,
            "n": self.n,
            "directions": [
                {
                    **vars(direction),
                    "score": _rounded(direction.score),
                    "vector": [float(f"{value:.6g}") for value in direction.vector],
                    "effect": direction.effect and {name: round(value, 3) for name, value in direction.effect.items()},
                }
                for direction in self.directions
            ],
            "hidden": [{**vars(hidden), "score": _rounded(hidden.score)} for hidden in self.hidden],
            "least": MIN_R_SQUARED,
            "least_auc": MIN_AUC,
        }


def of(
    sampler: Sampler, net: TrainedEvalNet | None = None, n: int = N_IMAGES, seed: int = 0, least: float = MIN_R_SQUARED
) -> Directions:
    """The directions of a generator, from `n` of its pictures; classes where `net` classifies them.

    Attributes whose held-out R² is below `least` are hidden. A conditional generator has no directions of
    classes, and its attributes are measured against the mean of each class. The same arguments give the same. Raises
    Unavailable for points of the plane, ValueError for fewer pictures than the folds need.
    """
    if sampler.shape[1:] == (1, 1):
        raise Unavailable("points of the plane have no attributes")
    if n < 2 * FOLDS:
        raise ValueError(f"directions need {2 * FOLDS} pictures or more, not {n}")
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n, sampler.z_dim))
    y = rng.permutation(np.arange(n) % sampler.classes) if sampler.classes else None
    pictures = render(sampler, z, y)
    measured = attributes.measure(pictures)
    values = _within(np.stack([*measured.values()], 1), y)
    space = _space(sampler, z, y)
    shown, hidden = _attributes(space.at, values, list(measured), least)
    shown = [space.placed(direction) for direction in shown] + _pca(space) + [*map(space.long, sefa(sampler))]
    few = np.pad(z[:MOVED_IMAGES], ((0, 0), (0, space.basis.shape[1] - sampler.z_dim)))
    with_effect = _EffectMeter(sampler, few, None if y is None else y[:MOVED_IMAGES], measured, _spread(values))
    shown = [with_effect(direction) for direction in shown]
    if net is not None and net.about.shape[0] == pictures.shape[1] and not sampler.classes:
        read, unread = _classes(space.at, net.read(pictures)[1], net.about.names)
        shown, hidden = shown + [space.placed(direction) for direction in read], hidden + unread
    return Directions(sampler.step, n, shown, hidden)


@dataclass(frozen=True, eq=False)
class _Space:
    """Where directions are fitted: `at` (N,k) of mean 0 and variance 1, k steps `basis` (k,latent_dim) of one each."""

    at: Array
    basis: Array

    def placed(self, direction: Direction) -> Direction:
        """A direction of this space as one that vectors move along."""
        return replace(direction, vector=direction.vector @ self.basis)

    def long(self, direction: Direction) -> Direction:
        """A direction of w, as long as w spreads along it, behind zeros for z; one of z as it is."""
        w_dim = len(direction.vector)
        if w_dim == self.basis.shape[1]:
            return direction
        spread = np.linalg.norm(self.basis[:, -w_dim:] @ direction.vector)
        return replace(direction, vector=np.pad(spread * direction.vector, (self.basis.shape[1] - w_dim, 0)))


def _space(sampler: Sampler, z: Array, y: NDArray[Any] | None) -> _Space:
    """z itself, or the principal components of w, of one class like the other, where a generator has styles."""
    if not sampler.layers:
        return _Space(z, np.eye(z.shape[1]))
    w = torch.from_numpy(_within(sampler.mapping(z, y).astype(np.float64), y))
    w = w - w.mean(0)
    values, vectors = torch.linalg.eigh(w.T @ w / len(w))
    large = values > MIN_VARIANCE * values.max()
    values, vectors = values[large].flip(0), vectors[:, large].flip(1)
    basis = (vectors * values.sqrt()).T  # k,w_dim
    return _Space(np.asarray((w @ vectors / values.sqrt()).numpy()), np.pad(basis.numpy(), ((0, 0), (z.shape[1], 0))))


def _pca(space: _Space) -> list[Direction]:
    """The ways along which w spreads most, one standard deviation each; none where z is N(0, 1) in every direction."""
    if np.array_equal(space.basis, np.eye(len(space.basis))):
        return []
    return [
        Direction(f"PCA {k}", "pca", None, "", row * np.sign(row[np.abs(row).argmax()]))
        for k, row in enumerate(space.basis[:PCA_COUNT], 1)
    ]


def render(sampler: Sampler, z: Array, classes: NDArray[Any] | None = None, **truncation: Any) -> NDArray[np.uint8]:
    """Pictures uint8 N,C,H,W of z, drawn towards the middle by psi and centre."""
    parts = [
        sampler.images(
            z[k : k + CHUNK_IMAGES], None if classes is None else classes[k : k + CHUNK_IMAGES], **truncation
        )
        for k in range(0, len(z), CHUNK_IMAGES)
    ]
    return np.ascontiguousarray(np.concatenate(parts).transpose(0, 3, 1, 2))


def sefa(sampler: Sampler, count: int = SEFA_COUNT) -> list[Direction]:
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
    """Ridge regression of y (N,K) on z (N,d): slopes (K,d), and predictions of each row by the folds without it (N,K).

    The penalty is d, which is right where half of the variance is linear in N(0, 1) noise.
    """
    guess = np.empty_like(y)
    for fold in range(FOLDS):
        out = np.arange(len(z)) % FOLDS == fold
        slopes = _ridge(z[~out], y[~out])
        guess[out] = (z[out] - z[~out].mean(0)) @ slopes.T + y[~out].mean(0)
    return _ridge(z, y), guess


def r_squared(y: Array, guess: Array) -> Array:
    """R² (K): the share of the variance of y (N,K) explained by the guess; 0 where there is none."""
    spread = ((y - y.mean(0)) ** 2).sum(0)
    residual = ((y - guess) ** 2).sum(0)
    return np.where(spread > 0, 1 - residual / np.where(spread > 0, spread, 1), 0.0)


def auc(scores: Array, of_it: NDArray[np.bool_]) -> float:
    """The chance that a picture of a class scores higher than one that is not, of scores (N,)."""
    ranks = np.empty(len(scores))
    ranks[scores.argsort()] = np.arange(1, len(scores) + 1)
    inside = int(of_it.sum())
    return float((ranks[of_it].mean() - (inside + 1) / 2) / (len(scores) - inside))


def dual_vectors(slopes: Array) -> Array:
    """The shortest vectors (K,d) that each raise one linear function by 1 and leave the others: slopes (K,d)."""
    return np.asarray(np.linalg.pinv(slopes).T)


def _attributes(z: Array, values: Array, names: list[str], least: float) -> tuple[list[Direction], list[Hidden]]:
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
        elif np.linalg.norm(dual_vectors(slopes[[*taken, k]]), axis=1).max() > MAX_LENGTH:
            why = "it hardly changes without " + " and ".join(names[i] for i in taken)
        if why:
            hidden.append(Hidden(names[k], float(scores[k]), "R²", why))
        else:
            taken.append(k)
    shown = [
        Direction(names[k], "attribute", float(scores[k]), "R²", vector)
        for k, vector in zip(taken, dual_vectors(slopes[taken]), strict=True)
    ]
    return shown, hidden


def _classes(z: Array, chances: NDArray[Any], names: Sequence[str]) -> tuple[list[Direction], list[Hidden]]:
    """Directions of the log-odds of each class, the best first, and the classes that have none."""
    p = chances.astype(np.float64).clip(MIN_PROBABILITY, 1 - MIN_PROBABILITY)
    slopes, guess = fit(z, _standard(np.log(p / (1 - p))))
    classes = chances.argmax(1)
    shown: list[Direction] = []
    hidden = []
    for k, name in enumerate(names):
        of_it = classes == k
        count = int(of_it.sum())
        score = auc(guess[:, k], of_it) if MIN_CLASS_IMAGES <= count <= len(z) - MIN_CLASS_IMAGES else None
        if score is None:
            why = "too few of the pictures are of it" if count < MIN_CLASS_IMAGES else "all pictures are of it"
            hidden.append(Hidden(name, None, "AUC", why))
        elif score < MIN_AUC:
            hidden.append(Hidden(name, score, "AUC", "z hardly tells it"))
        else:
            shown.append(Direction(name, "class", score, "AUC", dual_vectors(slopes[[k]])[0]))
    return sorted(shown, key=lambda direction: -(direction.score or 0)), hidden


@dataclass(frozen=True, eq=False)
class _EffectMeter:
    """Measures the mean effect of a unit of a direction on pictures of z, both ways; `before` begins with those."""

    sampler: Sampler
    z: Array
    classes: NDArray[Any] | None
    before: dict[str, Array]
    spread: Array

    def __call__(self, direction: Direction) -> Direction:
        less, more = (
            attributes.measure(render(self.sampler, self.z + way * direction.vector, self.classes)) for way in (-1, 1)
        )
        effect = {
            name: float((more[name] - less[name]).mean() / 2 / spread)
            for name, spread in zip(self.before, self.spread, strict=True)
        }
        monotone = None
        if direction.name in effect:
            sides = (less, self.before, more)
            low, middle, high = (side[direction.name][: len(self.z)].mean() for side in sides)
            monotone = bool(low < middle < high)
        return replace(direction, effect=effect, monotone=monotone)


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
