"""Penalties on D, one per file, each added to D's loss with a weight of its own.

`Contract` says what a file here has to say. It may add FORMULA, the same in LaTeX, and NOT_WITH: layers of D that it
may not be used with ("BatchNorm"), and why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor


class Contract(Protocol):
    """What a file of this folder has to say; the type checker and the registry look."""

    @property
    def KNOB(self) -> Mapping[str, Any]:
        """its weight as a setting of the file's name: label, help, default 0.0, low, high, shown."""

    @property
    def EVERY(self) -> int:
        """updates of D from one to the next unless NAME_every says; it counts so many times as much for that."""

    @property
    def penalty(self) -> Callable[[Logits, Tensor, Tensor, Tensor | None], Tensor]:
        """penalty(D, real, fake, y) -> scalar, of images N,C,H,W and classes y (N) or None."""


class Logits(Protocol):
    """A discriminator as a penalty calls it: logits (N,) of x (N,C,H,W) and classes y (N) or None."""

    def __call__(self, x: Tensor, y: Tensor | None = None, /) -> Tensor: ...


def slope(D: Logits, x: Tensor, y: Tensor | None) -> Tensor:
    """The gradient of D's logits at x, in the shape of x; it can be differentiated again."""
    x = x.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(D(x, y).sum(), x, create_graph=True)
    return gradient
