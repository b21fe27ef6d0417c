"""A pool of earlier results: D learns from some of them as well, so that G cannot go round in circles.

Shrivastava et al., "Learning from Simulated and Unsupervised Images through Adversarial Training" (2017,
arXiv:1612.07828), as CycleGAN uses it: every picture changes places with an earlier one half of the time.
"""

from __future__ import annotations

import torch
from torch import Tensor

SIZE = 256  # pictures of each domain; 50 in the paper, whose batches are single pictures


class ImagePool:
    """The pool of one domain. `tensors` are its state, and nothing else is: with them it goes on bit for bit."""

    def __init__(self, shape: tuple[int, int, int], like: Tensor) -> None:
        self.tensors = {
            "pictures": like.new_zeros(SIZE, *shape),
            "filled": torch.zeros((), dtype=torch.int64),
        }

    def exchange(self, fresh: Tensor, generator: torch.Generator) -> Tensor:
        """Of N results N,C,H,W those that D is to learn from: themselves while the pool fills, then half of them old.

        No two of one call take the same place, so the order within a batch does not matter.
        """
        pictures, filled = self.tensors["pictures"], self.tensors["filled"]
        mixed = fresh.clone()
        there = int(filled)
        new = min(len(fresh), SIZE - there)
        pictures[there : there + new] = fresh[:new]
        filled += new
        device = generator.device
        places = torch.randperm(SIZE, generator=generator, device=device)[: len(fresh)]
        swapped = torch.rand(len(places), generator=generator, device=device) < 0.5
        swapped[:new] = False  # they have places already
        rows, places = torch.nonzero(swapped)[:, 0], places[swapped]
        mixed[rows] = pictures[places]
        pictures[places] = fresh[rows]
        return mixed
