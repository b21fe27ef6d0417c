"""Spectral norm: every layer of D is divided by the largest factor by which it can stretch a vector.

So D as a whole cannot be steeper than its activations allow, which steadies training without a penalty. The factor,
the largest singular value, is followed by one step of the power method an update. Miyato et al., "Spectral
Normalization for Generative Adversarial Networks" (2018, arXiv:1802.05957).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

KNOB = {
    "label": "Spectral norm",
    "help": "Divides every layer of D by its largest singular value, so that D cannot grow steep.",
    "default": False,
}
FORMULA = r"W \,/\, \sigma(W), \quad \sigma(W) = \max_{\lVert h \rVert = 1} \lVert W h \rVert"
NOT_WITH = {"BatchNorm": "BatchNorm scales every channel anew, so nothing is left of the bound"}
CHANGES_LAYERS = True  # weights with it do not fit a D without
WARM_UP = 15  # steps of the power method before the first update


class SpectralNorm(nn.Module):
    """The parametrisation of one weight: itself over its largest singular value, as far as that is known."""

    def __init__(self, weight: Tensor, generator: torch.Generator) -> None:
        super().__init__()
        rows = weight.detach().flatten(1)
        start = torch.randn(len(rows), generator=generator, dtype=rows.dtype)
        self.register_buffer("u", F.normalize(start.to(rows.device), dim=0))
        self.u: Tensor
        for _ in range(WARM_UP):
            self._power(rows)

    def forward(self, weight: Tensor) -> Tensor:
        rows = weight.flatten(1)
        if self.training:
            self._power(rows.detach())
        u = self.u.clone()  # the next call changes it in place
        with torch.no_grad():
            v = F.normalize(rows.t() @ u, dim=0)
        return weight / (u @ rows @ v)

    @torch.no_grad()
    def _power(self, rows: Tensor) -> None:
        v = F.normalize(rows.t() @ self.u, dim=0)
        self.u.copy_(F.normalize(rows @ v, dim=0))


def prepare(D: nn.Module, amount: bool, generator: torch.Generator) -> None:
    """Gives every layer of D that has a matrix of weights its spectral norm."""
    for layer in [*D.modules()]:
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.Embedding):
            parametrize.register_parametrization(layer, "weight", SpectralNorm(layer.weight, generator))
