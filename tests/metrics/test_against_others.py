"""Our numbers are those of torchmetrics and prdc, whose own extractors are left out; they are needed in tests only,
which import them themselves: every process that collects tests would wait two seconds for them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from gan.metrics import Moments
from gan.metrics.density_coverage import density_coverage
from gan.metrics.frechet import distance
from gan.metrics.kernel import mmd2
from gan.metrics.precision_recall import precision_recall
from tests import digits


class Reader(nn.Module):
    """What torchmetrics calls a feature extractor: the evaluator, or nothing for what are features already."""

    num_features = 64

    def __init__(self, evaluator=None):
        super().__init__()
        self.evaluator = evaluator

    def forward(self, x):
        return (self.evaluator._features(x.numpy()) if self.evaluator else x).double()


def laws(kind, world):
    """(what torchmetrics is shown of real and of generated ones, its reader, their features): 900 of each."""
    rng = np.random.default_rng(0)
    if kind == "normal":
        mix = rng.standard_normal((64, 64))
        real = rng.standard_normal((900, 64)) @ mix + 3
        fake = rng.standard_normal((900, 64)) @ (mix + 0.2) + 2.8
        pair = [x.astype(np.float32) for x in (real, fake)]
        return pair, Reader(), pair
    fresh = digits.write(700, seed=7).images
    spoiled = np.concatenate([fresh[:450], digits.blurred(fresh[450:], 1), world.data.images[:200]])
    pair = [np.array(world.data.test.images[:900]), spoiled]
    judge = world.reference.evalnet
    return pair, Reader(judge), [judge.read(images)[0] for images in pair]


@pytest.fixture(scope="module", params=["normal", "strokes"])
def pair(request, world):
    return laws(request.param, world)


def shown(metric, pair):
    with torch.inference_mode():
        for images, real in zip(pair, (True, False), strict=True):
            metric.update(torch.from_numpy(images), real=real)
        return metric.compute()


def test_the_frechet_distance_is_that_of_torchmetrics(pair):
    from torchmetrics.image.fid import FrechetInceptionDistance

    images, reader, (real, fake) = pair
    theirs = shown(FrechetInceptionDistance(feature=reader), images).item()
    ours = distance(Moments.of(real), Moments.of(fake))
    assert ours == pytest.approx(theirs, rel=1e-3)
    assert ours > 1


@pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance`")
def test_the_kernel_distance_is_that_of_torchmetrics(pair):
    """One subset of all images: so nothing is left to chance."""
    from torchmetrics.image.kid import KernelInceptionDistance

    images, reader, (real, fake) = pair
    metric = KernelInceptionDistance(feature=reader, subsets=1, subset_size=len(real))
    assert mmd2(real, fake) == pytest.approx(shown(metric, images)[0].item(), rel=1e-3)


@pytest.mark.parametrize("counts", [(900, 900), (900, 500), (400, 900)])
def test_precision_recall_density_and_coverage_are_those_of_prdc(counts, pair, capsys):
    from prdc import compute_prdc  # type: ignore[import-untyped]

    real, fake = (x[:count] for x, count in zip(pair[2], counts, strict=True))
    three, five = (compute_prdc(real, fake, nearest_k=k) for k in (3, 5))
    assert precision_recall(real, fake) == pytest.approx((three["precision"], three["recall"]), rel=1e-3)
    assert density_coverage(real, fake) == pytest.approx((five["density"], five["coverage"]), rel=1e-3)
    assert 0.01 < three["recall"] < 0.99
    assert 0.01 < five["coverage"] < 0.999
