"""Adam for all weights of a network in one call, with a switch on the device that leaves a bad update out."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

BLIND = {"mps"}  # devices whose kernel does not look at `found_inf` (not measured)


class Adam:
    """The weights of one network and their moments: Kingma & Ba, "Adam" (2014, arXiv:1412.6980), epsilon 1e-8.

    It calls the kernel of `torch.optim.Adam(fused=True)` itself: with networks this small, what that class does around
    the kernel (a count for every weight, groups, hooks) takes longer than it should: `python -m benchmarks.steps`.
    `rate` is a number, or a tensor on the device where a CUDA graph has to find the newest one.
    """

    def __init__(self, net: nn.Module, rate: float, beta1: float, beta2: float):
        self.rate: float | Tensor = rate
        self.beta1, self.beta2 = beta1, beta2
        self.weights = [*net.parameters()]
        self.exp_avg = [torch.zeros_like(p) for p in self.weights]
        self.exp_avg_sq = [torch.zeros_like(p) for p in self.weights]
        self.count = torch.zeros((), dtype=torch.float32, device=self.weights[0].device)

    def set_rate(self, rate: float) -> None:
        """The learning rate from the next step on."""
        if isinstance(self.rate, Tensor):
            self.rate.fill_(rate)
        else:
            self.rate = rate

    def zero_grad(self) -> None:
        """Forgets the gradients."""
        for p in self.weights:
            p.grad = None

    @torch.no_grad()
    def step(self) -> Tensor:
        """One update of all weights that have a gradient. Returns the gradient's norm, on the device.

        Nothing changes when that is not finite: so no NaN reaches the weights, their moments or their average before
        the host notices.
        """
        chosen = [k for k, p in enumerate(self.weights) if p.grad is not None]
        grads = [p.grad for p in self.weights if p.grad is not None]
        norm = _norm(grads)
        bad = (~norm.isfinite()).float()
        self.count.add_(1).sub_(bad)
        weights, exp_avg, exp_avg_sq = (
            [whole[k] for k in chosen] for whole in (self.weights, self.exp_avg, self.exp_avg_sq)
        )
        changed = [*weights, *exp_avg, *exp_avg_sq]
        before = [x.clone() for x in changed] if norm.device.type in BLIND else []
        torch._fused_adam_(
            weights, grads, exp_avg, exp_avg_sq, [], [self.count] * len(chosen),
            lr=self.rate,
            beta1=self.beta1, beta2=self.beta2, weight_decay=0.0, eps=1e-8,
            amsgrad=False, maximize=False, grad_scale=None, found_inf=bad,
        )  # fmt: skip
        for x, old in zip(changed, before, strict=False):
            x.copy_(torch.where(bad > 0, old, x))
        return norm

    def tensors(self) -> dict[str, Tensor]:
        """What a state keeps, under the names that `torch.optim.Adam` has for it: index.exp_avg and so on."""
        found = {}
        for k, (mean, square) in enumerate(zip(self.exp_avg, self.exp_avg_sq, strict=True)):
            found[f"{k}.exp_avg"], found[f"{k}.exp_avg_sq"] = mean, square
            found[f"{k}.step"] = self.count.clone()
        return found

    @torch.no_grad()
    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Puts in what `tensors` gave; without any, Adam begins anew. Raises KeyError and RuntimeError."""
        for k, (mean, square) in enumerate(zip(self.exp_avg, self.exp_avg_sq, strict=True)):
            mean.copy_(tensors[f"{k}.exp_avg"]) if tensors else mean.zero_()
            square.copy_(tensors[f"{k}.exp_avg_sq"]) if tensors else square.zero_()
        self.count.copy_(tensors["0.step"]) if tensors else self.count.zero_()


def _norm(grads: list[Tensor]) -> Tensor:
    """The norm of all gradients together, (); on a CPU by products of vectors, which take half as long."""
    if grads[0].device.type != "cpu":
        return nn.utils.get_total_norm(grads)
    rows = [grad.flatten() for grad in grads]
    return torch.stack([torch.dot(row, row) for row in rows]).sum().sqrt()
