"""Weights in, pixels out: the border between torch and whoever only wants to look. NumPy on the outside."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gan import images, models, state
from gan.config import ConfigError, RunConfig
from gan.critic import Critic, calibrate
from gan.draws import Draws
from gan.runs import Run, RunError
from gan.step import recalibrate


class Sampler:
    """A frozen generator (the EMA copy, in eval mode) and its discriminator, on the CPU.

        s = Sampler.load("checkpoints/lean-mnist")
        pixels = s.images(np.random.default_rng(0).standard_normal((16, s.z_dim)))  # uint8 16,28,28,1

    A picture depends on its own z alone, never on its neighbours. Safe to call from several threads. `real` is the
    run's picture of real images, by which D's zero is found (gan/critic.py); without it D may be shifted.

    `classes` is how many classes the generator can be asked for, 0 for a plain GAN. Where it can and no class is
    named, each z has one of its own: all are as likely, and the same z always gets the same.
    """

    def __init__(
        self,
        config: RunConfig,
        G: Any,
        D: Any,
        step: int,
        data: dict[str, Any],
        real: Path | None = None,
    ):
        self.config, self.step = config, step
        self.shape: tuple[int, int, int] = tuple(data["shape"])
        self.classes: int = data["n_classes"] if config.conditional else 0
        self.names: tuple[str, ...] = tuple(data["names"])
        self.z_dim = config.z_dim
        self._G, self._D = G.eval().requires_grad_(False), D.eval().requires_grad_(False)
        self.w_dim = int(self.mapping(np.zeros((1, self.z_dim), np.float32)).shape[1])
        self._real, self._lock = real, threading.Lock()
        self._judge: Critic | None = None

    @classmethod
    def load(cls, path: str | Path, step: int | None = None) -> Sampler:
        """The newest generator of the run folder `path`, or its snapshot of `step`.

        Raises RunError when there are no weights, or when they are damaged or do not fit the model they name.
        """
        run = Run(Path(path))
        file = run.weights(step)
        if not file.is_file():
            raise RunError(_nothing(run, step))
        tensors, about = state.read_tensors(file)
        return cls._made(run, file.name, tensors, about)

    @classmethod
    def raw(cls, path: str | Path, step: int | None = None) -> Sampler:
        """The generator as it is trained, not its running average: from the newest state of a run, or that of `step`.

        Raises RunError where no such state is kept: of a shipped run, and of most steps.
        """
        run = Run(Path(path))
        kept = run.states()
        at = step if step is not None else kept[-1] if kept else None
        if at is None or at not in kept:
            there = ", ".join(map(str, kept)) or "none"
            raise RunError(f"The trained weights of that step were not kept; there is {there}.")
        tensors, _ = state.read_tensors(run.state(at))
        _, about = state.read_tensors(run.weights())
        found = cls._made(run, run.state(at).name, tensors, {**about, "step": at})
        recalibrate(found._G, Draws(found.config.seed), found.z_dim)
        return found

    @classmethod
    def _made(
        cls, run: Run, name: str, tensors: Mapping[str, Tensor], about: Mapping[str, Any]
    ) -> Sampler:
        try:
            config = RunConfig.from_dict(about["config"])
            G, D = models.build(
                config, tuple(about["data"]["shape"]), about["data"]["n_classes"], 0, "cpu"
            )
            for net, prefix in ((G, "G."), (D, "D.")):
                state.fill(net, tensors, prefix)
            real = run.path / "samples" / "real.webp"
            return cls(config, G, D, int(about["step"]), about["data"], real)
        except (KeyError, TypeError, ValueError, ConfigError, LookupError) as error:
            raise RunError(f"{name} does not fit any model here: {error}") from error

    @torch.inference_mode()
    def images(self, z: NDArray[Any], classes: NDArray[Any] | None = None) -> NDArray[np.uint8]:
        """Pictures of z (N,z_dim, any float), of `classes` (N, int) if it can be asked: uint8 N,H,W,C.

        Points come as N,1,1,2, 0..255 for -1..1. Raises ValueError for another shape, or a class that is not there.
        """
        return images.to_pixels(self._synthesis(self._mapping(z, classes)).numpy())

    @torch.inference_mode()
    def mapping(self, z: NDArray[Any], classes: NDArray[Any] | None = None) -> NDArray[np.float32]:
        """w (N,w_dim float32) of z (N,z_dim); z itself for a plain GAN. Raises ValueError as `images` does."""
        return np.asarray(self._mapping(z, classes).numpy())

    @torch.inference_mode()
    def synthesis(self, w: NDArray[Any]) -> NDArray[np.float32]:
        """x (N,C,H,W float32 in [-1, 1]) of w (N,w_dim)."""
        return np.asarray(self._synthesis(_tensor(w, self.w_dim)).numpy())

    def generate(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """x (N,C,H,W in [-1, 1]) of z (N,z_dim, float32), with a gradient to z; of classes y, else in turn."""
        y = models.balanced(len(z), self.classes) if y is None else y
        found: Tensor = self._G(z, y)
        return found

    def critic(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """D's logits (N,) of pictures uint8 N,H,W,C: above 0 D calls them real. Raises ValueError for another shape."""
        x = self._tensor(pictures)
        with torch.inference_mode():
            return np.asarray(self.judge(x).numpy())

    def probability(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """D's probability (N,) that pictures uint8 N,H,W,C are real: the sigmoid of its logits."""
        return np.asarray(torch.from_numpy(self.critic(pictures)).sigmoid().numpy())

    def gradient(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Where G is told to change pictures uint8 N,H,W,C: d logit / d x, N,H,W,C, of x in [-1, 1]."""
        x = self._tensor(pictures).requires_grad_()
        (found,) = torch.autograd.grad(self.judge(x).sum(), x)
        return np.ascontiguousarray(found.numpy().transpose(0, 2, 3, 1))

    @property
    def judge(self) -> Critic:
        """D with its zero in place, for tensors; made when first asked for."""
        with self._lock:
            if self._judge is None:
                real = self._reals()
                z = Draws(0).z("critic", 0, 1 if real is None else len(real), self.z_dim)
                self._judge = calibrate(self._D, real, self._tensor(self.images(z.numpy())))
            return self._judge

    def first_weights(self) -> NDArray[np.float32]:
        """The matrix (out, z_dim) that z meets first, a row for every channel and place.

        Raises ValueError for a generator that begins with something else.
        """
        layer = next(m for m in self._G.modules() if hasattr(m, "weight"))
        weight = layer.weight
        if isinstance(layer, nn.ConvTranspose2d):
            weight = weight.movedim(0, -1)  # out,H,W,in
        if weight.ndim < 2 or weight.shape[-1] not in (self.z_dim, self.w_dim):
            raise ValueError(f"{self.config.model} has no matrix that z meets first")
        return np.ascontiguousarray(weight.flatten(0, -2)[:, : self.z_dim].numpy())

    def _reals(self) -> Tensor | None:
        """The run's real pictures, N,C,H,W in [-1, 1], as it shows them; None where there are none to be read."""
        try:
            sheet = images.decode((self._real or Path()).read_bytes())
            return self._tensor(images.tiles(sheet, self.shape))
        except (OSError, ValueError):
            return None  # points, or a run that shows no real pictures

    def _tensor(self, pictures: NDArray[np.uint8]) -> Tensor:
        """x (N,C,H,W in [-1, 1]) of pictures."""
        C, H, W = self.shape
        if pictures.dtype != np.uint8 or pictures.shape[1:] != (H, W, C):
            raise ValueError(
                f"pictures must be uint8 N,{H},{W},{C}, not {pictures.dtype} {pictures.shape}"
            )
        return torch.from_numpy(pictures.transpose(0, 3, 1, 2).astype(np.float32)) / 127.5 - 1

    def _mapping(self, z: NDArray[Any], classes: NDArray[Any] | None = None) -> Tensor:
        tensor = _tensor(z, self.z_dim)
        found: Tensor = self._G.mapping(tensor, self._classes(tensor, classes))
        return found

    def _classes(self, z: Tensor, classes: NDArray[Any] | None) -> Tensor | None:
        """What G is told of each z: the classes asked for, else one of its own; None for a plain GAN."""
        if not self.classes:
            return None
        if classes is None:  # the bits of a float are as good as random
            return z.view(torch.int32).long().sum(1) % self.classes
        y = torch.from_numpy(np.array(classes, dtype=np.int64))
        if y.shape != z.shape[:1] or not ((y >= 0) & (y < self.classes)).all():
            raise ValueError(f"classes must be {len(z)} numbers from 0 to {self.classes - 1}")
        return y

    def _synthesis(self, w: Tensor) -> Tensor:
        found: Tensor = self._G.synthesis(w)
        return found


def _tensor(values: NDArray[Any], width: int) -> Tensor:
    array = np.array(values, dtype=np.float32)
    if array.ndim != 2 or array.shape[1] != width:
        raise ValueError(f"latents must be N,{width}, not {array.shape}")
    return torch.from_numpy(array)


def _nothing(run: Run, step: int | None) -> str:
    if step is None:
        return f"Run {run.id!r} has no generator yet."
    there = ", ".join(map(str, run.snapshots())) or "none"
    return f"Run {run.id!r} keeps no generator of step {step}; there is {there}."
