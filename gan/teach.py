"""Trains EvalNet-64 on a labelled data set, measures it on images never trained on, and keeps it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan import files, models
from gan.datasets import Data, DataError, Progress
from gan.draws import Draws
from gan.evaluator import About, EvalNet, Evaluator, checksum, path
from gan.models import _layers as layers
from gan.state import write_tensors

BATCH, EPOCHS, PEAK, DECAY = 128, 10, 4e-3, 1e-2  # AdamW, one cycle
SHIFT, TURN = 2.0, 10.0  # augmentation: pixels, degrees
FEWEST = 100  # images that it is tested with
LEAST = 8  # batches: a cycle of four has no first half


def train(
    dataset: str, data: Data, epochs: int = EPOCHS, seed: int = 0, home: Path | None = None
) -> Generator[Progress, None, None]:
    """Trains the evaluator of a labelled data set and keeps it; one that was there stays beside it as *.previous.*

    Measured on the test split; without one, on a tenth of the images kept out of training. Raises DataError for data
    without labels or of points, or too few, OSError when it cannot be written.
    """
    if data.n_classes < 2 or data.is_points:
        raise DataError(f"An evaluator is a classifier: {dataset} needs pictures with labels.")
    learn, test = split(data)
    if test.labels is None or len(test) < FEWEST:
        raise DataError(f"An evaluator is tested with {FEWEST} images or more, not {len(test)}.")
    file = path(dataset, home)
    file.parent.mkdir(parents=True, exist_ok=True)
    files.replace(file.with_name(".writable"), b"")  # before minutes of work, not after them
    file.with_name(".writable").unlink()
    net = yield from _fit(learn, data.n_classes, epochs, seed)
    sizes = (len(test), len(learn), epochs, seed)
    told = About(dataset, 0.0, *sizes, data.names, data.shape, "0" * 64)
    classes = Evaluator(told, net).read(test.images)[1].argmax(1)
    told = replace(told, accuracy=float((classes == test.labels).mean()))
    keep_previous(file)
    keep_previous(file.with_suffix(".json"))
    write_tensors(file, net.state_dict(), {})  # told in the .json: several facts come in any order
    told = replace(told, sha256=checksum(file))
    text = json.dumps(asdict(told), indent=2, ensure_ascii=False) + "\n"
    files.replace(file.with_suffix(".json"), text.encode())


def keep_previous(file: Path) -> None:
    """Copies a file that is about to be replaced to *.previous.* beside it."""
    if file.exists():
        shutil.copyfile(file, file.with_name(f"{file.stem}.previous{file.suffix}"))


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
    draws, total = Draws(seed), max(LEAST, epochs * (len(learn) // BATCH))
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
