# Made by python -m tools.example: the code of the shipped run lean-mnist, as `python -m gan code` writes it.
"""Lean ResNet on MNIST.

Lean ResNet learns MNIST with the loss Hinge. Every line here is what Forger does for these
settings; its own draws of random numbers differ.

    pip install torch torchvision
    python gan.py               trains for 10,000 steps and writes samples.png
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


# ---- Settings ------------------------------------------------------------------------------------

SEED = 0
THREADS = 1  # of the CPU: in networks of this size more of them mostly wait for each other
STEPS = 10_000
BATCH = 32
Z_DIM = 100  # numbers in one noise vector
LR_G, LR_D = 0.002, 0.001  # learning rates
BETAS = (0.5, 0.999)  # of Adam
EMA_DECAY = 0.999  # what is shown is a moving average of G's weights
DECAY_STEPS = 1500  # steps after which both learning rates have halved
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


# ---- Networks ------------------------------------------------------------------------------------
# Lean ResNet: a small residual pair, for digits in seconds that keep improving.


class Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.start = (32, 7, 7)
        self.fc = nn.Linear(100, 1568, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.refine1 = nn.Conv2d(32, 32, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(32)
        self.up1 = nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(16)
        self.refine2 = nn.Conv2d(16, 16, 3, padding=1, bias=False)
        self.bn4 = nn.BatchNorm2d(16)
        self.up2 = nn.Conv2d(16, 4, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        x = self.fc(z).view(-1, *self.start)  # N,32,7,7
        x = F.relu(self.bn1(x))
        x = x + F.relu(self.bn2(self.refine1(x)))  # N,32,7,7
        x = F.relu(self.bn3(self.up1(x)))  # N,16,14,14
        x = x + F.relu(self.bn4(self.refine2(x)))  # N,16,14,14
        return torch.tanh(F.pixel_shuffle(self.up2(x), 2))  # N,C,28,28


class Discriminator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down1 = nn.Conv2d(1, 16, 4, stride=2, padding=1)
        self.down2 = nn.Conv2d(16, 32, 4, stride=2, padding=1)
        self.gn2 = nn.GroupNorm(4, 32)
        self.look = nn.Conv2d(32, 32, 3, padding=1)
        self.gn3 = nn.GroupNorm(4, 32)
        self.fc = nn.Linear(1568, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.leaky_relu(self.down1(x), 0.2)  # N,16,14,14
        x = F.leaky_relu(self.gn2(self.down2(x)), 0.2)  # N,32,7,7
        x = x + F.leaky_relu(self.gn3(self.look(x)), 0.2)  # N,32,7,7
        return self.fc(x.flatten(1)).squeeze(1)  # N


# ---- Loss ----------------------------------------------------------------------------------------
# Hinge: D only works on the pictures it is not yet sure about.


def d(real: Tensor, fake: Tensor) -> Tensor:
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def g(fake: Tensor) -> Tensor:
    return -fake.mean()


def slope(D: nn.Module, x: Tensor) -> Tensor:
    """The gradient of D's logits at x, in the shape of x; it can be differentiated again."""
    x = x.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return gradient


# ---- R1 ------------------------------------------------------------------------------------------
# R1: a penalty on D's slope at real pictures, which keeps D from growing steeper without end.


r1_EVERY = 16  # updates of D from one penalty to the next; it counts so many times as much for that (Karras et al. 2020)


def r1_penalty(D: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """Half the mean squared norm of the gradient of D's logits at real images (N,C,H,W): a scalar."""
    return slope(D, real).square().flatten(1).sum(1).mean() / 2


# ---- Data and training ---------------------------------------------------------------------------


def load_data() -> Any:
    """The real data, float32 N,C,H,W in [-1, 1], with their classes where the networks are conditioned on them."""
    from torchvision import datasets
    dataset = datasets.MNIST("data", download=True)
    x = torch.as_tensor(dataset.data)
    x = x[:, None] if x.ndim == 3 else x.permute(0, 3, 1, 2)  # N,C,H,W
    x = x.float() / 127.5 - 1
    return x.to(DEVICE)


def dcgan_weights(layer: nn.Module) -> None:
    """The first weights of a layer: normally distributed, with a standard deviation of 0.02 (Radford et al. 2015)."""
    if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)


def make_networks() -> tuple[Any, Any]:
    """G and D as they begin."""
    G, D = Generator(), Discriminator()
    G.apply(dcgan_weights), D.apply(dcgan_weights)
    return G.to(DEVICE), D.to(DEVICE)


def batches(x: Tensor) -> Iterator[Any]:
    """Batch after batch of the real data, pass after pass, each in a new order."""
    while True:
        for rows in torch.randperm(len(x)).split(BATCH):
            if len(rows) == BATCH:
                yield x[rows]


def noise(n: int) -> Tensor:
    """z for n pictures."""
    return torch.randn(n, Z_DIM, device=DEVICE)


def train(G: Any, D: Any, x: Tensor, steps: int) -> Any:
    """Trains both networks in place. Returns the generator to look at."""
    opt_g = torch.optim.Adam(G.parameters(), lr=LR_G, betas=BETAS)
    opt_d = torch.optim.Adam(D.parameters(), lr=LR_D, betas=BETAS)
    G_ema = copy.deepcopy(G)
    source = batches(x)
    for step in range(steps):
        factor = 1 / (1 + step / DECAY_STEPS)
        opt_g.param_groups[0]["lr"], opt_d.param_groups[0]["lr"] = LR_G * factor, LR_D * factor

        # D learns to tell real from generated. The fakes are detached: G does not learn here.
        real = next(source)
        fake = G(noise(BATCH))
        seen_real, seen_fake = real, fake.detach()
        real_logits, fake_logits = D(seen_real), D(seen_fake)
        loss_d = d(real_logits, fake_logits)
        total = loss_d
        if step % r1_EVERY == 0:
            total = total + 0.1 * r1_EVERY * r1_penalty(D, seen_real, seen_fake)
        opt_d.zero_grad()
        total.backward()
        opt_d.step()

        # G learns to make D take its pictures for real. D only passes the gradient on.
        loss_g = g(D(fake))
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        follow(G_ema, G, step)

        if step % 100 == 0:
            print(f"step {step}: loss of D {loss_d:.3f}, of G {loss_g:.3f}", flush=True)
    return G_ema


@torch.no_grad()
def follow(G_ema: Any, G: Any, step: int) -> None:
    """The moving average follows G, quickly at first."""
    decay = min(EMA_DECAY, (1 + step) / (10 + step))
    for slow, fast in zip(G_ema.parameters(), G.parameters(), strict=True):
        slow.lerp_(fast, 1 - decay)


@torch.no_grad()
def recalibrate(G: Any) -> None:
    """Gives G the BatchNorm statistics of its present weights: averaged weights are not those that were trained."""
    norms = [layer for layer in G.modules() if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    G.train()(noise(512))


@torch.no_grad()
def draw_samples(G: Any) -> None:
    """Draws 64 samples into a file."""
    x = G.eval()(noise(64))
    from torchvision.utils import save_image
    save_image(x, "samples.png", nrow=8, normalize=True, value_range=(-1, 1))


def main() -> None:
    torch.set_num_threads(THREADS)
    torch.manual_seed(SEED)
    x = load_data()
    G, D = make_networks()
    G = train(G, D, x, STEPS)
    recalibrate(G)
    draw_samples(G)


if __name__ == "__main__":
    main()
