"""A judge of two kinds of pictures: a linear classifier of pixels and edges, fitted in closed form in a blink."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.datasets._domains import Domains
from gan.images import to_unit

LEARNED = 2_000  # pictures of each kind it is fitted to, at most
RIDGE = 1e-2  # of the mean square of a column


class DomainJudge:
    """Least squares to +1 for the second kind and -1 for the first."""

    def __init__(self, domains: Domains) -> None:
        parts = []
        for kind in (domains.a, domains.b):
            rows = np.random.RandomState(0).permutation(len(kind))[:LEARNED]
            parts.append(_columns(to_unit(torch.from_numpy(np.array(kind.images[rows])).float())))
        x = torch.cat(parts).double()
        target = torch.cat([-torch.ones(len(parts[0])), torch.ones(len(parts[1]))]).double()
        weight = 1 / torch.cat([torch.full((len(part),), len(part)) for part in parts]).double()  # both count alike
        scaled = x * weight[:, None]
        square = x.T @ scaled
        square += RIDGE * square.diagonal().mean() * torch.eye(len(square), dtype=torch.float64)
        self.weights = torch.linalg.solve(square, scaled.T @ target)

    def share(self, results: list[Tensor]) -> float:
        """The share of pictures, N,C,H,W each, that are taken for what they are to be: of B first, then of A."""
        right = [
            (_columns(x.float().cpu()).double() @ self.weights > 0) == wanted
            for x, wanted in zip(results, (True, False), strict=True)
        ]
        return float(torch.cat(right).double().mean())


def _columns(x: Tensor) -> Tensor:
    """Pixels at about half the size, edges between neighbours there, and a one: N,K of pictures N,C,H,W."""
    H, W = x.shape[2:]
    side = max(1, H // 2), max(1, W // 2)
    edges = [(x - x.roll(1, axis)).abs() for axis in (2, 3)]
    parts = [F.adaptive_avg_pool2d(part, side).flatten(1) for part in (x, *edges)]
    return torch.cat([*parts, torch.ones(len(x), 1)], 1)
