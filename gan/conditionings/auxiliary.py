"""Auxiliary classifier: D is not told the class but asked for it, and both networks are to make it right.

D's last layer has a head of one number a class beside the logit, and the cross-entropy of what it takes a picture for
is added to D's loss, for real and for generated pictures, and to G's. So G is paid for pictures that are easily read as
their class: clear ones, and where classes overlap ones far from the border. Odena, Olah & Shlens, "Conditional Image
Synthesis with Auxiliary Classifier GANs" (2017, arXiv:1610.09585).
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FORMULA = r"-\mathbb{E}[\log p(y \mid x)] - \mathbb{E}[\log p(y \mid G(z, y))]"
SCORES = True


def prepare(D: nn.Module, n_classes: int, generator: torch.Generator) -> None:
    """Makes D's logit of a picture the same whatever its class."""
    D.register_forward_pre_hook(without_class)


def without_class(D: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Takes the classes (N) away from D's inputs."""
    x, *rest = inputs
    return (x, *rest) if rest and rest[0] is not None and rest[0].ndim == 2 else (x,)


def classify(D: Any, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (N,) and cross-entropies (N,) of pictures x (N,C,H,W) of classes y (N)."""
    scores = D(x, y.new_empty(len(y), 0))  # of no class: the scores themselves, N,1+n_classes
    return scores[:, 0], F.cross_entropy(scores[:, 1:], y, reduction="none")
