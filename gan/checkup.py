"""A look at both players while they train: which classes G makes, how far from real, and how D's scores spread.

Costs a fraction of a second, so it is made every few hundred steps. When is decided by the step alone and every draw is
named, so two runs of one config find the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from gan import reference
from gan.datasets import Data, DataError
from gan.draws import Draws
from gan.evaluator import EvaluatorError
from gan.metrics import Evidence, Unavailable, classes, diversity, frechet
from gan.models import _layers as layers
from gan.models import balanced
from gan.reference import Reference
from gan.step import RECALIBRATION, Frozen, Players, recalibrate

SAMPLES, FEWEST = 1000, 128  # of the average generator; slow generators draw fewer
EFFORT = 4e9  # floating-point operations that drawing them may take
IMAGES = 22_400  # training images between two checkups: 700 steps of 32
JUDGED = 256  # real, held-out and generated images that D judges
BINS = 24
SURE = 0.9  # probability from which a reading counts as confident


class Checkup:
    """Looks at the players of one run. `complaints` tells what keeps it from seeing everything."""

    def __init__(self, players: Players, data: Data):
        self.data, self.config = data, players.config
        self.device, self.n_classes = players.device, players.n_classes
        self.draws = Draws(self.config.seed, players.device)  # its own: training draws meanwhile
        self.complaints: list[str] = []
        self.every = _multiple(IMAGES / self.config.batch, self.config.log_every)
        self.first = _multiple(self.every / 3, self.config.log_every)
        self.ruler = self._reference()
        self.count = _samples(players)
        self.judged = min(JUDGED, self.count)

    def due(self, step: int) -> bool:
        """Whether a checkup belongs to the record of this step."""
        return step % self.every == 0 or step == self.first

    @torch.no_grad()
    def look(self, frozen: Frozen) -> dict[str, Any]:
        """What a record tells of a checkup; {} when the generator draws nothing finite. It may change these copies.

        classes, effective_classes, confident and shares (where there is an evaluator); samples (how many), fd minus
        null, diversity and checkerboard (where the data are pictures); overfit (where there is a test split);
        d_hist_real and d_hist_fake (24 shares) over d_range (two logits).
        """
        z = self.draws.z("checkup", 0, self.count, self.config.z_dim)
        recalibrate(frozen.average, self.draws, z.shape[1], min(RECALIBRATION, self.count))
        y = balanced(self.count, self.n_classes, z.device)
        x = frozen.average(z, y).float()
        if not x.isfinite().all():
            return {}
        return {**self._measure(x), **self._judge(_as_trained(frozen.D), x[: self.judged], y)}

    def _measure(self, x: Tensor) -> dict[str, Any]:
        """The live scores of samples x (N,C,H,W in [-1, 1])."""
        if self.ruler is None:
            return {}
        pixels = x.clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8).cpu().numpy()
        evidence = Evidence(self.ruler.see(pixels), self.ruler.real)
        scores = frechet.measure(evidence)
        found: dict[str, Any] = {
            "samples": len(x),
            "fd": scores.get("fd", scores["fd_pca"]),
            "checkerboard": phases(evidence.fake.images),
        }
        if evidence.fake.probabilities is not None:
            counted = classes.measure(evidence)
            shares = classes.shares(evidence.fake.classes, evidence.fake.probabilities.shape[1])
            found |= {
                "classes": int(counted["classes"]),
                "effective_classes": counted["effective_classes"],
                "confident": float((evidence.fake.probabilities.max(1) > SURE).mean()),
                "shares": shares.tolist(),
            }
        try:
            found |= diversity.measure(evidence)
        except Unavailable:
            found["diversity"] = None
        return {key: _rounded(value) for key, value in found.items()}

    def _judge(self, D: nn.Module, fake: Tensor, y: Tensor | None) -> dict[str, Any]:
        """What D says of training images, held-out ones and generated ones, as it judges while it trains.

        Each kind in batches of its own, as in training.
        """
        size = min(self.config.batch, self.judged)
        split = {"real": self.data, "test": self.data.test}
        logits = {"fake": _logits(D, fake, y, size)}
        for name, data in split.items():
            if data is not None and len(data) >= size:
                logits[name] = _logits(D, *self._some(data), size)
        if not all(values.isfinite().all() for values in logits.values()):
            return {}
        found: dict[str, Any] = {}
        if "real" in logits:
            both = torch.cat([logits["real"], logits["fake"]])
            low, high = float(both.min().floor()), float(both.max().ceil())
            high = high if high > low else low + 1.0
            found["d_range"] = [low, high]
            for name in ("real", "fake"):
                bins = torch.histc(logits[name], BINS, low, high) / len(logits[name])
                found[f"d_hist_{name}"] = [_rounded(share) for share in bins.tolist()]
        if "real" in logits and "test" in logits:
            train, test, fakes = (float(logits[key].mean()) for key in ("real", "test", "fake"))
            apart = train - fakes
            # else D knows nothing, by heart or not
            sure = apart > 0.5 * float(torch.cat([*logits.values()]).std())
            found["overfit"] = (
                _rounded(float(np.clip((train - test) / apart, -1, 1))) if sure else 0.0
            )
        return found

    def _some(self, data: Data) -> tuple[Tensor, Tensor | None]:
        """As many images of a split, always the same, float32 N,C,H,W in [-1, 1], and their classes if D is told."""
        rows = np.sort(np.random.RandomState(0).permutation(len(data))[: self.judged])
        batch = torch.from_numpy(np.array(data.images[rows])).to(self.device)
        y = None
        if self.n_classes and data.labels is not None:
            y = torch.from_numpy(data.labels[rows]).to(batch.device)
        return batch if data.is_points else batch.float().div_(127.5).sub_(1), y

    def _reference(self) -> Reference | None:
        """What real images look like; None, with a complaint where somebody can help, when nobody knows."""
        try:
            return reference.of(self.config, self.data)
        except Unavailable:
            return None
        except (EvaluatorError, DataError) as error:
            self.complaints.append(f"No live scores. {error}")
            return None


def phases(images: NDArray[np.uint8]) -> float:
    """How unlike the four pixels of every 2 x 2 block are on average, of images N,C,H,W.

    The spread of their means over the mean of all: below 0.01 for real digits. Odena, Dumoulin, Olah, "Deconvolution
    and Checkerboard Artifacts" (2016, Distill).
    """
    means = [images[..., y::2, x::2].mean() for y in (0, 1) for x in (0, 1)]
    return float((max(means) - min(means)) / max(1.0, np.mean(means)))


def _as_trained(net: nn.Module) -> nn.Module:
    """The network with BatchNorm taking each batch's own statistics and dropout that drops nothing."""
    for layer in net.train().modules():
        if isinstance(layer, layers.Dropout):
            layer.eval()
    return net


def _logits(D: nn.Module, x: Tensor, y: Tensor | None, size: int) -> Tensor:
    """D's logits (N,) of x with classes y in batches of `size`; what does not fill one is left out."""
    batches = [slice(k * size, (k + 1) * size) for k in range(max(1, len(x) // size))]
    return torch.cat([D(x[b], None if y is None else y[b]) for b in batches]).float().cpu()


def _samples(players: Players) -> int:
    """How many samples the generator draws within the effort."""
    z = torch.zeros(1, players.config.z_dim, device=players.device)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        players.average(z, balanced(1, players.n_classes, z.device))
    return max(FEWEST, min(SAMPLES, int(EFFORT / max(1, counter.get_total_flops()))))


def _multiple(value: float, of: int) -> int:
    """The multiple of `of` nearest to `value`, at least one."""
    return max(1, round(value / of)) * of


def _rounded(value: Any) -> Any:
    return (
        float(f"{value:.5g}")
        if isinstance(value, float)
        else [_rounded(v) for v in value]
        if isinstance(value, list)
        else value
    )
