"""One-sided label smoothing: D's target for real pictures is less than certainty.

With a target of 1 - a for real pictures D has no reason to grow ever surer of them, and G goes on feeling a slope.
Generated pictures keep their target: smoothing those would keep mistakes alive. Salimans et al., "Improved Techniques
for Training GANs" (2016, arXiv:1606.03498), with a = 0.1.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

KNOB = {
    "label": "Label smoothing",
    "help": "Share of doubt in D's target for real images: 0.1 makes it 0.9. 0: off.",
    "default": 0.0,
    "low": 0.0,
    "high": 0.5,
    "shown": (0.0, 0.05, 0.1, 0.2, 0.3),
}
FORMULA = r"(1 - a) \, \ell(C(x)) + a \, \ell(-C(x))"
LOSS_MUST = {
    "SYMMETRIC": (True, "it needs a loss that treats a real picture taken for generated like the opposite mistake"),
    "NEEDS_REAL": (False, "a loss of pairs has no target of a single real picture to smooth"),
}


def d_loss(d: Callable[[Tensor, Tensor], Tensor], real: Tensor, fake: Tensor, amount: float) -> Tensor:
    """D's loss where a real picture counts as generated with probability `amount`; logits (N,) -> scalar.

    For a symmetric loss that is the loss at the negative logit.
    """
    return (1 - amount) * d(real, fake) + amount * d(-real, fake)
