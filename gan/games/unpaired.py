"""Unpaired translation: between two kinds of pictures, both ways, and no pair is known.

Zhu et al., "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks" (CycleGAN, 2017,
arXiv:1703.10593). Two translators and two Ds, one for each kind. What was translated there and back has to be what it
was (the cycle), and a picture that is of the wanted kind already is to stay as it is (the identity).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from gan.config import RunConfig
from gan.games import Batches, Snapshot, Stats
from gan.games._chosen import prepare
from gan.games._image_pool import ImagePool
from gan.games._opinion import opinion
from gan.games._residual import BothDomains, BothWays
from gan.games.translation import Game as Translation
from gan.models import seeded
from gan.rng import RngStreams

SCRIPT = "gan.export.unpaired_body"
STARTS_FROM = "source"
DOMAINS = True
BESIDE = ("source", "translated", "and back")
PASSES = 6
IDLE = ("model", "z_dim", "batch_norm", "conditional", "degradation", "l1", "diversity_weight", "balanced")
TAKES = ("spectral-norm",)
UPDATES = {"d": "d_steps", "g": "g_steps"}
STATISTICS = {
    "d_loss": "loss of both Ds",
    "d_real": "D's answer to real pictures",
    "d_fake": "D's answer to translated ones",
    "grad_norm_d": "gradient of both Ds",
    "d_accuracy": "accuracy of both Ds",
    "logit_real": "D's logit of real pictures",
    "logit_fake": "D's logit of translated ones",
    "real_below_fake": "real pictures that D scores lower than a translated one",
    "g_loss": "G's loss by D",
    "cycle_l1": "pixel error of what went there and back",
    "identity_l1": "pixel error of what should stay as it is",
    "grad_norm_g": "gradient of both translators",
}


def networks(config: RunConfig, shape: tuple[int, int, int], n_classes: int, seed: int) -> dict[str, nn.Module]:
    """G, two translators, and D, two judges of patches, of one width. Raises ValueError for other data."""
    if min(shape[1:]) < 8:
        raise ValueError("Translation makes pictures of at least 8 x 8 pixels from others.")
    with seeded(RngStreams(seed).generator("initialise", 0)):
        G, D = BothWays(shape, config.width), BothDomains(shape, config.width)
    prepare(D, config, seed)
    return {"G": G, "D": D}


def grid(snapshot: Snapshot, z: Tensor, y: Tensor | None) -> Tensor:
    """What becomes of the pictures y of A, N,C,H,W in [-1, 1]."""
    x: Tensor = snapshot.G_ema(z, y)
    return x


def beside(snapshot: Snapshot, z: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Source, translated and back again, N,3,C,H,W: first half of the pictures y of A, then half of those of B, x."""
    G, half = snapshot.G_ema, len(y) // 2
    there, here = G(None, y[half:]), G(None, x[:half], back=True)
    to_b = torch.stack([y[half:], there, G(None, there, back=True)], 1)
    to_a = torch.stack([x[:half], here, G(None, here)], 1)
    return torch.cat([to_b, to_a])


def compared(snapshot: Snapshot, y: Tensor, x: Tensor, pairs: bool) -> tuple[dict[str, Tensor], list[Tensor]]:
    """What became of held-out pictures y of A and x of B, as means over both ways, pixels in 0..1; and the results.

    moved: from a source to its result. cycle_error: from a source to what came back; strangers: from a source to
    another one. Where y and x are `pairs`, pixel_error and source_error to the truth, and ink of the results.
    """
    G = snapshot.G_ema
    made = [G(None, y).float(), G(None, x, back=True).float()]
    back = [G(None, made[0], back=True).float(), G(None, made[1]).float()]
    sources, truths = [y, x], [x, y]

    def apart(some: list[Tensor], others: list[Tensor]) -> Tensor:
        return torch.stack([(a - b).abs().mean() / 2 for a, b in zip(some, others, strict=True)]).mean()

    scores = {
        "moved": apart(made, sources),
        "cycle_error": apart(back, sources),
        "strangers": apart(sources, [each.roll(1, 0) for each in sources]),
    }
    if pairs:
        scores |= {"pixel_error": apart(made, truths), "source_error": apart(sources, truths)}
    scores["ink"] = torch.stack(
        [(a + 1).mean() / (b + 1).mean().clamp_min(1e-6) for a, b in zip(made, truths, strict=True)]
    ).mean()
    return scores, made


def shown(config: RunConfig, y: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Sources as they are looked at: as they are."""
    return y


def asked(config: RunConfig, x: Tensor, missing: Tensor | None) -> Tensor:
    """The input of G for pictures x of a caller. Raises ValueError for a mask, which means nothing here."""
    if missing is not None:
        raise ValueError("this run fills in no holes, so it takes no mask")
    return x


def degraded(config: RunConfig, x: Tensor, missing: Tensor) -> Tensor:
    """Sources of whole pictures x: themselves."""
    return x


class Game(Translation):
    """Both translators in G, both Ds in D, the EMA of G, a pool of results of each kind, and the counts of updates."""

    def __init__(self, config: RunConfig, nets: Mapping[str, nn.Module]):
        super().__init__(config, nets)
        like = next(self.G.parameters())
        G: Any = nets["G"]
        self.pools = {kind: ImagePool(G.source_shape, like) for kind in ("a", "b")}
        self._made: tuple[Tensor, ...] | None = None  # with G's graph, and the pictures they were made of

    @property
    def memory(self) -> dict[str, Tensor]:
        """The pools."""
        return {f"{kind}.{name}": x for kind, pool in self.pools.items() for name, x in pool.tensors.items()}

    def translated(self, x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        """Pictures as of B and as of A, made from y of A and x of B; then x and y by the translators to their own.

        Where the identity counts nothing these are not made: x and y stand in for them.
        """
        if not self.config.identity:
            return self.G(None, y), self.G(None, x, back=True), x, y
        to_b, same_b = self.G(None, torch.cat([y, x])).chunk(2)
        to_a, same_a = self.G(None, torch.cat([x, y]), back=True).chunk(2)
        return to_b, to_a, same_b, same_a

    def d_step(self, x: Tensor, y: Tensor) -> Stats:
        """One update of both Ds: real pictures x of B and y of A against translated ones, some of them from earlier."""
        with torch.set_grad_enabled(self.config.reuse_fake):
            made = self.translated(x, y)
        self._made = (*made, x, y) if self.config.reuse_fake else None
        loss, real, fake = x.new_zeros(()), [], []
        for kind, truth, result in (("b", x, made[0]), ("a", y, made[1])):
            draws = self.rng.generator(f"pool of {kind}", self.counts["d"])
            mixed = self.pools[kind].exchange(result.detach(), draws)
            both = self.D(torch.cat([truth, mixed]), back=kind == "a")
            real_logits, fake_logits = (logits.flatten() for logits in both.chunk(2))
            loss = loss + self.loss.d(real_logits, fake_logits)
            real.append(real_logits)
            fake.append(fake_logits)
        norm = self._descend("D", loss)
        return {"d_loss": loss.detach(), "grad_norm_d": norm, **opinion(self.loss, torch.cat(real), torch.cat(fake))}

    def g_step(self, to_b: Tensor, to_a: Tensor, *rest: Tensor) -> Stats:
        """One update of both translators by what they made of x and y, and of pictures of their own kind (same_…)."""
        same_b, same_a, x, y = rest
        cycle = (self.G(None, to_b, back=True) - y).abs().mean() + (self.G(None, to_a) - x).abs().mean()
        same = (same_b - x).abs().mean() + (same_a - y).abs().mean()
        self.nets["D"].requires_grad_(False)
        opposed = x.new_zeros(())
        for truth, result, back in ((x, to_b, False), (y, to_a, True)):
            real_logits = self.D(truth, back=back).flatten() if self.loss.NEEDS_REAL else None
            opposed = opposed + self.loss.g(real_logits, self.D(result, back=back).flatten())
        config = self.config
        norm = self._descend("G", config.adversarial_weight * opposed + config.cycle * cycle + config.identity * same)
        self.nets["D"].requires_grad_(True)
        self._follow()
        of_1 = 4  # two ways, and pixels from -1 to 1
        errors = {"cycle_l1": cycle.detach() / of_1}
        if config.identity:
            errors["identity_l1"] = same.detach() / of_1
        return {"g_loss": opposed.detach(), **errors, "grad_norm_g": norm}

    def source(self, x: Tensor, y: Tensor | None, purpose: str, update: int) -> Tensor:
        """The pictures y of A."""
        assert y is not None  # gan.datasets._domains says so before
        return y

    def update(self, name: str, batches: Batches) -> Stats:
        """The next update of both Ds ("d") or of both translators ("g")."""
        n = self.counts[name]
        if name == "d":
            x, y = batches(n)
            stats = self.d_step(x, self.source(x, y, "", n))
        else:
            made, self._made = self._made, None
            if made is None:
                x, y = batches(n)
                y = self.source(x, y, "", n)
                made = (*self.translated(x, y), x, y)
            stats = self.g_step(*made)
        self.counts[name] += 1
        return stats

    def end_step(self) -> None:
        """Forgets the last results."""
        self._made = None
