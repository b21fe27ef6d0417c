"""A sampler of trained weights: z in, pixels out. NumPy on the outside, torch inside."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gan import files, images, models, registry, tensor_files
from gan.config import ConfigError, RunConfig
from gan.datasets._captions import numbers
from gan.models._batchnorm import recalibrate
from gan.rng import RngStreams
from gan.runs import PICTURE_BYTES, Run, RunError
from gan.sampler import styles
from gan.sampler.calibration import CalibratedDiscriminator, calibrate

CHUNK = 256  # sources that are translated at once
FROM_NOISE = "This run makes its pictures from noise: there is nothing to be made from a source."
NO_WORDS = "This run was not trained with captions, so it cannot be asked for by words."
FROM_SOURCE = (
    "This run makes one picture from another, and none from noise: there is no z to move in, and its D judges pairs. "
    "Give it a source instead."
)


class Sampler:
    """A frozen generator (the EMA copy, in eval mode) and its discriminator, on the CPU.

        s = Sampler.load("checkpoints/lean-mnist")
        pixels = s.images(np.random.default_rng(0).standard_normal((16, s.z_dim)))  # uint8 16,28,28,1

    A picture depends on its own z alone, never on its neighbours. Safe to call from several threads. `real` is the
    run's picture of real images, by which D's zero is found (gan/sampler/calibration.py); without it D may be shifted.

    `classes` is how many classes the generator can be asked for, 0 for a plain GAN. Where it can and no class is
    named, each z has one of its own: all are as likely, and the same z always gets the same.

    `vocabulary` has the words that captions may have where it was trained with captions, else (): wherever classes are
    taken, captions may stand in their place, a row of `caption(text)` for each z.

    `layers` names the layers that each take a style, from coarse to fine; () for a generator without styles. One with
    styles takes longer vectors wherever z is taken: z and behind it what is added to its w, `latent_dim` numbers.

    A generator that makes a picture from another one has `translate` alone; whatever takes z or asks D raises RunError.
    """

    layers: tuple[str, ...] = ()

    def __init__(
        self, config: RunConfig, G: Any, D: Any | None, step: int, data: dict[str, Any], real: Path | None = None
    ):
        self.config, self.step = config, step
        self.shape: tuple[int, int, int] = tuple(data["shape"])
        self.classes: int = data["n_classes"] if config.conditional else 0
        self.names: tuple[str, ...] = tuple(data["names"])
        self.z_dim = config.z_dim
        self.vocabulary: tuple[str, ...] = ()
        if getattr(G, "captions", None) is not None:
            self.vocabulary = models.vocabulary_of(config, self.classes)[0]
        self._G, self._D = G.eval().requires_grad_(False), D and D.eval().requires_grad_(False)
        self.layers = tuple(getattr(G, "style_layers", ()))
        self.latent_dim = self.z_dim
        self.w_dim = 0 if config.from_source else int(self.mapping(np.zeros((1, self.z_dim), np.float32)).shape[1])
        self.latent_dim += self.w_dim if self.layers else 0
        self._real, self._lock = real, threading.Lock()
        self._calibrated: CalibratedDiscriminator | None = None
        self._centres: dict[str, Tensor] = {}

    @classmethod
    def load(cls, path: str | Path, step: int | None = None) -> Sampler:
        """The newest generator of the run folder `path`, or its snapshot of `step`.

        Raises RunError when there are no weights, or when they are damaged or do not fit the model they name.
        """
        run = Run(Path(path))
        file = run.weights(step)
        if not file.is_file():
            raise RunError(_nothing(run, step))
        tensors, about = _read(file)
        return cls._made(run, file.name, tensors, about)

    @classmethod
    def raw(cls, path: str | Path, step: int | None = None) -> Sampler:
        """The generator as it is trained, not its EMA: from the newest state of a run, or that of `step`.

        Raises RunError where no such state is kept: of a shipped run, and of most steps.
        """
        run = Run(Path(path))
        steps = run.states()
        at = step if step is not None else steps[-1] if steps else None
        if at is None or at not in steps:
            there = ", ".join(map(str, steps)) or "none"
            raise RunError(f"The trained weights of that step were not kept; there is {there}.")
        tensors, _ = _read(run.state(at))
        _, about = _read(run.weights())
        sampler = cls._made(run, run.state(at).name, tensors, {**about, "step": at}, generator="G.")
        recalibrate(sampler._G, RngStreams(sampler.config.seed), sampler.z_dim)
        return sampler

    @classmethod
    def _made(
        cls, run: Run, name: str, tensors: Mapping[str, Tensor], about: Mapping[str, Any], generator: str = "G_ema."
    ) -> Sampler:
        """`generator` is the prefix under which the file has it; format 1 had the EMA under "G."."""
        if not any(key.startswith(generator) for key in tensors):
            generator = "G."
        try:
            config = RunConfig.from_dict(about["config"])
            networks = registry.load("games", config.game).networks
            nets = networks(config, tuple(about["data"]["shape"]), about["data"]["n_classes"], 0)
            for net_name, net in nets.items():
                tensor_files.load_strict(net, tensors, generator if net_name == "G" else f"{net_name}.")
            G, D = nets["G"], nets.get("D")
            return cls(config, G, D, int(about["step"]), about["data"], run.real_picture())
        except (KeyError, TypeError, ValueError, ConfigError, LookupError, tensor_files.CorruptFile) as error:
            raise RunError(f"{name} does not fit any model here: {error}") from error

    @torch.inference_mode()
    def images(
        self,
        z: NDArray[Any],
        classes: NDArray[Any] | None = None,
        psi: float = 1.0,
        centre: str = "nearest",
    ) -> NDArray[np.uint8]:
        """Pictures of z (N,z_dim, any float), of `classes` (N, int) if it can be asked: uint8 N,H,W,C.

        psi below 1 draws towards the middle: w to a `centre` where there are styles, else z to zero. Points come as
        N,1,1,2, 0..255 for -1..1. Raises ValueError for another shape, or a class that is not there.
        """
        return images.to_pixels(self._synthesis(self._styles(z, classes, psi, centre)).numpy())

    def caption(self, text: str) -> NDArray[np.int64]:
        """A caption as a row of numbers (L), to be asked for in the place of a class.

        Raises RunError for a generator that was not trained with captions, UnknownWord (a ValueError) for a word that
        was in none, ValueError for no words or too many.
        """
        if not self.vocabulary:
            raise RunError(NO_WORDS)
        return numbers(text, self.vocabulary)

    @torch.inference_mode()
    def translate(
        self,
        sources: NDArray[np.uint8],
        missing: NDArray[Any] | None = None,
        back: bool = False,
        answer: int | None = None,
    ) -> NDArray[np.uint8]:
        """What becomes of sources, uint8 N,h,w,C: uint8 N,H,W,C.

        `missing` (N,h,w) is not 0 where a picture is to be filled in, for a run that does that; `back` is the other
        way of a run that translates both ways. `answer` is the seed of the noise of a run that has several answers,
        and changes nothing for another; without it the noise is 0.

        Raises RunError for a generator that starts from noise, ValueError for sources that are not as large as this one
        takes, and for what it does not do.
        """
        if not self.config.from_source:
            raise RunError(FROM_NOISE)
        way = self._way(back)
        c, h, w = self._G.source_shape
        c -= self.config.degradation == "hole"  # the mask comes by itself
        if sources.dtype != np.uint8 or sources.shape[1:] != (h, w, c):
            raise ValueError(f"sources must be uint8 N,{h},{w},{c}, not {sources.dtype} {sources.shape}")
        if missing is not None and missing.shape != sources.shape[:3]:
            raise ValueError(f"a mask must be {len(sources)},{h},{w}, not {missing.shape}")
        x = torch.from_numpy(images.to_unit(sources.transpose(0, 3, 1, 2).astype(np.float32)))
        holes = None if missing is None else torch.from_numpy(missing != 0)[:, None]
        y = registry.load("games", self.config.game).asked(self.config, x, holes)
        z = self._noise(answer, len(y))
        made = [self._G(z if z is None else z[at], y[at], **way) for at in torch.arange(len(y)).split(CHUNK)]
        return images.to_pixels(torch.cat(made).numpy())

    @torch.inference_mode()
    def redraw(
        self, pictures: NDArray[np.uint8], missing: NDArray[Any], back: bool = False, answer: int | None = None
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """What G is given of whole pictures, uint8 N,H,W,C, as it is looked at, and what it makes of that.

        `missing` (N,H,W) is not 0 where a run that fills in holes has to; `answer` as in `translate`. Raises as
        `translate` does.
        """
        if not self.config.from_source:
            raise RunError(FROM_NOISE)
        way = self._way(back)
        game = registry.load("games", self.config.game)
        y = game.degraded(self.config, self._tensor(pictures), torch.from_numpy(missing != 0)[:, None])
        source = game.shown(self.config, y, self.shape)
        made = self._G(self._noise(answer, len(y)), y, **way)
        return images.to_pixels(source.numpy()), images.to_pixels(made.numpy())

    def _noise(self, answer: int | None, n: int) -> Tensor | None:
        """The noise of one of several answers, n,z_dim; None for the middle one, and for G without noise."""
        if answer is None or not self.config.diversity_weight:
            return None
        return RngStreams(answer).z("answer", 0, n, self.z_dim)

    @torch.inference_mode()
    def mapping(self, z: NDArray[Any], classes: NDArray[Any] | None = None) -> NDArray[np.float32]:
        """w (N,w_dim float32) of z (N,z_dim); z itself for a plain GAN. Raises ValueError as `images` does."""
        return np.asarray(self._mapping(z, classes).numpy())

    @torch.inference_mode()
    def synthesis(self, w: NDArray[Any]) -> NDArray[np.float32]:
        """x (N,C,H,W float32 in [-1, 1]) of w (N,w_dim), or (N,layers,w_dim) where each layer has a style."""
        array = np.array(w, dtype=np.float32)
        if self.layers and array.ndim == 3 and array.shape[1:] == (len(self.layers), self.w_dim):
            return np.asarray(self._synthesis(torch.from_numpy(array)).numpy())
        return np.asarray(self._synthesis(_tensor(w, self.w_dim)).numpy())

    @torch.inference_mode()
    def mix(
        self,
        coarse: NDArray[Any],
        fine: NDArray[Any],
        border: int,
        classes: NDArray[Any] | None = None,
        psi: float = 1.0,
        centre: str = "nearest",
    ) -> NDArray[np.uint8]:
        """Pictures of every pair of z (R,z_dim and C,z_dim), row by row: uint8 R*C,H,W,C.

        The first `border` layers take their style from the coarse one, the others from the fine one; `classes` (R+C)
        are those of the coarse, then of the fine. Raises ValueError without styles, and for a border that is not
        between two layers.
        """
        if not self.layers:
            raise ValueError(f"{self.config.model} has one w for all layers: there is nothing to mix")
        if not 1 <= border < len(self.layers):
            raise ValueError(f"a border is 1 to {len(self.layers) - 1}, not {border}")
        w = self._styles(np.concatenate([coarse, fine]), classes, psi, centre)
        pairs = styles.mixed(w[: len(coarse)], w[len(coarse) :], border, len(self.layers))
        return images.to_pixels(self._synthesis(pairs).numpy())

    @torch.inference_mode()
    def truncate(self, w: NDArray[Any], psi: float, centre: str = "nearest") -> NDArray[np.float32]:
        """w (N,w_dim) drawn towards the middle as in `images`; psi 1 leaves it."""
        tensor = _tensor(w, self.w_dim)
        if self.layers:
            tensor = styles.draw_to(tensor, psi, self._centre(centre))
        else:
            tensor[:, : self.z_dim] *= psi
        return np.asarray(tensor.numpy())

    def centres(self) -> dict[str, NDArray[np.float32]]:
        """What psi draws w to, by name: K,w_dim each. Raises ValueError for a generator without styles."""
        if not self.layers:
            raise ValueError(f"{self.config.model} has no styles: psi draws z to zero")
        with torch.inference_mode():
            return {name: np.asarray(self._centre(name).numpy()) for name in ("mean", "nearest")}

    def classes_of(self, z: NDArray[Any]) -> NDArray[np.int64] | None:
        """The class (N) that `images(z)` makes of each z where none is named; None for a plain GAN."""
        y = self._classes(_tensor(z, self.z_dim), None)
        return None if y is None else y.numpy()

    def generate(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """x (N,C,H,W in [-1, 1]) of z (N,z_dim, float32), with a gradient to z; of classes y, else in turn.

        Of longer vectors as in `images`.
        """
        self._check_noise()
        y = models.balanced(len(z), self.classes) if y is None else y
        x: Tensor = self._synthesis(self._shifted(z, y))
        return x

    def critic(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """D's logits (N,) of pictures uint8 N,H,W,C: above 0 D calls them real. Raises ValueError for another shape."""
        x = self._tensor(pictures)
        with torch.inference_mode():
            return np.asarray(self.discriminator(x).numpy())

    def probability(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """D's probability (N,) that pictures uint8 N,H,W,C are real: the sigmoid of its logits."""
        return np.asarray(torch.from_numpy(self.critic(pictures)).sigmoid().numpy())

    def gradient(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The gradient d logit / d x (N,H,W,C; x in [-1, 1]) at pictures uint8 N,H,W,C: where G is to change them."""
        x = self._tensor(pictures).requires_grad_()
        (gradient,) = torch.autograd.grad(self.discriminator(x).sum(), x)
        return np.ascontiguousarray(gradient.numpy().transpose(0, 2, 3, 1))

    @property
    def discriminator(self) -> CalibratedDiscriminator:
        """D with its zero in place, for tensors; made when first asked for. Raises ValueError for a game without D."""
        self._check_noise()
        if self._D is None:
            raise ValueError(f"The game {self.config.game} has no discriminator.")
        with self._lock:
            if self._calibrated is None:
                real = self._reals()
                z = RngStreams(0).z("critic", 0, 1 if real is None else len(real), self.z_dim)
                threshold = registry.card("losses", self.config.loss).facts["THRESHOLD"]
                fake = self._tensor(self.images(z.numpy()))
                self._calibrated = calibrate(self._D, real, fake, threshold)
            return self._calibrated

    @property
    def generator(self) -> Any:
        """G itself, frozen and in eval mode, for what reads the network and not its pictures."""
        return self._G

    def first_weights(self) -> NDArray[np.float32]:
        """The matrix (out, z_dim) that z meets first, a row for every channel and place; with styles that of w.

        Raises ValueError for a generator that begins with something else.
        """
        if self.layers:
            return np.asarray(self._G.style_matrix().numpy())
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
            sheet = images.decode(files.read(self._real or Path(), PICTURE_BYTES))
            return self._tensor(images.tiles(sheet, self.shape))
        except (OSError, ValueError):
            return None  # points, or a run that shows no real pictures

    def _tensor(self, pictures: NDArray[np.uint8]) -> Tensor:
        """x (N,C,H,W in [-1, 1]) of pictures."""
        C, H, W = self.shape
        if pictures.dtype != np.uint8 or pictures.shape[1:] != (H, W, C):
            raise ValueError(f"pictures must be uint8 N,{H},{W},{C}, not {pictures.dtype} {pictures.shape}")
        return torch.from_numpy(images.to_unit(pictures.transpose(0, 3, 1, 2).astype(np.float32)))

    def _way(self, back: bool) -> dict[str, bool]:
        """What G is told of the direction. Raises ValueError where there is one alone."""
        if back and not self.config.between_domains:
            raise ValueError("this run makes pictures one way, so there is no way back")
        return {"back": True} if back else {}

    def _check_noise(self) -> None:
        """Raises RunError where there is no noise to begin with."""
        if self.config.from_source:
            raise RunError(FROM_SOURCE)

    def _mapping(self, z: NDArray[Any], classes: NDArray[Any] | None = None) -> Tensor:
        self._check_noise()
        tensor = _tensor(z, self.z_dim, self.latent_dim)
        return self._shifted(tensor, self._classes(tensor[:, : self.z_dim].contiguous(), classes))

    def _shifted(self, z: Tensor, y: Tensor | None) -> Tensor:
        """w of z (N,z_dim), or of z with what is added to its w behind it (N,latent_dim)."""
        w: Tensor = self._G.mapping(z[:, : self.z_dim], y)
        return w + z[:, self.z_dim :] if z.shape[1] > self.z_dim else w

    def _styles(self, z: NDArray[Any], classes: NDArray[Any] | None, psi: float, centre: str) -> Tensor:
        """w of z, drawn towards the middle."""
        if psi == 1 or not self.layers:
            return self._mapping(psi * np.asarray(z, np.float32), classes)
        return styles.draw_to(self._mapping(z, classes), psi, self._centre(centre))

    def _centre(self, centre: str) -> Tensor:
        """What w is drawn to, K,w_dim; made when first asked for."""
        with self._lock:
            if not self._centres:
                z = RngStreams(0).z("centres of w", 0, styles.N_STYLES, self.z_dim)
                y = models.balanced(len(z), self.classes)
                w = self._G.mapping(z, y)
                nearest = styles.cluster_means(w) if y is None else styles.class_means(w, y, self.classes)
                self._centres = {"mean": w.mean(0, keepdim=True), "nearest": nearest}
            return self._centres[centre]

    def _classes(self, z: Tensor, classes: NDArray[Any] | None) -> Tensor | None:
        """The class of each z for G: the classes asked for, else one of its own; None for a plain GAN."""
        if not self.classes:
            return None
        if classes is None:  # the bits of a float are as good as random
            return z.view(torch.int32).long().sum(1) % self.classes
        y = torch.from_numpy(np.array(classes, dtype=np.int64))
        if self.vocabulary and y.ndim == 2:
            if len(y) != len(z) or not ((y >= 0) & (y <= len(self.vocabulary))).all():
                raise ValueError(f"captions must be {len(z)} rows of places in the vocabulary")
            return y
        if y.shape != z.shape[:1] or not ((y >= 0) & (y < self.classes)).all():
            raise ValueError(f"classes must be {len(z)} numbers from 0 to {self.classes - 1}")
        return y

    def _synthesis(self, w: Tensor) -> Tensor:
        x: Tensor = self._G.synthesis(w)
        return x


def _tensor(values: NDArray[Any], width: int, other_width: int = 0) -> Tensor:
    array = np.array(values, dtype=np.float32)
    if array.ndim != 2 or array.shape[1] not in (width, other_width):
        raise ValueError(f"latents must be N,{width}, not {array.shape}")
    return torch.from_numpy(array)


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    try:
        return tensor_files.read_tensors(path)
    except tensor_files.CorruptFile as error:
        raise RunError(str(error)) from error


def _nothing(run: Run, step: int | None) -> str:
    if step is None:
        return f"Run {run.id!r} has no generator yet."
    there = ", ".join(map(str, run.snapshots())) or "none"
    return f"Run {run.id!r} keeps no generator of step {step}; there is {there}."
