"""EvalNet-64: the classifier in whose 64 features generated images are measured, its files and their checks.

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
from gan.diagnostics.numerals import percent
from gan.images import to_unit
from gan.models import _layers as layers
from gan.tensor_files import CorruptFile, load_strict, read_tensors

HOME = Path(__file__).parent / "weights"
N_FEATURES = 64
CHUNK_IMAGES = 128  # images in one pass when reading: they stay in the cache
ACCURACY_SLACK = 0.002  # by which its accuracy may be below the stated one


class EvalNetError(Exception):
    """An EvalNet that is missing, changed or not what its facts say; the message says what to do."""


_MAKE_ONE = "Make one: python -m gan evaluator --dataset {}"


class EvalNet(nn.Module):
    """conv 16, conv 32 s2, conv 32, conv 64 s2 (3x3, BatchNorm, ReLU), Linear to the 64 features, ReLU, Linear."""

    def __init__(self, shape: tuple[int, int, int], classes: int):
        super().__init__()
        C, H, W = shape
        plan = ((C, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2))
        self.convs = nn.ModuleList(nn.Conv2d(i, o, 3, s, 1, bias=False) for i, o, s in plan)
        self.norms = nn.ModuleList(nn.BatchNorm2d(o) for _, o, _ in plan)
        self.fc = nn.Linear(64 * (-(-H // 4)) * (-(-W // 4)), N_FEATURES)
        self.drop = layers.Dropout(0.3)
        self.head = nn.Linear(N_FEATURES, classes)

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
    """Facts of a trained EvalNet: `accuracy` on `tested` held-out images, `sha256` of its weights' file."""

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
        """Its name in scores: "EvalNet-64 for mnist (99.50 %, 1a2b3c4d)"."""
        return f"EvalNet-64 for {self.dataset} ({percent(self.accuracy, 2)}, {self.sha256[:8]})"


class TrainedEvalNet:
    """A trained EvalNet, frozen. Safe to use from several threads."""

    def __init__(self, about: About, net: EvalNet):
        self.about = about
        self.net = net.eval().requires_grad_(False).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def classify(self, features: NDArray[np.float32]) -> NDArray[np.int64]:
        """The most likely classes (N,) by its features (N,64)."""
        return np.asarray(self.net.classify(torch.from_numpy(features)).argmax(1).numpy())

    def check(self, classes: NDArray[np.int64], labels: NDArray[np.int64]) -> None:
        """Raises EvalNetError when its `classes` (N,) of real images are right less often than its facts state.

        0.2 points less pass, and three standard errors where these are only some of the images of its test.
        """
        stated, n = self.about.accuracy, len(labels)
        accuracy = float((classes == labels).mean())
        variance = stated * (1 - stated) * max(0.0, 1 / n - 1 / max(1, self.about.tested))
        if accuracy < stated - ACCURACY_SLACK - 3 * variance**0.5:
            raise EvalNetError(
                f"{self.about.name} classifies only {percent(accuracy, 2)} of {n:,} real images correctly: it is "
                f"not what it says, or these are other images. {_MAKE_ONE.format(self.about.dataset)}"
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
        parts = (images[k : k + CHUNK_IMAGES] for k in range(0, len(images), CHUNK_IMAGES))
        features = torch.cat(hardware.together(self._features, parts))
        return features.numpy(), self.net.classify(features).softmax(1).numpy()

    def _features(self, images: NDArray[np.uint8]) -> Tensor:
        x = to_unit(torch.from_numpy(np.array(images)).float())
        return self.net.features(x.contiguous(memory_format=torch.channels_last))


def path(dataset: str, home: Path | None = None) -> Path:
    """The path of the weights of a data set's EvalNet; beside them lies a .json with its facts."""
    return (home or HOME) / f"{dataset}.safetensors"


def about(dataset: str, home: Path | None = None) -> About | None:
    """The facts of a data set's EvalNet, None where there is none. Raises EvalNetError."""
    file = path(dataset, home).with_suffix(".json")
    try:
        values = files.load(file.read_bytes())
        lists = {key: tuple(values[key]) for key in ("names", "shape")}
        facts = About(**{**values, **lists})
        if facts.dataset != dataset:
            raise ValueError(f"it belongs to {facts.dataset}")
        return facts
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise EvalNetError(f"{file.name} cannot be used: {error}. {_MAKE_ONE.format(dataset)}") from error


def load(dataset: str, home: Path | None = None) -> TrainedEvalNet:
    """The trained EvalNet of a data set. Raises EvalNetError when there is none, or when its file was changed."""
    file, facts = path(dataset, home), about(dataset, home)
    if facts is None:
        raise EvalNetError(f"{dataset} has no evaluator yet. {_MAKE_ONE.format(dataset)}")
    try:
        return _load(file, file.stat().st_mtime_ns, facts)
    except (OSError, CorruptFile) as error:
        raise EvalNetError(f"{file.name} cannot be used: {error} {_MAKE_ONE.format(dataset)}") from error


@lru_cache(maxsize=8)
def _load(file: Path, _mtime: int, facts: About) -> TrainedEvalNet:
    if (actual := checksum(file)) != facts.sha256:
        raise EvalNetError(
            f"{file.name} was changed: its checksum is {actual[:8]}…, {file.stem}.json says {facts.sha256[:8]}…. "
            f"Scores by it would mean nothing. {_MAKE_ONE.format(facts.dataset)}"
        )
    net = EvalNet(facts.shape, len(facts.names))
    load_strict(net, read_tensors(file)[0], "")
    return TrainedEvalNet(facts, net)


def checksum(file: Path) -> str:
    """sha256 of a file, hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
