"""Weight clipping: after each of its updates every weight of D is cut to [-c, c], which bounds how steep D can be.

The first way to make a Wasserstein critic Lipschitz, and by its authors' own words a terrible one: weights pile up at
the bound, and D learns only the simplest differences; the gradient penalty replaced it. Arjovsky, Chintala & Bottou,
"Wasserstein GAN" (2017, arXiv:1701.07875), with c = 0.01.
"""

from __future__ import annotations

import torch
from torch import nn

KNOB = {
    "label": "Weight clipping",
    "help": "Cuts every weight of D to this size after each update, the first way to train a Wasserstein D. 0: off.",
    "default": 0.0,
    "low": 0.0,
    "high": 1.0,
    "shown": (0.0, 0.01, 0.03, 0.1),
}
FORMULA = r"\theta_D \leftarrow \mathrm{clip}(\theta_D, -c, c)"


@torch.no_grad()
def live_scores(D: nn.Module, amount: float) -> dict[str, float]:
    """clipped: the share of D's weights that are at the bound."""
    sizes = torch.cat([p.flatten() for p in D.parameters()]).abs()
    return {"clipped": float((sizes > 0.999 * amount).float().mean())}


@torch.no_grad()
def after_step(D: nn.Module, amount: float) -> None:
    """Cuts the weights of D to [-amount, amount], in place."""
    for p in D.parameters():
        p.clamp_(-amount, amount)
