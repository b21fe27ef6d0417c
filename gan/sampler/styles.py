"""Styles: w drawn to a centre (truncation), and two of them at different layers (mixing). Pure functions of tensors.

The one mean w of a generator that draws several things draws a mixture of them: drawn to it, every digit becomes the
same one. Drawn to the nearest of several centres each stays what it is (docs/mini-stylegan.md has both, measured).
Centres are class means where a generator can be asked for a class, else those of k-means (Lloyd 1982) on random w;
Mokady et al., "Self-Distilled StyleGAN" (2022, arXiv:2202.12211) draw to clusters for the same reason.
"""

from __future__ import annotations

import torch
from torch import Tensor

CENTRES = ("nearest", "mean")  # what w is drawn to
N_STYLES = 8192  # random w that centres are made of
N_CLUSTERS = 10  # centres where there are no classes: of digits these are the ten, as it turns out
ROUNDS = 10  # of k-means


def class_means(w: Tensor, y: Tensor, n_classes: int) -> Tensor:
    """The mean w of each class (n_classes,d), of w (N,d) and their classes (N)."""
    return torch.stack([w[y == k].mean(0) for k in range(n_classes)])


def cluster_means(w: Tensor, count: int = N_CLUSTERS, rounds: int = ROUNDS) -> Tensor:
    """Centres (count,d) of k-means on w (N,d), begun at the first ones; one that nothing is near to stays."""
    centres = w[:count].clone()
    for _ in range(rounds):
        which = torch.cdist(w, centres).argmin(1)
        sums = torch.zeros_like(centres).index_add_(0, which, w)
        counts = torch.bincount(which, minlength=len(centres))[:, None]
        centres = torch.where(counts > 0, sums / counts.clamp(min=1), centres)
    return centres


def draw_to(w: Tensor, psi: float, centres: Tensor) -> Tensor:
    """w (N,d) drawn to the nearest of centres (K,d): psi 1 leaves it, 0 makes it that centre."""
    return torch.lerp(centres[torch.cdist(w, centres).argmin(1)], w, psi)


def mixed(coarse: Tensor, fine: Tensor, border: int, layers: int) -> Tensor:
    """Styles R*C,layers,d: every coarse w (R,d) up to layer `border`, with every fine one (C,d) behind, row by row."""
    R, C = len(coarse), len(fine)
    is_coarse = torch.arange(layers, device=coarse.device) < border
    styles = torch.where(is_coarse[:, None], coarse[:, None, None], fine[None, :, None])  # R,C,layers,d
    return styles.reshape(R * C, layers, -1)
