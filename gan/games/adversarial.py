"""Adversarial: a generator and a discriminator, each learning from the other's mistakes.

Goodfellow et al., "Generative Adversarial Networks" (2014, arXiv:1406.2661). `d_step` and `g_step` are the whole of it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from gan import models, registry
from gan.config import RunConfig, loss_conflict
from gan.games import Batches, Snapshot, Stats
from gan.games._adam import GuardedAdam
from gan.games._chosen import chosen, prepare
from gan.games._opinion import opinion
from gan.models import _layers as layers
from gan.rng import RngStreams

SCRIPT = "gan.export.script_body"
IDLE = ("degradation", "l1", "diversity_weight", "adversarial_weight", "cycle", "identity", "source_b", "two_classes")
UPDATES = {"d": "d_steps", "g": "g_steps"}
STATISTICS = {
    "d_loss": "D's loss",
    "d_real": "D(x)",
    "d_fake": "D(G(z))",
    "grad_norm_d": "D's gradient",
    "d_accuracy": "D's accuracy",
    "logit_real": "D's logit of real images",
    "logit_fake": "D's logit of generated images",
    "real_below_fake": "real images that D scores lower than a generated one",
    "estimate": "the critic's estimate of the distance",
    "d_penalty": "penalties of D, weighted",
    "class_loss_real": "D's class loss on real images",
    "class_loss_fake": "D's class loss on generated images",
    "g_loss": "G's loss",
    "grad_norm_g": "G's gradient",
}


def networks(config: RunConfig, shape: tuple[int, int, int], n_classes: int, seed: int) -> dict[str, nn.Module]:
    """G and D of `config.model`, D as its tricks change it. Raises ValueError for what does not go together."""
    G, D = models.build(config, shape, n_classes, seed, "cpu")
    if problem := conflict(config, D):
        raise ValueError(problem)
    prepare(D, config, seed)
    return {"G": G, "D": D}


def grid(snapshot: Snapshot, z: Tensor, y: Tensor | None) -> Tensor:
    """Samples of the EMA of G, N,C,H,W in [-1, 1]."""
    x: Tensor = snapshot.G_ema(z, y)
    return x


class Game:
    """Generator, discriminator, the EMA of the generator, their optimizers, and how often each was updated.

    D and G count their updates apart, and every draw is named by them: updating one alone repeats nothing.
    """

    def __init__(self, config: RunConfig, nets: Mapping[str, nn.Module]):
        self.config, self.nets = config, dict(nets)
        self.G: Any = nets["G"]
        self.D: Any = nets["D"]
        self.device = next(self.G.parameters()).device
        self.n_classes: int = getattr(self.G, "n_classes", 0)
        self.loss: ModuleType = registry.load("losses", config.loss)
        conditioning = registry.load("conditionings", config.conditioning) if self.n_classes else None
        self.classify: Classify | None = getattr(conditioning, "classify", None)
        self.penalties = [Penalty(file, weight, every(file, config)) for file, weight in chosen("penalties", config)]
        self.tricks, self.augmentations = chosen("tricks", config), chosen("augmentations", config)
        self.views = [
            View(file, amount, fading(file, config))
            for file, amount in (*self.augmentations, *self.tricks)
            if hasattr(file, "draw")
        ]
        self.G_ema: nn.Module = copy.deepcopy(self.G).requires_grad_(False).eval()
        if not config.ema_decay:  # then it is G itself, and nothing has to be copied
            for slow, fast in zip(self.G_ema.parameters(), self.G.parameters(), strict=True):
                slow.data = fast.data
        self.opt_g = GuardedAdam(self.G, config.lr_g, config.beta1, config.beta2)
        self.opt_d = GuardedAdam(self.D, config.lr_d, config.beta1, config.beta2)
        self.optimizers = {"G": self.opt_g, "D": self.opt_d}
        self.counts = {"d": 0, "g": 0}
        self.rng = RngStreams(config.seed, self.device)
        self.ema_weight = torch.zeros((), dtype=next(self.G.parameters()).dtype, device=self.device)
        self._one_pass = not layers.mixes_samples(self.D)
        self._shared: tuple[Tensor, Tensor | None, tuple[int, ...]] | None = None  # fakes of D, classes, penalties due

    # -- one step ------------------------------------------------------------------------------------

    def d_step(self, real: Tensor, y: Tensor | None = None) -> Stats:
        """One update of D: it learns to tell `real` (N,C,H,W in [-1, 1]) from as many fakes of the same classes y."""
        n = self.counts["d"]
        z = self.rng.z("z for D", n, len(real), self.config.z_dim)
        layers.rekey(self.nets["G"], self.rng.generator("dropout in G for D", n))
        layers.rekey(self.nets["D"], self.rng.generator("dropout for D", n))
        due = tuple(k for k, penalty in enumerate(self.penalties) if n % penalty.every == 0)
        stats, fake = self.d_update(real, y, z, self._views("D", n, real.shape), due=due)
        self._shared = (fake, y, due) if self.config.reuse_fake else None
        self.counts["d"] += 1
        return stats

    def d_update(
        self, real: Tensor, y: Tensor | None, z: Tensor, views: list[Tensor], due: tuple[int, ...]
    ) -> tuple[Stats, Tensor]:
        """The maths of an update of D. `views` are the draws of what D sees, `due` the penalties whose turn it is.

        Returns the statistics and the fakes, with G's graph if G is to learn from them.
        """
        with torch.set_grad_enabled(self.config.reuse_fake):
            fake = self.G(z, y)  # N,C,H,W
        seen_real, seen_fake = self.see(real, views), self.see(fake.detach(), views)
        real_logits, fake_logits, class_losses = self.logits(seen_real, seen_fake, y)  # N each
        loss = self.d_loss(real_logits, fake_logits)
        total, stats = loss, {"d_loss": loss.detach()}
        if class_losses is not None:
            total = loss + class_losses.sum()
            stats |= zip(("class_loss_real", "class_loss_fake"), class_losses.detach().unbind(), strict=True)
        for penalty in (self.penalties[k] for k in due):
            value = penalty.of(self.D, seen_real, seen_fake, y)
            total = total + penalty.weight * penalty.every * value
            stats["d_penalty"] = stats.get("d_penalty", 0.0) + penalty.weight * value.detach()
        self.opt_d.zero_grad()
        total.backward()
        norm = self.opt_d.guarded_step()
        for trick, amount in self.tricks:
            if hasattr(trick, "after_step"):
                trick.after_step(self.nets["D"], amount)
        return {**stats, "grad_norm_d": norm, **opinion(self.loss, real_logits, fake_logits)}, fake

    def g_step(self, real: Tensor | None = None, y_real: Tensor | None = None, own: Tensor | None = None) -> Stats:
        """One update of G: it learns to make D take its fakes for real; D only passes the gradient on.

        `real` (N,C,H,W) and its classes are for losses that compare with real images. `own` are the captions of fakes
        that D has not seen; of classes any are drawn.
        """
        n = self.counts["g"]
        decay = min(self.config.ema_decay, (1 + n) / (10 + n))  # quick at first (Karras et al. 2018)
        self.ema_weight.fill_(1.0 - decay)
        layers.rekey(self.nets["D"], self.rng.generator("dropout for G", n))
        if self._shared is not None:
            fake, y, due = self._shared
            stats = self.g_update(fake, y, real, y_real, self._views("G", n, fake.shape), due=due)
        else:
            count = self.config.batch // self.rng.shard.count  # of this process
            z = self.rng.z("z for G", n, count, self.config.z_dim)
            y = self.rng.classes("classes for G", n, count, self.n_classes) if own is None else own
            layers.rekey(self.nets["G"], self.rng.generator("dropout in G for G", n))
            stats = self.g_update_alone(z, y, real, y_real, self._views("G", n, (len(z), *self.shape)))
        self._shared = None
        self.counts["g"] += 1
        return stats

    def g_update(
        self,
        fake: Tensor,
        y: Tensor | None,
        real: Tensor | None,
        y_real: Tensor | None,
        views: list[Tensor],
        due: tuple[int, ...] | None = None,
    ) -> Stats:
        """The maths of an update of G, by fakes that have its graph; `due` names D's update that made them."""
        self.nets["D"].requires_grad_(False)
        real_logits = None if real is None else self.D(self.see(real, views), y_real)
        fake_logits, class_losses = self.logits_of(self.see(fake, views), y)
        loss = self.loss.g(real_logits, fake_logits)
        self.opt_g.zero_grad()
        (loss if class_losses is None else loss + class_losses.mean()).backward()
        self.nets["D"].requires_grad_(True)
        norm = self.opt_g.guarded_step()
        self._follow()
        return {"g_loss": loss.detach(), "grad_norm_g": norm}

    def g_update_alone(
        self, z: Tensor, y: Tensor | None, real: Tensor | None, y_real: Tensor | None, views: list[Tensor]
    ) -> Stats:
        """The same by fakes of its own."""
        return self.g_update(self.G(z, y), y, real, y_real, views)

    # -- its parts -----------------------------------------------------------------------------------

    def logits(self, real: Tensor, fake: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor, Tensor | None]:
        """D's logits of both batches, and the mean losses (2,) of its class head on them, None where it has none.

        One pass where that is the same maths, two where BatchNorm would mix them.
        """
        if self._one_pass:
            logits, losses = self.logits_of(torch.cat([real, fake]), None if y is None else torch.cat([y, y]))
            real_logits, fake_logits = logits.chunk(2)
            return real_logits, fake_logits, None if losses is None else losses.view(2, -1).mean(1)
        (real_logits, of_real), (fake_logits, of_fake) = self.logits_of(real, y), self.logits_of(fake, y)
        both = None if of_real is None or of_fake is None else torch.stack([of_real.mean(), of_fake.mean()])
        return real_logits, fake_logits, both

    def logits_of(self, x: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """D's logits (N,) of x, and the losses (N,) of its class head, None where it has none."""
        return self.classify(self.D, x, y) if self.classify else (self.D(x, y), None)

    def d_loss(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """The loss of D, with the targets that a trick may have changed."""
        d = self.loss.d
        for trick, amount in self.tricks:
            if hasattr(trick, "d_loss"):
                d = partial(trick.d_loss, d, amount=amount)
        loss: Tensor = d(real_logits, fake_logits)
        return loss

    def see(self, x: Tensor, views: list[Tensor]) -> Tensor:
        """What D sees of x: through each augmentation and trick, by its draw."""
        for view, draw in zip(self.views, views, strict=True):
            x = view.of(x, draw)
        return x

    def _views(self, whom: str, update: int, shape: tuple[int, ...]) -> list[Tensor]:
        """The draws of this update, for images of that shape, for all that D sees through."""
        shard = self.rng.shard
        return [
            shard.of(
                view.file.draw(
                    (shape[0] * shard.count, *shape[1:]),
                    self.rng.generator(f"{view.file.__name__} for {whom}", update),
                    view.amount_after(self.counts["g"]),
                )
            )
            for view in self.views
        ]

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The shape C,H,W of one picture, as G makes it; it costs a pass, so only views ask, once."""
        if not self.views:
            return ()
        y = torch.zeros(1, dtype=torch.int64, device=self.device) if self.n_classes else None
        with torch.no_grad():
            x: Tensor = self.G_ema(torch.zeros(1, self.config.z_dim, device=self.device), y)
        return tuple(x.shape[1:])

    @torch.no_grad()
    def _follow(self) -> None:
        """The EMA follows G."""
        if self.config.ema_decay:
            for slow, fast in zip(self.G_ema.parameters(), self.nets["G"].parameters(), strict=True):
                slow.lerp_(fast, self.ema_weight)

    # -- what the loop asks --------------------------------------------------------------------------

    @property
    def images(self) -> int:
        """Real images that D has learned from so far."""
        return self.counts["d"] * self.config.batch

    def update(self, name: str, batches: Batches) -> Stats:
        """The next update of D ("d") or of G ("g")."""
        if name == "d":
            return self.d_step(*batches(self.counts["d"]))
        captioned = getattr(self.nets["G"], "captions", None) is not None and self._shared is None
        if not self.loss.NEEDS_REAL and not captioned:
            return self.g_step()
        real, y = batches(self.counts["g"])
        own = y if captioned else None
        return self.g_step(real, y, own) if self.loss.NEEDS_REAL else self.g_step(own=own)

    def end_step(self) -> None:
        """Forgets the last fakes."""
        self._shared = None

    def snapshot(self) -> Snapshot:
        """Copies of the EMA of G and of D."""
        nets = {"G_ema": copy.deepcopy(self.G_ema), "D": copy.deepcopy(self.nets["D"])}
        return Snapshot(self.config, nets, dict(self.counts))


Classify = Callable[[Any, Tensor, Tensor | None], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Penalty:
    """A penalty in use: its file, its weight, and the updates of D from one to the next."""

    file: ModuleType
    weight: float
    every: int

    def of(self, D: Any, real: Tensor, fake: Tensor, y: Tensor | None) -> Tensor:
        """The penalty itself, a scalar, not yet weighted."""
        value: Tensor = self.file.penalty(D, real, fake, y)
        return value


@dataclass(frozen=True)
class View:
    """What D sees pictures through: its file, its amount, and the updates of G in which that falls to 0; 0: never."""

    file: ModuleType
    amount: Any
    steps: int

    def amount_after(self, updates: int) -> Any:
        """The amount after so many updates of G, on a straight line; D sees as much of it as G does."""
        return self.amount * max(0.0, 1 - updates / self.steps) if self.steps else self.amount

    def of(self, x: Tensor, draw: Tensor) -> Tensor:
        """What D sees of x, N,C,H,W."""
        see = self.file.augment if hasattr(self.file, "augment") else self.file.see
        changed: Tensor = see(x, draw, self.amount)
        return changed


def every(file: ModuleType, config: RunConfig) -> int:
    """The updates of D from one penalty to the next, as the run has it."""
    return int(getattr(config, f"{file.__name__.rpartition('.')[2]}_every"))


def fading(file: ModuleType, config: RunConfig) -> int:
    """The updates of G in which the amount of a trick or augmentation falls to 0, as the run has it; 0: never."""
    return int(getattr(config, f"{file.__name__.rpartition('.')[2]}_steps")) if hasattr(file, "FADES") else 0


def conflict(config: RunConfig, D: nn.Module) -> str:
    """Why the chosen penalties and tricks cannot be used with D or the loss, naming both; "" when they can."""
    layers_of_d = {type(layer).__name__ for layer in D.modules()}
    for kind in ("penalties", "tricks"):
        for name in registry.names(kind):
            if not getattr(config, name.replace("-", "_")):
                continue
            card = registry.card(kind, name)
            for layer, why in card.facts.get("NOT_WITH", {}).items():
                if any(each.startswith(layer) for each in layers_of_d):
                    return f"{card.title} cannot be used with D of {config.model}, which has {layer}: {why}."
    return loss_conflict(config)
