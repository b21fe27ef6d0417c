"""Counter-based random streams: every draw is a function of (seed, purpose, update), so nothing depends on history."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import torch
from torch import Tensor


@dataclass(frozen=True)
class Shard:
    """The part of every batch that this process has: number `rank` of `count` equal ones."""

    rank: int = 0
    count: int = 1

    def of(self, draw: Tensor) -> Tensor:
        """Its rows of a draw for the whole batch."""
        rows = len(draw) // self.count
        return draw if self.count == 1 else draw[self.rank * rows : (self.rank + 1) * rows]


class RngStreams:
    """The random number streams of one run, by purpose and update count. The global generator is never touched.

    Because each draw has its own key, resuming needs no generator state, viewers change nothing, and an update of D
    alone or of G alone repeats nothing.
    """

    def __init__(self, seed: int, device: torch.device | str = "cpu"):
        self.seed = seed
        self.device = torch.device(device)
        self.shard = Shard()
        self.generators: dict[str, torch.Generator] = {}
        self._cpu = torch.Generator()
        self._orders: dict[str, tuple[tuple[int, int], Tensor]] = {}  # the shuffle in use, by its purpose

    def generator(self, purpose: str, update: int) -> torch.Generator:
        """A generator seeded for (purpose, update). One object per purpose is reused: use it before the next update."""
        if purpose not in self.generators:
            self.generators[purpose] = torch.Generator(self.device)
        return self.generators[purpose].manual_seed(self._key(purpose, update))

    def z(self, purpose: str, update: int, n: int, z_dim: int) -> Tensor:
        """Noise, float32 n,z_dim from N(0, 1): this process's part."""
        generator = self.generator(purpose, update)
        return self.shard.of(torch.randn(n * self.shard.count, z_dim, generator=generator, device=self.device))

    def grid_z(self, sort: str, step: int, n: int, z_dim: int) -> Tensor:
        """The noise of a published grid (float32 n,z_dim), drawn again at will; `fixed` ignores the step."""
        return self.z(sort, 0 if sort == "fixed" else step, n, z_dim)

    def classes(self, purpose: str, update: int, n: int, n_classes: int) -> Tensor | None:
        """Uniformly drawn classes, int64 n; None for an unconditional model (`n_classes` 0)."""
        if not n_classes:
            return None
        generator = self.generator(purpose, update)
        return self.shard.of(torch.randint(n_classes, (n * self.shard.count,), generator=generator, device=self.device))

    def batch(self, update: int, size: int, count: int) -> Tensor:
        """Indices (int64, `size`) of the real images of one update of D.

        The run reads one endless sequence of shuffles of all `count` images; update k starts at k * size, so an epoch
        shows every image once, also where a batch lies across two epochs.
        """
        return self.rows("shuffle", update * size, size, count)

    def rows(self, purpose: str, start: int, size: int, count: int) -> Tensor:
        """`size` indices (int64) from place `start` of an endless sequence of shuffles of `count`, named by purpose."""
        pieces = []
        while size > 0:
            epoch, offset = divmod(start, count)
            piece = self._shuffle(purpose, epoch, count)[offset : offset + size]
            pieces.append(piece)
            start, size = start + len(piece), size - len(piece)
        return pieces[0] if len(pieces) == 1 else torch.cat(pieces)

    def _shuffle(self, purpose: str, epoch: int, count: int) -> Tensor:
        order = self._orders.get(purpose)
        if order is None or order[0] != (epoch, count):
            generator = self._cpu.manual_seed(self._key(purpose, epoch))
            order = (epoch, count), torch.randperm(count, generator=generator).to(self.device)
            self._orders[purpose] = order
        return order[1]

    def _key(self, purpose: str, update: int) -> int:
        digest = blake2b(f"{self.seed}/{purpose}/{update}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little") >> 1
