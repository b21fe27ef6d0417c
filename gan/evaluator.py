"""EvalNet-64: the classifier in whose 64 features generated images are measured, how it is kept and checked.

"FID on MNIST" is a tuple of extractor, split and count, not a number; a Fréchet distance in these features is called
FD-EvalNet64 and nothing else. One network a data set, shipped or made by `python -m gan evaluator --dataset D`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from gan import files, hardware
from gan.datasets._pixels import resize
from gan.models import _layers as layers
from gan.state import Broken, fill, read_tensors

HOME = Path(__file__).parent.parent / "assets" / "evaluators"
FEATURES = 64
CHUNK = 128  # images in one pass when reading: they stay in the cache
SLACK = 0.002  # by which it may be right less often than is told


class EvaluatorError(Exception):
    """An evaluator that is missing, changed or not what it says; the message tells what to do."""


_ANEW = "Make one: python -m gan evaluator --dataset {}"


class EvalNet(nn.Module):
    """conv 16, conv 32 s2, conv 32, conv 64 s2 (3x3, BatchNorm, ReLU), Linear to the 64 features, ReLU, Linear."""

    def __init__(self, shape: tuple[int, int, int], classes: int):
        super().__init__()
        C, H, W = shape
        plan = ((C, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2))
        self.convs = nn.ModuleList(nn.Conv2d(i, o, 3, s, 1, bias=False) for i, o, s in plan)
        self.norms = nn.ModuleList(nn.BatchNorm2d(o) for _, o, _ in plan)
        self.fc = nn.Linear(64 * (-(-H // 4)) * (-(-W // 4)), FEATURES)
        self.drop = layers.Dropout(0.3)
        self.head = nn.Linear(FEATURES, classes)

    def features(self, x: Tensor) -> Tensor:
        """The 64 features (N,64), before their ReLU, of x (N,C,H,W in [-1, 1])."""
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.relu(norm(conv(x)))
        return self.fc(x.flatten(1))  # N,64

    def classify(self, features: Tensor) -> Tensor:
        """Logits (N,classes) of features."""
        return self.head(self.drop(F.relu(features)))

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.features(x))


@dataclass(frozen=True)
class About:
    """What is told of an evaluator: `accuracy` on `tested` images never trained on, `sha256` of its weights' file."""

    dataset: str
    accuracy: float
    tested: int
    trained: int
    epochs: int
    seed: int
    names: tuple[str, ...]
    shape: tuple[int, int, int]
    sha256: str

    def __post_init__(self) -> None:
        counts = [self.tested, self.trained, self.epochs, self.seed, *self.shape]
        if not (
            files.is_number(self.accuracy)
            and 0 <= self.accuracy <= 1
            and all(type(count) is int and 0 <= count < 2**31 for count in counts)
            and len(self.shape) == 3
            and all(0 < side <= 1024 for side in self.shape)
            and 2 <= len(self.names) <= 1000
            and all(isinstance(text, str) for text in (self.dataset, self.sha256, *self.names))
            and re.fullmatch(r"[0-9a-f]{64}", self.sha256)
        ):
            raise ValueError("a value is missing or out of range")

    @property
    def name(self) -> str:
        """How scores name it: "EvalNet-64 for mnist (99.50 %, 1a2b3c4d)"."""
        return f"EvalNet-64 for {self.dataset} ({100 * self.accuracy:.2f} %, {self.sha256[:8]})"


class Evaluator:
    """A trained EvalNet, frozen. Safe to use from several threads."""

    def __init__(self, about: About, net: EvalNet):
        self.about = about
        self.net = net.eval().requires_grad_(False).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def classify(self, features: NDArray[np.float32]) -> NDArray[np.int64]:
        """The classes (N,) that features (N,64) of it stand for."""
        return np.asarray(self.net.classify(torch.from_numpy(features)).argmax(1).numpy())

    def check(self, classes: NDArray[np.int64], labels: NDArray[np.int64]) -> None:
        """Raises EvaluatorError when the `classes` read in real images (N,) are right less often than is told.

        0.2 points less are let pass, and three standard errors where these are only some of the images of its test.
        """
        told, n = self.about.accuracy, len(labels)
        found = float((classes == labels).mean())
        chance = told * (1 - told) * max(0.0, 1 / n - 1 / max(1, self.about.tested))
        if found < told - SLACK - 3 * chance**0.5:
            raise EvaluatorError(
                f"{self.about.name} reads only {100 * found:.2f} % of {n:,} real images rightly: it is not what it "
                f"says, or these are other images. {_ANEW.format(self.about.dataset)}"
            )

    @torch.inference_mode()
    def read(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Features (N,64) and class probabilities (N,K) of images, uint8 N,C,H,W; other sizes are resized.

        Raises ValueError for another number of channels.
        """
        C, H, W = self.about.shape
        if images.shape[1] != C:
            raise ValueError(f"{self.about.name} reads {C} channels, not {images.shape[1]}.")
        if images.shape[2:] != (H, W):
            images = resize(images, H)
        parts = (images[k : k + CHUNK] for k in range(0, len(images), CHUNK))
        features = torch.cat(hardware.together(self._features, parts))
        return features.numpy(), self.net.classify(features).softmax(1).numpy()

    def _features(self, images: NDArray[np.uint8]) -> Tensor:
        x = torch.from_numpy(np.array(images)).float().div_(127.5).sub_(1)
        return self.net.features(x.contiguous(memory_format=torch.channels_last))


def path(dataset: str, home: Path | None = None) -> Path:
    """Where the weights of a data set's evaluator lie; beside them a .json that tells their checksum and accuracy."""
    return (home or HOME) / f"{dataset}.safetensors"


def about(dataset: str, home: Path | None = None) -> About | None:
    """What is told of a data set's evaluator, None where there is none. Raises EvaluatorError."""
    told = path(dataset, home).with_suffix(".json")
    try:
        values = files.load(told.read_bytes())
        lists = {key: tuple(values[key]) for key in ("names", "shape")}
        found = About(**{**values, **lists})
        if found.dataset != dataset:
            raise ValueError(f"it tells of {found.dataset}")
        return found
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise EvaluatorError(
            f"{told.name} cannot be used: {error}. {_ANEW.format(dataset)}"
        ) from error


def load(dataset: str, home: Path | None = None) -> Evaluator:
    """The evaluator of a data set. Raises EvaluatorError when there is none, or when its file was changed."""
    file, told = path(dataset, home), about(dataset, home)
    if told is None:
        raise EvaluatorError(f"{dataset} has no evaluator yet. {_ANEW.format(dataset)}")
    try:
        return _load(file, file.stat().st_mtime_ns, told)
    except (OSError, Broken) as error:
        raise EvaluatorError(
            f"{file.name} cannot be used: {error} {_ANEW.format(dataset)}"
        ) from error


@lru_cache(maxsize=8)
def _load(file: Path, _mtime: int, told: About) -> Evaluator:
    if (found := checksum(file)) != told.sha256:
        raise EvaluatorError(
            f"{file.name} was changed: its checksum is {found[:8]}…, {file.stem}.json says {told.sha256[:8]}…. "
            f"Scores by it would mean nothing. {_ANEW.format(told.dataset)}"
        )
    net = EvalNet(told.shape, len(told.names))
    fill(net, read_tensors(file)[0], "")
    return Evaluator(told, net)


def checksum(file: Path) -> str:
    """sha256 of a file, hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
