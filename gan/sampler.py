"""Weights in, pixels out: the border between torch and whoever only wants to look. NumPy on the outside."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gan import images, models, state
from gan.config import ConfigError, RunConfig
from gan.draws import Draws
from gan.runs import Run, RunError
from gan.step import recalibrate


class Sampler:
    """A frozen generator (the EMA copy, in eval mode) and its discriminator, on the CPU.

        s = Sampler.load("checkpoints/lean-mnist")
        pixels = s.images(np.random.default_rng(0).standard_normal((16, s.z_dim)))  # uint8 16,28,28,1

    A picture depends on its own z alone, never on its neighbours. Safe to call from several threads.
    """

    def __init__(self, config: RunConfig, G: Any, D: Any, step: int, data: dict[str, Any]):
        self.config, self.step = config, step
        self.shape: tuple[int, int, int] = tuple(data["shape"])
        self.classes: int = data["n_classes"]
        self.names: tuple[str, ...] = tuple(data["names"])
        self.z_dim = config.z_dim
        self._G, self._D = G.eval().requires_grad_(False), D.eval().requires_grad_(False)
        self.w_dim = int(self.mapping(np.zeros((1, self.z_dim), np.float32)).shape[1])

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
        return cls._made(file.name, tensors, about)

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
        found = cls._made(run.state(at).name, tensors, {**about, "step": at})
        recalibrate(found._G, Draws(found.config.seed), found.z_dim)
        return found

    @classmethod
    def _made(
        cls, name: str, tensors: Mapping[str, torch.Tensor], about: Mapping[str, Any]
    ) -> Sampler:
        try:
            config = RunConfig.from_dict(about["config"])
            G, D = models.build(
                config, tuple(about["data"]["shape"]), about["data"]["n_classes"], 0, "cpu"
            )
            for net, prefix in ((G, "G."), (D, "D.")):
                state.fill(net, tensors, prefix)
            return cls(config, G, D, int(about["step"]), about["data"])
        except (KeyError, TypeError, ValueError, ConfigError, LookupError) as error:
            raise RunError(f"{name} does not fit any model here: {error}") from error

    @torch.inference_mode()
    def images(self, z: NDArray[Any], classes: NDArray[Any] | None = None) -> NDArray[np.uint8]:
        """Pictures of z (N,z_dim, any float): uint8 N,H,W,C. Points come as N,1,1,2, 0..255 for -1..1."""
        return images.to_pixels(self._synthesis(self._mapping(z)).numpy())

    @torch.inference_mode()
    def mapping(self, z: NDArray[Any]) -> NDArray[np.float32]:
        """w (N,w_dim float32) of z (N,z_dim); z itself for a plain GAN. Raises ValueError for another shape."""
        return np.asarray(self._mapping(z).numpy())

    @torch.inference_mode()
    def synthesis(self, w: NDArray[Any]) -> NDArray[np.float32]:
        """x (N,C,H,W float32 in [-1, 1]) of w (N,w_dim)."""
        return np.asarray(self._synthesis(_tensor(w, self.w_dim)).numpy())

    @torch.inference_mode()
    def critic(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """D's logits (N,) of pictures uint8 N,H,W,C: above 0 D calls them real. Raises ValueError for another shape."""
        C, H, W = self.shape
        if pictures.dtype != np.uint8 or pictures.shape[1:] != (H, W, C):
            raise ValueError(
                f"pictures must be uint8 N,{H},{W},{C}, not {pictures.dtype} {pictures.shape}"
            )
        x = torch.from_numpy(pictures.transpose(0, 3, 1, 2).astype(np.float32)) / 127.5 - 1
        return np.asarray(self._D(x).numpy())

    def _mapping(self, z: NDArray[Any]) -> torch.Tensor:
        found: torch.Tensor = self._G.mapping(_tensor(z, self.z_dim))
        return found

    def _synthesis(self, w: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self._G.synthesis(w)
        return found


def _tensor(values: NDArray[Any], width: int) -> torch.Tensor:
    array = np.array(values, dtype=np.float32)
    if array.ndim != 2 or array.shape[1] != width:
        raise ValueError(f"latents must be N,{width}, not {array.shape}")
    return torch.from_numpy(array)


def _nothing(run: Run, step: int | None) -> str:
    if step is None:
        return f"Run {run.id!r} has no generator yet."
    there = ", ".join(map(str, run.snapshots())) or "none"
    return f"Run {run.id!r} keeps no generator of step {step}; there is {there}."
