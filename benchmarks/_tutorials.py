"""The plain loops that people start from, as they are published: what the speed of ours is measured against.

Networks in `nn.Sequential` and one loop in textbook order: D on real pictures, D on fakes, G through D; PyTorch's own
losses and optimizer. The order of the weights is that of the presets, so a test can lay one pair over the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision import transforms
from torchvision.datasets import MNIST

Pair = tuple[nn.Module, nn.Module]


def play(
    G: nn.Module,
    D: nn.Module,
    batches: Iterable[Any],
    opt_g: torch.optim.Optimizer,
    opt_d: torch.optim.Optimizer,
    criterion: Callable[[Tensor, Tensor], Tensor],
    noise: Callable[[int], Tensor],
    apart: bool = False,
    fresh: bool = False,
) -> Iterator[int]:
    """The loop, yielding the number of real pictures after every update of both.

    `noise(n)` is z for n pictures. `apart` sends the two losses of D back one after the other; `fresh` draws new fakes
    for G, where the introductions show it D's.
    """
    for real, *_ in batches:
        n = len(real)
        ones, zeros = torch.ones(n, 1), torch.zeros(n, 1)

        opt_d.zero_grad()
        d_loss_real = criterion(D(real), ones)
        if apart:
            d_loss_real.backward()
        fake = G(noise(n))
        d_loss_fake = criterion(D(fake.detach()), zeros)
        (d_loss_fake if apart else d_loss_real + d_loss_fake).backward()
        opt_d.step()

        if fresh:
            fake = G(noise(n))
        opt_g.zero_grad()
        g_loss = criterion(D(fake), ones)
        g_loss.backward()
        opt_g.step()
        yield n


@dataclass(frozen=True)
class Tutorial:
    """A published loop. `pair(drop)` makes G and D, with `drop(p)` where they switch numbers off at random."""

    pair: Callable[[Callable[[float], nn.Module]], Pair]
    z_shape: tuple[int, ...]
    criterion: Callable[[Tensor, Tensor], Tensor]
    batch: int
    rate: float
    beta1: float
    side: int = 28
    apart: bool = False
    fresh: bool = False
    decoded: bool = True  # every picture goes through Pillow and torchvision's transforms, every time

    def batches(self, images: NDArray[Any]) -> Iterator[Any]:
        """The pictures (uint8 N,1,H,W; points float32 N,2,1,1) as the tutorial loads them, epoch after epoch."""
        data = _Decoded(images[:, 0], self.side) if self.decoded else _scaled(images)
        loader = DataLoader(data, batch_size=self.batch, shuffle=True)
        while True:
            yield from loader

    def train(self, images: NDArray[Any]) -> Iterator[int]:
        """Trains on `images`; yields the number of real pictures after every step."""
        G, D = self.pair(nn.Dropout)
        betas = (self.beta1, 0.999)
        return play(
            G,
            D,
            self.batches(images),
            torch.optim.Adam(G.parameters(), lr=self.rate, betas=betas),
            torch.optim.Adam(D.parameters(), lr=self.rate, betas=betas),
            self.criterion,
            lambda n: torch.randn(n, *self.z_shape),
            self.apart,
            self.fresh,
        )


class _Decoded(MNIST):
    """torchvision's MNIST, of pictures (N,H,W) that are here already."""

    def __init__(self, images: NDArray[np.uint8], side: int):
        resize = [] if side == images.shape[-1] else [transforms.Resize(side)]
        scale = [transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]
        self.transform, self.target_transform = transforms.Compose([*resize, *scale]), None
        self.data = torch.from_numpy(np.array(images))
        self.targets = torch.zeros(len(images), dtype=torch.int64)


def _scaled(images: NDArray[Any]) -> TensorDataset:
    whole = torch.from_numpy(np.array(images))
    return TensorDataset(whole if whole.is_floating_point() else (whole.float() - 127.5) / 127.5)


def _gan_2014(drop: Callable[[float], nn.Module]) -> Pair:
    G = nn.Sequential(
        nn.Linear(100, 256),
        nn.ReLU(),
        nn.Linear(256, 512),
        nn.ReLU(),
        nn.Linear(512, 1024),
        nn.ReLU(),
        nn.Linear(1024, 784),
        nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)),
    )
    D = nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 512),
        nn.LeakyReLU(0.2),
        nn.Linear(512, 256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, 1),
        nn.Sigmoid(),
    )
    return G, D


def _first_steps(drop: Callable[[float], nn.Module]) -> Pair:
    G = nn.Sequential(
        nn.Linear(2, 128),
        nn.ReLU(),
        nn.Linear(128, 128),
        nn.ReLU(),
        nn.Linear(128, 2),
        nn.Tanh(),
        nn.Unflatten(1, (2, 1, 1)),
    )
    D = nn.Sequential(
        nn.Flatten(),
        nn.Linear(2, 128),
        nn.LeakyReLU(0.2),
        nn.Linear(128, 128),
        nn.LeakyReLU(0.2),
        nn.Linear(128, 1),
        nn.Sigmoid(),
    )
    return G, D


def _dcgan_16(drop: Callable[[float], nn.Module]) -> Pair:
    G = nn.Sequential(
        nn.ConvTranspose2d(100, 128, 4),
        nn.BatchNorm2d(128),
        nn.ReLU(),
        nn.ConvTranspose2d(128, 64, 4, 2, 1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 1, 4, 2, 1),
        nn.Tanh(),
    )
    D = nn.Sequential(
        nn.Conv2d(1, 64, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 4, 2, 1),
        nn.BatchNorm2d(128),
        nn.LeakyReLU(0.2),
        nn.Conv2d(128, 1, 4),
        nn.Flatten(),
        nn.Linear(1, 1),
        nn.Sigmoid(),
    )
    return G, D


def _dcgan_tutorial(drop: Callable[[float], nn.Module]) -> Pair:
    G = nn.Sequential(
        nn.Linear(100, 12544, bias=False),
        nn.BatchNorm1d(12544, 1e-3, 0.01),
        nn.LeakyReLU(0.3),
        nn.Unflatten(1, (256, 7, 7)),
        nn.ConvTranspose2d(256, 128, 5, 1, 2, bias=False),
        nn.BatchNorm2d(128, 1e-3, 0.01),
        nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(128, 64, 5, 2, 2, 1, bias=False),
        nn.BatchNorm2d(64, 1e-3, 0.01),
        nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(64, 1, 5, 2, 2, 1, bias=False),
        nn.Tanh(),
    )
    D = nn.Sequential(
        nn.Conv2d(1, 64, 5, 2, 2),
        nn.LeakyReLU(0.3),
        drop(0.3),
        nn.Conv2d(64, 128, 5, 2, 2),
        nn.LeakyReLU(0.3),
        drop(0.3),
        nn.Flatten(),
        nn.Linear(6272, 1),
    )
    return G, D


def _gan_dropout(drop: Callable[[float], nn.Module]) -> Pair:
    G = nn.Sequential(
        nn.Linear(128, 256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, 512),
        nn.LeakyReLU(0.2),
        nn.Linear(512, 1024),
        nn.LeakyReLU(0.2),
        nn.Linear(1024, 784),
        nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)),
    )
    D = nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 1024),
        nn.LeakyReLU(0.2),
        drop(0.3),
        nn.Linear(1024, 512),
        nn.LeakyReLU(0.2),
        drop(0.3),
        nn.Linear(512, 256),
        nn.LeakyReLU(0.2),
        drop(0.3),
        nn.Linear(256, 1),
        nn.Sigmoid(),
    )
    return G, D


_logits, _chances = nn.BCEWithLogitsLoss(), nn.BCELoss()
TUTORIALS = {
    "gan-2014": Tutorial(_gan_2014, (100,), _chances, 64, 2e-4, 0.5),
    "dcgan-16": Tutorial(_dcgan_16, (100, 1, 1), _chances, 64, 2e-4, 0.5, side=16, apart=True),
    "dcgan-tutorial": Tutorial(_dcgan_tutorial, (100,), _logits, 256, 1e-4, 0.9, decoded=False),
    "first-steps": Tutorial(_first_steps, (2,), _chances, 128, 1e-3, 0.5, fresh=True, decoded=False),
    "gan-dropout": Tutorial(_gan_dropout, (128,), _chances, 128, 2e-4, 0.5, fresh=True),
}
