"""EvalNet-64: the classifier in whose 64 features generated images are measured, how it is trained, kept and checked.

"FID on MNIST" is a tuple of extractor, split and count, not a number; a Fréchet distance in these features is called
FD-EvalNet64 and nothing else. One network a data set, shipped or made by `python -m gan evaluator --dataset D`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from gan import files, models
from gan.datasets import Data, DataError, Progress
from gan.datasets._pixels import resize
from gan.draws import Draws
from gan.models import _layers as layers
from gan.state import fill, read_tensors, write_tensors

HOME = Path(__file__).parent.parent / "assets" / "evaluators"
FEATURES = 64
BATCH, EPOCHS, PEAK, DECAY = 128, 10, 4e-3, 1e-2  # AdamW, one cycle
SHIFT, TURN = 2.0, 10.0  # augmentation: pixels, degrees
CHUNK = 128  # images in one pass when reading: they stay in the cache


class EvaluatorError(Exception):
    """An evaluator that is missing, changed or not what it says; the message tells what to do."""


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

    @property
    def name(self) -> str:
        """How scores name it: "EvalNet-64 for mnist (99.50 %, 1a2b3c4d)"."""
        return f"EvalNet-64 for {self.dataset} ({self.accuracy:.2%}, {self.sha256[:8]})".replace(
            "%", " %"
        )


class Evaluator:
    """A trained EvalNet, frozen. Safe to use from several threads."""

    def __init__(self, about: About, net: EvalNet):
        self.about = about
        self.net = net.eval().requires_grad_(False).to(memory_format=torch.channels_last)

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
        starts = range(0, len(images), CHUNK)
        features = torch.cat([self._features(images[k : k + CHUNK]) for k in starts])
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
        return About(**{**values, "names": tuple(values["names"]), "shape": tuple(values["shape"])})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise EvaluatorError(f"{told.name} cannot be read: {error}") from error


def load(dataset: str, home: Path | None = None) -> Evaluator:
    """The evaluator of a data set. Raises EvaluatorError when there is none, or when its file was changed."""
    file, told = path(dataset, home), about(dataset, home)
    if told is None:
        raise EvaluatorError(
            f"{dataset} has no evaluator yet. Make one: python -m gan evaluator --dataset {dataset}"
        )
    try:
        return _load(file, file.stat().st_mtime_ns, told)
    except OSError as error:
        raise EvaluatorError(f"{file.name} cannot be read: {error}") from error


@lru_cache(maxsize=8)
def _load(file: Path, _mtime: int, told: About) -> Evaluator:
    if (found := checksum(file)) != told.sha256:
        raise EvaluatorError(
            f"{file.name} was changed: its checksum is {found[:8]}…, {file.stem}.json says {told.sha256[:8]}…. "
            f"Scores by it would mean nothing. Put the file back, or make the evaluator anew: "
            f"python -m gan evaluator --dataset {told.dataset}"
        )
    net = EvalNet(told.shape, len(told.names))
    fill(net, read_tensors(file)[0], "")
    return Evaluator(told, net)


def checksum(file: Path) -> str:
    """sha256 of a file, hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def train(
    dataset: str, data: Data, epochs: int = EPOCHS, seed: int = 0, home: Path | None = None
) -> Iterator[Progress]:
    """Trains the evaluator of a labelled data set and keeps it; one that was there stays beside it as *.previous.*

    Measured on the test split; without one, on a tenth of the images kept out of training. Raises DataError for data
    without labels or of points, OSError when it cannot be written.
    """
    if data.labels is None or data.is_points:
        raise DataError(f"An evaluator is a classifier: {dataset} needs pictures with labels.")
    learn, test = split(data)
    folder = home or HOME
    folder.mkdir(parents=True, exist_ok=True)
    files.replace(folder / ".writable", b"")  # before minutes of work, not after them
    (folder / ".writable").unlink()
    net = yield from _fit(learn, data.n_classes, epochs, seed)
    assert test.labels is not None
    found = Evaluator(About("", 0, 0, 0, 0, 0, (), data.shape, ""), net).read(test.images)[1]
    accuracy = float((found.argmax(1) == test.labels).mean())
    file = path(dataset, home)
    for old in (file, file.with_suffix(".json")):
        if old.exists():
            old.replace(old.with_name(f"{dataset}.previous{old.suffix}"))
    write_tensors(file, net.state_dict(), {"dataset": dataset, "accuracy": accuracy})
    told = About(
        dataset, accuracy, len(test), len(learn), epochs, seed, data.names, data.shape,
        checksum(file),
    )  # fmt: skip
    text = json.dumps(asdict(told), indent=2, ensure_ascii=False) + "\n"
    files.replace(file.with_suffix(".json"), text.encode())


def split(data: Data) -> tuple[Data, Data]:
    """What to learn from and what to test with: the data's own splits, else a fixed tenth kept out."""
    if data.test is not None and data.test.labels is not None:
        return data, data.test
    order = np.random.RandomState(0).permutation(len(data))
    tenth = len(data) // 10
    return data.take(np.sort(order[tenth:])), data.take(np.sort(order[:tenth]))


def _fit(learn: Data, classes: int, epochs: int, seed: int) -> Generator[Progress, None, EvalNet]:
    """Trains; yields after every fiftieth batch and returns the network."""
    assert learn.labels is not None
    with torch.device("meta"):
        net = EvalNet(learn.shape, classes)
    net.to_empty(device="cpu")
    models.initialise(net, "torch", torch.Generator().manual_seed(seed))
    net.train()
    images, labels = torch.tensor(learn.images), torch.tensor(learn.labels)
    draws, total = Draws(seed), epochs * (len(learn) // BATCH or 1)
    size = min(BATCH, len(learn))
    optimizer = torch.optim.AdamW(net.parameters(), lr=PEAK, weight_decay=DECAY)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK, total_steps=total, pct_start=0.25)
    for k in range(total):
        rows = draws.batch(k, size, len(learn))
        x = _augment(images[rows].float() / 127.5 - 1, draws.generator("augment", k))
        layers.rekey(net, draws.generator("dropout", k))
        loss = F.cross_entropy(net(x), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        cycle.step()
        if k % 50 == 0 or k == total - 1:
            epoch = f"epoch {k * epochs // total + 1} of {epochs}"
            yield Progress(k + 1, total, "batches", f"EvalNet-64: {epoch}, loss {loss.item():.3f}")
    return net


def _augment(x: Tensor, generator: torch.Generator) -> Tensor:
    """Each image turned by up to 10 degrees and shifted by up to 2 pixels; edges are continued outwards."""
    N, _, H, W = x.shape
    turn, dx, dy = torch.rand(3, N, generator=generator) * 2 - 1
    angle = turn * TURN * torch.pi / 180
    rows = [
        torch.stack([angle.cos(), -angle.sin(), dx * 2 * SHIFT / W], 1),
        torch.stack([angle.sin(), angle.cos(), dy * 2 * SHIFT / H], 1),
    ]
    places = F.affine_grid(torch.stack(rows, 1), [N, 1, H, W], align_corners=False)
    return F.grid_sample(x, places, padding_mode="border", align_corners=False)
