"""Our networks against the published ones, rebuilt literally: same weights, same outputs."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from gan.config import RunConfig
from gan.models import build


def ours(name, shape):
    G, D = build(RunConfig(model=name), shape, 0, 0, "cpu")
    return G.double(), D.double()


def copy_in_order(source, target):
    """The tensors of one network into another that has the same ones in the same order."""
    values = list(source.state_dict().values())
    keys = list(target.state_dict())
    target.load_state_dict(dict(zip(keys, values, strict=True)))


def uniform(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 2 - 1


def same(a, b):
    torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


def test_gan_2014_is_the_tutorial_s():
    g = nn.Sequential(
        nn.Linear(100, 256),
        nn.ReLU(),
        nn.Linear(256, 512),
        nn.ReLU(),
        nn.Linear(512, 1024),
        nn.ReLU(),
        nn.Linear(1024, 28 * 28),
        nn.Tanh(),
    ).double()
    d = nn.Sequential(
        nn.Linear(28 * 28, 512),
        nn.LeakyReLU(0.2),
        nn.Linear(512, 256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, 1),
        nn.Sigmoid(),
    ).double()
    G, D = ours("gan-2014", (1, 28, 28))
    copy_in_order(G, g)
    copy_in_order(D, d)
    z, x = uniform(4, 100), uniform(4, 1, 28, 28)
    same(G(z), g(z).view(-1, 1, 28, 28))
    same(D(x).sigmoid(), d(x.view(-1, 28 * 28)).squeeze(1))


def test_dcgan_16_is_the_tutorial_s():
    C = 3
    g = nn.Sequential(
        nn.ConvTranspose2d(100, 128, kernel_size=4, stride=1, padding=0),
        nn.BatchNorm2d(128),
        nn.ReLU(),
        nn.ConvTranspose2d(128, 64, kernel_size=4, stride=2, padding=1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.ConvTranspose2d(64, C, kernel_size=4, stride=2, padding=1),
        nn.Tanh(),
    ).double()
    d = nn.Sequential(
        nn.Conv2d(C, 64, kernel_size=4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, kernel_size=4, stride=2, padding=1),
        nn.BatchNorm2d(128),
        nn.LeakyReLU(0.2),
        nn.Conv2d(128, 1, kernel_size=4, stride=1, padding=0),
        nn.Flatten(),
        nn.Linear(1 * 1 * 1, 1),
        nn.Sigmoid(),
    ).double()
    G, D = ours("dcgan-16", (C, 16, 16))
    copy_in_order(G, g)
    copy_in_order(D, d)
    z, x = uniform(4, 100), uniform(4, C, 16, 16)
    same(G(z), g(z.view(4, 100, 1, 1)))
    same(D(x).sigmoid(), d(x).squeeze(1))


def keras_down(x, conv):
    """Conv2D(strides=2, padding="same") on an even side: one pixel before, two behind."""
    return F.conv2d(F.pad(x, (1, 2, 1, 2)), conv.weight.flip(2, 3), conv.bias, stride=2)


def keras_up(x, conv):
    """Conv2DTranspose(strides=2, padding="same"): one row of the whole goes before, two behind."""
    return F.conv_transpose2d(x, conv.weight.flip(2, 3), stride=2)[:, :, 1:-2, 1:-2]


def test_dcgan_tutorial_is_keras_in_a_mirror():
    G, D = ours("dcgan-tutorial", (1, 28, 28))
    z, x = uniform(4, 100), uniform(4, 1, 28, 28)
    D.eval()  # dropout rests

    h = F.leaky_relu(G.bn1(G.fc(z)), 0.3).view(-1, 256, 7, 7).flip(2, 3)
    h = F.conv_transpose2d(h, G.conv.weight.flip(2, 3), padding=2)
    h = keras_up(F.leaky_relu(G.bn2(h), 0.3), G.up1)
    h = keras_up(F.leaky_relu(G.bn3(h), 0.3), G.up2)
    same(G(z), h.tanh().flip(2, 3))

    h = F.leaky_relu(keras_down(x.flip(2, 3), D.down1), 0.3)
    h = F.leaky_relu(keras_down(h, D.down2), 0.3).flip(2, 3)
    same(D(x), D.fc(h.flatten(1)).squeeze(1))
