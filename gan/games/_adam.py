"""Adam for all weights of a network in one call, with a switch on the device that leaves a bad update out."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

BLIND = {"mps"}  # devices whose kernel does not look at `found_inf` (read in its sources, not run)


class GuardedAdam:
    """Adam for the weights of one network, epsilon 1e-8: Kingma & Ba, "Adam" (2014, arXiv:1412.6980).

    An update with a gradient that is not finite changes nothing: no NaN reaches the weights, their moments or their
    EMA before the host notices.

    It calls the kernel of `torch.optim.Adam(fused=True)` itself. Around that kernel the class keeps a step for every
    weight, groups and hooks, which is felt with networks this small: docs/steps.md. `lr` is a number, or a tensor on
    the device where a CUDA graph has to find the newest one.
    """

    def __init__(self, net: nn.Module, lr: float, beta1: float, beta2: float):
        self.lr: float | Tensor = lr
        self.beta1, self.beta2 = beta1, beta2
        self.weights = [*net.parameters()]
        self.exp_avg = [torch.zeros_like(p) for p in self.weights]
        self.exp_avg_sq = [torch.zeros_like(p) for p in self.weights]
        self.steps = torch.zeros((), dtype=torch.float32, device=self.weights[0].device)

    def set_rate(self, lr: float) -> None:
        """The learning rate from the next update on."""
        if isinstance(self.lr, Tensor):
            self.lr.fill_(lr)
        else:
            self.lr = lr

    def zero_grad(self) -> None:
        """Forgets the gradients."""
        for p in self.weights:
            p.grad = None

    @torch.no_grad()
    def guarded_step(self) -> Tensor:
        """One update of all weights that have a gradient. Returns the gradient's norm, (), on the device."""
        chosen = [k for k, p in enumerate(self.weights) if p.grad is not None]
        grads = [p.grad for p in self.weights if p.grad is not None]
        norm = _norm(grads)
        bad = (~norm.isfinite()).float()  # 1.0 leaves the update out
        self.steps.add_(1).sub_(bad)
        weights, exp_avg, exp_avg_sq = (
            [whole[k] for k in chosen] for whole in (self.weights, self.exp_avg, self.exp_avg_sq)
        )
        changed = [*weights, *exp_avg, *exp_avg_sq]
        before = [x.clone() for x in changed] if norm.device.type in BLIND else []
        torch._fused_adam_(
            weights, grads, exp_avg, exp_avg_sq, [], [self.steps] * len(chosen),
            lr=self.lr,
            beta1=self.beta1, beta2=self.beta2, weight_decay=0.0, eps=1e-8,
            amsgrad=False, maximize=False, grad_scale=None, found_inf=bad,
        )  # fmt: skip
        for x, old in zip(changed, before, strict=False):
            x.copy_(torch.where(bad > 0, old, x))
        return norm

    def tensors(self) -> dict[str, Tensor]:
        """What a checkpoint keeps: INDEX.exp_avg, INDEX.exp_avg_sq and INDEX.step of every weight."""
        tensors: dict[str, Tensor] = {}
        for k, (mean, square) in enumerate(zip(self.exp_avg, self.exp_avg_sq, strict=True)):
            tensors |= {f"{k}.exp_avg": mean, f"{k}.exp_avg_sq": square, f"{k}.step": self.steps.clone()}
        return tensors

    @torch.no_grad()
    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Takes up what `tensors` gave; without any, Adam begins anew. Raises KeyError and RuntimeError."""
        for k, (mean, square) in enumerate(zip(self.exp_avg, self.exp_avg_sq, strict=True)):
            mean.copy_(tensors[f"{k}.exp_avg"]) if tensors else mean.zero_()
            square.copy_(tensors[f"{k}.exp_avg_sq"]) if tensors else square.zero_()
        self.steps.copy_(tensors["0.step"]) if tensors else self.steps.zero_()


def _norm(grads: list[Tensor]) -> Tensor:
    """The norm of all gradients together, (); on a CPU by products of vectors, which take half as long."""
    if grads[0].device.type != "cpu":
        return nn.utils.get_total_norm(grads)
    rows = [grad.flatten() for grad in grads]
    return torch.stack([torch.dot(row, row) for row in rows]).sum().sqrt()
