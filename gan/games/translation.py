"""Translation: G makes one picture from another, and D judges the two side by side.

Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks" (pix2pix, 2017, arXiv:1611.07004). The
data bring pairs of a source and a picture, or a degradation makes the source: then it is a restoration. The L1 distance
to the true picture says where things belong, D says what they look like.

Where a source leaves much open, one answer is not enough: with a `diversity_weight` G has noise z beside its source,
every other source of a batch is answered twice, and the two are to differ, as far as the noise does (Yang et al.,
"Diversity-Sensitive Conditional Generative Adversarial Networks", 2019, arXiv:1901.09024). The pixel error would pull
all answers to one, so it counts of the nearer one alone (the variety loss of Gupta et al., "Social GAN", 2018,
arXiv:1803.10892); and what would be the source of an answer has to be the source, where that can be told.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from gan import registry
from gan.config import RunConfig
from gan.games import Batches, Snapshot, Stats
from gan.games._adam import GuardedAdam
from gan.games._chosen import prepare
from gan.games._degradations import degrade, holed, known, shape_of
from gan.games._opinion import opinion
from gan.games._unet import PatchDiscriminator, UNet, enlarged
from gan.models import seeded
from gan.rng import RngStreams

SCRIPT = "gan.export.translation_body"
STARTS_FROM = "source"
BESIDE = ("source", "result", "truth")
ANSWERS = ("source", "one answer", "another one")
IDLE = ("model", "batch_norm", "conditional", "cycle", "identity", "source_b", "two_classes")
TAKES = ("spectral-norm",)
ENOUGH = 0.12  # distance of two answers over that of their noise, beyond which they need not differ more
UPDATES = {"d": "d_steps", "g": "g_steps"}
STATISTICS = {
    "d_loss": "D's loss",
    "d_real": "D's answer to true pairs",
    "d_fake": "D's answer to translated pairs",
    "grad_norm_d": "D's gradient",
    "d_accuracy": "D's accuracy",
    "logit_real": "D's logit of true pairs",
    "logit_fake": "D's logit of translated pairs",
    "real_below_fake": "true pairs that D scores lower than a translated one",
    "g_loss": "G's loss by D",
    "l1": "pixel error of what G learns from",
    "grad_norm_g": "G's gradient",
}


def networks(config: RunConfig, shape: tuple[int, int, int], n_classes: int, seed: int) -> dict[str, nn.Module]:
    """G, a U-Net, and D, which sees source and picture, a third wider than G. Raises ValueError for other data."""
    if min(shape[1:]) < 8:
        raise ValueError("Translation makes pictures of at least 8 x 8 pixels from others.")
    source = shape_of(config.degradation, shape)
    if _several(config) and config.batch < 2:
        raise ValueError("Several answers to one source need a batch of at least 2.")
    with seeded(RngStreams(seed).generator("initialise", 0)):
        G = UNet(shape, source, config.width, config.degradation == "hole", config.z_dim if _several(config) else 0)
        D = PatchDiscriminator(shape, source[0], config.width * 4 // 3)
    prepare(D, config, seed)
    return {"G": G, "D": D}


def grid(snapshot: Snapshot, z: Tensor, y: Tensor | None) -> Tensor:
    """What becomes of the sources y, N,C,H,W in [-1, 1]."""
    x: Tensor = snapshot.G_ema(z, y)
    return x


def beside(snapshot: Snapshot, z: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Source, result and truth, N,3,C,H,W; where G has noise, a second answer in the place of the truth."""
    C, H, W = x.shape[1:]
    third = grid(snapshot, -z, y).float() if _several(snapshot.config) else x
    return torch.stack([shown(snapshot.config, y, (C, H, W)), grid(snapshot, z, y).float(), third], 1)


def compared(snapshot: Snapshot, y: Tensor, x: Tensor, pairs: bool) -> tuple[dict[str, Tensor], list[Tensor]]:
    """What became of held-out sources y, beside the true pictures x: means of pixels in 0..1; and the results.

    pixel_error and source_error of results and of the sources themselves to the truth; moved from source to result;
    ink of the results over that of the truth. Where G has noise: answers_apart, of two answers to one source, and
    source_kept, of what would be the sources of the results to the sources, where that can be told.
    """
    C, H, W = x.shape[1:]
    config, z = snapshot.config, None
    if _several(config):
        z = RngStreams(config.seed, y.device).z("compared", 0, len(y), config.z_dim)
    made, source = snapshot.G_ema(z, y).float(), shown(config, y, (C, H, W))
    scores = {
        "pixel_error": (made - x).abs().mean() / 2,
        "source_error": (source - x).abs().mean() / 2,
        "moved": (made - source).abs().mean() / 2,
        "ink": (made + 1).mean() / (x + 1).mean().clamp_min(1e-6),
    }
    if z is not None:
        scores["answers_apart"] = (made - snapshot.G_ema(-z, y)).abs().mean() / 2
        if (back := known(config.degradation, made)) is not None:
            scores["source_kept"] = (back - y).abs().mean() / 2
    return scores, [made]


def shown(config: RunConfig, y: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """The sources y as they are looked at, N,C,H,W in [-1, 1]: enlarged, and grey where something is missing."""
    y = enlarged(y, list(shape[1:]))
    if config.degradation == "hole":
        return torch.where(y[:, -1:] > 0, torch.zeros_like(y[:, :-1]), y[:, :-1])
    return y.expand(-1, shape[0], -1, -1)  # grey ones of pictures with colour


def asked(config: RunConfig, x: Tensor, missing: Tensor | None) -> Tensor:
    """The input of G for sources x (N,C,h,w in [-1, 1]) that a caller brings; `missing` (N,1,h,w, bool) is not known.

    Raises ValueError with a sentence where the second is needed, or means nothing.
    """
    holes = config.degradation == "hole"
    if holes and missing is None:
        raise ValueError("this run fills in what is missing: say by a mask where that is")
    if missing is not None and not holes:
        raise ValueError("this run fills in no holes, so it takes no mask")
    return x if missing is None else holed(x, missing)


def degraded(config: RunConfig, x: Tensor, missing: Tensor) -> Tensor:
    """The sources of whole pictures x (N,C,H,W in [-1, 1]), of which a part is `missing` (N,1,H,W, bool)."""
    return holed(x, missing) if config.degradation == "hole" else degrade(config.degradation, x, torch.Generator())


class Game:
    """Translator, discriminator of pairs, the EMA of the translator, and how often each was updated."""

    def __init__(self, config: RunConfig, nets: Mapping[str, nn.Module]):
        self.config, self.nets = config, dict(nets)
        self.G: Any = nets["G"]
        self.D: Any = nets["D"]
        self.device = next(self.G.parameters()).device
        self.n_classes = 0
        self.loss: ModuleType = registry.load("losses", config.loss)
        self.G_ema: nn.Module = copy.deepcopy(self.G).requires_grad_(False).eval()
        self.optimizers = {
            "G": GuardedAdam(self.G, config.lr_g, config.beta1, config.beta2),
            "D": GuardedAdam(self.D, config.lr_d, config.beta1, config.beta2),
        }
        self.counts = {"d": 0, "g": 0}
        self.rng = RngStreams(config.seed, self.device)
        self._shared: tuple[Tensor, ...] | None = None  # what `answers` gave to D, with G's graph

    def d_step(self, x: Tensor, y: Tensor) -> Stats:
        """One update of D: it learns to tell pictures x (N,C,H,W) beside their sources y from what G makes of y."""
        with torch.set_grad_enabled(self.config.reuse_fake):
            fake, truth, sources, *z = self.answers(x, y, "noise for D", self.counts["d"])
        self._shared = (fake, truth, sources, *z) if self.config.reuse_fake else None
        real_logits, fake_logits = self.D(x, y).flatten(), self.D(fake.detach(), sources).flatten()
        loss = self.loss.d(real_logits, fake_logits)
        norm = self._descend("D", loss)
        return {"d_loss": loss.detach(), "grad_norm_d": norm, **opinion(self.loss, real_logits, fake_logits)}

    def answers(self, x: Tensor, y: Tensor, purpose: str, update: int) -> tuple[Tensor, ...]:
        """What G makes of sources y of the truth x: fakes, their truth and sources, N each.

        Where G has noise also that, N,z_dim; then every other source is answered twice, one after the other.
        """
        if not _several(self.config):
            return self.G(None, y), x, y
        x, y = (each[::2].repeat_interleave(2, 0)[: len(each)] for each in (x, y))
        z = self.rng.z(purpose, update, len(y), self.config.z_dim)
        return self.G(z, y), x, y, z

    def g_step(self, fake: Tensor, x: Tensor, y: Tensor, *z: Tensor) -> Stats:
        """One update of G by its own pictures `fake` of sources y: near to the truth x, and real to D.

        With the noise z that they were made with, two of each source: one of them near, both as their source says, and
        different.
        """
        l1 = nearer(fake, x) if z else (fake - x).abs().mean()
        loss = self.config.l1 * l1
        if z:
            if (back := known(self.config.degradation, fake)) is not None:
                loss = loss + self.config.l1 * (back - y).abs().mean()
            loss = loss - self.config.diversity_weight * apart(fake, y, z[0], self.config.degradation == "hole")
        stats = {"l1": l1.detach() / 2}  # of 0..1
        if self.config.adversarial_weight:
            self.nets["D"].requires_grad_(False)
            real_logits = self.D(x, y).flatten() if self.loss.NEEDS_REAL else None
            opposed = self.loss.g(real_logits, self.D(fake, y).flatten())
            loss = loss + self.config.adversarial_weight * opposed
            stats["g_loss"] = opposed.detach()
        norm = self._descend("G", loss)
        self.nets["D"].requires_grad_(True)
        self._follow()
        return {**stats, "grad_norm_g": norm}

    def _descend(self, name: str, loss: Tensor) -> Tensor:
        """One step of Adam down a loss; the norm of its gradient, ()."""
        optimizer = self.optimizers[name]
        optimizer.zero_grad()
        loss.backward()
        return optimizer.guarded_step()

    @torch.no_grad()
    def _follow(self) -> None:
        """The EMA follows G, quickly at first."""
        n = self.counts["g"]
        decay = min(self.config.ema_decay, (1 + n) / (10 + n))
        for slow, fast in zip(self.G_ema.parameters(), self.nets["G"].parameters(), strict=True):
            slow.lerp_(fast, 1 - decay)

    def source(self, x: Tensor, y: Tensor | None, purpose: str, update: int) -> Tensor:
        """The sources of pictures x: y where the data have them and nothing is to be restored, else x degraded."""
        if self.config.degradation == "none":
            if y is None:
                raise ValueError(NO_PAIRS)
            return y
        return degrade(self.config.degradation, x, self.rng.generator(purpose, update), self.rng.shard)

    # -- what the loop asks --------------------------------------------------------------------------

    @property
    def images(self) -> int:
        """Real images that G has learned from so far."""
        return self.counts["g"] * self.config.batch

    def update(self, name: str, batches: Batches) -> Stats:
        """The next update of D ("d") or of G ("g")."""
        n = self.counts[name]
        stats: Stats = {}
        if name == "d" and self.config.adversarial_weight:
            x, y = batches(n)
            stats = self.d_step(x, self.source(x, y, "degradation for D", n))
        if name == "g":
            if (made := self._shared) is None:
                x, y = batches(n)
                made = self.answers(x, self.source(x, y, "degradation for G", n), "noise for G", n)
            self._shared = None
            stats = self.g_step(*made)
        self.counts[name] += 1
        return stats

    def end_step(self) -> None:
        """Forgets the last fakes."""
        self._shared = None

    def snapshot(self) -> Snapshot:
        """Copies of the EMA of G and of D."""
        nets = {"G_ema": copy.deepcopy(self.G_ema), "D": copy.deepcopy(self.nets["D"])}
        return Snapshot(self.config, nets, dict(self.counts))


def nearer(answers: Tensor, x: Tensor) -> Tensor:
    """The pixel error of the nearer one of two neighbouring answers to the truth x, on average: ()."""
    errors = (answers - x).abs().flatten(1).mean(1)
    return torch.minimum(errors[1::2], errors[: len(errors) // 2 * 2 : 2]).mean()


def apart(answers: Tensor, y: Tensor, z: Tensor, holes: bool) -> Tensor:
    """How far two neighbouring answers lie apart for the distance of their noise z, at most ENOUGH, on average: ().

    Distances are means of absolute differences; of pictures with `holes` in the missing part, which y has last.
    """
    gap = (answers[1::2] - answers[: len(answers) // 2 * 2 : 2]).abs()
    gap = gap.flatten(1).mean(1)
    if holes:
        gap = gap / (y[1::2, -1:] > 0).to(gap.dtype).flatten(1).mean(1)
    z = z.to(gap.dtype)
    distance = (z[1::2] - z[: len(z) // 2 * 2 : 2]).abs().mean(1)
    return (gap / distance).clamp_max(ENOUGH).mean()


def _several(config: RunConfig) -> bool:
    """Whether G has noise, and so several answers to one source."""
    return config.diversity_weight > 0


NO_PAIRS = (
    "Translation needs pairs of pictures, and these data have none: choose Thin and thick, or a degradation that makes "
    "the sources."
)
