"""Which remedy keeps a GAN from losing modes, counted on stacked MNIST. Makes docs/modes.md.

    GAN_DATA=… python -m benchmarks.modes [--only ns …] [--seeds 0 1 2] [--steps N] [--anew] [--publish]

One network, one budget of G updates, one thread; a row and a seed at a time, each kept in .bench/modes/ as soon as it
is measured, so that a call goes on where the last one ended. Published numbers of other rows, seeds and budgets stay on
the page. 26,000 samples of G itself (there is no EMA: it hides how
the modes come and go), read by the evaluator of MNIST channel by channel. Modes and KL stand beside published figures,
whose networks, data and budgets were others.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks._machine import describe
from benchmarks._report import BENCH, command, earlier, folders, keep, spread, table
from benchmarks._report import parser as command_line
from benchmarks._training import Training
from gan import files, images
from gan.config import RunConfig
from gan.metrics import Features, MetricInputs, modes
from gan.models._batchnorm import recalibrate
from gan.rng import RngStreams

STEPS = 3_000  # updates of G, and as many of D
SETTING: dict[str, Any] = {
    "dataset": "stacked-mnist",
    "model": "narrow-d",
    "loss": "non-saturating",
    "batch_norm": False,
    "lr_g": 4e-3,
    "lr_d": 1e-3,
    "ema_decay": 0.0,
}
R = 0.1
Found = dict[str, Any]  # of one training: row, seed, steps, stopped, and the numbers of COLUMNS
ROWS: dict[str, tuple[str, dict[str, Any], str]] = {  # name, what it has beside SETTING, published modes / KL
    "ns": ("non-saturating (DCGAN)", {}, "DCGAN 99 / 3.40 (a)"),
    "packing": ("packing, two at once (PacGAN-2)", {"packing": 2}, "PacDCGAN2 1000 / 0.06 (b)"),
    "deviation": ("minibatch standard deviation", {"minibatch_deviation": True}, ""),
    "wgan-gp": ("WGAN-GP, weight 10", {"loss": "wasserstein", "gradient_penalty": 10.0}, "959 / 0.73 (c)"),
    "ns-r1": ("non-saturating, R1", {"r1": R}, "no convergence (d)"),
    "ns-r1-r2": ("non-saturating, R1 and R2", {"r1": R, "r2": R}, "693 / 0.93 (d)"),
    "rp-r1": ("relativistic, R1", {"loss": "relativistic", "r1": R}, "no convergence (d)"),
    "rp-r1-r2": ("relativistic, R1 and R2", {"loss": "relativistic", "r1": R, "r2": R}, "1000 / 0.078 (d)"),
    "ns-bn": ("non-saturating, BatchNorm in G", {"batch_norm": True}, ""),
    "rp-r1-r2-bn": (
        "relativistic, R1 and R2, BatchNorm in G",
        {"loss": "relativistic", "r1": R, "r2": R, "batch_norm": True},
        "",
    ),
}
PART = 500  # samples drawn at once
SHOWN = 16  # samples in a picture


def config_of(row: str, seed: int = 0) -> RunConfig:
    """The settings of one training."""
    return RunConfig(**SETTING | ROWS[row][1], seed=seed)


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--only", nargs="*", choices=ROWS, default=[])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--anew", action="store_true", help="measure again what was measured before")
    given = parser.parse_args()
    machine = describe()
    places = [(row, seed) for seed in given.seeds for row in ROWS if row in given.only or not given.only]
    last: Training | None = None
    for row, seed in places:
        place = BENCH / "modes" / f"{row}-{seed}-{given.steps}.json"
        if given.anew or not place.exists():
            last = measure(config_of(row, seed), given.steps, place, last)
    every = _found()
    page = _page(every, machine)
    _pictures(every, folders(given.publish))
    print(page)
    keep("modes", page, {"machine": machine, "found": every}, given.publish)


def _found() -> list[Found]:
    """What was measured here or published, in the order of the tables; here counts."""
    published = (earlier("modes") or {"found": []})["found"]
    here = [json.loads(path.read_text()) for path in sorted((BENCH / "modes").glob("*.json"))]
    every = {(one["steps"], [*ROWS].index(one["row"]), one["seed"]): one for one in [*published, *here]}
    return [every[place] for place in sorted(every)]


def measure(config: RunConfig, steps: int, place: Path, like: Training | None) -> Training:
    """Trains, samples and counts; writes the numbers to `place` and some samples beside it as .png."""
    row, _, _ = place.stem.rsplit("-", 2)
    training = Training(config, 1, like)
    stopped = 0
    while training.steps < steps:
        training.step()
        if training.steps % PART == 0 and not _finite(training):
            stopped = training.steps
            break
    pixels = samples(training)
    features = training.ruler.extract(pixels)
    found = {"row": row, "seed": config.seed, "steps": steps, "stopped": stopped, **judged(features, training)}
    print(json.dumps(found), flush=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    sheet = images.grid(pixels[:SHOWN].transpose(0, 2, 3, 1), columns=SHOWN // 2)
    place.with_suffix(".png").write_bytes(images.png(sheet))
    files.replace(place, json.dumps(found).encode())
    return training


def _finite(training: Training) -> bool:
    return all(bool(p.isfinite().all()) for net in training.game.nets.values() for p in net.parameters())


@torch.no_grad()
def samples(training: Training) -> images.Pixels:
    """uint8 N,C,H,W of a z of their own."""
    G: Any = training.game.G_ema
    recalibrate(G, training.game.rng, training.config.z_dim)
    z = RngStreams(training.config.seed).z("modes", 0, modes.N_IMAGES, training.config.z_dim)
    parts = [images.to_pixels(G(part).nan_to_num(-1.0).numpy()) for part in z.split(PART)]
    return np.concatenate(parts).transpose(0, 3, 1, 2)


def judged(features: Features, training: Training) -> dict[str, float]:
    """Modes, those read for certain, KL, and the share of channels that are."""
    assert features.channels is not None
    found = modes.measure(MetricInputs(features, training.ruler.real))
    found["confident"] = float((features.channels.max(2) > modes.SURE).mean())
    return {key: round(value, 4) for key, value in found.items()}


def _page(every: Sequence[Found], machine: str) -> str:
    parts = [HEAD.format(machine=machine, command=command())]
    for steps, group in itertools.groupby(every, lambda one: one["steps"]):
        parts.append(_table(steps, [*group]))
    rows = dict.fromkeys(one["row"] for one in every)
    return "\n".join([*parts, READ, *(_strip(row, _shown(every, row)["steps"]).lstrip() + "\n" for row in rows)])


def _table(steps: int, every: Sequence[Found]) -> str:
    """One budget: the rows, and which of them were not trained."""
    lines = []
    for row, group in itertools.groupby(every, lambda one: one["row"]):
        runs = [*group]
        title, _, published = ROWS[row]
        numbers = [spread([run[key] for run in runs], digits) for key, digits in COLUMNS.items()]
        stopped = [f"seed {run['seed']} ended at step {run['stopped']:,}" for run in runs if run["stopped"]]
        lines.append(
            [f"{title}{''.join(f' ({text})' for text in stopped)}", str(len(runs)), *numbers, published or "–"]
        )
    text = f"**After {steps:,} updates**\n\n{table(TOP, lines)}\n"
    left = [title for row, (title, _, _) in ROWS.items() if row not in [one["row"] for one in every]]
    return f"{text}\nNot measured: {'; '.join(left)}.\n" if left else text


def _shown(every: Sequence[Found], row: str) -> Found:
    """The run of a row whose samples are shown: of the smallest budget, and of these the first seed."""
    return min((one for one in every if one["row"] == row), key=lambda one: (one["steps"], one["seed"]))


def _strip(row: str, steps: int) -> str:
    title = ROWS[row][0]
    return f"\n{title[0].upper()}{title[1:]}, {steps:,} updates:\n\n![Sixteen samples]({PICTURE.format(row=row)})"


def _pictures(every: Sequence[Found], places: Sequence[Path]) -> None:
    """Samples of each row, beside the page; those of a published run are there."""
    for row in {one["row"] for one in every}:
        run = _shown(every, row)
        sheet = BENCH / "modes" / f"{row}-{run['seed']}-{run['steps']}.png"
        for place in places if sheet.exists() else ():
            (place / "pictures").mkdir(parents=True, exist_ok=True)
            files.replace(place / PICTURE.format(row=row), sheet.read_bytes())


PICTURE = "pictures/modes-{row}.png"
TOP = ["", "seeds", "modes", "sure modes", "KL", "sure readings", "published modes / KL"]
COLUMNS = {"modes": 0, "modes_sure": 0, "modes_kl": 2, "confident": 2}  # of the table, with the digits behind the point
HEAD = """# Modes

Stacked MNIST has a digit in each of three colours, a thousand modes in all. How many does a generator keep? Made by
`python -m benchmarks.modes`, the newest numbers by `{command}`; medians over seeds 0, 1, 2 or the first of them, with
ranges.

Every row is one network (`narrow-d`: 165,763 weights in G, 1,109 in D, no normalisation unless said) under one budget
of so many updates of G and of D, batch 32, Adam (0.5, 0.999), learning rates 0.004 and 0.001, R1 and R2 with a weight
of 0.1 every 16 updates, no EMA: all fixed before the first of these runs, after trials of this network and wider ones.
After 3,000 updates single digits are hardly readable, as the share of sure readings says. Machine of the newest
numbers: {machine}.

`modes` counts the triples that EvalNet (99.5 % right on real digits) reads at least once in 26,000 samples; `sure
modes` those in samples whose three digits it all reads with a probability above 0.9; `KL` is the divergence of the
modes' shares from those of the training digits. 26,000 real stacks have 1,000 modes and a KL of 0.019. `sure
readings`: share of single digits read with a probability above 0.9.
"""
READ = """A longer budget alone does not bring the thousand here: from 8,000 updates of the relativistic loss with R1
and R2 on, modes hardly rise.

Published: (a) VEEGAN (Srivastava et al. 2017, arXiv:1705.07761); (b) PacGAN (Lin et al. 2018, arXiv:1712.04086);
(c) and (d) R3GAN (Huang et al. 2024, arXiv:2501.05441), (c) of another network that it compares with; these two were
copied from notes and not checked against the paper. They are no targets of this table. Their networks are far larger
(with BatchNorm in the DCGANs) and trained far longer; their KL is to equal shares (the digits of MNIST are uneven:
0.004 more for real stacks); WGAN-GP has several updates of D to one of G there, and one here; each is read by a
classifier of its own.
"""

if __name__ == "__main__":
    main()
