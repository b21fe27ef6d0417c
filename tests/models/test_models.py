"""Every model in the folder: shapes, range, gradients, steps, initialisation, card."""

from __future__ import annotations

import pytest
import torch

from gan import registry
from gan.config import RunConfig, settings
from gan.models import Spec, build
from gan.models._layers import rekey

MODELS = registry.names("models")
LOSSES = registry.names("losses")


def shapes(name: str) -> list[tuple[int, int, int]]:
    """The smallest shapes a model serves, by the facts of its card."""
    facts = registry.card("models", name).facts
    side = min(facts["SIZES"] or (8,))
    pictures = [(C, side, side) for C in facts["CHANNELS"] or (1, 3)]
    return pictures + [(2, 1, 1)] * facts["POINTS"]


CASES = [(name, shape) for name in MODELS for shape in shapes(name)]


def pair(name, shape, seed=0, dtype=torch.float32, **knobs):
    """The pair of a model in train mode, its dropout keyed; of data with ten classes."""
    G, D = build(RunConfig(model=name, **knobs), shape, 10, seed, "cpu")
    for net in (G, D):
        rekey(net.to(dtype), torch.Generator().manual_seed(1))
    return G, D


def noise(n, z_dim=100, seed=0, dtype=torch.float32):
    return torch.randn(n, z_dim, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def count(net):
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_noise_becomes_pictures_and_pictures_become_logits(name, shape):
    G, D = pair(name, shape)
    z = noise(5)
    x = G(z)
    logits = D(x)
    assert x.shape == (5, *shape)
    assert x.isfinite().all()
    assert x.abs().max() <= 1
    assert logits.shape == (5,)
    assert logits.isfinite().all()


@pytest.mark.parametrize("name", MODELS)
def test_the_generator_is_mapping_then_synthesis(name):
    G, _ = pair(name, shapes(name)[0])
    G.eval()
    z = noise(3)
    assert torch.equal(G(z), G.synthesis(G.mapping(z)))


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_gradients_reach_every_weight(name, shape):
    G, D = pair(name, shape)
    D(G(noise(8))).mean().backward()
    for net in (G, D):
        for key, p in net.named_parameters():
            assert p.grad is not None, key
            assert p.grad.isfinite().all(), key
            if not key.endswith("bias"):  # a bias in front of BatchNorm has no effect, rightly
                assert p.grad.abs().max() > 0, key


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("name", "shape"), CASES)
def test_two_steps_with_every_loss(name, shape, loss):
    G, D = pair(name, shape)
    objective = registry.load("losses", loss)
    opt_g, opt_d = torch.optim.Adam(G.parameters(), 1e-3), torch.optim.Adam(D.parameters(), 1e-3)
    before = [p.detach().clone() for net in (G, D) for p in net.parameters()]
    real = torch.rand(8, *shape, generator=torch.Generator().manual_seed(2)) * 2 - 1
    for step in range(2):
        opt_d.zero_grad()
        objective.d(D(real), D(G(noise(8, seed=step)).detach())).backward()
        opt_d.step()
        opt_g.zero_grad()
        logits = D(real) if objective.NEEDS_REAL else None
        objective.g(logits, D(G(noise(8, seed=step)))).backward()
        opt_g.step()
    after = [p for net in (G, D) for p in net.parameters()]
    assert all(p.isfinite().all() for p in after)
    moved = [not torch.equal(a, b) for a, b in zip(after, before, strict=True) if a.ndim > 1]
    assert all(moved)


@pytest.mark.parametrize("name", MODELS)
def test_nothing_is_left_uninitialised(name):
    for net in pair(name, shapes(name)[0]):
        for key, value in net.state_dict().items():
            assert value.device.type == "cpu", key
            assert value.isfinite().all(), key
            assert not key.endswith("num_batches_tracked") or value == 0


@pytest.mark.parametrize("name", MODELS)
def test_one_seed_is_one_pair_and_the_global_random_state_is_left_alone(name):
    state = torch.random.get_rng_state()
    first, again, other = (pair(name, shapes(name)[0], seed=s) for s in (7, 7, 8))
    assert torch.equal(torch.random.get_rng_state(), state)
    for a, b, c in zip(first, again, other, strict=True):
        assert all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))
        assert not all(torch.equal(p, q) for p, q in zip(a.parameters(), c.parameters(), strict=True))


@pytest.mark.parametrize("name", MODELS)
def test_in_eval_mode_a_sample_does_not_depend_on_its_neighbours(name):
    G, D = pair(name, shapes(name)[0], dtype=torch.float64)
    z = noise(6, dtype=torch.float64)
    D(G(z))  # BatchNorm has seen a batch
    G.eval(), D.eval()
    x = G(z)
    torch.testing.assert_close(G(z[2:3]), x[2:3], rtol=0, atol=1e-12)
    torch.testing.assert_close(D(x[2:3]), D(x)[2:3], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_the_knobs_on_the_card_are_the_ones_in_use(name):
    usual = [count(net) for net in pair(name, shapes(name)[0])]
    knobs = registry.card("models", name).facts["KNOBS"]
    changed = {"z_dim": 90, "width": 12, "batch_norm": False}
    if "conditional" in knobs:
        changed["conditional"] = True
    used = {k for k, v in changed.items() if [count(n) for n in pair(name, shapes(name)[0], **{k: v})] != usual}
    assert used == set(knobs)


@pytest.mark.parametrize("name", MODELS)
def test_the_card_tells_what_it_is(name):
    card = registry.card("models", name)
    assert not card.error
    assert card.title
    assert card.summary.endswith(".")
    assert card.text
    assert set(card.facts) >= {"KNOBS", "SIZES", "CHANNELS", "POINTS", "INIT"}
    assert set(card.facts["KNOBS"]) <= set(settings())


CONDITIONAL = [n for n in MODELS if "conditional" in registry.card("models", n).facts["KNOBS"]]


@pytest.mark.parametrize("name", CONDITIONAL)
def test_a_conditional_pair_heeds_the_class(name):
    G, D = pair(name, shapes(name)[0], conditional=True, dtype=torch.float64)
    z, y = noise(6, dtype=torch.float64), torch.arange(6)
    D(G(z, y), y)
    G.eval(), D.eval()
    x = G(z, y)
    assert x.shape == (6, *shapes(name)[0])
    assert not torch.allclose(G(z, y + 1), x)
    assert torch.equal(G.synthesis(G.mapping(z, y)), x)
    assert not torch.allclose(D(x, y), D(x, y + 1))
    assert D(x).shape == (6,)
    with pytest.raises(ValueError, match="told a class"):
        G(z)


@pytest.mark.parametrize("name", CONDITIONAL)
def test_gradients_reach_the_classes(name):
    G, D = pair(name, shapes(name)[0], conditional=True)
    y = torch.tensor([3, 3, 3, 3])
    D(G(noise(4), y), y).sum().backward()
    last = D.classes.weight.grad if hasattr(D, "classes") else [*D.parameters()][-2].grad[1:]
    assert last.shape[0] == 10
    assert last[3].abs().sum() > 0
    assert not last[[0, 1, 2, 4]].any()
    first = next(p.grad for p in G.parameters() if 110 in p.shape)  # z and ten classes
    first = first if first.ndim == 2 else first[..., 0, 0].T
    assert first[:, 103].abs().sum() > 0
    assert not first[:, 104].any()


def test_a_class_takes_labels():
    with pytest.raises(ValueError, match="strokes has no labels"):
        build(RunConfig(conditional=True), (1, 28, 28), 0, 0, "cpu")


def test_the_spec_is_a_description_and_nothing_else():
    assert Spec((1, 28, 28)) == Spec((1, 28, 28), z_dim=100, width=16, n_classes=0)


@pytest.mark.parametrize(
    ("name", "shape", "told"),
    [
        ("gan-2014", (2, 1, 1), "gan-2014 makes pictures, not points"),
        ("dcgan-16", (1, 28, 28), "dcgan-16 cannot make pictures of 28 x 28: set image_size to 16"),
        ("lean-dcgan", (1, 30, 30), "lean-dcgan cannot make pictures of 30 x 30: set image_size to a multiple of 4"),
        ("lean-dcgan", (1, 28, 30), "28 x 30: set image_size to a multiple of 4"),
    ],
)
def test_data_a_model_cannot_make_is_refused_by_name(name, shape, told):
    with pytest.raises(ValueError, match=told):
        build(RunConfig(model=name), shape, 0, 0, "cpu")


@pytest.mark.parametrize(
    ("name", "shape", "knobs", "g", "d"),
    [
        ("gan-2014", (1, 28, 28), {}, 1_486_352, 533_505),
        ("dcgan-16", (1, 16, 16), {}, 337_473, 134_595),
        ("dcgan-16", (3, 16, 16), {}, 339_523, 136_643),
        ("dcgan-tutorial", (1, 28, 28), {}, 2_305_472, 212_865),
        ("gan-dropout", (1, 28, 28), {"z_dim": 128}, 1_493_520, 1_460_225),
        ("first-steps", (2, 1, 1), {"z_dim": 2}, 17_154, 17_025),
        ("lean-dcgan", (1, 28, 28), {}, 165_345, 10_097),
        ("lean-dcgan", (3, 32, 32), {"width": 48}, 690_723, 82_417),
        ("lean-resnet", (1, 28, 28), {}, 177_284, 19_441),
    ],
)
def test_parameter_counts(name, shape, knobs, g, d):
    G, D = pair(name, shape, **knobs)
    assert (count(G), count(D)) == (g, d)
