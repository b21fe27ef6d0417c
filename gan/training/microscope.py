"""A microscope on one step by hand: pictures, D's opinion and both gradients, before and after, kept as one file.

It looks at copies of the networks, with the noise of the fixed grid, and draws nothing from the streams of the run: the
run goes on bit for bit as without it.
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from gan import files, images
from gan.datasets import Data
from gan.diagnostics import d_scale
from gan.games import Game
from gan.models import asked
from gan.models._batchnorm import recalibrate
from gan.rng import RngStreams
from gan.runs import Run
from gan.sampler import Sampler

NAME = "microscope.json"
TILES = 4  # pictures of each kind
LAYERS = 8  # of each network, at most: those with the largest gradients
PARAMETRIZED = ".parametrizations.weight"  # what torch puts between a layer and its weight


class Microscope:
    """An observer of single steps of a game with G and D: `before` one is made and `after` it.

    `able` is whether there is anything to see: pictures that G makes of noise, and a D that judges them.
    """

    def __init__(self, run: Run, game: Game, data: Data, z: NDArray[np.float32]):
        self.run, self.game = run, game
        self.z = z[:TILES]  # of the fixed grid
        y = asked(game.G_ema, len(z))
        self.y = None if y is None else y[:TILES].numpy()
        self.shape = data.shape
        self.about = {"shape": list(data.shape), "n_classes": data.n_classes, "names": list(data.names)}
        self.able = not data.is_points and not game.config.from_source and {"G", "D"} <= game.nets.keys()
        self._old: Mapping[str, nn.Module] = {}

    def before(self) -> None:
        """Copies the networks as they are."""
        if self.able:
            self._old = _copies(self.game)

    def after(self, step: int, updates: Sequence[str]) -> str:
        """Writes what these updates changed into the file of the run; `step` was just made.

        Returns why it could not look, "" where it could or has nothing to look at: a run goes on without. Raises
        OSError.
        """
        if not self._old:
            return ""
        try:
            record = self.look(step, updates)
        except OSError:
            raise
        except Exception as error:  # whatever a model of somebody's own does outside training
            return f"The microscope shows nothing of this step: {error}"
        files.replace(self.run.path / NAME, files.dump(record).encode(), durable=False)
        return ""

    def look(self, step: int, updates: Sequence[str]) -> dict[str, Any]:
        """What these updates changed since `before`; `step` is the one that they made."""
        old, new, self._old = self._old, _copies(self.game), {}
        layers = {
            name: _layers(old[name], new[name], self.game.nets[name]) if name.lower() in updates else []
            for name in ("G", "D")
        }
        config, real = self.game.config, self.run.real_picture()
        for nets in (old, new):
            recalibrate(nets["G"].eval(), RngStreams(config.seed), config.z_dim)
        first, crossed, then = (
            Sampler(config, G["G"], D["D"], step, self.about, real) for G, D in ((old, old), (old, new), (new, new))
        )
        record = compare(first, crossed, then, self.z, self.y, self._real())
        return {"step": step, "updates": list(updates), "shape": list(self.shape), "layers": layers, **record}

    def _real(self) -> NDArray[np.uint8]:
        sheet = images.decode(self.run.read(self.run.real_picture()))
        return images.tiles(sheet, self.shape)[:TILES]


def compare(
    old: Sampler,
    crossed: Sampler,
    new: Sampler,
    z: NDArray[np.float32],
    y: NDArray[np.int64] | None,
    real: NDArray[np.uint8],
) -> dict[str, Any]:
    """What a step changed: of z (N,z_dim), their classes y (N) and real pictures.

    `old` and `new` are both networks before and after it, `crossed` the old G and the new D: a D that stood still has
    to say the same, so its zero is found (gan/sampler/calibration.py) among the same pictures.

    Pictures are uint8 N,H,W,C in base64; `difference` and `gradient` int8, scaled so that the largest is 127, which is
    a change by `most` of 255. `d` are D's logits of both networks: "before" is the old D of the old pictures, "judged"
    the new D of the old ones, "after" the new D of the new ones. The gradient is that of the new D at the old pictures,
    which G is given.
    """
    first, then = (_float(sampler, z, y) for sampler in (old, new))
    before, after = images.to_pixels(first), images.to_pixels(then)
    change = (then - first).transpose(0, 2, 3, 1) * 127.5
    logits = {
        "before": old.critic(before),
        "judged": crossed.critic(before),
        "after": crossed.critic(after),
        "real_before": old.critic(real),
        "real_after": crossed.critic(real),
    }
    scale = d_scale.of_loss(new.config.loss)
    return {
        "before": _text(before),
        "after": _text(after),
        "real": _text(real),
        "difference": _text(_scaled(change)),
        "most": round(float(np.abs(change).max(initial=0)), 3),
        "gradient": _text(_scaled(crossed.gradient(before))),
        "d": {name: [round(float(value), 4) for value in row] for name, row in logits.items()},
        "p": {name: scale.shares(row) for name, row in logits.items()} if scale.probability else None,
        "z": [[round(float(value), 3) for value in row] for row in z],
    }


def _float(sampler: Sampler, z: NDArray[np.float32], y: NDArray[np.int64] | None) -> NDArray[np.float32]:
    """x (N,C,H,W in [-1, 1]), unrounded: one step changes less than a shade of grey."""
    return sampler.synthesis(sampler.mapping(z, y))


def _copies(game: Game) -> dict[str, nn.Module]:
    """G and D on the CPU, without their gradients."""
    copies = {name: copy.deepcopy(game.nets[name]).cpu() for name in ("G", "D")}
    for net in copies.values():
        net.zero_grad()
    return copies


def _layers(old: nn.Module, new: nn.Module, trained: nn.Module) -> list[list[Any]]:
    """[layer, norm of the gradient of its weights, change of them as a share of their norm], the first layer first."""
    sums: dict[str, list[float]] = {}
    was, now = dict(old.named_parameters()), dict(new.named_parameters())
    for name, weight in trained.named_parameters():
        if weight.grad is None or name not in was:
            continue
        row = sums.setdefault(name.rpartition(".")[0].removesuffix(PARAMETRIZED) or name, [0.0, 0.0, 0.0])
        parts = (weight.grad, now[name] - was[name], was[name])
        for k, part in enumerate(parts):
            row[k] += float(part.detach().float().square().sum())
    rows = [[name, grad**0.5, (moved / max(size, 1e-20)) ** 0.5] for name, (grad, moved, size) in sums.items()]
    largest = sorted(rows, key=lambda row: -row[1])[:LAYERS]
    return [[name, round(grad, 6), round(moved, 8)] for name, grad, moved in rows if [name, grad, moved] in largest]


def _scaled(change: NDArray[np.floating]) -> NDArray[np.int8]:
    most = np.abs(change).max(initial=0)
    return np.rint(change * (127 / most if most > 0 else 0)).astype(np.int8)


def _text(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
