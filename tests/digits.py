"""A small world of strokes to prove measures in: 3,000 training images, 1,500 to test with, and ways to spoil them.

Its evaluator is the shipped one, its reference made from the few. Fresh images come from other seeds.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gan import hardware, registry
from gan.config import RunConfig
from gan.datasets import Data, strokes
from gan.evaluation import evalnet, evaluate, reference
from gan.evaluation.reference import Reference
from gan.metrics import MetricInputs

TRAIN, TEST = 3000, 1500
ELSEWHERE = ("labels",)  # it takes classes that were asked for: tests/metrics/test_labels.py


def measures() -> list[str]:
    """The metrics that digits have, as the folder is now."""
    names = [name for name in registry.names("metrics") if name not in ELSEWHERE]
    return [name for name in names if "STACKED" not in registry.card("metrics", name).facts]


SCORES = {key for name in measures() for key in registry.card("metrics", name).facts["SCORES"]}
CONFIG = RunConfig(dataset="strokes")


def write(n: int, seed: int) -> Data:
    """n strokes with labels; every seed another set, all of one law."""
    rows: dict[str, np.ndarray] = {
        "images": np.empty((n, 1, 28, 28), np.uint8),
        "labels": np.empty(n, np.int64),
        "factors": np.empty((n, 5), np.float32),
    }
    list(strokes.fill(rows, seed, 1))
    return Data(rows["images"], rows["labels"], strokes.NAMES)


@dataclass(frozen=True, eq=False)
class World:
    """Where its files lie (`home` of evaluators, `root` of data), its data, and what those are compared by."""

    home: Path
    root: Path
    data: Data
    reference: Reference

    def enter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """From here on "strokes" are the few of this world, wherever the program looks; one thread is enough."""
        monkeypatch.setattr(hardware, "cores", lambda: 1)
        monkeypatch.setattr(strokes, "COUNT", TRAIN)
        monkeypatch.setattr(strokes, "TEST_COUNT", TEST)
        monkeypatch.setattr(evalnet, "HOME", self.home)
        monkeypatch.setenv("GAN_DATA", str(self.root))

    def evidence(self, images: np.ndarray) -> MetricInputs:
        """What the measures are told of images."""
        assert self.reference.evalnet
        copied, why = evaluate._train_distances(self.data, self.reference.evalnet)
        return MetricInputs(self.reference.extract(images), self.reference.real, copied, why)


def found(place: Path) -> World:
    """Makes the world in an empty folder."""
    home, root = place / "evaluators", place / "data"
    home.mkdir()
    shipped = evalnet.path("strokes")
    for file in (shipped, shipped.with_suffix(".json")):
        shutil.copy(file, home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strokes, "COUNT", TRAIN)
        patch.setattr(strokes, "TEST_COUNT", TEST)
        data = strokes.load(root)
    ruler = reference.make("strokes", data, evalnet.load("strokes", home))
    reference.save(ruler, home)
    return World(home, root, data, ruler)


def blurred(images: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian blur of so many pixels."""
    kernel = torch.exp(-0.5 * (torch.arange(-8, 9) / sigma) ** 2)
    kernel /= kernel.sum()
    x = torch.tensor(images).float()
    x = F.conv2d(x, kernel.view(1, 1, 1, -1), padding=(0, 8))
    x = F.conv2d(x, kernel.view(1, 1, -1, 1), padding=(8, 0))
    return x.round().clamp(0, 255).byte().numpy()


def noisy(images: np.ndarray, sigma: float, seed: int = 0) -> np.ndarray:
    """Normal noise on grey values of 0 to 255."""
    noise = np.random.default_rng(seed).normal(0, sigma, images.shape)
    return np.clip(images + noise, 0, 255).round().astype(np.uint8)


def speckled(images: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
    """Salt and pepper on a share of the pixels."""
    chance, out = np.random.default_rng(seed).random(images.shape), images.copy()
    out[chance < share / 2] = 0
    out[chance > 1 - share / 2] = 255
    return out


def shrunk(data: Data, by: float) -> np.ndarray:
    """Each image moved towards the mean of its class."""
    assert data.labels is not None
    means = np.stack([data.images[data.labels == k].mean(0) for k in range(10)])
    return (means[data.labels] * by + data.images * (1 - by)).round().astype(np.uint8)


def only(data: Data, *digits: int) -> np.ndarray:
    """The images of some classes."""
    assert data.labels is not None
    return np.asarray(data.images[np.isin(data.labels, digits)])
