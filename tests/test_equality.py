"""Our updates are the textbook's: same batches, same z, 20 updates in double precision, weights equal to 1e-9.

Two loops are compared with: the tutorials' own, which the benchmark of the speed times, and one written out here for
every model and loss. Both send real and fake pictures through D one after the other, freeze nothing and step an Adam
that is neither fused nor foreach.
"""

from __future__ import annotations

import copy
import itertools
from collections import deque
from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks._tutorials import TUTORIALS, play
from gan import models, registry
from gan.config import preset
from gan.models._layers import Dropout
from gan.step import Players
from tests.engine import tiny

UPDATES, BATCH = 20, 4
MODELS, LOSSES = registry.names("models"), registry.names("losses")


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    """Networks and draws are made in double precision."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(usual)


def built(config, shape, n_classes=0) -> Players:
    G, D = models.build(config, shape, n_classes, config.seed, "cpu")
    return Players(config, G, D, registry.load("losses", config.loss))


def batch(k, shape):
    generator = torch.Generator().manual_seed(1000 + k)
    return torch.rand(BATCH, *shape, generator=generator) * 2 - 1


class Told:
    """What a pair of ours draws while it trains, in the order of the textbook: every z, every mask of D's dropout."""

    def __init__(self, players: Players):
        self.z: deque[Tensor] = deque()
        self.masks: deque[Tensor] = deque()
        self._of_a_pass: list[tuple[Tensor, ...]] = []
        players.G.register_forward_pre_hook(lambda _, args: self.z.append(args[0]))
        players.D.register_forward_hook(lambda *_: self._sort())
        for layer in players.D.modules():
            if isinstance(layer, Dropout):
                layer.register_forward_hook(self._drop)

    def _drop(self, layer, args, out):
        kept = torch.where(args[0] == 0, 0.0, out / args[0]).detach()
        self._of_a_pass.append(kept.split(BATCH))

    def _sort(self):
        """One pass of ours may be two of the textbook's."""
        self.masks.extend(itertools.chain(*zip(*self._of_a_pass, strict=True)))
        self._of_a_pass.clear()


class Same(nn.Module):
    """Dropout that switches off what ours has switched off."""

    def __init__(self, told: Told):
        super().__init__()
        self.told = told

    def forward(self, x):
        return x * self.told.masks.popleft()


def assert_equal(ours: nn.Module, theirs: nn.Module) -> None:
    pairs = zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True)
    for (name, one), other in pairs:
        torch.testing.assert_close(one, other, rtol=0, atol=1e-9, msg=name)


@pytest.mark.parametrize("name", TUTORIALS)
def test_the_tutorials_own_loop(name):
    """A preset makes of its tutorial's weights what the tutorial makes of them."""
    tutorial = TUTORIALS[name]
    shape = (2, 1, 1) if name == "first-steps" else (1, tutorial.side, tutorial.side)
    players = built(preset(name)[0].replace(batch=BATCH, ema_decay=0.5), shape)
    told = Told(players)
    G, D = tutorial.pair(lambda p: Same(told))
    for ours, theirs in ((players.G, G), (players.D, D)):
        with torch.no_grad():
            for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
                other.copy_(one.view_as(other))
    betas = (tutorial.beta1, 0.999)
    opt_g, opt_d = (
        torch.optim.Adam(net.parameters(), lr=tutorial.rate, betas=betas, foreach=False)
        for net in (G, D)
    )
    loop = play(
        G, D, ((batch(k, shape),) for k in itertools.count()), opt_g, opt_d, tutorial.criterion,
        lambda n: told.z.popleft().view(n, *tutorial.z_shape), tutorial.apart, tutorial.fresh,
    )  # fmt: skip
    for k in range(UPDATES):
        players.update_d(batch(k, shape))
        players.update_g()
        players.end_round()
        next(loop)
    assert_equal(players.G, G)
    assert_equal(players.D, D)
    assert not told.z
    assert not told.masks


def cross_entropy(logits, label):
    chances = logits.sigmoid()
    return F.binary_cross_entropy(chances, torch.full_like(chances, label))


TEXTBOOK = {  # the loss of D for real and fake logits, that of G for fake ones
    "non-saturating": (
        lambda real, fake: cross_entropy(real, 1.0) + cross_entropy(fake, 0.0),
        lambda fake: cross_entropy(fake, 1.0),
    ),
    "minimax": (
        lambda real, fake: cross_entropy(real, 1.0) + cross_entropy(fake, 0.0),
        lambda fake: -cross_entropy(fake, 0.0),
    ),
    "hinge": (
        lambda real, fake: (1 - real).clamp(min=0).mean() + (1 + fake).clamp(min=0).mean(),
        lambda fake: -fake.mean(),
    ),
}


def variants() -> Iterator[tuple[str, str, bool, bool]]:
    """Model, loss, whether fakes are used twice, whether both are told a class."""
    for model, loss, reuse in itertools.product(MODELS, LOSSES, (True, False)):
        for conditional in {False, "conditional" in registry.load("models", model).KNOBS}:
            yield model, loss, reuse, conditional


def steepness(slope):
    """The squared length of each row of a gradient, on average."""
    return sum((row**2).sum() for row in slope) / len(slope)


@pytest.mark.parametrize(("model", "loss", "reuse", "conditional"), [*variants()])
def test_the_textbook_loop(model, loss, reuse, conditional):
    """D twice, G once: also two updates of G, the classes, the average, R1 in two of the 20 updates."""
    shape = {"dcgan-16": (1, 16, 16), "first-steps": (2, 1, 1)}.get(model, (1, 8, 8))
    told_class = {"conditional": conditional, "reuse_fake": reuse}
    config = tiny(model=model, loss=loss, r1=0.3, ema_decay=0.9, **told_class)
    players = built(config, shape, 3)
    G, D = copy.deepcopy(players.G), copy.deepcopy(players.D)
    told = Told(players)
    if hasattr(D, "drop"):
        D.drop = Same(told)
    average = [p.detach().clone() for p in G.parameters()]
    betas = (config.beta1, config.beta2)
    opt_g = torch.optim.Adam(G.parameters(), lr=config.lr_g, betas=betas, foreach=False)
    opt_d = torch.optim.Adam(D.parameters(), lr=config.lr_d, betas=betas, foreach=False)
    d_loss, g_loss = TEXTBOOK[loss]

    for k in range(UPDATES):
        real, y = batch(k, shape), torch.arange(k, k + BATCH) % 3 if conditional else None
        players.update_d(real, y)
        players.update_g()
        players.end_round()

        opt_d.zero_grad()
        fake = G(told.z.popleft(), y)
        total = d_loss(D(real, y), D(fake.detach(), y))
        if k in (0, 16):
            x = real.clone().requires_grad_()
            (slope,) = torch.autograd.grad(D(x, y).sum(), x, create_graph=True)
            total = total + 16 * 0.3 / 2 * steepness(slope)
        total.backward()
        opt_d.step()
        if not reuse:
            y = players.draws.classes("classes for G", k, BATCH, 3) if conditional else None
            fake = G(told.z.popleft(), y)
        opt_g.zero_grad()
        g_loss(D(fake, y)).backward()
        opt_g.step()
        decay = min(0.9, (1 + k) / (10 + k))
        average = [
            decay * a + (1 - decay) * p.detach()
            for a, p in zip(average, G.parameters(), strict=True)
        ]
    assert_equal(players.G, G)
    assert_equal(players.D, D)
    for one, other in zip(players.average.parameters(), average, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-9)
