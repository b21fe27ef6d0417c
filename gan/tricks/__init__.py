"""Tricks: what changes D, its targets, its input or its weights otherwise, one per file, each with a knob of its own.

Beside what `Contract` says a trick may have

    NOT_WITH   layers of D it may not be used with, and why; may be left out
    CHANGES_LAYERS  True where D gets other layers, so that a branch cannot switch it on or off; may be left out
    LOSS_MUST  facts that the loss must have, as {fact: (value, why)}; may be left out
    FADES      of what D sees through: a second setting, NAME_steps, the updates of G in which the amount that `draw`
               gets falls to 0 on a straight line (0: never); may be left out
    SETTINGS_MUST  settings that must have a value, as {name: (value, why)}; may be left out

and at least one of the hooks

    prepare     (D, amount, generator) -> None     changes D once, right after its weights were made
    d_loss      (d, real, fake, amount) -> scalar  D's loss by other targets; d is the loss, real and fake logits (N,)
    draw, see   (shape, generator, amount) -> Tensor, (x, draw, amount) -> x   what D sees instead of pictures x of
                that shape N,C,H,W
    after_step  (D, amount) -> None                changes D's weights after each of its updates
    live_scores (D, amount) -> {name: number}      what a look at the samples shall say of D: columns of the log
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Contract(Protocol):
    """What a file of this folder has to say; the type checker and the registry look."""

    @property
    def KNOB(self) -> Mapping[str, Any]:
        """its amount as a setting of the file's name: label, help, default (0.0 or False: off), low, high, shown."""
