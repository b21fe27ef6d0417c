"""What truncation costs, on a shipped generator."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from gan.evaluation import reference
from gan.evaluation.reference import Reference
from gan.latents import truncation
from gan.latents.directions import render
from gan.metrics import Unavailable, spaced
from gan.metrics.precision_recall import precision_recall
from gan.sampler import Sampler

FEW = 300


@pytest.fixture(scope="module")
def sampler() -> Sampler:
    return Sampler.load("checkpoints/lean-strokes")


@pytest.fixture(scope="module")
def ruler(sampler) -> Reference:
    return reference.of(sampler.config)


def test_variety_is_lost_towards_the_middle(sampler, ruler):
    rows = list(truncation.sweep(sampler, ruler, (0.1, 0.5, 1.0), FEW))
    assert [psi for psi, _, _ in rows] == [0.1, 0.5, 1.0]
    assert all(0 <= share <= 1 for row in rows for share in row[1:])
    (_, _, narrow), (_, _, middle), (_, _, full) = rows
    assert narrow < 0.5 * middle < full


def test_at_one_it_is_the_generator_itself(sampler, ruler):
    ((_, *found),) = truncation.sweep(sampler, ruler, (1.0,), FEW, seed=4)
    z = np.random.default_rng(4).standard_normal((FEW, sampler.z_dim))
    fake = ruler.extract(render(sampler, z)).features
    assert tuple(found) == precision_recall(spaced(ruler.real.features, FEW), fake)


def test_a_psi_is_told_before_the_next_is_drawn(sampler, ruler, monkeypatch):
    drawn: list[int] = []

    def watched(sampler, z, **truncated):
        drawn.append(len(z))
        return render(sampler, z, **truncated)

    monkeypatch.setattr(truncation, "render", watched)
    sweep = truncation.sweep(sampler, ruler, (0.5, 1.0), 50)
    next(sweep)
    assert drawn == [50]


def test_without_an_evaluator_it_says_so(sampler, ruler):
    blind = dataclasses.replace(ruler, real=dataclasses.replace(ruler.real, features=None))
    with pytest.raises(Unavailable, match="no evaluator"):
        next(truncation.sweep(sampler, blind))
