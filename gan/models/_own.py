"""The parts of networks whose layers are chosen: activation, normalisation, up-sampling, and what fits where.

A part that does not fit is made all the same and noted in `Layers.misfits`, so that a table can show it at its layer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

SLOPE = 0.2  # of LeakyReLU below 0
GROUPS = 8  # of GroupNorm, at most
Misfits = list[tuple[int, str]]


class Residual(nn.Module):
    """What two branches make of the same input, added."""

    def __init__(self, main: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.main, self.shortcut = main, shortcut

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.main(x) + self.shortcut(x)
        return out


def groups(channels: int) -> int:
    """Groups of a GroupNorm: at most eight, each of two channels at least, as one alone would lose its mean."""
    return 1 if channels % 2 else math.gcd(GROUPS, channels // 2)


class Layers:
    """Makes the layers of one network in their order and keeps the side of the map that they have reached.

    `misfits` has the number of each layer with weights that does not fit its map, from 1 on, and why.
    """

    def __init__(self, side: int, settings: Mapping[str, Any], letter: str) -> None:
        self.side, self.kernel = side, int(settings.get("kernel", 3))
        self.norm_kind, self.activation_kind = settings[f"norm_{letter}"], settings[f"activation_{letter}"]
        self.up_kind = settings.get("upsampling", "")
        self.count = 0
        self.misfits: Misfits = []

    def linear(self, inputs: int, outputs: int, bias: bool = True) -> nn.Linear:
        """A linear layer."""
        self.count += 1
        return nn.Linear(inputs, outputs, bias=bias)

    def conv(self, inputs: int, outputs: int, kernel: int = 0, bias: bool = True) -> nn.Conv2d:
        """A convolution that keeps the side; of `kernel` pixels a side, or of the odd number up to the chosen."""
        kernel = kernel or self.odd()
        self._check(kernel, self.side)
        return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=bias)

    def halve(self, inputs: int, outputs: int, bias: bool = True) -> nn.Conv2d:
        """A convolution with stride 2."""
        self._check(self.kernel, self.side, halved=True)
        self.side = max(1, self.side // 2)
        return nn.Conv2d(inputs, outputs, self.kernel, stride=2, padding=(self.kernel - 1) // 2, bias=bias)

    def shrink(self, inputs: int, outputs: int) -> nn.Conv2d:
        """A 1 × 1 convolution after the side was halved by averaging."""
        self._check(1, self.side, halved=True)
        self.side = max(1, self.side // 2)
        return nn.Conv2d(inputs, outputs, 1)

    def double(self, inputs: int, outputs: int, bias: bool = True) -> list[nn.Module]:
        """Layers that double the side, in the chosen way, and go from `inputs` to `outputs` channels."""
        self.side *= 2
        match self.up_kind:
            case "transposed":
                odd = self.kernel % 2
                padding = (self.kernel - 2 + odd) // 2
                self._check(self.kernel, self.side)
                return [nn.ConvTranspose2d(inputs, outputs, self.kernel, 2, padding, output_padding=odd, bias=bias)]
            case "pixel-shuffle":
                self._check(self.odd(), self.side // 2)
                wide = nn.Conv2d(inputs, 4 * outputs, self.odd(), padding=self.odd() // 2, bias=bias)
                return [wide, nn.PixelShuffle(2)]
            case _:
                return [self.stretch(), self.conv(inputs, outputs, bias=bias)]

    def stretch(self) -> nn.Upsample:
        """Doubles the side without weights; bilinear where that is chosen, else each pixel becomes four."""
        if self.up_kind == "bilinear":
            return nn.Upsample(scale_factor=2.0, mode="bilinear", align_corners=False)
        return nn.Upsample(scale_factor=2.0, mode="nearest")

    def norm(self, channels: int, flat: bool = False) -> list[nn.Module]:
        """The chosen normalisation of N,channels,H,W, or of N,channels where `flat`; [] for none."""
        match self.norm_kind:
            case "batch":
                return [nn.BatchNorm1d(channels) if flat else nn.BatchNorm2d(channels)]
            case "group":
                return [nn.GroupNorm(groups(channels), channels)]
            case "layer":
                return [nn.LayerNorm(channels) if flat else nn.GroupNorm(1, channels)]
        return []

    @property
    def bias(self) -> bool:
        """Whether a layer before the normalisation needs one: BatchNorm takes it away again."""
        return bool(self.norm_kind != "batch")

    def activation(self) -> nn.Module:
        """The chosen activation."""
        match self.activation_kind:
            case "leaky-relu":
                return nn.LeakyReLU(SLOPE)
            case "silu":
                return nn.SiLU()
            case "gelu":
                return nn.GELU()
        return nn.ReLU()

    def odd(self) -> int:
        """The greatest odd number up to the chosen kernel: such a kernel has a middle and keeps the side."""
        return self.kernel - 1 + self.kernel % 2

    def start(self, height: int, width: int, halvings: int) -> None:
        """Begins a generator at the side of a square picture after so many halvings."""
        self.side = max(1, height >> halvings)
        if height != width or self.side << halvings != height:
            self.misfits.append((1, f"{width} × {height} cannot be halved {halvings} times to a square grid"))

    def _check(self, kernel: int, side: int, halved: bool = False) -> None:
        self.count += 1
        if kernel > side:
            self.misfits.append((self.count, f"{kernel} × {kernel} kernel on a {side} × {side} map"))
        elif halved and side % 2:
            self.misfits.append((self.count, f"a {side} × {side} map cannot be halved"))
