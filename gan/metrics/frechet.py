"""Fréchet distance: between the features of generated and of real images, taken as normal distributions.

In EvalNet's 64 features (FD-EvalNet64), and in 64 principal components of the pixels (FD-PCA64), which needs no
labels. Both are biased by the number of images: two samples of one law do not give 0. So beside the raw distance
stands what is left after taking off what equal laws would give. Dowson, Landau (1982); Heusel et al., "GANs Trained
by a Two Time-Scale Update Rule" (2017, arXiv:1706.08500), who used another network: no number here is an FID.
"""

from __future__ import annotations

import numpy as np

from gan.metrics import MetricInputs, Moments

SCORES = {
    "fd": {"label": "FD-EvalNet64", "better": "lower", "report": 10, "compare": 10},
    "fd_raw": {"label": "FD-EvalNet64, raw", "better": "lower"},
    "fd_pca": {"label": "FD-PCA64", "better": "lower", "report": 20, "compare": 20},
    "fd_pca_raw": {"label": "FD-PCA64, raw", "better": "lower"},
}


def distance(a: Moments, b: Moments) -> float:
    """|mean difference|² + trace(A + B - 2 (A B)^½), at least 0, of covariances A and B."""
    values, vectors = a.spectrum
    root = (vectors * np.sqrt(values)) @ vectors.T
    product = np.linalg.eigvalsh(root @ b.covariance @ root).clip(0)  # A^½ B A^½: symmetric
    apart = np.square(a.mean - b.mean).sum()
    traces = np.trace(a.covariance) + np.trace(b.covariance)
    return float(max(0.0, apart + traces - 2 * np.sqrt(product).sum()))


def expected_bias(law: Moments, n: int, m: int) -> float:
    """The mean of `distance`, to first order, for n and m vectors of one normal law: its finite-sample bias.

    (1/n + 1/m) [3/2 Σ λ_i + Σ_{i≠j} λ_i λ_j / (2 (λ_i + λ_j))] for the eigenvalues λ of its covariance.
    """
    values = law.spectrum[0].clip(1e-12)
    pairs = np.outer(values, values) / (2 * (values[:, None] + values))
    return float((1 / n + 1 / m) * (1.5 * values.sum() + pairs.sum() - np.trace(pairs)))


def measure(inputs: MetricInputs) -> dict[str, float]:
    fake, real = inputs.fake, inputs.real
    scores = _both("fd_pca", real.pixels, Moments.of(fake.components))
    if real.moments is not None and fake.features is not None:
        scores |= _both("fd", real.moments, Moments.of(fake.features))
    return scores


def _both(name: str, real: Moments, fake: Moments) -> dict[str, float]:
    raw = distance(real, fake)
    return {name: raw - expected_bias(real, real.n, fake.n), f"{name}_raw": raw}
