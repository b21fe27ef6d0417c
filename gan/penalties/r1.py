"""R1: a penalty on D's slope at real pictures, which keeps D from growing steeper without end.

Without it a small pair goes astray slowly: D grows steeper while the learning rates fall, and G follows it away from
the digits. `lean`, seed 0, had a Fréchet distance of 92 after 560,000 images without, and of 44 with a weight of 0.1
(`python -m tools.search_lean --vary r1=0 --vary r1=0.1 --vary r1=1 --at 140000 560000`); with 1 it was slower at
first, and at 35 by then. Mescheder, Geiger & Nowozin, "Which Training Methods for GANs do actually Converge?" (2018,
arXiv:1801.04406).
"""

from __future__ import annotations

from torch import Tensor

from gan.penalties import Logits, slope

KNOB = {
    "label": "R1 penalty",
    "help": "Weight of the gradient penalty on D at real images; stabilises long runs. 0: off.",
    "default": 0.0,
    "low": 0.0,
    "high": 1_000.0,
    "shown": (0.0, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
}
FORMULA = r"\tfrac{1}{2} \, \mathbb{E}\,\lVert \nabla_x C(x) \rVert^2"
EVERY = 16  # updates of D from one penalty to the next; it counts so many times as much for that (Karras et al. 2020)


def penalty(D: Logits, real: Tensor, fake: Tensor, y: Tensor | None) -> Tensor:
    """Half the mean squared norm of the gradient of D's logits at real images (N,C,H,W): a scalar."""
    return slope(D, real, y).square().flatten(1).sum(1).mean() / 2
