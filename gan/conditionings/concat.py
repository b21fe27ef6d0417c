"""Concatenation: D gets the class beside the picture, as more input to its first layer.

A convolutional D gets a map for each class: that of the picture's class is 1 everywhere, the others are 0. A fully
connected one gets a number for each, as large as such a map is as a whole. So in both the class is about as loud as the
picture: where it is much louder a leaky ReLU only passes it on, and where it is much softer nobody hears it. It is the
first conditional GAN, and the simplest: D has to learn by itself what a class means for the pixels. Mirza & Osindero,
"Conditional Generative Adversarial Nets" (2014, arXiv:1411.1784); with maps, of sentences and deeper in D: Reed et al.
(2016, arXiv:1605.05396).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FORMULA = r"C(x, y) = C([x; \mathrm{onehot}(y)])"
SCORES = False


def prepare(D: nn.Module, n_classes: int, generator: torch.Generator) -> None:
    """Gives D's first layer inputs for the classes, with weights of usual size, and puts the class beside each picture.

    Without a class a picture (N,C,H,W) is judged as one of each, and the largest logit counts.
    """
    first = next(layer for layer in D.modules() if isinstance(layer, nn.Linear | nn.Conv2d))
    weight = first.weight.detach()  # out,in,…
    more = torch.randn(weight.shape[0], n_classes, *weight.shape[2:], generator=generator).to(weight)
    first.weight = nn.Parameter(torch.cat([weight, more * weight.square().mean().sqrt()], 1))
    if isinstance(first, nn.Linear):
        first.in_features += n_classes
    else:
        first.in_channels += n_classes
    beside = Beside(n_classes, flat=isinstance(first, nn.Linear))
    D.register_forward_pre_hook(beside.before)
    D.register_forward_hook(beside.after)


class Beside:
    """The class beside the picture: x (N,C,H,W) and y (N) -> N,C+n_classes,H,W; flat: N,C*H*W+n_classes."""

    def __init__(self, n_classes: int, flat: bool) -> None:
        self.n_classes, self.flat = n_classes, flat

    def before(self, D: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor | None, ...]:
        x, y = inputs[0], inputs[1] if len(inputs) > 1 else None
        if y is None:  # each class in turn: `after` knows it by the missing second input
            every = torch.arange(self.n_classes, device=x.device).repeat(len(x))
            return (self.join(x.repeat_interleave(self.n_classes, 0), every),)
        return self.join(x, y), None

    def join(self, x: Tensor, y: Tensor) -> Tensor:
        one_hot = F.one_hot(y, self.n_classes).to(x.dtype)
        if self.flat:
            x = x.flatten(1)
            return torch.cat([x, one_hot * x.shape[1] ** 0.5], 1)
        return torch.cat([x, one_hot[:, :, None, None].expand(-1, -1, *x.shape[2:])], 1)

    def after(self, D: nn.Module, inputs: tuple[Tensor, ...], logits: Tensor) -> Tensor:
        return logits if len(inputs) > 1 else logits.view(-1, self.n_classes).amax(1)
