"""Every objective and every remedy on one network under one budget in steps: what each is worth.

    GAN_DATA=… python -m benchmarks.remedies [--steps 2000 9000] [--seeds 0 1 2] [--only RpGAN …] [--publish]

The lean ResNet pair, one thread, real MNIST (strokes without it). A row is an objective with one remedy; `--steps` are
the moments of a look at 5,000 samples of the averaged generator, in steps, because a shared machine swings; the CPU
seconds of one thread stand beside them. A look is kept in .bench/remedies.jsonl as soon as it is made, and what is
there is not trained again: stop it whenever you like. Prints Markdown: means over the seeds ± their standard deviation.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks._machine import describe
from benchmarks._report import BENCH, publish, table
from benchmarks._report import parser as command_line
from benchmarks._training import SAMPLES, Training, noise
from gan import config as configs
from gan import datasets, files, images, registry
from gan.config import RunConfig, loss_conflict
from gan.metrics import MetricInputs, precision_recall
from gan.models._batchnorm import recalibrate

STEPS, SEEDS = (2_000, 9_000), (0, 1, 2)  # about one minute and five of one core, with one update of D a step
LEAN: dict[str, Any] = {"model": "lean-resnet", "decay_steps": 1500, "ema_decay": 0.999, "lr_d": 0.001}
BARE: dict[str, Any] = {"group_norm": False, "lr_d": 0.002}  # D without a norm, as penalties and bounds want it
CRITIC: dict[str, Any] = {"beta1": 0.0, "beta2": 0.9, "d_steps": 2, **BARE}
ROWS: dict[str, dict[str, Any]] = {
    "non-saturating": {"loss": "non-saturating"},
    "saturating": {"loss": "minimax"},
    "hinge": {"loss": "hinge"},
    "least squares": {"loss": "least-squares"},
    "NS + R1": {"loss": "non-saturating", "r1": 0.1},
    "NS + R1 in every update": {"loss": "non-saturating", "r1": 0.1, "r1_every": 1},
    "NS + R1 + R2": {"loss": "non-saturating", "r1": 0.1, "r2": 0.1},
    "hinge + R1 (lean)": {"loss": "hinge", "r1": 0.1},
    "hinge + spectral norm": {"loss": "hinge", "spectral_norm": True, **BARE},
    "RpGAN": {"loss": "relativistic", **BARE},
    "RpGAN + R1": {"loss": "relativistic", "r1": 0.3, **BARE},
    "RpGAN + R1 + R2": {"loss": "relativistic", "r1": 0.3, "r2": 0.3, **BARE},
    "WGAN, clipping": {**configs.preset("wgan")[0].to_dict(), "decay_steps": 1500},
    "WGAN-GP": {"loss": "wasserstein", "gradient_penalty": 1.0, **CRITIC},
    "NS + label smoothing": {"loss": "non-saturating", "label_smoothing": 0.1},
    "NS + instance noise": {"loss": "non-saturating", "instance_noise": 0.2},
    "NS + minibatch deviation": {"loss": "non-saturating", "minibatch_deviation": True},
    "NS + minibatch discrimination": {"loss": "non-saturating", "minibatch_discrimination": 16},
    "NS + packing 2": {"loss": "non-saturating", "packing": 2},
    "NS + shifts and cutout": {"loss": "non-saturating", "translation": 2, "cutout": 7},
    "NS, three updates of D": {"loss": "non-saturating", "d_steps": 3},
    "NS, equal rates": {"loss": "non-saturating", "lr_d": 0.002},
    "NS without EMA": {"loss": "non-saturating", "ema_decay": 0.0},
}
SCORES = ("fd", "confident", "classes", "recall")
Row = dict[str, Any]


def main() -> None:
    parser = command_line(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--steps", type=int, nargs="+", default=STEPS)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--only", nargs="+", default=[*ROWS], choices=[*ROWS], metavar="ROW")
    parser.add_argument("--out", type=Path, default=BENCH / "remedies.jsonl")
    given = parser.parse_args()
    machine = describe()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    for seed in given.seeds:
        for name in given.only:
            missing = {*given.steps} - {row["step"] for row in _kept(given.out, name, seed)}
            if missing:
                print(f"{name}, seed {seed}: up to step {max(missing):,}", file=sys.stderr, flush=True)
                for look in looks(config_of(name, seed), sorted(given.steps)):
                    if look["step"] in missing:
                        files.append(given.out, [{"name": name, "seed": seed, **look}])
    rows = [*files.lines(given.out)]
    publish("What each remedy is worth", page(rows, given.steps), rows, machine, "remedies", given.publish)


def _kept(out: Path, name: str, seed: int) -> list[Row]:
    return [row for row in files.lines(out) if (row["name"], row["seed"]) == (name, seed)]


def config_of(name: str, seed: int) -> RunConfig:
    """The settings of a row. Raises ValueError for what does not go together."""
    data = "strokes" if registry.missing(registry.card("datasets", "mnist"), datasets.root()) else "mnist"
    config = RunConfig.from_dict({**LEAN, **ROWS[name], "dataset": data, "seed": seed})
    if problem := loss_conflict(config):
        raise ValueError(problem)
    return config


def looks(config: RunConfig, steps: Sequence[int]) -> Iterator[Row]:
    """What a training shows at each of these steps, and the CPU seconds of the training alone up to there."""
    training, spent = Training(config, 1), 0.0
    for step in steps:
        began = time.thread_time()
        while training.steps < step:
            training.step()
        spent += time.thread_time() - began
        yield {"step": step, "cpu": round(spent, 1), **training.look(), **_recall(training)}


@torch.no_grad()
def _recall(training: Training) -> dict[str, float]:
    """Recall of the samples of a look: the share of real images that have a like among them."""
    G_ema: Any = training.game.G_ema
    recalibrate(G_ema, training.game.rng, training.config.z_dim)
    z, y = noise(training.config, training.game.n_classes)
    pixels = images.to_pixels(G_ema(z[:2_000], None if y is None else y[:2_000]).numpy()).transpose(0, 3, 1, 2)
    inputs = MetricInputs(training.ruler.extract(pixels), training.ruler.real)
    return {"recall": round(precision_recall.measure(inputs)["recall"], 4)}


def page(rows: Sequence[Row], steps: Sequence[int]) -> str:
    """Markdown: a table for each moment, the best distance first."""
    parts = [
        f"One network, `lean-resnet` (width 16, batch 32), one thread; {SAMPLES:,} samples a look. FD: Fréchet "
        "distance in EvalNet's features, lower is better; confident: share of samples read with a probability above "
        "0.9; recall: share of real images with a like among 2,000 samples. A step of several updates of D costs more: "
        "see CPU s.\n"
    ]
    for step in steps:
        at = [row for row in rows if row["step"] == step]
        names = sorted({row["name"] for row in at}, key=lambda name: statistics.mean(_values(at, name, "fd")))
        lines = [[name, *_line(at, name)] for name in names]
        head = ["objective and remedy", "seeds", "CPU s", "FD", "confident", "classes", "recall"]
        parts.append(f"**After {step:,} steps**\n\n{table(head, lines)}\n")
    return "\n".join(parts)


def _line(rows: Sequence[Row], name: str) -> list[str]:
    forms: list[Callable[[float], str]] = [lambda v: f"{v:,.1f}", lambda v: f"{v:.3f}", lambda v: f"{v:.1f}"]
    forms.append(forms[1])
    scores = [_mean(_values(rows, name, key), form) for key, form in zip(SCORES, forms, strict=True)]
    seeds = sorted({row["seed"] for row in rows if row["name"] == name})
    return [", ".join(map(str, seeds)), f"{statistics.median(_values(rows, name, 'cpu')):,.0f}", *scores]


def _values(rows: Sequence[Row], name: str, key: str) -> list[float]:
    return [row[key] for row in rows if row["name"] == name]


def _mean(values: Sequence[float], form: Callable[[float], str]) -> str:
    spread = f" ± {form(statistics.stdev(values))}" if len(values) > 1 else ""
    return form(statistics.mean(values)) + spread


if __name__ == "__main__":
    main()
