"""Packing: D judges so many pictures at once, of which all are real or all are generated.

Of one picture nobody can tell that a generator has collapsed; of two that are alike every time one can. Lin, Khetan,
Fanti & Oh, "PacGAN: The Power of Two Samples in Generative Adversarial Networks" (2018, arXiv:1712.04086): only the
first layer of D grows, by so many times the channels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

KNOB = {
    "label": "Packing",
    "help": "D judges so many images at once, side by side, so that a G that repeats itself is found out. 0: off.",
    "default": 0,
    "low": 0,
    "high": 8,
    "shown": (0, 2, 4, 8),
}
FORMULA = r"C(x_1, x_2, \dots, x_m)"
SETTINGS_MUST = {"conditional": (False, "the pictures of a pack would have to be of one class")}
CHANGES_LAYERS = True


def prepare(D: nn.Module, amount: int, generator: torch.Generator) -> None:
    """Gives D's first layer inputs for `amount` pictures, and packs what D is shown; its logits are N/amount.

    In eval mode each picture keeps a logit of its own (N): it is judged together with those that follow it.
    """
    first = next(layer for layer in D.modules() if isinstance(layer, nn.Linear | nn.Conv2d))
    weight = first.weight.detach()  # out,in,…
    more = torch.randn(weight.shape[0], weight.shape[1] * (amount - 1), *weight.shape[2:], generator=generator).to(
        weight
    )
    wider = torch.cat([weight, more * weight.square().mean().sqrt()], 1) / amount**0.5
    first.weight = nn.Parameter(wider)
    if isinstance(first, nn.Linear):
        first.in_features *= amount
    else:
        first.in_channels *= amount
    D.register_forward_pre_hook(Pack(amount))


class Pack:
    """Puts the pictures of a pack behind one another: x (N,C,H,W) -> N/amount,amount*C,H,W."""

    def __init__(self, amount: int) -> None:
        self.amount = amount

    def __call__(self, D: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        x, *others = inputs
        if not D.training:
            return torch.cat([x.roll(-k, 0) for k in range(self.amount)], 1), *others
        if len(x) % self.amount:
            raise ValueError(f"Packs of {self.amount} need a batch that is a multiple of it, not {len(x)}.")
        return x.reshape(-1, self.amount * x.shape[1], *x.shape[2:]), *others
