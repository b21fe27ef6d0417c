"""Differentiable augmentations, one per file: D sees real and generated pictures changed by the same draw.

G learns through them, so they do not leak into what it makes: Zhao et al., "Differentiable Augmentation for
Data-Efficient GAN Training" (2020, arXiv:2006.10738). `Contract` says what a file here has to say.
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
        """its amount as a setting of the file's name: label, help, default 0, low, high, shown."""

    @property
    def draw(self) -> Callable[[tuple[int, ...], torch.Generator, Any], Tensor]:
        """draw(shape, generator, amount): the random numbers for pictures of that shape (N,C,H,W), on its device."""

    @property
    def augment(self) -> Callable[[Tensor, Tensor, Any], Tensor]:
        """augment(x, draw, amount) -> x, differentiable; N,C,H,W in [-1, 1]."""
