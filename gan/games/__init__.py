"""Games, one per file: which networks there are, one update of each, what is logged, and what is sampled.

The training loop, the log, the sample grids, checkpoints, snapshots and the export know no G and no D of their own:
they ask the game. `Contract` says what a file here has to say. It may add

    SCRIPT       the module whose `main` is copied into an exported script; without it an export has none
    STARTS_FROM  "source": G makes a picture from another one, which the networks get as y; else G starts from noise.
                 Then G has `source_shape`, c,h,w, the file a function `shown(config, y, shape)`, sources as they are
                 looked at, and `asked(config, x, missing)`, what G is told of those that a caller brings, and
                 `degraded(config, x, missing)`, of whole pictures; `beside(snapshot, z, y, x)`, the three pictures
                 that a grid shows side by side, which BESIDE names, or ANSWERS where a source has several answers;
                 `compared(snapshot, y, x, pairs)`, live scores of held-out ones, and the results; and the Game has a
                 method `source(x, y, purpose, update)`, the sources of pictures x
    DOMAINS      True: y are pictures of a first kind A and x of a second kind B, no pairs, and G and D take
                 `back=True`, the other way
    PASSES       how often G's layers are kept for one gradient, for the estimate of memory; once unless it says
    memory       of the Game: what it keeps beside its networks from one step to the next, tensors by name, which a
                 checkpoint has as well
    IDLE         settings that this game does not look at
    TAKES        the penalties, tricks and augmentations that it uses; left out where it uses all of them
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from gan import models, registry
from gan.config import RunConfig, game_conflict
from gan.games._adam import GuardedAdam
from gan.rng import RngStreams

Stats = dict[str, Tensor]  # of one update, by name: scalars () on the device


class Batches(Protocol):
    """The training data as a game reads it."""

    def __call__(self, update: int) -> tuple[Tensor, Tensor | None]:
        """The real images of one update, float32 N,C,H,W in [-1, 1], and what the networks are told of each, or None:
        classes, int64 N, or for a game that starts from a source the sources of these images, as they are."""
        ...


@dataclass(frozen=True)
class Snapshot:
    """Copies of the networks at one moment, for evaluation while training goes on, and the counts of updates by then.

    `nets` has "G_ema", the generator that people see, and the others under their own names.
    """

    config: RunConfig
    nets: Mapping[str, nn.Module]
    counts: Mapping[str, int]

    @property
    def G_ema(self) -> Any:
        """The EMA of the generator."""
        return self.nets["G_ema"]


class Contract(Protocol):
    """What a file of this folder has to say; the type checker and the registry look."""

    @property
    def UPDATES(self) -> Mapping[str, str | None]:
        """the updates of a step in order, each with the setting that says how often it is made (None: once)."""

    @property
    def STATISTICS(self) -> Mapping[str, str]:
        """all that updates return, by name, in words; each is a column of the log and has a curve."""

    @property
    def networks(self) -> Callable[[RunConfig, tuple[int, int, int], int, int], dict[str, nn.Module]]:
        """networks(config, shape, n_classes, seed): made, on the CPU; "G" is sampled, "D" if any gives logits."""

    @property
    def grid(self) -> Callable[[Snapshot, Tensor, Tensor | None], Tensor]:
        """grid(snapshot, z, y) -> x: what a sample grid shows of noise z (N,z_dim); N,C,H,W in [-1, 1]."""

    @property
    def Game(self) -> Callable[[RunConfig, Mapping[str, nn.Module]], Any]:
        """a class, made with the networks on their device; `gan.games.Game` says what it has."""


class Game(Protocol):
    """The networks of one run while they learn.

    Attributes that are named as in `networks` are what the game calls: what makes training faster may put something
    else there that is called alike. `nets` always has the modules themselves.
    """

    config: RunConfig
    device: torch.device
    n_classes: int  # that the networks are conditioned on; 0: none
    rng: RngStreams
    nets: dict[str, nn.Module]
    G_ema: nn.Module
    optimizers: dict[str, GuardedAdam]  # by the name of their network
    counts: dict[str, int]  # of updates made so far, by name: "d", "g"

    @property
    def images(self) -> int:
        """Real images used so far."""
        ...

    def update(self, name: str, batches: Batches) -> Stats:
        """Makes the update of that name, on the next batch."""
        ...

    def end_step(self) -> None:
        """Forgets what updates of one step share, so that the next does not depend on when a run was stopped."""
        ...

    def snapshot(self) -> Snapshot:
        """Copies for evaluation, while training goes on."""
        ...


def plan_of(updates: Mapping[str, str | None], settings: Mapping[str, Any]) -> list[str]:
    """The updates that a step makes, in their order: those of a game, as often as the live settings say."""
    often = {name: settings[setting] if setting else 1 for name, setting in updates.items()}
    return [name for name, count in often.items() for _ in range(count)]


def outline(config: RunConfig, shape: tuple[int, int, int], n_classes: int) -> dict[str, nn.Module]:
    """G, and D where there is one, on the device "meta": shapes without numbers. Raises ValueError as `build` does."""
    if config.from_source:
        nets = registry.load("games", config.game).networks(config, shape, n_classes, config.seed)
        return {name: net.to("meta") for name, net in nets.items()}
    G, D = models.outline(config, shape, n_classes)
    return {"G": G, "D": D}


def stand_in(G: nn.Module, n: int, device: torch.device | str = "cpu") -> Tensor | None:
    """What G and D can be told of n pictures where no data are at hand: classes in turn, sources of ramps, or None."""
    if sides := getattr(G, "source_shape", None):
        return torch.linspace(-1, 1, n * math.prod(sides), device=device).view(n, *sides)
    return models.asked(G, n, device)


def build(config: RunConfig, shape: tuple[int, int, int], n_classes: int, device: torch.device | str) -> Game:
    """The game of `config` at its start. `n_classes` is how many the data have.

    Raises ValueError with a sentence for networks that cannot make the data, and for settings that do not go together.
    """
    module = registry.load("games", config.game)
    if problem := game_conflict(config):
        raise ValueError(problem)
    nets = module.networks(config, shape, n_classes, config.seed)
    game: Game = module.Game(config, {name: net.to(device) for name, net in nets.items()})
    return game
