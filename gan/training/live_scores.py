"""Periodic evaluation while training: class shares, distance to real images, histograms of D's logits.

Costs a fraction of a second, so it is made every few hundred steps. When is decided by the step alone and every draw is
named, so two runs of one config find the same.
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from gan import registry
from gan.datasets import Data, DataError, _domains
from gan.evaluation import copies, evalnet, reference, said
from gan.evaluation.evalnet import EvalNetError
from gan.evaluation.reference import Reference
from gan.games import Game, Snapshot
from gan.images import to_pixels, to_unit
from gan.metrics import MetricInputs, Unavailable, classes, diversity, frechet, labels, modes
from gan.models import _layers as layers
from gan.models import asked
from gan.models._batchnorm import RECALIBRATION, recalibrate
from gan.rng import RngStreams
from gan.training import held_out
from gan.training.batches import conditions_of
from gan.training.domain_judge import DomainJudge
from gan.training.metrics_log import PendingScores
from gan.training.speed.side_stream import Executor, InlineExecutor

MAX_SAMPLES, MIN_SAMPLES = 1000, 128  # of the EMA generator; slow generators draw fewer
MAX_FLOPS = 4e9  # floating-point operations that drawing them may take
EVERY_IMAGES = 22_400  # training images between two evaluations: 700 steps of 32
MAX_LOGITS = 256  # real, held-out and generated images whose logits are compared
BINS = 24
SAID_EACH = 8  # pictures of each of the 50 held-out captions
HELD_OUT = 256  # sources from which a game that starts from one is scored
CONFIDENT = 0.9  # probability from which a reading counts as confident
NEAR = 0.1  # distance in the plane up to which a point lies at another


class LiveEvaluator:
    """Evaluates one run while it trains. `complaints` says what keeps it from measuring everything."""

    def __init__(self, game: Game, data: Data, executor: Executor | None = None):
        self.game, self.data, self.config = game, data, game.config
        self.executor = executor or InlineExecutor()
        self.device, self.n_classes = game.device, game.n_classes
        self.rng = RngStreams(self.config.seed, game.device)  # its own: training draws meanwhile
        self.complaints: list[str] = []
        self.every = _multiple(EVERY_IMAGES / self.config.batch, self.config.log_every)
        self.first = _multiple(self.every / 3, self.config.log_every)
        self.reference = self._reference()
        self.copies = copies.looked_for(data.images)
        self.count = _samples(game)
        self.n_logits = min(MAX_LOGITS, self.count)
        self._pending: PendingScores | None = None
        self.reader: said.CaptionReader | None = None  # made with the first look, of captions alone

    def due(self, step: int) -> bool:
        """Whether live scores belong to the record of this step."""
        return step % self.every == 0 or step == self.first

    def begin(self, step: int) -> PendingScores | None:
        """Starts the evaluation that belongs to the record of this step; None when none does. One runs at a time."""
        if not self.due(step):
            return None
        if self._pending:
            self._pending.result()
        self._pending = self.executor.submit(partial(self.run, self.game.snapshot()))
        return self._pending

    @torch.no_grad()
    def run(self, snapshot: Snapshot) -> dict[str, Any]:
        """The live scores of a record; {} when the generator draws nothing finite. It may change these copies.

        copied (where there are few training images); modes, modes_sure and modes_real, how many real images would show
        (where digits are stacked); classes, effective_classes, confident and shares (where there is an evaluator);
        label_accuracy and class_accuracy (where a class can be asked for, too); samples (how many), fd minus null,
        diversity and checkerboard (where the data are pictures); clipped (with weight clipping); overfit (where there
        is a test split); on_data and covered (of points); said_digit, said_thickness, said_slant, said_place, said_all
        and said_spread (of captions, as `said.CaptionReader` has them); d_hist_real and d_hist_fake (24 shares) over
        d_range (two logits).
        """
        if self.config.from_source:
            return self._beside_truth(snapshot)
        z = self.rng.z("checkup", 0, self.count, self.config.z_dim)
        recalibrate(snapshot.G_ema, self.rng, z.shape[1], min(RECALIBRATION, self.count))
        y = asked(snapshot.G_ema, self.count, z.device)
        x = snapshot.G_ema(z, y).float()
        if not x.isfinite().all():
            return {}
        D = snapshot.nets.get("D")
        spread = self._spread(_as_trained(D), x[: self.n_logits], y) if D is not None else {}
        return {**self._measure(x, y), **spread, **self._of_tricks(D), **self._said(snapshot.G_ema)}

    def _beside_truth(self, snapshot: Snapshot) -> dict[str, Any]:
        """What became of held-out sources, as the game has it; all differences are means, pixels in 0..1.

        label_accuracy is the share that is read as the class of the source. Without pairs, domain is the share of
        results that are taken for pictures of the wanted kind by a judge of pixels, and domain_real that of real ones.
        """
        y, truth = held_out.examples(self.game, self.data, HELD_OUT, 0)
        compared = registry.load("games", self.config.game).compared
        scores, results = compared(snapshot, y, truth, held_out.paired(self.config, self.data))
        if not all(x.isfinite().all() for x in results):
            return {}
        record: dict[str, Any] = {"samples": sum(map(len, results)), **{k: float(v) for k, v in scores.items()}}
        if self.config.between_domains:
            record |= {"domain": self.domain_judge.share(results), "domain_real": self.domain_judge.share([truth, y])}
        read = [
            self._read(x, labels)
            for x, labels in zip(results, held_out.labels(self.config, self.data, HELD_OUT, 0), strict=True)
        ]
        if right := [each for each in read if each is not None]:
            record["label_accuracy"] = float(np.mean(right))
        return {name: _rounded(value) for name, value in record.items()}

    def _read(self, x: Tensor, labels: NDArray[np.int64] | None) -> float | None:
        """The share of pictures x that are read as these classes; None without an EvalNet that knows them."""
        if self.reference is None or labels is None or len(labels) != len(x):
            return None
        read = self.reference.extract(to_pixels(x.cpu().numpy()).transpose(0, 3, 1, 2))
        if read.probabilities is None or read.probabilities.shape[1] != self.data.n_classes:
            return None
        return float((read.classes == labels).mean())

    @cached_property
    def domain_judge(self) -> DomainJudge:
        """What tells the two kinds of pictures apart; made when first asked for."""
        return DomainJudge(_domains.apart(self.data, self.config.two_classes))

    def _said(self, G: Any) -> dict[str, float]:
        """Of a generator that is told captions: whether held-out ones are drawn as they say."""
        if getattr(G, "captions", None) is None or self.data.captions is None or self.data.shape != said.SHAPE:
            return {}
        if self.reader is None:
            self.reader = said.CaptionReader(self.data, evalnet.load("strokes"))

        def draw(captions: NDArray[np.int64]) -> NDArray[np.uint8]:
            z = self.rng.z("said", 0, len(captions), self.config.z_dim)
            x = G(z, torch.from_numpy(captions).to(self.device)).float()
            return np.ascontiguousarray(to_pixels(x.cpu().numpy()).transpose(0, 3, 1, 2))

        return {f"said_{name}": _rounded(score) for name, score in self.reader.score(draw, SAID_EACH).items()}

    def _of_tricks(self, D: nn.Module | None) -> dict[str, float]:
        """What the tricks of the run have to say of D."""
        tricks = getattr(self.game, "tricks", []) if D is not None else []
        scores = [file.live_scores(D, amount) for file, amount in tricks if hasattr(file, "live_scores")]
        return {name: _rounded(value) for each in scores for name, value in each.items()}

    def _measure(self, x: Tensor, y: Tensor | None) -> dict[str, Any]:
        """The live scores of samples x (N,C,H,W in [-1, 1]) that were asked for as classes y (N), if any."""
        if self.data.is_points:
            return self._beside_points(x)
        if self.reference is None and self.copies is None:
            return {}
        pixels = x.clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8).cpu().numpy()
        copied = {} if self.copies is None else {"copied": _rounded(self.copies.share(pixels))}
        if self.reference is None:
            return {"samples": len(x), **copied}
        inputs = MetricInputs(self.reference.extract(pixels), self.reference.real)
        distances = frechet.measure(inputs)
        scores: dict[str, Any] = {
            "samples": len(x),
            **copied,
            "fd": distances.get("fd", distances["fd_pca"]),
            "checkerboard": phases(inputs.fake.images),
        }
        if inputs.fake.probabilities is not None:
            counted = classes.measure(inputs)
            shares = classes.shares(inputs.fake.classes, inputs.fake.probabilities.shape[1])
            scores |= {
                "classes": int(counted["classes"]),
                "effective_classes": counted["effective_classes"],
                "confident": float((inputs.fake.probabilities.max(1) > CONFIDENT).mean()),
                "shares": shares.tolist(),
            }
            if y is not None and self.n_classes == len(shares) <= len(x):
                right = labels.per_class(inputs.fake.classes, y.cpu().numpy(), self.n_classes)
                scores |= {"label_accuracy": float(right.mean()), "class_accuracy": right.tolist()}
        if inputs.fake.channels is not None and inputs.real.modes is not None:
            counts = modes.measure(inputs)
            scores |= {key: int(counts[key]) for key in ("modes", "modes_sure")}
            scores["modes_real"] = round(modes.expected(inputs.real.modes, len(x)))
        try:
            scores |= diversity.measure(inputs)
        except Unavailable:
            scores["diversity"] = None
        return {key: _rounded(value) for key, value in scores.items()}

    def _beside_points(self, x: Tensor) -> dict[str, Any]:
        """The share of points x (N,2,1,1) that lie at the data, and the share of the data at which one of them lies."""
        rows = np.random.RandomState(0).permutation(len(self.data))[:MAX_SAMPLES]
        real = torch.from_numpy(np.array(self.data.images[rows])).to(x.device)
        near = torch.cdist(x.flatten(1), real.flatten(1)) < NEAR  # N,M
        shares = {"on_data": near.any(1), "covered": near.any(0)}
        return {"samples": len(x), **{name: _rounded(float(hit.float().mean())) for name, hit in shares.items()}}

    def _spread(self, D: nn.Module, fake: Tensor, y: Tensor | None) -> dict[str, Any]:
        """D's logits of training, held-out and generated images, as D gives them while it trains.

        Each kind in batches of its own, as in training.
        """
        size = min(self.config.batch, self.n_logits)
        split = {"real": self.data, "test": self.data.test}
        logits = {"fake": _logits(D, fake, y, size)}
        for name, data in split.items():
            if data is not None and len(data) >= size and (data.labels is not None or not self.n_classes):
                logits[name] = _logits(D, *self._some(data), size)
        if not all(values.isfinite().all() for values in logits.values()):
            return {}
        scores: dict[str, Any] = {}
        if "real" in logits:
            both = torch.cat([logits["real"], logits["fake"]])
            low, high = float(both.min().floor()), float(both.max().ceil())
            high = high if high > low else low + 1.0
            scores["d_range"] = [low, high]
            for name in ("real", "fake"):
                bins = torch.histc(logits[name], BINS, low, high) / len(logits[name])
                scores[f"d_hist_{name}"] = [_rounded(share) for share in bins.tolist()]
        if "real" in logits and "test" in logits:
            train, test, fakes = (float(logits[key].mean()) for key in ("real", "test", "fake"))
            apart = train - fakes
            # else D knows nothing, by heart or not
            sure = apart > 0.5 * float(torch.cat([*logits.values()]).std())
            scores["overfit"] = _rounded(float(np.clip((train - test) / apart, -1, 1))) if sure else 0.0
        return scores

    def _some(self, data: Data) -> tuple[Tensor, Tensor | None]:
        """A fixed choice of images of a split, float32 N,C,H,W in [-1, 1], and their classes for a conditional D."""
        rows = np.sort(np.random.RandomState(0).permutation(len(data))[: self.n_logits])
        batch = torch.from_numpy(np.array(data.images[rows])).to(self.device)
        y = None
        if (conditions := conditions_of(self.config, data)) is not None:
            y = torch.from_numpy(conditions[rows]).to(batch.device)
        return batch if data.is_points else to_unit(batch.float()), y

    def _reference(self) -> Reference | None:
        """The reference of the data set; None without one, with a complaint where the user can mend that."""
        try:
            return reference.of(self.config, self.data)
        except Unavailable:
            return None
        except (EvalNetError, DataError) as error:
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


def _samples(game: Game) -> int:
    """How many samples the generator draws within MAX_FLOPS."""
    if game.config.from_source:
        return HELD_OUT
    z = torch.zeros(1, game.config.z_dim, device=game.device)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        game.G_ema(z, asked(game.G_ema, 1, z.device))
    return max(MIN_SAMPLES, min(MAX_SAMPLES, int(MAX_FLOPS / max(1, counter.get_total_flops()))))


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
