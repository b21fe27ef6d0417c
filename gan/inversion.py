"""From a picture back to z: gradient descent on what the generator makes, from several starts at once.

What is compared is seen through `see`, so that one search does three things: `whole()` finds the z of a picture
(projection; Zhu et al. 2016, arXiv:1609.03552), `masked()` what may stand in a hole of it (inpainting; Yeh et al. 2017,
arXiv:1607.07539), `shrunk()` what a small picture may have been (super-resolution; PULSE, Menon et al. 2020,
arXiv:2003.03808). Many z fit a hole or a small picture: every start gives its own answer.

The starts are the best of 512 random z, and z stays in a ball that holds nine in ten of all z: so answers stay like
samples. Distances are of pixels alone; an evaluator can read the answers without having been asked to make them so.
docs/inversion.md has what this reaches.

    for tick in invert(sampler, picture):           # uint8 28,28,1
        ...                                         # tick.images: R,28,28,1
    tick.z[0], tick.errors[0]                       # the best; of the last tick
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from gan import images, models
from gan.sampler import Sampler

CANDIDATES, CHUNK = 512, 64  # random z to choose the starts from; drawn at once
STEPS, RATE = 150, 0.1
PAUSE = 0.05  # seconds between two ticks, or one step where that takes longer

SPREAD = 0.004


@dataclass(frozen=True)
class See:
    """How pictures are compared: `of` turns x (N,C,H,W in [-1, 1]) into what is seen of it, N,….

    Where much is left unseen the smallest error says little: with a `spread` every answer stands for the unseen with a
    weight of exp(-error / spread), and first comes the one to which all of them are nearest. 0 goes by the error.
    """

    of: Callable[[Tensor], Tensor]
    spread: float = 0.0


@dataclass(frozen=True)
class Tick:
    """How far it is: R answers, in the order of their starts, in the last tick from the best to the worst.

    z: R,z_dim; images: uint8 R,H,W,C, all of it made by the generator; errors: R, mean squares of what is seen, of x in
    [-1, 1]; classes: R, what a generator was told that is told classes, else None. `step` of the last one is `steps`.
    """

    step: int
    steps: int
    z: NDArray[np.float32]
    images: NDArray[np.uint8]
    errors: NDArray[np.float32]
    classes: NDArray[np.int64] | None = None


def whole() -> See:
    """Sees the picture as it is."""
    return See(lambda x: x)


def masked(known: NDArray[np.bool_], spread: float = SPREAD) -> See:
    """Sees the known pixels alone: `known` is H,W, true where the picture counts. Raises ValueError if none does."""
    mask = torch.from_numpy(np.array(known, dtype=bool))
    if mask.ndim != 2 or not mask.any():
        raise ValueError(f"a mask is H,W and knows a pixel at least, not {tuple(mask.shape)}")

    def of(x: Tensor) -> Tensor:
        if x.shape[2:] != mask.shape:
            raise ValueError(f"the mask is {tuple(mask.shape)}, the pictures {tuple(x.shape[2:])}")
        return x[:, :, mask]  # N,C,known

    return See(of, spread)


def shrunk(factor: int) -> See:
    """Sees means of factor x factor pixels. Raises ValueError, then or when it sees, for a factor that does not fit."""
    if factor < 1:
        raise ValueError(f"a picture can be shrunk by 1 or more, not by {factor}")

    def of(x: Tensor) -> Tensor:
        if x.shape[2] % factor or x.shape[3] % factor:
            raise ValueError(f"{tuple(x.shape[2:])} pixels cannot be shrunk by {factor}")
        return F.avg_pool2d(x, factor)  # N,C,H/factor,W/factor

    return See(of)


def filled(
    target: NDArray[np.uint8], known: NDArray[np.bool_], answers: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Answers R,H,W,C with the known pixels (mask H,W) of the target H,W,C put back: what inpainting shows."""
    return np.where(np.asarray(known, bool)[None, :, :, None], target[None], answers)


def invert(
    sampler: Sampler,
    target: NDArray[np.uint8],
    see: See | None = None,
    restarts: int = 8,
    steps: int = STEPS,
    seed: int = 0,
    candidates: int = CANDIDATES,
) -> Generator[Tick, None, None]:
    """Looks for z whose pictures look like `target` to `see` (whole() if none is given): `restarts` answers.

    sampler     whose generator is asked; it stays as it is, only z moves
    target      uint8 H,W,C like the sampler's pictures, or already as `see` would show it
    steps       of Adam, for all answers at once
    seed        of the random z; one seed, one result
    candidates  how many random z the starts are chosen from; 0 takes the first ones there are

    A generator: a tick about every 50 ms, the last one after all steps; closing it ends the work. It computes on as
    many threads as the calling one may use. Raises ValueError before the first tick for a target of another shape, and
    for what `see` refuses.
    """
    see = see or whole()
    want = _wanted(sampler, target, see)
    return _search(sampler, see, want, max(1, restarts), max(1, steps), seed, candidates)


def _wanted(sampler: Sampler, target: NDArray[np.uint8], see: See) -> Tensor:
    """What pictures have to look like to `see`, 1,…."""
    C, H, W = sampler.shape
    seen = see.of(torch.zeros(1, C, H, W))
    if target.dtype == np.uint8 and target.ndim == 3:
        x = torch.from_numpy(target.transpose(2, 0, 1)[None].astype(np.float32)) / 127.5 - 1
        if x.shape[1:] == sampler.shape:
            return see.of(x)
        if x.shape == seen.shape:
            return x
    raise ValueError(f"a target is uint8 {H},{W},{C}, not {target.dtype} {target.shape}")


def _search(
    sampler: Sampler, see: See, want: Tensor, R: int, steps: int, seed: int, candidates: int
) -> Generator[Tick, None, None]:
    def errors(x: Tensor) -> Tensor:
        return (see.of(x) - want).square().flatten(1).mean(1)  # N

    def look(z: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            x = sampler.generate(z, y).nan_to_num(0.0)
            return x, errors(x)

    def slope(z: Tensor, y: Tensor | None) -> Tensor:
        with torch.enable_grad():
            z = z.detach().requires_grad_()
            loss = errors(sampler.generate(z, y)).sum()  # every answer by itself
        return torch.autograd.grad(loss, z)[0].nan_to_num(0.0, 0.0, 0.0)

    def tick(step: int, z: Tensor, y: Tensor | None) -> Tick:
        x, error = look(z, y)
        order = _ranked(x, error, see.spread) if step == steps else torch.arange(R)
        pixels = images.to_pixels(x[order].numpy())
        classes = None if y is None else y[order].numpy()
        return Tick(step, steps, z[order].numpy(), pixels, error[order].numpy(), classes)

    # The starts: the random z that are nearest
    count, said = max(R, candidates), time.monotonic()
    pool = torch.randn(count, sampler.z_dim, generator=torch.Generator().manual_seed(seed))
    told = models.balanced(count, sampler.classes)
    found = torch.zeros(0)
    for part in torch.arange(count).split(CHUNK):
        found = torch.cat([found, look(pool[part], None if told is None else told[part])[1]])
        best = found.argsort(stable=True)[:R]
        z, y = pool[best], None if told is None else told[best]
        if len(z) == R and time.monotonic() - said > PAUSE:
            yield tick(0, z, y)
            said = time.monotonic()

    # The descent: Adam (Kingma & Ba 2015), inside the ball, with a rate that falls to zero
    m, v = torch.zeros_like(z), torch.zeros_like(z)
    for step in range(1, steps + 1):
        slopes = slope(z, y)
        m, v = m.lerp(slopes, 0.1), v.lerp(slopes.square(), 0.001)
        rate = RATE * (1 + math.cos(math.pi * (step - 1) / steps)) / 2
        z = z - rate * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)
        z = z * ((sampler.z_dim**0.5 + 1) / z.norm(dim=1, keepdim=True)).clamp(max=1.0)
        if step == steps or time.monotonic() - said > PAUSE:
            yield tick(step, z, y)
            said = time.monotonic()


def _ranked(x: Tensor, errors: Tensor, spread: float) -> Tensor:
    """The order of answers x (R,…), the best first: by error, or by how near all of them are, each by its weight."""
    if not spread:
        return errors.argsort(stable=True)
    weights = (-errors / spread).softmax(0)
    return (torch.cdist(x.flatten(1), x.flatten(1)).square() @ weights).argsort(stable=True)
