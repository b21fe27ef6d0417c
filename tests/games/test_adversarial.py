"""The adversarial game: equal to the loop everybody writes, D left alone by G, the EMA that people see."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gan.games.adversarial import STATISTICS, Game
from gan.models._batchnorm import RECALIBRATION, recalibrate
from gan.models._layers import Dropout
from tests import engine
from tests.engine import real_of, shape_for

FAITHFUL = ("dcgan-16", "dcgan-tutorial", "first-steps", "gan-2014", "gan-dropout")


def game_of(shape=(1, 8, 8), n_classes=0, **settings) -> Game:
    return engine.game_of(shape, n_classes, **{"loss": "non-saturating", **settings})


def changed(loss, **functions) -> Any:
    return SimpleNamespace(**{**vars(loss), **functions})


def weights(net):
    return {name: value.clone() for name, value in net.state_dict().items()}


def equal(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_a_conditional_step_tells_both_networks_the_same_classes():
    """Fakes are of the classes of the real batch; G's own updates draw classes of theirs. Two passes through D."""
    game = game_of(n_classes=10, conditional=True, reuse_fake=True)
    told: list[tuple[str, list[int]]] = []
    for name, net in game.nets.items():
        net.register_forward_pre_hook(lambda _, args, name=name: told.append((name, args[1].tolist())))
    y = torch.tensor([7, 1, 1, 3])
    game.d_step(real_of(0), y)
    game.g_step()
    assert told == [("G", y.tolist()), ("D", y.tolist()), ("D", y.tolist()), ("D", y.tolist())]
    told.clear()
    game.g_step()  # D has shown nothing in between: fresh fakes
    (_, drawn), (_, judged) = told
    wanted = game.rng.classes("classes for G", 1, 4, 10)
    assert wanted is not None
    assert drawn == judged == wanted.tolist()


# -- the maths -------------------------------------------------------------------------------------


@pytest.mark.parametrize("reuse", [True, False])
@pytest.mark.parametrize("model", ["gan-2014", "first-steps"])
def test_five_steps_equal_the_loop_of_every_introduction(model, reuse):
    """Binary cross-entropy against ones and zeros, zero_grad, two optimizers: in double precision."""
    shape = (1, 8, 8) if model == "gan-2014" else (2, 1, 1)
    game = game_of(shape, model=model, reuse_fake=reuse, lr_g=1e-3, lr_d=2e-3)
    G, D = copy.deepcopy(game.G).double(), copy.deepcopy(game.D).double()
    betas = (game.config.beta1, game.config.beta2)
    opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=betas, fused=False)
    opt_d = torch.optim.Adam(D.parameters(), lr=2e-3, betas=betas, fused=False)

    for k in range(5):
        x = real_of(k, shape)
        told_d, told_g = game.d_step(x), game.g_step()

        z = game.rng.z("z for D", k, 4, 3).double()
        opt_d.zero_grad()
        fake = G(z)
        real_logits, fake_logits = D(x.double()), D(fake.detach())
        bce = F.binary_cross_entropy_with_logits
        d_loss = bce(real_logits, torch.ones(4).double()) + bce(fake_logits, torch.zeros(4).double())
        d_loss.backward()
        norm_d = sum(p.grad.square().sum() for p in D.parameters()).sqrt()
        opt_d.step()

        if not reuse:
            fake = G(game.rng.z("z for G", k, 4, 3).double())
        opt_g.zero_grad()
        g_loss = bce(D(fake), torch.ones(4).double())
        g_loss.backward()
        norm_g = sum(p.grad.square().sum() for p in G.parameters()).sqrt()
        opt_g.step()

        mean = [logits.sigmoid().mean() for logits in (real_logits, fake_logits)]
        hits = torch.cat([real_logits > 0, fake_logits < 0]).double().mean()
        below = (real_logits < fake_logits).double().mean()
        expected = {
            "d_loss": d_loss,
            "d_real": mean[0],
            "d_fake": mean[1],
            "grad_norm_d": norm_d,
            "d_accuracy": hits,
            "logit_real": real_logits.mean(),
            "logit_fake": fake_logits.mean(),
            "real_below_fake": below,
            "g_loss": g_loss,
            "grad_norm_g": norm_g,
        }
        others = {"estimate", "d_penalty", "class_loss_real", "class_loss_fake"}
        assert (told_d | told_g).keys() == expected.keys() == STATISTICS.keys() - others
        for name, value in (told_d | told_g).items():
            torch.testing.assert_close(value, expected[name].detach().float(), rtol=1e-4, atol=1e-6, msg=name)
    for ours, theirs in ((game.G, G), (game.D, D)):
        for name, value in theirs.state_dict().items():
            torch.testing.assert_close(ours.state_dict()[name], value.float(), rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize("model", FAITHFUL)
def test_a_step_of_one_network_leaves_the_other_alone(model):
    shape = shape_for(model)
    game = game_of(shape, model=model, reuse_fake=False)
    before_d, before_g = weights(game.D), weights(game.G)
    game.d_step(real_of(0, shape))
    trained = [name for name, _ in game.G.named_parameters()]
    assert equal({name: before_g[name] for name in trained}, weights(game.G))
    assert all(not torch.equal(before_d[n], p) for n, p in game.D.named_parameters())

    before_d = {name: p.clone() for name, p in game.D.named_parameters()}
    slopes = {name: p.grad.clone() for name, p in game.D.named_parameters()}
    game.g_step()
    assert equal(slopes, {name: p.grad for name, p in game.D.named_parameters()})
    assert equal(before_d, dict(game.D.named_parameters()))
    assert all(not torch.equal(before_g[n], p) for n, p in game.G.named_parameters())
    assert all(p.requires_grad for p in game.D.parameters())
    assert game.counts == {"d": 1, "g": 1}


def test_g_judges_the_fakes_d_was_shown_when_asked_to():
    """Reused fakes are made of D's z, fresh ones of G's own: the gradients tell which."""
    told = {}
    for reuse in (True, False):
        game = game_of(model="gan-2014", reuse_fake=reuse)
        seen: list[torch.Tensor] = []
        game.loss = changed(game.loss, g=lambda real, fake: fake.sum())
        game.D.register_forward_pre_hook(lambda _, x, seen=seen: seen.append(x[0].detach()))
        game.d_step(real_of(0))
        game.g_step()
        told[reuse] = torch.equal(seen[0][4:], seen[1])
    assert told == {True: True, False: False}


def test_fakes_are_forgotten_at_the_end_of_a_step():
    one, other = game_of(model="gan-2014"), game_of(model="gan-2014")
    for game in (one, other):
        game.d_step(real_of(0))
    one.end_step()
    assert one.g_step()["g_loss"] != other.g_step()["g_loss"]


def test_a_second_update_of_g_draws_its_own_noise():
    game = game_of(model="gan-2014")
    game.d_step(real_of(0))
    losses = [float(game.g_step()["g_loss"]) for _ in range(3)]
    assert len(set(losses)) == 3
    assert game.counts["g"] == 3


def test_one_pass_of_both_batches_is_two_where_batchnorm_would_mix_them():
    passes = []
    for model in ("gan-2014", "lean-dcgan"):
        game = game_of(model=model)
        sizes: list[int] = []
        game.D.register_forward_pre_hook(lambda _, x, sizes=sizes: sizes.append(len(x[0])))
        game.d_step(real_of(0))
        passes.append(sizes)
    assert passes == [[8], [4, 4]]


def test_dropout_is_keyed_by_network_and_update():
    one, other = game_of(model="gan-dropout"), game_of(model="gan-dropout")
    other.g_step()  # another history, then the same update of D
    other.G.load_state_dict(one.G.state_dict())
    torch.rand(7)
    assert one.d_step(real_of(0)) == other.d_step(real_of(0))
    places: list[int] = []
    one.D.register_forward_pre_hook(lambda D, _: places.append(D.drop.generator.initial_seed()))
    for k in range(2):
        one.d_step(real_of(k))
        one.g_step()
    assert len(set(places)) == 4


class Dropping(nn.Module):
    """A generator with dropout, which no model here has and one of yours may."""

    def __init__(self, wrapped):
        super().__init__()
        self.wrapped, self.drop = wrapped, Dropout(0.5)

    def forward(self, z, y=None):
        return self.drop(self.wrapped(z))


def test_a_generator_may_drop_too():
    told = []
    for _ in range(2):
        game = game_of(model="gan-2014", reuse_fake=False)
        dropping = Game(game.config, {"G": Dropping(game.G), "D": game.D})
        told.append(dropping.d_step(real_of(0)) | dropping.g_step())
        recalibrate(dropping.G_ema, dropping.rng, dropping.config.z_dim)
    assert told[0] == told[1]


def test_the_global_generator_is_neither_read_nor_moved():
    before = torch.get_rng_state()
    game = game_of(model="gan-dropout")
    game.d_step(real_of(0))
    game.g_step()
    recalibrate(game.G_ema, game.rng, game.config.z_dim)
    assert torch.equal(torch.get_rng_state(), before)


# -- what people see -------------------------------------------------------------------------------


def test_the_ema_follows_quickly_at_first_and_then_by_its_decay():
    game = game_of(model="gan-2014", ema_decay=0.5)
    expected = weights(game.G)
    for update in range(12):
        game.d_step(real_of(update))
        game.g_step()
        decay = min(0.5, (1 + update) / (10 + update))
        for name, value in game.G.state_dict().items():
            expected[name] = decay * expected[name] + (1 - decay) * value
    for name, value in game.G_ema.state_dict().items():
        torch.testing.assert_close(value, expected[name], rtol=1e-5, atol=1e-6)


def test_without_decay_the_ema_is_g_itself():
    game = game_of(model="gan-2014", ema_decay=0.0)
    game.d_step(real_of(0))
    game.g_step()
    assert equal(weights(game.G), weights(game.G_ema))


def test_recalibration_takes_the_statistics_of_the_weights_of_the_ema():
    game = game_of(model="lean-dcgan")
    for k in range(3):
        game.d_step(real_of(k))
        game.g_step()
    trained = weights(game.G)
    recalibrate(game.G_ema, game.rng, game.config.z_dim)
    first = weights(game.G_ema)
    recalibrate(game.G_ema, game.rng, game.config.z_dim)
    assert equal(first, weights(game.G_ema))  # how often we look leaves no trace
    assert equal(trained, weights(game.G))
    assert not any(module.training for module in game.G_ema.modules())
    assert all(module.training for module in game.G.modules())
    G_ema: Any = game.G_ema
    assert G_ema.bn1.momentum == game.G.bn1.momentum

    z = game.rng.z("recalibration", 0, RECALIBRATION, 3)
    x = G_ema.fc(z).view(RECALIBRATION, *G_ema.start)
    torch.testing.assert_close(G_ema.bn1.running_mean, x.mean((0, 2, 3)))
    torch.testing.assert_close(G_ema.bn1.running_var, x.var((0, 2, 3)))


# -- trouble ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_a_gradient_that_is_not_finite_changes_nothing(odd):
    game = game_of(model="gan-2014")
    game.d_step(real_of(0))
    game.g_step()
    right = game.loss
    before = [weights(net) for net in (game.G, game.D)]
    moments = copy.deepcopy(game.opt_d.tensors())
    game.loss = changed(right, d=lambda r, f: right.d(r, f) * odd, g=lambda r, f: right.g(r, f) * odd)
    told = game.d_step(real_of(1)) | game.g_step()
    odd_ones = {name for name, value in told.items() if not value.isfinite()}
    assert odd_ones == {"d_loss", "grad_norm_d", "g_loss", "grad_norm_g"}
    for net, kept in zip((game.G, game.D), before, strict=True):
        assert equal(kept, weights(net))
    assert all(value.isfinite().all() for value in game.G_ema.state_dict().values())
    assert equal(moments, game.opt_d.tensors())

    game.loss = right
    assert all(value.isfinite() for value in game.d_step(real_of(2)).values())
    assert not equal(before[1], weights(game.D))  # the next sound one counts


def test_rates_are_set_apart():
    game = game_of()
    for name, rate in (("G", 0.1), ("D", 0.2)):
        game.optimizers[name].set_rate(rate)
    assert [opt.lr for opt in (game.opt_g, game.opt_d)] == [0.1, 0.2]


def test_a_critic_s_estimate_is_the_difference_of_its_mean_scores():
    stats = game_of(loss="wasserstein").d_step(real_of(0))
    torch.testing.assert_close(stats["estimate"], stats["logit_real"] - stats["logit_fake"])
    torch.testing.assert_close(stats["estimate"], -stats["d_loss"])
    assert "estimate" not in game_of(loss="relativistic").d_step(real_of(0)), "its scores have no scale"
