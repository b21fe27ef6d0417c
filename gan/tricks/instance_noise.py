"""Instance noise: D sees real and generated pictures through Gaussian noise that fades as training goes on.

At first real and generated pictures have nothing in common, so a D can tell them apart without effort and tells G
nothing. Under noise both spread out until they overlap, and D's slope points the way; as G gets better less of it is
needed. Sønderby et al., "Amortised MAP Inference for Image Super-resolution" (2017, arXiv:1610.04490); Arjovsky &
Bottou, "Towards Principled Methods for Training Generative Adversarial Networks" (2017, arXiv:1701.04862).
"""

from __future__ import annotations

import torch
from torch import Tensor

KNOB = {
    "label": "Instance noise",
    "help": "Standard deviation of the noise at the start; pixels go from -1 to 1. 0: off.",
    "default": 0.0,
    "low": 0.0,
    "high": 2.0,
    "shown": (0.0, 0.05, 0.1, 0.2, 0.5, 1.0),
}
FADES = {
    "label": "Instance noise fades over",
    "help": "Updates of G in which the noise falls to nothing, on a straight line. 0: it stays.",
    "default": 2000,
    "low": 0,
    "high": 10_000_000,
    "shown": (0, 500, 1_000, 2_000, 5_000, 10_000),
}
FORMULA = r"x + \sigma_t \, \varepsilon, \quad \varepsilon \sim \mathcal{N}(0, I)"


def draw(shape: tuple[int, ...], generator: torch.Generator, amount: float) -> Tensor:
    """Noise of that standard deviation, N,C,H,W."""
    return torch.randn(shape, generator=generator, device=generator.device) * amount


def see(x: Tensor, draw: Tensor, amount: float) -> Tensor:
    """x (N,C,H,W) under the noise."""
    return x + draw
