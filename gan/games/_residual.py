"""A residual translator, two of them back to back, and the two Ds that judge what they make.

Johnson et al., "Perceptual Losses for Real-Time Style Transfer and Super-Resolution" (2016, arXiv:1603.08155), smaller,
as Zhu et al. have it in "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks" (CycleGAN,
2017, arXiv:1703.10593). Without skips a source has to pass through a quarter of its side.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from gan.games._unet import PatchDiscriminator

Shape = tuple[int, int, int]
BLOCKS = 3  # residual ones, at a quarter of the side


class Residual(nn.Module):
    """A block that adds something to what it is given, N,C,H,W."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False), _norm(channels)
        self.conv2, self.norm2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False), _norm(channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))


class Translator(nn.Module):
    """A network from one kind of pictures to the other, N,C,H,W in [-1, 1] both; no bias where a norm removes it."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.down1, self.norm1 = nn.Conv2d(channels, width, 4, 2, 1, bias=False), _norm(width)
        self.down2, self.norm2 = nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False), _norm(2 * width)
        self.blocks = nn.Sequential(*[Residual(2 * width) for _ in range(BLOCKS)])
        self.up2, self.norm3 = nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False), _norm(width)
        self.up1, self.norm4 = nn.ConvTranspose2d(width, width // 2, 4, 2, 1, bias=False), _norm(width // 2)
        self.out = nn.Conv2d(width // 2, channels, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        a = F.relu(self.norm1(self.down1(x)))  # N,32,14,14 for a width of 32 and 28 x 28
        b = self.blocks(F.relu(self.norm2(self.down2(a))))  # N,64,7,7
        up = F.relu(self.norm3(self.up2(b, a.shape[2:])))  # N,32,14,14
        up = F.relu(self.norm4(self.up1(up, x.shape[2:])))  # N,16,28,28
        return self.out(up).tanh()  # N,C,28,28


class BothWays(nn.Module):
    """Two translators: G(z, y) makes a picture of B from y of A, G(z, y, back=True) one of A from y of B.

    Both are N,C,H,W in [-1, 1]; there is no noise z.
    """

    n_classes = 0

    def __init__(self, shape: Shape, width: int) -> None:
        super().__init__()
        self.source_shape = shape
        self.to_b, self.to_a = Translator(shape[0], width), Translator(shape[0], width)

    def forward(self, z: Tensor | None, y: Tensor, back: bool = False) -> Tensor:
        x: Tensor = self.to_a(y) if back else self.to_b(y)
        return x


class BothDomains(nn.Module):
    """Two Ds: D(x) are logits N,P of overlapping patches as pictures of B, D(x, back=True) as pictures of A."""

    def __init__(self, shape: Shape, width: int) -> None:
        super().__init__()
        self.of_b, self.of_a = PatchDiscriminator(shape, 0, width), PatchDiscriminator(shape, 0, width)

    def forward(self, x: Tensor, y: Tensor | None = None, back: bool = False) -> Tensor:
        logits: Tensor = self.of_a(x) if back else self.of_b(x)
        return logits


def _norm(channels: int) -> nn.Module:
    return nn.InstanceNorm2d(channels, affine=True)
