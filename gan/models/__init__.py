"""Models, one per file. `Spec` is a model's input; `build` constructs and initialises G and D.

A model is a file here with the classes `Generator(spec)` and `Discriminator(spec)` and these facts:

    KNOBS     which of z_dim, width, batch_norm and conditional it uses
    SIZES     the pixels a side it can make; () for any (any multiple of MULTIPLE, where it has one)
    CHANNELS  the channel counts it can make; () for any
    POINTS    whether it can make vectors, data of shape (C, 1, 1)
    INIT      how its weights start: "torch", "dcgan" or "keras"
    EXTRA     where it has hyperparameters of its own: a literal dict, name -> label, help, default and what else a Knob
              has (low, high, choices); it finds them in spec.extra

    W_DIM     where w is made by a network of its own: the setting that says how long it is; with it
    LAYERS    the names of the layers that each take a style, from coarse to fine

A network may have an attribute `misfits`: pairs of a layer's number (of those with weights, from 1 on) and why it does
not fit its map. `build` then refuses the network by that sentence, and the layer table shows it at the layer.

A generator is two functions, `mapping(z, y=None) -> w` and `synthesis(w) -> x`, from z of shape
(N, z_dim) to x of shape (N, C, H, W) in [-1, 1]; BaseGenerator has all but `synthesis`. A
discriminator turns x into logits (N,): no sigmoid, that belongs to the loss. y (N, int64) are classes; only a
conditional pair gets any. Any layer of PyTorch may be used.
"""

# ruff: noqa: N802  (members of Contract are called as they are in the files)

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan import registry
from gan.config import RunConfig, declared
from gan.models import _words
from gan.models._initialise import initialise, seeded
from gan.rng import RngStreams

__all__ = [
    "BaseGenerator",
    "Contract",
    "Spec",
    "asked",
    "balanced",
    "build",
    "initialise",
    "misfit",
    "of_d",
    "outline",
    "own_settings",
    "refusal",
    "seeded",
    "vocabulary_of",
    "with_class",
]


WORDS = "words"  # the conditioning that tells both networks captions


@dataclass(frozen=True)
class Spec:
    """What a model has to serve. `shape` is (C, H, W), for points (2, 1, 1); without labels
    `n_classes` is 0."""

    shape: tuple[int, int, int]
    z_dim: int = 100
    width: int = 16
    n_classes: int = 0
    batch_norm: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)  # the model's own settings, by their names


class Contract(Protocol):
    """What a file of this folder has to say; the type checker and the registry look."""

    @property
    def Generator(self) -> Callable[[Spec], Any]:
        """a class made of a Spec: G(z, y) -> x (N,C,H,W) in [-1, 1], which is synthesis(mapping(z, y))."""

    @property
    def Discriminator(self) -> Callable[[Spec], Any]:
        """a class made of a Spec: D(x, y) -> logits (N,)."""

    @property
    def KNOBS(self) -> Collection[str]:
        """which of z_dim, width, batch_norm and conditional it uses."""

    @property
    def SIZES(self) -> tuple[int, ...]:
        """the pixels a side it can make, () for any."""

    @property
    def CHANNELS(self) -> tuple[int, ...]:
        """the channel counts it can make, () for any."""

    @property
    def POINTS(self) -> bool:
        """whether it can make data of shape (C, 1, 1)."""

    @property
    def INIT(self) -> str:
        """how its weights start: "torch", "dcgan" or "keras"."""


class BaseGenerator(nn.Module):
    """A generator in two halves: G(z, y) is `synthesis(mapping(z, y))`. A model says `synthesis` at least.

    `synthesis(w)` makes x (N,C,H,W) in [-1, 1]. `mapping(z, y)` makes w of z (N,z_dim) and of classes y (N, int64)
    where the spec has any: unless a model says otherwise z with the class behind it (N,z_dim+n_classes).

    `style_layers` names the layers that each take a style, from coarse to fine, where a model has any: then a network
    of its own makes w, `synthesis` takes w (N,layers,w_dim) as well, and `style_matrix()` is what w meets first.
    """

    style_layers: tuple[str, ...] = ()

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.n_classes = spec.n_classes

    def mapping(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return with_class(z, y, self.n_classes)

    def synthesis(self, w: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__module__}.Generator says no synthesis(w)")

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return self.synthesis(self.mapping(z, y))


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


def build(
    config: RunConfig, data_shape: tuple[int, int, int], n_classes: int, seed: int, device: torch.device | str
) -> tuple[Any, Any]:
    """The pair (G, D) of `config.model`, in train mode; one seed, one pair, whatever the device.

    Every draw comes from a generator of its own: the global random state is neither read nor moved. `n_classes` is how
    many the data have; a pair that is not conditional is not told.
    Raises ValueError, naming the model and what it can do, for data it cannot make.
    """
    module, spec = _checked(config, data_shape, n_classes)
    conditioning = registry.load("conditionings", config.conditioning) if spec.n_classes else None
    generator = torch.Generator().manual_seed(seed)
    with seeded(generator if module.INIT == "torch" else RngStreams(seed).generator("initialise", 0)):
        G, D = module.Generator(spec), module.Discriminator(of_d(spec, config))
    for net, letter in ((G, "G"), (D, "D")):
        if problem := misfit(net, letter):
            raise ValueError(problem)
        initialise(net, module.INIT, generator)
    if conditioning is not None and hasattr(conditioning, "prepare"):
        conditioning.prepare(D, spec.n_classes, generator)
    if spec.n_classes and config.conditioning == WORDS:
        with seeded(RngStreams(seed).generator("initialise the text encoders", 0)):
            G, D = _words.wrap(G, D, *vocabulary_of(config, n_classes))
    return G.to(device), D.to(device)


def outline(config: RunConfig, data_shape: tuple[int, int, int], n_classes: int) -> tuple[Any, Any]:
    """The pair that `build` makes, on the device "meta": shapes without numbers, however large, in milliseconds.

    Layers that do not fit their maps are there all the same: `misfit` tells. Raises ValueError as `build` does.
    """
    module, spec = _checked(config, data_shape, n_classes)
    with torch.device("meta"):
        G, D = module.Generator(spec), module.Discriminator(of_d(spec, config))
    conditioning = registry.load("conditionings", config.conditioning) if spec.n_classes else None
    if conditioning is not None and hasattr(conditioning, "prepare"):
        conditioning.prepare(D, spec.n_classes, torch.Generator())
    if spec.n_classes and config.conditioning == WORDS:
        G, D = _words.wrap(G, D, *vocabulary_of(config, n_classes))
        return G.to("meta"), D.to("meta")
    return G, D


def misfit(net: nn.Module, letter: str) -> str:
    """Which layer of G or D (`letter`) does not fit the map it looks at, and why; "" when all fit."""
    for layer, why in getattr(net, "misfits", ()):
        return f"{letter}, layer {layer}: {why}."
    return ""


def _checked(config: RunConfig, data_shape: tuple[int, int, int], n_classes: int) -> tuple[Contract, Spec]:
    """The file of a model and what it has to serve. Raises ValueError for data it cannot make."""
    module = registry.load("models", config.model)
    n_classes = n_classes if config.conditional else 0
    if problem := refusal(config.model, module, data_shape) or _unlabelled(config, module, n_classes):
        raise ValueError(problem)
    if n_classes and config.conditioning == WORDS:
        n_classes = _words.WIDTH
    return module, Spec(data_shape, config.z_dim, config.width, n_classes, config.batch_norm, own_settings(config))


def vocabulary_of(config: RunConfig, n_classes: int) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The words that captions of a run's data may have, a word for each class, and captions of all sorts.

    Data without captions have a word for each class alone, and () for the last.
    """
    facts = registry.card("datasets", config.dataset).facts
    if "VOCABULARY" in facts:
        return tuple(facts["VOCABULARY"]), tuple(facts["NAMES"]), tuple(facts["SHEET"])
    names = tuple(f"class{k}" for k in range(n_classes))
    return ("a", *names), names, ()


def asked(G: Any, n: int, device: torch.device | str = "cpu") -> Tensor | None:
    """What G is asked for in n pictures where nobody says it: classes in turn, captions in turn, or None."""
    captions: Tensor | None = getattr(G, "captions", None)
    if captions is None:
        return balanced(n, getattr(G, "n_classes", 0), device)
    return captions[torch.arange(n, device=captions.device) % len(captions)].to(device)


def of_d(spec: Spec, config: RunConfig) -> Spec:
    """What D of a pair has to serve: no classes where its last layer needs no numbers for them."""
    facts = registry.card("conditionings", config.conditioning).facts
    return spec if facts["SCORES"] else replace(spec, n_classes=0)


def own_settings(config: RunConfig) -> dict[str, Any]:
    """The values of the settings that the model of a run declares for itself."""
    return {name: getattr(config, name) for name in declared("models", config.model)[0]}


def balanced(n: int, n_classes: int, device: torch.device | str = "cpu") -> Tensor | None:
    """Classes for n pictures, every one as often, in turn (int64 n); None where there are none to tell."""
    return torch.arange(n, device=device) % n_classes if n_classes else None


def refusal(name: str, module: Contract, shape: tuple[int, int, int]) -> str:
    """Why this model cannot make data of `shape`, and what it can make; "" if it can."""
    C, H, W = shape
    multiple = getattr(module, "MULTIPLE", 1)
    if (H, W) == (1, 1):
        return "" if module.POINTS else f"{name} makes pictures, not points."
    if module.CHANNELS and C not in module.CHANNELS:
        return f"{name} makes pictures of {_either(module.CHANNELS)} channels, not {C}."
    if module.SIZES and (H != W or H not in module.SIZES):
        can = _either(module.SIZES)
    elif H % multiple or W % multiple:
        can = f"a multiple of {multiple}"
    else:
        return ""
    return f"{name} cannot make pictures of {H} x {W}: set image_size to {can}."


def _unlabelled(config: RunConfig, module: Contract, n_classes: int) -> str:
    """Why a conditional pair cannot be made; "" if it can, or if none is wanted."""
    if not config.conditional:
        return ""
    if "conditional" not in module.KNOBS:
        return f"{config.model} cannot be told a class: set conditional to false."
    return "" if n_classes else f"{config.dataset} has no labels: set conditional to false."


def _either(values: tuple[int, ...]) -> str:
    return " or ".join(map(str, values))
