"""Conditionings, one per file: how D is told the class of a picture. G has it behind its z, whichever is chosen.

A discriminator of ours has scores (N,1+n_classes) at its end: how real a picture is at all, then one number a class.
`Contract` says what a file here has to say, SCORES whether there are those of the classes. It may add the hooks

    prepare   (D, n_classes, generator) -> None                 changes D once, right after its weights were made
    classify  (D, x, y) -> (logits (N,), class losses (N,))     what D says of x (N,C,H,W) of classes y (N, int64); the
              mean of the class losses is added to the losses of D (of real and of generated pictures) and of G

`CODE = False` says that no exported code has it yet; then SCRIPT may name the body of a script of its own for exported
runs, which draws alone. Without `classify` there are the logits D(x, y) alone.
D(x), without a class, says how real x is at all in every case.
"""

from __future__ import annotations

from typing import Protocol


class Contract(Protocol):
    """What a file of this folder has to say; the type checker and the registry look."""

    @property
    def FORMULA(self) -> str:
        """D's logit of a picture x of class y, or what is added to the losses, in LaTeX."""

    @property
    def SCORES(self) -> bool:
        """whether D's last layer has one number more for each class."""
