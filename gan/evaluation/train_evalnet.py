"""Training of EvalNet-64 on a labelled data set, with its accuracy on held-out images."""

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
from gan.evaluation.evalnet import About, EvalNet, TrainedEvalNet, checksum, path
from gan.images import to_unit
from gan.models import _layers as layers
from gan.rng import RngStreams
from gan.tensor_files import write_tensors

BATCH, EPOCHS, PEAK, DECAY = 128, 10, 4e-3, 1e-2  # AdamW, one cycle
MAX_SHIFT_PIXELS, MAX_TURN_DEGREES = 2.0, 10.0  # of the augmentation
MIN_TEST_IMAGES = 100  # that it is tested with
MIN_BATCHES = 8  # a cycle of four has no first half


def train(
    dataset: str, data: Data, epochs: int = EPOCHS, seed: int = 0, home: Path | None = None
) -> Generator[Progress, None, None]:
    """Trains and saves the EvalNet of a labelled data set; an earlier one stays beside it as *.previous.*

    Tested on the test split; without one, on a held-out tenth of the images. Raises DataError for data without labels
    or of points, or too few, OSError when it cannot be written.
    """
    if data.n_classes < 2 or data.is_points:
        raise DataError(f"An evaluator is a classifier: {dataset} needs pictures with labels.")
    learn, test = split(data)
    if test.labels is None or len(test) < MIN_TEST_IMAGES:
        raise DataError(f"An evaluator is tested with {MIN_TEST_IMAGES} images or more, not {len(test)}.")
    file = path(dataset, home)
    file.parent.mkdir(parents=True, exist_ok=True)
    files.replace(file.with_name(".writable"), b"")  # before minutes of work, not after them
    file.with_name(".writable").unlink()
    net = yield from _fit(learn, data.n_classes, epochs, seed)
    sizes = (len(test), len(learn), epochs, seed)
    facts = About(dataset, 0.0, *sizes, data.names, data.shape, "0" * 64)
    classes = TrainedEvalNet(facts, net).read(test.images)[1].argmax(1)
    facts = replace(facts, accuracy=float((classes == test.labels).mean()))
    keep_previous(file)
    keep_previous(file.with_suffix(".json"))
    write_tensors(file, net.state_dict(), {})  # facts go into the .json: in the header they come in any order
    facts = replace(facts, sha256=checksum(file))
    text = json.dumps(asdict(facts), indent=2, ensure_ascii=False) + "\n"
    files.replace(file.with_suffix(".json"), text.encode())


def keep_previous(file: Path) -> None:
    """Copies a file that is about to be replaced to *.previous.* beside it."""
    if file.exists():
        shutil.copyfile(file, file.with_name(f"{file.stem}.previous{file.suffix}"))


def split(data: Data) -> tuple[Data, Data]:
    """The training and the test images: the data's own splits, else a fixed tenth held out."""
    if data.test is not None and data.test.labels is not None:
        return data, data.test
    order = np.random.RandomState(0).permutation(len(data))
    tenth = len(data) // 10
    return data.take(np.sort(order[tenth:])), data.take(np.sort(order[:tenth]))


def _fit(learn: Data, classes: int, epochs: int, seed: int) -> Generator[Progress, None, EvalNet]:
    """Trains; yields after every fiftieth batch and returns the network."""
    assert learn.labels is not None
    with models.seeded(torch.Generator().manual_seed(seed)):
        net = EvalNet(learn.shape, classes)
    net.train()
    images, labels = torch.from_numpy(np.require(learn.images, requirements="W")), torch.tensor(learn.labels)
    rng, total = RngStreams(seed), max(MIN_BATCHES, epochs * (len(learn) // BATCH))
    size = min(BATCH, len(learn))
    optimizer = torch.optim.AdamW(net.parameters(), lr=PEAK, weight_decay=DECAY)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK, total_steps=total, pct_start=0.25)
    for k in range(total):
        rows = rng.batch(k, size, len(learn))
        x = augment(to_unit(images[rows].float()), rng.generator("augment", k))
        layers.rekey(net, rng.generator("dropout", k))
        loss = F.cross_entropy(net(x), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        cycle.step()
        if k % 50 == 0 or k == total - 1:
            epoch = f"epoch {k * epochs // total + 1} of {epochs}"
            yield Progress(k + 1, total, "batches", f"EvalNet-64: {epoch}, loss {loss.item():.3f}")
    return net


def augment(x: Tensor, generator: torch.Generator) -> Tensor:
    """Each image turned by up to 10 degrees and shifted by up to 2 pixels; edges are continued outwards."""
    N, _, H, W = x.shape
    rotation, dx, dy = torch.rand(3, N, generator=generator) * 2 - 1
    angle = rotation * MAX_TURN_DEGREES * torch.pi / 180
    rows = [
        torch.stack([angle.cos(), -angle.sin(), dx * 2 * MAX_SHIFT_PIXELS / W], 1),
        torch.stack([angle.sin(), angle.cos(), dy * 2 * MAX_SHIFT_PIXELS / H], 1),
    ]
    places = F.affine_grid(torch.stack(rows, 1), [N, 1, H, W], align_corners=False)
    return F.grid_sample(x, places, padding_mode="border", align_corners=False)
