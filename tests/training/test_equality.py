"""Our updates are the textbook's: same batches, same z, nine updates in double precision, weights equal to 1e-9.

Two loops are compared with: the tutorials' own, which the benchmark of the speed times, and one written out here for
every model and loss. Both send real and fake pictures through D one after the other, freeze nothing and step an Adam
that is neither fused nor foreach.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks._tutorials import TUTORIALS, play
from gan import games, models, registry
from gan.config import preset
from gan.games.adversarial import Game
from gan.models._layers import Dropout
from tests.engine import shape_for, tiny

UPDATES, BATCH, LAZY = 9, 4, 4
MODELS, LOSSES = registry.names("models"), registry.names("losses")
CONDITIONAL = ("dcgan-16", "lean-dcgan", "lean-resnet")  # of one kind each; the others in tests/conditionings


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    """Networks and draws are made in double precision."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(usual)


def built(config, shape, n_classes=0) -> Any:
    return games.build(config, shape, n_classes, "cpu")


def batch(k, shape):
    generator = torch.Generator().manual_seed(1000 + k)
    return torch.rand(BATCH, *shape, generator=generator) * 2 - 1


class Told:
    """What a pair of ours draws while it trains, in the order of the textbook: every z, every mask of D's dropout."""

    def __init__(self, game: Game):
        self.z: deque[Tensor] = deque()
        self.masks: deque[Tensor] = deque()
        self._of_a_pass: list[tuple[Tensor, ...]] = []
        game.G.register_forward_pre_hook(lambda _, args: self.z.append(args[0]))
        game.D.register_forward_hook(lambda *_: self._sort())
        for layer in game.D.modules():
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
    mine = {
        name: value for name, value in ours.state_dict().items() if not name.endswith("parametrizations.weight.0.u")
    }
    if any(name.endswith("parametrizations.weight.original") for name in mine):  # they stand behind the biases
        plain = {name.replace("parametrizations.weight.original", "weight"): value for name, value in mine.items()}
        mine = {name: plain[name] for name in theirs.state_dict()}
    for (name, one), other in zip(mine.items(), theirs.state_dict().values(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-9, msg=name)


@pytest.mark.parametrize("name", TUTORIALS)
def test_the_tutorials_own_loop(name):
    """A preset makes of its tutorial's weights what the tutorial makes of them."""
    tutorial = TUTORIALS[name]
    shape = (2, 1, 1) if name == "first-steps" else (1, tutorial.side, tutorial.side)
    game = built(preset(name)[0].replace(batch=BATCH, ema_decay=0.5), shape)
    told = Told(game)
    G, D = tutorial.pair(lambda p: Same(told))
    for ours, theirs in ((game.G, G), (game.D, D)):
        with torch.no_grad():
            for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
                other.copy_(one.view_as(other))
    betas = (tutorial.beta1, 0.999)
    opt_g, opt_d = (torch.optim.Adam(net.parameters(), lr=tutorial.rate, betas=betas, foreach=False) for net in (G, D))
    loop = play(
        G,
        D,
        ((batch(k, shape),) for k in itertools.count()),
        opt_g,
        opt_d,
        tutorial.criterion,
        lambda n: told.z.popleft().view(n, *tutorial.z_shape),
        tutorial.apart,
        tutorial.fresh,
    )
    for k in range(UPDATES):
        game.d_step(batch(k, shape))
        game.g_step()
        game.end_step()
        next(loop)
    assert_equal(game.G, G)
    assert_equal(game.D, D)
    assert not told.z
    assert not told.masks


def cross_entropy(logits, label):
    chances = logits.sigmoid()
    return F.binary_cross_entropy(chances, torch.full_like(chances, label))


def squares(logits, target):
    return ((logits - target) ** 2).mean() / 2


TEXTBOOK = {  # the loss of D for real and fake logits, and that of G
    "non-saturating": (
        lambda real, fake: cross_entropy(real, 1.0) + cross_entropy(fake, 0.0),
        lambda real, fake: cross_entropy(fake, 1.0),
    ),
    "minimax": (
        lambda real, fake: cross_entropy(real, 1.0) + cross_entropy(fake, 0.0),
        lambda real, fake: -cross_entropy(fake, 0.0),
    ),
    "hinge": (
        lambda real, fake: (1 - real).clamp(min=0).mean() + (1 + fake).clamp(min=0).mean(),
        lambda real, fake: -fake.mean(),
    ),
    "least-squares": (
        lambda real, fake: squares(real, 1.0) + squares(fake, 0.0),
        lambda real, fake: squares(fake, 1.0),
    ),
    "wasserstein": (lambda real, fake: fake.mean() - real.mean(), lambda real, fake: -fake.mean()),
    "relativistic": (
        lambda real, fake: cross_entropy(real - fake, 1.0),
        lambda real, fake: cross_entropy(fake - real, 1.0),
    ),
}
SMOOTHED = {  # the loss of D where a real picture is real by 0.9
    "non-saturating": lambda real, fake: cross_entropy(real, 0.9) + cross_entropy(fake, 0.0),
    "hinge": lambda real, fake: (
        (0.9 * (1 - real).clamp(min=0) + 0.1 * (1 + real).clamp(min=0)).mean() + (1 + fake).clamp(min=0).mean()
    ),
}


class Divided:
    """D with every matrix of weights over its largest singular value, found as ours is: a step of the power method a
    pass, from where ours begins."""

    def __init__(self, D: nn.Module, ours: nn.Module):
        self.D = D
        tail = "parametrizations.weight.0.u"
        self.u = {name.replace(tail, "weight"): u.clone() for name, u in ours.named_buffers() if name.endswith(tail)}

    def power(self) -> None:
        for name, u in self.u.items():
            rows = self.D.get_parameter(name).detach().flatten(1)
            self.u[name] = F.normalize(rows @ F.normalize(rows.T @ u, dim=0), dim=0)

    def __call__(self, x, y=None):
        weights = dict(self.D.named_parameters())
        divided = {n: weights[n] / (weights[n].flatten(1).T @ u).norm() for n, u in self.u.items()}
        return torch.func.functional_call(self.D, {**weights, **divided}, (x, y)) if divided else self.D(x, y)


def shifted(x: Tensor, draw: Tensor, amount: int) -> Tensor:
    """Each picture down and to the right by its draw, cut out of the picture with a wide edge."""
    H, W = x.shape[-2:]
    wide = F.pad(x, [amount] * 4, mode="replicate")
    places = [(amount - int(down), amount - int(right)) for down, right in draw]
    return torch.stack([one[:, i : i + H, k : k + W] for one, (i, k) in zip(wide, places, strict=True)])


def judged(D, x, y, conditioning):
    """The logits of D, and the cross-entropy of its class head where it has one."""
    if conditioning != "auxiliary":
        return D(x, y), 0.0
    scores = D(x, torch.empty(len(x), 0))
    shares = scores[:, 1:].exp() / scores[:, 1:].exp().sum(1, keepdim=True)
    return scores[:, 0], -shares[range(len(y)), y].log().mean()


def slope_at(D, x, y):
    x = x.detach().clone().requires_grad_()
    (slope,) = torch.autograd.grad(D(x, y).sum(), x, create_graph=True)
    return slope


def steepness(slope):
    """The squared length of each row of a gradient, on average."""
    return sum((row**2).sum() for row in slope) / len(slope)


def lengths(slope):
    return torch.stack([(row**2).sum().sqrt() for row in slope])


def between(real, fake):
    """On the line from each real to its fake, at the middles of as many equal parts as there are lines."""
    return torch.stack([r + (k + 0.5) / len(real) * (f - r) for k, (r, f) in enumerate(zip(real, fake, strict=True))])


PENALTIES = {  # the updates in which each is due, its weight then, itself
    "gradient_penalty": (1, lambda D, x, fake, y: ((lengths(slope_at(D, between(x, fake), y)) - 1) ** 2).mean()),
    "r1": (LAZY, lambda D, x, fake, y: steepness(slope_at(D, x, y)) / 2),
    "r2": (LAZY, lambda D, x, fake, y: steepness(slope_at(D, fake, y)) / 2),
}


def variants() -> Iterator[tuple[str, str, bool, bool]]:
    """Model, loss, whether fakes are used twice, whether both are told a class.

    Every model with a loss whose G needs no real images, one whose G does, and one of the others in turn; of loss,
    reuse and classes every two values meet.
    """
    others = [loss for loss in LOSSES if loss not in ("non-saturating", "relativistic")]
    for model, other in zip(MODELS, itertools.cycle(others)):
        yield model, "non-saturating", True, False
        yield model, "relativistic", False, False
        yield model, other, True, False
        if model in CONDITIONAL:
            yield model, "non-saturating", False, True
            yield model, "relativistic", True, True


@pytest.mark.parametrize(("model", "loss", "reuse", "conditional"), [*variants()])
def test_the_textbook_loop(model, loss, reuse, conditional):
    """The classes, the EMA, R1 in three of the nine updates."""
    compare(model=model, loss=loss, conditional=conditional, reuse_fake=reuse, r1=0.3)


MORE: list[dict[str, Any]] = [
    {"r2": 0.3},
    {"r1": 0.3, "r2": 0.2, "loss": "relativistic", "batch_norm": True},
    {"gradient_penalty": 10.0, "loss": "wasserstein"},
    {"gradient_penalty": 10.0, "r1": 0.1, "model": "lean-resnet", "conditional": True},
    {"label_smoothing": 0.1, "loss": "non-saturating"},
    {"label_smoothing": 0.1, "loss": "hinge", "model": "gan-dropout"},
    {"spectral_norm": True},
    {"spectral_norm": True, "gradient_penalty": 1.0, "r2": 0.3, "loss": "relativistic"},
    {"spectral_norm": True, "model": "lean-resnet", "conditional": True},
    {"translation": 2, "batch_norm": True},
    {"translation": 3, "r1": 0.3, "gradient_penalty": 1.0, "label_smoothing": 0.1, "spectral_norm": True},
    {"translation": 1, "loss": "relativistic", "model": "lean-resnet", "conditional": True},
    {"conditional": True, "conditioning": "auxiliary", "model": "lean-resnet", "r1": 0.3},
    {"conditional": True, "conditioning": "auxiliary", "batch_norm": True, "loss": "relativistic"},
    {"conditional": True, "conditioning": "concat", "model": "gan-dropout", "loss": "non-saturating"},
]


@pytest.mark.parametrize("reuse", [True, False])
@pytest.mark.parametrize("settings", MORE)
def test_penalties_tricks_and_augmentations_in_the_textbook_loop(settings, reuse):
    compare(**{"model": "lean-dcgan", "batch_norm": False, "reuse_fake": reuse, **settings})


def test_every_reference_is_of_a_choice():
    """One that was added trains, resumes and is exported in tests/test_combinations.py."""
    known = {
        name.replace("-", "_") for kind in ("penalties", "tricks", "augmentations") for name in registry.names(kind)
    }
    usual = {"loss", "model", "batch_norm", "conditional", "conditioning"}
    assert {name for settings in MORE for name in settings} - usual <= known
    assert TEXTBOOK.keys() <= set(LOSSES)


def compare(**settings: Any) -> None:
    """Trains the game and the textbook's loop, each beginning with the same weights, and compares what they learned."""
    shape = shape_for(settings["model"])
    config = tiny(ema_decay=0.9, r1_every=LAZY, r2_every=LAZY, **settings)
    game = built(config, shape, 3)
    G, plain = models.build(config, shape, 3, config.seed, "cpu")
    D = Divided(plain, game.D)
    told = Told(game)
    if hasattr(plain, "drop"):
        plain.drop = Same(told)
    ema = [p.detach().clone() for p in G.parameters()]
    betas = (config.beta1, config.beta2)
    opt_g = torch.optim.Adam(G.parameters(), lr=config.lr_g, betas=betas, foreach=False)
    opt_d = torch.optim.Adam(plain.parameters(), lr=config.lr_d, betas=betas, foreach=False)
    own = registry.load("losses", config.loss)  # which a loss without a reference is held to: then the loop is compared
    d_loss, g_loss = TEXTBOOK.get(config.loss, (own.d, own.g))
    if config.label_smoothing:
        d_loss = SMOOTHED[config.loss]

    def seen(x, whom, k):
        if not config.translation:
            return x
        place = game.rng.generator(f"gan.augmentations.translation for {whom}", k)
        return shifted(
            x,
            torch.randint(-config.translation, config.translation + 1, (BATCH, 2), generator=place),
            config.translation,
        )

    for k in range(UPDATES):
        real, others = batch(k, shape), batch(500 + k, shape)
        y = torch.arange(k, k + BATCH) % 3 if config.conditional else None
        game.d_step(real, y)
        if game.loss.NEEDS_REAL:
            game.g_step(others, y)
        else:
            game.g_step()
        game.end_step()

        fake = G(told.z.popleft(), y)
        shown, shown_fake = seen(real, "D", k), seen(fake.detach(), "D", k)
        opt_d.zero_grad()
        D.power()
        (of_real, head), (of_fake, other) = (judged(D, x, y, config.conditioning) for x in (shown, shown_fake))
        total = d_loss(of_real, of_fake) + head + other
        for name, (every, penalty) in PENALTIES.items():
            if getattr(config, name) and k % every == 0:
                D.power()
                total = total + getattr(config, name) * every * penalty(D, shown, shown_fake, y)
        total.backward()
        opt_d.step()

        y_g = y
        if not config.reuse_fake:
            y_g = game.rng.classes("classes for G", k, BATCH, 3) if config.conditional else None
            fake = G(told.z.popleft(), y_g)
        opt_g.zero_grad()
        real_logits = None
        if game.loss.NEEDS_REAL:
            D.power()
            real_logits = D(seen(others, "G", k), y)
        D.power()
        of_fake, head = judged(D, seen(fake, "G", k), y_g, config.conditioning)
        (g_loss(real_logits, of_fake) + head).backward()
        opt_g.step()
        decay = min(0.9, (1 + k) / (10 + k))
        ema = [decay * a + (1 - decay) * p.detach() for a, p in zip(ema, G.parameters(), strict=True)]
    assert_equal(game.G, G)
    assert_equal(game.D, plain)
    for one, other in zip(game.G_ema.parameters(), ema, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-9)
    assert not told.z
    assert not told.masks
