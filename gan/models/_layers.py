"""What models share: dropout with a key, the way a class goes in, the question whether the samples of a batch mix."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.models import Spec


class Dropout(nn.Module):
    """Dropout whose mask is drawn from `generator`, never from the global random state.

    One random byte decides on each element, which makes a whole convolutional step on a CPU 1.3
    times as fast as with `nn.Dropout`. p is rounded to a multiple of 1/256, and what is kept is
    scaled by exactly the right amount for it. Whoever trains sets the generator with `rekey`; it
    lives on the input's device. Raises RuntimeError in train mode without one.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.threshold = round(256 * p)
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.threshold == 0:
            return x
        if self.generator is None:
            raise RuntimeError("Dropout has no generator: rekey(module, generator) before training")
        draw = _by_floats if x.device.type == "mps" else _by_bytes
        mask = draw(x, self.threshold, self.generator)
        return x * mask.mul_(256 / (256 - self.threshold))

    def extra_repr(self) -> str:
        return f"p={self.threshold}/256"


def _by_bytes(x: Tensor, threshold: int, generator: torch.Generator) -> Tensor:
    """1 for what is kept of x and 0 for what is not, in the shape and type of x."""
    words = torch.empty(-(-x.numel() // 8), dtype=torch.int64, device=x.device)
    words.random_(-(2**63), None, generator=generator)  # all 64 bits: eight bytes a word
    random = words.view(torch.uint8)[: x.numel()].view(x.shape)
    mask = torch.empty_like(x, requires_grad=False)
    return torch.ge(random, threshold, out=mask)  # in one pass


def _by_floats(x: Tensor, threshold: int, generator: torch.Generator) -> Tensor:
    """The same for MPS, which does not draw 64 bits at once (not measured)."""
    random = torch.rand(x.shape, generator=generator, device=x.device)
    return (random >= threshold / 256).to(x.dtype)


def rekey(module: nn.Module, generator: torch.Generator | None) -> None:
    """Gives every Dropout inside `module` the generator to draw its masks from."""
    for layer in module.modules():
        if isinstance(layer, Dropout):
            layer.generator = generator


def norm(spec: Spec, channels: int) -> nn.Module:
    """BatchNorm, or nothing where the run goes without."""
    return nn.BatchNorm2d(channels) if spec.batch_norm else nn.Identity()


def with_class(z: Tensor, y: Tensor | None, n_classes: int) -> Tensor:
    """w: z (N,z_dim) and behind it the class y (N, int64) one-hot, N,z_dim+n_classes; z itself without classes.

    The one-hot has a mean square of 1, as z has. Much longer it drowns z: eight times as long, `dcgan-deep` drew one
    picture a class. Mirza & Osindero, "Conditional Generative Adversarial Nets" (2014, arXiv:1411.1784). Raises
    ValueError when the class is missing.
    """
    if not n_classes:
        return z
    if y is None:
        raise ValueError("this generator is told a class for every z, and none was given")
    return torch.cat([z, F.one_hot(y, n_classes).to(z.dtype) * n_classes**0.5], 1)


def logits(scores: Tensor, y: Tensor | None) -> Tensor:
    """Logits (N,) of scores (N,1+n_classes): how real a picture is at all, and as one of its class y (N, int64).

    Without y only the former. Miyato & Koyama, "cGANs with Projection Discriminator" (2018,
    arXiv:1802.05637): both are linear in the same features.
    """
    real = scores[:, 0]
    return real if y is None else real + scores.gather(1, 1 + y[:, None]).squeeze(1)


def mixes_samples(module: nn.Module) -> bool:
    """True when BatchNorm makes a sample's output depend on its neighbours, while training.

    Then real and fake pictures in one concatenated pass are other maths than in two.
    """
    return any(isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d) for layer in module.modules())
