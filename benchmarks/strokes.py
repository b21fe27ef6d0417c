"""How long the made digits take, and how real they look to classifiers that know only MNIST.

    GAN_DATA=… python -m benchmarks.strokes [--seeds 3] [--epochs 3]

Prints Markdown. The reading part needs MNIST under $GAN_DATA: a small CNN is trained on real MNIST
and asked to read the 10,000 made test digits; then the other way round, one pass over made digits.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks._machine import describe
from gan import datasets, hardware, registry
from gan.datasets import Data, strokes

BATCH = 128


def time_to_make(folder: Path) -> None:
    print(describe() + "\n")
    print("| cores | seconds to make 70,000 | CPU seconds | seconds to load |\n|---|---|---|---|")
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in strokes.make(folder):
        pass
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    start = time.perf_counter()
    strokes.load(folder)
    print(f"| {hardware.cores()} | {wall:.1f} | {cpu:.1f} | {time.perf_counter() - start:.3f} |\n")


def reader() -> nn.Sequential:
    """A CNN of 0.23 M parameters on N,1,28,28."""

    def block(old: int, new: int, stride: int) -> list[nn.Module]:
        conv = nn.Conv2d(old, new, 3, stride, 1, bias=False)
        return [conv, nn.BatchNorm2d(new), nn.ReLU()]

    shapes = ((1, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2))
    body = [layer for shape in shapes for layer in block(*shape)]
    head = [nn.Flatten(), nn.Linear(64 * 49, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10)]
    return nn.Sequential(*body, *head)


def trained(data: Data, seed: int, epochs: int) -> nn.Sequential:
    torch.manual_seed(seed)
    net, (x, y) = reader(), tensors(data)
    steps = epochs * (len(x) // BATCH)
    adam = torch.optim.AdamW(net.parameters())
    rate = torch.optim.lr_scheduler.OneCycleLR(adam, 4e-3, total_steps=steps)
    for _ in range(epochs):
        for rows in torch.randperm(len(x))[: len(x) // BATCH * BATCH].split(BATCH):
            loss = nn.functional.cross_entropy(net(x[rows].float() / 255), y[rows])
            adam.zero_grad()
            loss.backward()
            adam.step()
            rate.step()
    return net.eval()


def tensors(data: Data) -> tuple[Tensor, Tensor]:
    assert data.labels is not None
    return torch.tensor(data.images), torch.tensor(data.labels)


@torch.no_grad()
def right(net: nn.Sequential, data: Data) -> np.ndarray:
    """Percent of each class that the net reads correctly: 10 numbers."""
    x, y = tensors(data)
    hit = torch.cat([net(part.float() / 255).argmax(1) for part in x.split(1000)]) == y
    return np.array([100 * hit[y == digit].float().mean().item() for digit in range(10)])


def reading(made: Data, real: Data, seeds: int, epochs: int) -> None:
    assert made.test
    assert real.test
    print(f"| trained on | reads | seed | all | {' | '.join(made.names)} |")
    print("|---|---|---|---|" + "---|" * 10)
    for seed in range(seeds):
        judge, pupil = trained(real, seed, epochs), trained(made, seed, 1)
        for net, learned, read, data in (
            (judge, "MNIST", "MNIST", real.test),
            (judge, "MNIST", "strokes", made.test),
            (pupil, "strokes", "MNIST", real.test),
        ):
            each = right(net, data)
            cells = " | ".join(f"{share:.1f}" for share in each)
            print(f"| {learned} | {read} | {seed} | {each.mean():.2f} | {cells} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        time_to_make(Path(folder))
        root = datasets.root()
        if missing := registry.missing(registry.card("datasets", "mnist"), root):
            print(f"The reading is left out: {missing[0]} is not in {root}.")
            return
        real = registry.load("datasets", "mnist").load(root)
        reading(strokes.load(Path(folder)), real, given.seeds, given.epochs)


if __name__ == "__main__":
    main()
