"""One step: equal to the loop everybody writes, D left alone by G, the average that people see."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gan import models, registry
from gan.models._layers import Dropout
from gan.step import RECALIBRATION, Players, recalibrate
from tests.engine import tiny

FAITHFUL = ("dcgan-16", "dcgan-tutorial", "first-steps", "gan-2014", "gan-dropout")


def players_of(shape=(1, 8, 8), loss="non-saturating", **settings) -> Any:
    config = tiny(loss=loss, **settings)
    G, D = models.build(config, shape, 0, config.seed, "cpu")
    return Players(config, G, D, registry.load("losses", loss))


def real_of(k, shape=(1, 8, 8), batch=4):
    generator = torch.Generator().manual_seed(100 + k)
    return torch.rand(batch, *shape, generator=generator) * 2 - 1


def weights(net):
    return {name: value.clone() for name, value in net.state_dict().items()}


def equal(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_a_conditional_step_tells_both_players_the_same_classes():
    """Fakes are of the classes of the real batch; G's own updates draw classes of theirs. Two passes through D."""
    config = tiny(loss="non-saturating", conditional=True, reuse_fake=True)
    G, D = models.build(config, (1, 8, 8), 10, config.seed, "cpu")
    players = Players(config, G, D, registry.load("losses", config.loss))
    told: list[tuple[str, list[int]]] = []
    for name, net in (("G", G), ("D", D)):
        net.register_forward_pre_hook(
            lambda _, args, name=name: told.append((name, args[1].tolist()))
        )
    y = torch.tensor([7, 1, 1, 3])
    players.update_d(real_of(0), y)
    players.update_g()
    assert told == [("G", y.tolist()), ("D", y.tolist()), ("D", y.tolist()), ("D", y.tolist())]
    told.clear()
    players.update_g()  # D has shown nothing in between: fresh fakes
    (_, drawn), (_, judged) = told
    wanted = players.draws.classes("classes for G", 1, 4, 10)
    assert wanted is not None
    assert drawn == judged == wanted.tolist()


# -- the maths -------------------------------------------------------------------------------------


@pytest.mark.parametrize("reuse", [True, False])
@pytest.mark.parametrize("model", ["gan-2014", "first-steps"])
def test_five_steps_equal_the_loop_of_every_introduction(model, reuse):
    """Binary cross-entropy against ones and zeros, zero_grad, two optimizers: in double precision."""
    shape = (1, 8, 8) if model == "gan-2014" else (2, 1, 1)
    players = players_of(shape, model=model, reuse_fake=reuse, lr_g=1e-3, lr_d=2e-3)
    G, D = copy.deepcopy(players.G).double(), copy.deepcopy(players.D).double()
    betas = (players.config.beta1, players.config.beta2)
    opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=betas, fused=False)
    opt_d = torch.optim.Adam(D.parameters(), lr=2e-3, betas=betas, fused=False)

    for k in range(5):
        x = real_of(k, shape)
        told_d, told_g = players.update_d(x), players.update_g()

        z = players.draws.z("z for D", k, 4, 3).double()
        opt_d.zero_grad()
        fake = G(z)
        real_logits, fake_logits = D(x.double()), D(fake.detach())
        bce = F.binary_cross_entropy_with_logits
        d_loss = bce(real_logits, torch.ones(4).double()) + bce(
            fake_logits, torch.zeros(4).double()
        )
        d_loss.backward()
        norm_d = sum(p.grad.square().sum() for p in D.parameters()).sqrt()
        opt_d.step()

        if not reuse:
            fake = G(players.draws.z("z for G", k, 4, 3).double())
        opt_g.zero_grad()
        g_loss = bce(D(fake), torch.ones(4).double())
        g_loss.backward()
        norm_g = sum(p.grad.square().sum() for p in G.parameters()).sqrt()
        opt_g.step()

        mean = [logits.sigmoid().mean() for logits in (real_logits, fake_logits)]
        hits = torch.cat([real_logits > 0, fake_logits < 0]).double().mean()
        expected = torch.stack([d_loss, *mean, norm_d, hits, g_loss, norm_g]).float()
        torch.testing.assert_close(torch.cat([told_d, told_g]), expected, rtol=1e-4, atol=1e-6)
    for ours, theirs in ((players.G, G), (players.D, D)):
        for name, value in theirs.state_dict().items():
            torch.testing.assert_close(ours.state_dict()[name], value.float(), rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize("model", FAITHFUL)
def test_a_step_of_one_player_leaves_the_other_alone(model):
    shape = {"dcgan-16": (1, 16, 16), "first-steps": (2, 1, 1)}.get(model, (1, 8, 8))
    players = players_of(shape, model=model, reuse_fake=False)
    before_d, before_g = weights(players.D), weights(players.G)
    players.update_d(real_of(0, shape))
    trained = [name for name, _ in players.G.named_parameters()]
    assert equal({name: before_g[name] for name in trained}, weights(players.G))
    assert all(not torch.equal(before_d[n], p) for n, p in players.D.named_parameters())

    before_d = {name: p.clone() for name, p in players.D.named_parameters()}
    slopes = {name: p.grad.clone() for name, p in players.D.named_parameters()}
    players.update_g()
    assert equal(slopes, {name: p.grad for name, p in players.D.named_parameters()})
    assert equal(before_d, dict(players.D.named_parameters()))
    assert all(not torch.equal(before_g[n], p) for n, p in players.G.named_parameters())
    assert all(p.requires_grad for p in players.D.parameters())
    assert (players.d_updates, players.g_updates) == (1, 1)


def test_g_judges_the_fakes_d_was_shown_when_asked_to():
    """Reused fakes are made of D's z, fresh ones of G's own: the gradients tell which."""
    told = {}
    for reuse in (True, False):
        players = players_of(model="gan-2014", reuse_fake=reuse)
        seen: list[torch.Tensor] = []
        players.loss = SimpleNamespace(d=players.loss.d, g=lambda logits: logits.sum())
        players.D.register_forward_pre_hook(lambda _, x, seen=seen: seen.append(x[0].detach()))
        players.update_d(real_of(0))
        players.update_g()
        told[reuse] = torch.equal(seen[0][4:], seen[1])
    assert told == {True: True, False: False}


def test_fakes_are_forgotten_at_the_end_of_a_round():
    one, other = players_of(model="gan-2014"), players_of(model="gan-2014")
    for players in (one, other):
        players.update_d(real_of(0))
    one.end_round()
    assert not torch.equal(one.update_g(), other.update_g())


def test_a_second_update_of_g_draws_its_own_noise():
    players = players_of(model="gan-2014")
    players.update_d(real_of(0))
    losses = [float(players.update_g()[0]) for _ in range(3)]
    assert len(set(losses)) == 3
    assert players.g_updates == 3


def test_one_pass_of_both_batches_is_two_where_batchnorm_would_mix_them():
    passes = []
    for model in ("gan-2014", "lean"):
        players = players_of(model=model)
        sizes: list[int] = []
        players.D.register_forward_pre_hook(lambda _, x, sizes=sizes: sizes.append(len(x[0])))
        players.update_d(real_of(0))
        passes.append(sizes)
    assert passes == [[8], [4, 4]]


def test_dropout_is_keyed_by_player_and_update():
    one, other = players_of(model="gan-dropout"), players_of(model="gan-dropout")
    other.update_g()  # another history, then the same update of D
    other.G.load_state_dict(one.G.state_dict())
    torch.rand(7)
    assert torch.equal(one.update_d(real_of(0)), other.update_d(real_of(0)))
    places: list[int] = []
    one.D.register_forward_pre_hook(lambda D, _: places.append(D.drop.generator.initial_seed()))
    for k in range(2):
        one.update_d(real_of(k))
        one.update_g()
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
        players = players_of(model="gan-2014", reuse_fake=False)
        dropping = Players(players.config, Dropping(players.G), players.D, players.loss)
        told.append(torch.cat([dropping.update_d(real_of(0)), dropping.update_g()]))
        recalibrate(dropping.average, dropping.draws, dropping.config.z_dim)
    assert torch.equal(told[0], told[1])


def test_the_global_generator_is_neither_read_nor_moved():
    before = torch.get_rng_state()
    players = players_of(model="gan-dropout")
    players.update_d(real_of(0))
    players.update_g()
    recalibrate(players.average, players.draws, players.config.z_dim)
    assert torch.equal(torch.get_rng_state(), before)


# -- what people see -------------------------------------------------------------------------------


def test_the_average_follows_quickly_at_first_and_then_by_its_decay():
    players = players_of(model="gan-2014", ema_decay=0.5)
    expected = weights(players.G)
    for update in range(12):
        players.update_d(real_of(update))
        players.update_g()
        decay = min(0.5, (1 + update) / (10 + update))
        for name, value in players.G.state_dict().items():
            expected[name] = decay * expected[name] + (1 - decay) * value
    for name, value in players.average.state_dict().items():
        torch.testing.assert_close(value, expected[name], rtol=1e-5, atol=1e-6)


def test_without_decay_the_average_is_g_itself():
    players = players_of(model="gan-2014", ema_decay=0.0)
    players.update_d(real_of(0))
    players.update_g()
    assert equal(weights(players.G), weights(players.average))


def test_recalibration_takes_the_statistics_of_the_averages_own_weights():
    players = players_of(model="lean")
    for k in range(3):
        players.update_d(real_of(k))
        players.update_g()
    trained = weights(players.G)
    recalibrate(players.average, players.draws, players.config.z_dim)
    first = weights(players.average)
    recalibrate(players.average, players.draws, players.config.z_dim)
    assert equal(first, weights(players.average))  # how often we look leaves no trace
    assert equal(trained, weights(players.G))
    assert not any(module.training for module in players.average.modules())
    assert all(module.training for module in players.G.modules())
    assert players.average.bn1.momentum == players.G.bn1.momentum

    z = players.draws.z("recalibration", 0, RECALIBRATION, 3)
    x = players.average.fc(z).view(RECALIBRATION, *players.average.start)
    torch.testing.assert_close(players.average.bn1.running_mean, x.mean((0, 2, 3)))
    torch.testing.assert_close(players.average.bn1.running_var, x.var((0, 2, 3)))


# -- trouble ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_a_gradient_that_is_not_finite_changes_nothing(odd):
    players = players_of(model="gan-2014")
    players.update_d(real_of(0))
    players.update_g()
    right = players.loss
    before = [weights(net) for net in (players.G, players.D)]
    moments = copy.deepcopy(players.opt_d.tensors())
    players.loss = SimpleNamespace(d=lambda r, f: right.d(r, f) * odd, g=lambda f: right.g(f) * odd)
    told = torch.cat([players.update_d(real_of(1)), players.update_g()])
    assert told.isfinite().tolist() == [False, True, True, False, True, False, False]
    for net, kept in zip((players.G, players.D), before, strict=True):
        assert equal(kept, weights(net))
    assert all(value.isfinite().all() for value in players.average.state_dict().values())
    assert equal(moments, players.opt_d.tensors())

    players.loss = right
    assert players.update_d(real_of(2)).isfinite().all()
    assert not equal(before[1], weights(players.D))  # the next sound one counts


def test_rates_are_set_apart():
    players = players_of()
    players.set_rates(lr_g=0.1, lr_d=0.2)
    assert (players.opt_g.rate, players.opt_d.rate) == (0.1, 0.2)
