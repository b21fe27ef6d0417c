"""Randomness as a function of place: every draw comes from (seed, purpose, update), so nothing depends on history."""

from __future__ import annotations

from hashlib import blake2b

import torch
from torch import Tensor


class Draws:
    """The random numbers of one run, by purpose and count. The global generator is never touched.

    Because a draw is named by its place, resuming needs no generator state, looking changes nothing, and an update of
    D alone or of G alone repeats nothing.
    """

    def __init__(self, seed: int, device: torch.device | str = "cpu"):
        self.seed = seed
        self.device = torch.device(device)
        self.generators: dict[str, torch.Generator] = {}
        self._cpu = torch.Generator()
        self._order: tuple[tuple[int, int], Tensor] | None = None

    def generator(self, purpose: str, update: int) -> torch.Generator:
        """The generator of a place, wound to its start. It is one object a purpose: use it before the next update."""
        if purpose not in self.generators:
            self.generators[purpose] = torch.Generator(self.device)
        return self.generators[purpose].manual_seed(self._key(purpose, update))

    def z(self, purpose: str, update: int, n: int, z_dim: int) -> Tensor:
        """Noise, float32 n,z_dim from N(0, 1)."""
        return torch.randn(n, z_dim, generator=self.generator(purpose, update), device=self.device)

    def classes(self, purpose: str, update: int, n: int, n_classes: int) -> Tensor | None:
        """Classes, int64 n, all as likely; None where there are none to tell."""
        if not n_classes:
            return None
        generator = self.generator(purpose, update)
        return torch.randint(n_classes, (n,), generator=generator, device=self.device)

    def batch(self, update: int, size: int, count: int) -> Tensor:
        """Indices (int64, `size`) of the real images of one update of D.

        The run reads one endless row of shuffles of all `count` images; update k takes the places from k * size, so
        an epoch shows every image once, also where a batch lies across two epochs.
        """
        start = update * size
        pieces = []
        while size > 0:
            epoch, offset = divmod(start, count)
            piece = self._shuffle(epoch, count)[offset : offset + size]
            pieces.append(piece)
            start, size = start + len(piece), size - len(piece)
        return pieces[0] if len(pieces) == 1 else torch.cat(pieces)

    def _shuffle(self, epoch: int, count: int) -> Tensor:
        if self._order is None or self._order[0] != (epoch, count):
            generator = self._cpu.manual_seed(self._key("shuffle", epoch))
            order = torch.randperm(count, generator=generator).to(self.device)
            self._order = ((epoch, count), order)
        return self._order[1]

    def _key(self, purpose: str, update: int) -> int:
        digest = blake2b(f"{self.seed}/{purpose}/{update}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little") >> 1
