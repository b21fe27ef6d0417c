"""Every conditioning with every model: it trains, its class counts; and each against its formula."""

from __future__ import annotations

import copy
import runpy

import numpy as np
import pytest
import torch
from torch import nn

from gan import models, registry
from gan.datasets import Data, captions
from gan.datasets._captions import numbers
from gan.export import script
from tests import engine
from tests.engine import game_of, make, play, real_of, shape_for, tiny

CONDITIONINGS = registry.names("conditionings")
WRITTEN = [name for name in CONDITIONINGS if registry.card("conditionings", name).facts.get("CODE", True)]
K = 3
Y = torch.tensor([0, 1, 2, 1])


def discriminator(conditioning, model="lean-dcgan"):
    """D in eval mode, of data of three classes."""
    config = tiny(model=model, conditional=True, conditioning=conditioning)
    return models.build(config, shape_for(model), K, 0, "cpu")[1].eval()


@pytest.mark.parametrize("conditioning", CONDITIONINGS)
@pytest.mark.parametrize("model", registry.names("models"))
def test_two_steps_and_the_class_counts(model, conditioning):
    game = game_of(shape := shape_for(model), K, model=model, conditional=True, conditioning=conditioning)
    before = [p.clone() for net in game.nets.values() for p in net.parameters()]
    for k in range(2):
        stats = {**game.d_step(real_of(k, shape), Y), **game.g_step()}
        game.end_step()
        assert all(value.isfinite() for value in stats.values())
    after = [p for net in game.nets.values() for p in net.parameters()]
    assert all(not torch.equal(a, b) for a, b in zip(after, before, strict=True) if a.ndim > 1)
    z, D = torch.randn(4, 3), copy.deepcopy(game.nets["D"]).eval()
    x = game.G_ema(z, Y)
    assert not torch.equal(game.G_ema(z, (Y + 1) % K), x)
    assert D(x).shape == D(x, Y).shape == (4,)
    assert torch.equal(D(x, Y), D(x)) == (conditioning == "auxiliary")
    assert ("class_loss_fake" in stats) == (conditioning == "auxiliary")


@pytest.mark.parametrize("conditioning", CONDITIONINGS)
def test_the_card_tells_what_it_is(conditioning):
    card = registry.card("conditionings", conditioning)
    assert not card.error
    assert card.summary.endswith(".")
    assert "arXiv" in card.text


def test_projection_adds_the_score_of_the_class():
    D, x = discriminator("projection"), real_of(0)
    scores = D(x, torch.empty(4, 0))
    torch.testing.assert_close(D(x, Y), scores[:, 0] + scores[range(4), 1 + Y])
    assert torch.equal(D(x), scores[:, 0])


def test_the_auxiliary_head_is_asked_and_not_told():
    D, x = discriminator("auxiliary"), real_of(0)
    scores = D(x, torch.empty(4, 0))
    logits, losses = registry.load("conditionings", "auxiliary").classify(D, x, Y)
    assert torch.equal(logits, scores[:, 0])
    shares = scores[:, 1:].softmax(1)[range(4), Y]
    torch.testing.assert_close(losses, -shares.log())


@pytest.mark.parametrize("model", ["lean-dcgan", "gan-2014", "first-steps"])
def test_concatenation_is_more_input_to_the_first_layer(model):
    """By hand: the columns of the class are added to what the picture alone gives, as loud as a channel of it."""
    D, shape = discriminator("concat", model), shape_for(model)
    x = real_of(0, shape)
    first = next(layer for layer in D.modules() if isinstance(layer, nn.Linear | nn.Conv2d))
    seen = []
    first.register_forward_hook(lambda layer, inputs, out: seen.append(out.clone()))
    D(x, Y)
    told = torch.zeros(4, K)
    told[range(4), Y] = x[0].numel() ** 0.5 if isinstance(first, nn.Linear) else 1
    if isinstance(first, nn.Linear):
        old, new = first.weight.split([x[0].numel(), K], 1)
        wanted = x.flatten(1) @ old.T + told @ new.T + first.bias
    else:
        maps = told[:, :, None, None].expand(-1, -1, *shape[1:])
        wanted = torch.conv2d(torch.cat([x, maps], 1), first.weight, first.bias, first.stride, first.padding)
    torch.testing.assert_close(seen[0], wanted)
    every = torch.stack([D(x, torch.full((4,), k)) for k in range(K)])
    torch.testing.assert_close(D(x), every.amax(0))
    x = x.requires_grad_()
    D(x).sum().backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0


def test_without_classes_the_choice_changes_nothing():
    pairs = [models.build(tiny(conditioning=name), (1, 8, 8), K, 0, "cpu") for name in CONDITIONINGS]
    for G, D in pairs:
        assert engine.same(G.state_dict(), pairs[0][0].state_dict())
        assert engine.same(D.state_dict(), pairs[0][1].state_dict())


@pytest.mark.parametrize("conditioning", WRITTEN)
@pytest.mark.parametrize("model", ["gan-2014", "lean-resnet"])
def test_a_run_is_sampled_and_its_script_trains_on(model, conditioning, tmp_path, monkeypatch):
    data = engine.pictures()
    classes = np.arange(10, dtype=np.int64) % K
    labelled = Data(data.images, labels=classes, names=("a", "b", "c"))
    run = make(tmp_path, tiny(model=model, conditional=True, conditioning=conditioning), steps=2)
    play(run, labelled)
    monkeypatch.chdir(run.path)
    live = {name: getattr(run.config(), name) for name in ("lr_g", "lr_d", "d_steps", "g_steps")}
    text = script.source(run.config(), (1, 8, 8), K, live, "Told")
    (run.path / "gan.py").write_text(text, encoding="utf-8")
    np.save("my.npy", data.images[:, 0])
    np.save("my-labels.npy", classes)
    drawn = []
    for words in ("--train 2 --data my.npy", "--n 6 --out x.npy", "--n 6 --class 1 --out x.npy"):
        monkeypatch.setattr("sys.argv", ["gan.py", *words.split()])
        with torch.random.fork_rng():
            runpy.run_path("gan.py", run_name="__main__")
        drawn.append(np.load("x.npy") if "x.npy" in words else None)
    same = [np.array_equal(*each) for each in zip(*drawn[1:], strict=True)]
    assert same == [False, True, False] * 2  # of three classes in turn the second
    monkeypatch.setattr("sys.argv", ["gan.py", "--class", "3"])
    with pytest.raises(SystemExit, match="these networks know 3 classes"):
        runpy.run_path("gan.py", run_name="__main__")
    trained = torch.load("trained.pt", weights_only=True)
    before = engine.kept(run)
    moved = [name for name, value in trained.items() if name.startswith("D.") and not torch.equal(value, before[name])]
    assert moved
    assert all(value.isfinite().all() for value in trained.values())


@pytest.fixture
def worded():
    """G and D that are told captions, in eval mode."""
    config = tiny(dataset="captions", conditional=True, conditioning="words")
    G, D = models.build(config, shape_for("lean-dcgan"), 10, 0, "cpu")
    return G.eval(), D.eval()


def rows_of(*texts):
    return torch.from_numpy(np.stack([numbers(text, captions.VOCABULARY) for text in texts]))


def test_the_order_of_words_counts_and_a_class_is_the_caption_of_its_name(worded):
    G, _ = worded
    z = torch.zeros(1, 3)
    left, there = rows_of("a seven, slanted to the left, at the top", "a seven, slanted to the top, at the left")
    assert not torch.equal(G(z, left[None]), G(z, there[None]))
    torch.testing.assert_close(G(z, torch.tensor([7])), G(z, rows_of("a seven")))
    asked = models.asked(G, 103)
    assert asked is not None
    assert asked.shape == (103, 10)
    assert torch.equal(asked[100:], G.captions[:3])
    vector = G.text(G.captions)
    torch.testing.assert_close(vector.square().mean(1), torch.ones(100), atol=1e-3, rtol=0)
    assert torch.equal(G.mapping(z, left[None]), torch.cat([z, G.text(left[None])], 1))


def test_d_of_captions_is_a_projection_on_the_vector_of_the_text(worded):
    _, D = worded
    x, y = real_of(0), rows_of("a seven", "a thick one", "a thin two, at the top", "a four")
    scores = D.inner(x, torch.empty(4, 0))
    torch.testing.assert_close(D(x, y), scores[:, 0] + (scores[:, 1:] * D.text(y)).sum(1))
    assert torch.equal(D(x), scores[:, 0])


def test_padding_says_nothing(worded):
    G, _ = worded
    (row,) = rows_of("a seven")
    short = G.text(row[None, :4])
    torch.testing.assert_close(G.text(row[None]), short)


def test_features_of_the_batch_go_in_front_of_the_last_layer_of_d_and_not_of_the_text():
    plain, wider = (
        game_of(n_classes=10, dataset="captions", conditional=True, conditioning="words", minibatch_deviation=on).nets[
            "D"
        ]
        for on in (False, True)
    )
    assert wider.inner.fc[1].in_features == plain.inner.fc.in_features + 1
    assert wider.text.end.in_features == plain.text.end.in_features
