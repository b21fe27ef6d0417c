"""Inversion: the z of a picture, by gradient descent through the generator, from several starts at once.

The comparison goes through a measurement, so that one search does three things: `whole()` finds the z of a picture
(projection; Zhu et al. 2016, arXiv:1609.03552), `masked()` what may stand in a hole of it (inpainting; Yeh et al. 2017,
arXiv:1607.07539), `shrunk()` what a small picture may have been (super-resolution; PULSE, Menon et al. 2020,
arXiv:2003.03808). Many z fit a hole or a small picture: every start gives its own answer.

The starts are the best of 512 random z, and z stays in a ball that holds nine in ten of all z: so answers stay like
samples. Where a generator has styles the search is in w as well, as far as a part of its spread around the w of z:
Abdal et al., "Image2StyleGAN" (2019, arXiv:1904.03189). Distances are of pixels alone: EvalNet takes no part in the
search, so it can check the answers. docs/inversion.md has what this reaches.

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

CANDIDATES, CHUNK_Z = 512, 64  # random z to choose the starts from; drawn at once
STEPS, LEARNING_RATE = 150, 0.1
REACH_IN_W = 0.5  # how far from the w of z, as a share of the spread of w
TICK_SECONDS = 0.05  # seconds between two ticks, or one step where that takes longer

DEFAULT_SPREAD = 0.004


@dataclass(frozen=True)
class Measurement:
    """A measurement of pictures. `of` is its operator on x (N,C,H,W in [-1, 1]): identity, mask, or average pooling.

    Where much is not measured the smallest error says little: with a `spread`, answers are weighted by
    exp(-error / spread), and the one nearest to all of them comes first. 0 sorts by the error alone.
    """

    of: Callable[[Tensor], Tensor]
    spread: float = 0.0


@dataclass(frozen=True)
class Tick:
    """The state of the search: R answers, in the order of their starts, in the last tick from the best to the worst.

    z: R,z_dim, with styles R,latent_dim, what is added to w behind z; images: uint8 R,H,W,C, all of it generated;
    errors: R, mean squares of the measurements, of x in [-1, 1]; classes: R, the classes of a conditional generator,
    else None. `step` of the last one is `steps`.
    """

    step: int
    steps: int
    z: NDArray[np.float32]
    images: NDArray[np.uint8]
    errors: NDArray[np.float32]
    classes: NDArray[np.int64] | None = None


def whole() -> Measurement:
    """The identity: all pixels count."""
    return Measurement(lambda x: x)


def masked(known: NDArray[np.bool_], spread: float = DEFAULT_SPREAD) -> Measurement:
    """The known pixels: `known` is H,W, true where the picture counts. Raises ValueError if none does."""
    mask = torch.from_numpy(np.array(known, dtype=bool))
    if mask.ndim != 2 or not mask.any():
        raise ValueError(f"a mask is H,W and knows a pixel at least, not {tuple(mask.shape)}")

    def of(x: Tensor) -> Tensor:
        if x.shape[2:] != mask.shape:
            raise ValueError(f"the mask is {tuple(mask.shape)}, the pictures {tuple(x.shape[2:])}")
        return x[:, :, mask]  # N,C,known

    return Measurement(of, spread)


def shrunk(factor: int) -> Measurement:
    """Means of factor x factor pixels. Raises ValueError, then or when measuring, for a factor that does not fit."""
    if factor < 1:
        raise ValueError(f"a picture can be shrunk by 1 or more, not by {factor}")

    def of(x: Tensor) -> Tensor:
        if x.shape[2] % factor or x.shape[3] % factor:
            raise ValueError(f"{tuple(x.shape[2:])} pixels cannot be shrunk by {factor}")
        return F.avg_pool2d(x, factor)  # N,C,H/factor,W/factor

    return Measurement(of)


def filled(target: NDArray[np.uint8], known: NDArray[np.bool_], answers: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Answers R,H,W,C with the known pixels (mask H,W) of the target H,W,C put back: what inpainting shows."""
    return np.where(np.asarray(known, bool)[None, :, :, None], target[None], answers)


def invert(
    sampler: Sampler,
    target: NDArray[np.uint8],
    measurement: Measurement | None = None,
    restarts: int = 8,
    steps: int = STEPS,
    seed: int = 0,
    candidates: int = CANDIDATES,
) -> Generator[Tick, None, None]:
    """Searches z whose pictures have the same measurement as `target` (whole() without one): `restarts` answers.

    sampler     whose generator is asked; it stays as it is, only z moves
    target      uint8 H,W,C like the sampler's pictures, or already measured
    steps       of Adam, for all answers at once
    seed        of the random z; one seed, one result
    candidates  how many random z the starts are chosen from; 0 takes the first ones there are

    A generator: a tick about every 50 ms, the last one after all steps; closing it ends the work. It computes on as
    many threads as the calling one may use. Raises ValueError before the first tick for a target of another shape, and
    for what the measurement refuses.
    """
    measurement = measurement or whole()
    wanted = _target(sampler, target, measurement)
    return _search(sampler, measurement, wanted, max(1, restarts), max(1, steps), seed, candidates)


def _target(sampler: Sampler, target: NDArray[np.uint8], measurement: Measurement) -> Tensor:
    """The measurement of the target, 1,…."""
    C, H, W = sampler.shape
    measured = measurement.of(torch.zeros(1, C, H, W))
    if target.dtype == np.uint8 and target.ndim == 3:
        x = torch.from_numpy(images.to_unit(target.transpose(2, 0, 1)[None].astype(np.float32)))
        if x.shape[1:] == sampler.shape:
            return measurement.of(x)
        if x.shape == measured.shape:
            return x
    raise ValueError(f"a target is uint8 {H},{W},{C}, not {target.dtype} {target.shape}")


def _search(
    sampler: Sampler, measurement: Measurement, target: Tensor, R: int, steps: int, seed: int, candidates: int
) -> Generator[Tick, None, None]:
    def errors(x: Tensor) -> Tensor:
        return (measurement.of(x) - target).square().flatten(1).mean(1)  # N

    def evaluate(z: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            x = sampler.generate(z, y).nan_to_num(0.0)
            return x, errors(x)

    def limited(z: Tensor) -> Tensor:
        """z in its ball, and what is added to w in one of its own."""
        length = z[:, : sampler.z_dim].norm(dim=1, keepdim=True)
        inside = z[:, : sampler.z_dim] * ((sampler.z_dim**0.5 + 1) / length).clamp(max=1.0)
        more = z[:, sampler.z_dim :]
        return torch.cat([inside, more * (reach / more.norm(dim=1, keepdim=True).clamp(min=1e-9)).clamp(max=1.0)], 1)

    def slope(z: Tensor, y: Tensor | None) -> Tensor:
        with torch.enable_grad():
            z = z.detach().requires_grad_()
            loss = errors(sampler.generate(z, y)).sum()  # every answer by itself
        return torch.autograd.grad(loss, z)[0].nan_to_num(0.0, 0.0, 0.0)

    def tick(step: int, z: Tensor, y: Tensor | None) -> Tick:
        x, error = evaluate(z, y)
        order = _ranked(x, error, measurement.spread) if step == steps else torch.arange(R)
        pixels = images.to_pixels(x[order].numpy())
        classes = None if y is None else y[order].numpy()
        return Tick(step, steps, z[order].numpy(), pixels, error[order].numpy(), classes)

    # The starts: the random z that are nearest
    count, last_tick = max(R, candidates), time.monotonic()
    pool = torch.randn(count, sampler.z_dim, generator=torch.Generator().manual_seed(seed))
    classes = models.balanced(count, sampler.classes)
    errors_found = torch.zeros(0)
    for part in torch.arange(count).split(CHUNK_Z):
        errors_found = torch.cat([errors_found, evaluate(pool[part], None if classes is None else classes[part])[1]])
        best = errors_found.argsort(stable=True)[:R]
        z, y = pool[best], None if classes is None else classes[best]
        if len(z) == R and time.monotonic() - last_tick > TICK_SECONDS:
            yield tick(0, z, y)
            last_tick = time.monotonic()

    # The descent: Adam (Kingma & Ba 2015), inside the ball, with a rate that falls to zero
    spread = _spread_of_w(sampler, pool)
    reach = REACH_IN_W * spread * sampler.w_dim**0.5
    pace = torch.cat([torch.ones(sampler.z_dim), torch.full((sampler.latent_dim - sampler.z_dim,), spread)])
    z = torch.cat([z, z.new_zeros(R, sampler.latent_dim - sampler.z_dim)], 1)
    m, v = torch.zeros_like(z), torch.zeros_like(z)
    for step in range(1, steps + 1):
        slopes = slope(z, y)
        m, v = m.lerp(slopes, 0.1), v.lerp(slopes.square(), 0.001)
        rate = LEARNING_RATE * (1 + math.cos(math.pi * (step - 1) / steps)) / 2
        z = limited(z - rate * pace * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8))
        if step == steps or time.monotonic() - last_tick > TICK_SECONDS:
            yield tick(step, z, y)
            last_tick = time.monotonic()


def _spread_of_w(sampler: Sampler, z: Tensor) -> float:
    """The standard deviation of the numbers of w, on average; 0 without styles, where there is no w to search."""
    if not sampler.layers:
        return 0.0
    return float(np.sqrt(sampler.mapping(z.numpy()).var(0).mean()))


def _ranked(x: Tensor, errors: Tensor, spread: float) -> Tensor:
    """The order of answers x (R,…), the best first: by error, or by how near all of them are, each by its weight."""
    if not spread:
        return errors.argsort(stable=True)
    weights = (-errors / spread).softmax(0)
    return (torch.cdist(x.flatten(1), x.flatten(1)).square() @ weights).argsort(stable=True)
