"""Gives the last layer of D more inputs: statistics of the batch, which no single picture shows."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class BatchFeatures(nn.Module):
    """Appends features of the batch to those of each picture: (N,A) -> (N,A+B). A subclass says `measure`.

    While training they are those of the batch at hand. Whoever looks at single pictures in eval mode gets the EMA of
    training batches, so that D's opinion of one picture does not depend on its neighbours.
    """

    mixes_samples = True  # real and generated pictures go through D apart
    MOMENTUM = 0.1

    def __init__(self, count: int) -> None:
        super().__init__()
        self.register_buffer("running", torch.zeros(count))
        self.running: Tensor

    def measure(self, x: Tensor) -> Tensor:
        """The batch's features, (N,B), of x (N,A)."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            features = self.measure(x)
            with torch.no_grad():
                self.running.lerp_(features.detach().mean(0).to(self.running.dtype), self.MOMENTUM)
        else:
            features = self.running.to(x.dtype).expand(len(x), -1)
        return torch.cat([x, features], 1)


def widen(D: nn.Module, features: BatchFeatures, generator: torch.Generator) -> None:
    """Puts `features` in front of the last nn.Linear of D, which gets inputs for them, with weights of usual size.

    Raises ValueError where D has no nn.Linear.
    """
    name, last = next(((n, m) for n, m in reversed([*D.named_modules()]) if isinstance(m, nn.Linear)), ("", None))
    if last is None:
        raise ValueError(f"{type(D).__module__}: D has no linear layer at its end, where the batch's features go.")
    count = len(features.running)
    wider = nn.Linear(last.in_features + count, last.out_features, last.bias is not None, dtype=last.weight.dtype)
    with torch.no_grad():
        more = torch.randn(last.out_features, count, generator=generator, dtype=last.weight.dtype)
        wider.weight.copy_(torch.cat([last.weight, more * last.weight.square().mean().sqrt()], 1))
        if last.bias is not None:
            wider.bias.copy_(last.bias)
    owner, _, attribute = name.rpartition(".")
    setattr(D.get_submodule(owner), attribute, nn.Sequential(features, wider))
