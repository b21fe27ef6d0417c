"""A truncation sweep: precision and recall of a generator for several psi, its z or w drawn towards the middle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from gan.evaluation.reference import Reference
from gan.latents.directions import render
from gan.metrics import NO_EVALUATOR, needed, spaced
from gan.metrics.precision_recall import precision_recall
from gan.sampler import Sampler

PSIS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
N_IMAGES = 2000


def sweep(
    sampler: Sampler,
    reference: Reference,
    psis: Iterable[float] = PSIS,
    n: int = N_IMAGES,
    seed: int = 0,
    centre: str = "nearest",
) -> Iterator[tuple[float, float, float]]:
    """(psi, precision, recall) for each psi, as soon as it is known: `n` samples against as many real images.

    The same z for every psi; with styles w is drawn to a `centre`. Both depend on n, so compare them with one another,
    not with a report. Raises Unavailable for a data set without an evaluator.
    """
    real = spaced(needed(reference.real.features, NO_EVALUATOR), n)
    z = np.random.default_rng(seed).standard_normal((len(real), sampler.z_dim))
    for psi in psis:
        features = reference.extract(render(sampler, z, psi=psi, centre=centre)).features
        yield psi, *precision_recall(real, needed(features, NO_EVALUATOR))
