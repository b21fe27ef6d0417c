"""Objectives, one per file: plain functions of logits (N,), with a sigmoid inside; both return a scalar to minimise.

`Contract` says what a file here has to say. D_FORMULA and G_FORMULA say the same in LaTeX, where C(x) is the logit of x
and D(x) its sigmoid. ESTIMATE = True may be added: D's mean logit of real less that of generated images estimates how
far apart both are, and is logged. BLIND may be added: the losses, by their column of the log, of a D that cannot tell
real from generated and says the best it can of all of them; what has no such level is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor


class Contract(Protocol):
    """What a file of this folder has to say; the type checker and the registry look."""

    @property
    def d(self) -> Callable[[Tensor, Tensor], Tensor]:
        """d(real, fake) of D's logits: the loss of D."""

    @property
    def g(self) -> Callable[[Tensor | None, Tensor], Tensor]:
        """g(real, fake) of D's logits: the loss of G; real is None unless NEEDS_REAL."""

    @property
    def NEEDS_REAL(self) -> bool:
        """whether g uses D's logits of real images; else no pass is spent on them."""

    @property
    def PROBABILITY(self) -> bool:
        """whether the sigmoid of a logit may be read as how real D takes a picture to be, from 0 to 1."""

    @property
    def CALIBRATED(self) -> bool:
        """whether that is the probability that the loss fits (cross-entropy), and not just a score."""

    @property
    def THRESHOLD(self) -> float | None:
        """the logit above which D takes a picture for real, None where only differences mean something."""

    @property
    def SYMMETRIC(self) -> bool:
        """whether d(real, fake) == d(-fake, -real): both mistakes weigh the same."""

    @property
    def MONOTONE(self) -> bool:
        """whether d never rises when a real logit rises or a generated one falls."""
