"""R2: a penalty on D's slope at generated pictures, the counterpart of R1.

Together with R1 and the relativistic loss it lets a GAN converge where plain ones cycle or drop modes. Mescheder,
Geiger & Nowozin, "Which Training Methods for GANs do actually Converge?" (2018, arXiv:1801.04406); the combination:
Huang et al., "The GAN is dead; long live the GAN!" (2024, arXiv:2501.05441).
"""

from __future__ import annotations

from torch import Tensor

from gan.penalties import Logits, slope

KNOB = {
    "label": "R2 penalty",
    "help": "Weight of the gradient penalty on D at generated images; usually as large as R1's. 0: off.",
    "default": 0.0,
    "low": 0.0,
    "high": 1_000.0,
    "shown": (0.0, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
}
FORMULA = r"\tfrac{1}{2} \, \mathbb{E}\,\lVert \nabla_x C(G(z)) \rVert^2"
EVERY = 16  # updates of D, as for R1


def penalty(D: Logits, real: Tensor, fake: Tensor, y: Tensor | None) -> Tensor:
    """Half the mean squared norm of the gradient of D's logits at generated images (N,C,H,W): a scalar."""
    return slope(D, fake, y).square().flatten(1).sum(1).mean() / 2
