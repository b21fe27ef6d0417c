"""An attempt of the speedrun: one training in a process of its own, until its samples reach the goal.

    python -m benchmarks._attempt CONFIG.json BEGAN THREADS LIMIT

BEGAN is the system's monotonic clock when the process was asked for, so imports, data and compilation count. The clock
stands while the judge looks. Prints a JSON line: `seconds` and `images` at the goal, null where it was not reached
within LIMIT seconds, and the last look.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the clock runs: nothing is imported that the training does not need
    from benchmarks._training import Training

SURE, SHARE = 0.9, 0.01  # probability of a reading, and the share of samples that each digit needs
DISTANCE = 200.0  # FD-EvalNet64 of 5,000 samples, less its bias
FIRST, GROWTH = 2.0, 1.05  # seconds until the first look, and from one to the next


def main() -> None:
    place, began, threads, limit = sys.argv[1], *map(float, sys.argv[2:])
    print(json.dumps(attempt(place, began, int(threads), limit)))


def attempt(place: str, began: float, threads: int, limit: float) -> dict[str, Any]:
    """Trains the settings of a file until the goal or the limit."""
    from benchmarks._training import Training
    from gan import files
    from gan.config import RunConfig

    config = RunConfig.from_dict(files.load(Path(place).read_bytes()))
    training = Training(config, threads)
    stood, due, look = 0.0, FIRST, {}
    while (spent := time.monotonic() - began - stood) < limit:
        if spent >= due:
            paused = time.monotonic()
            look = judge(training)
            stood += time.monotonic() - paused
            if reached(look):
                return {"seconds": spent, "images": training.images, "look": look}
            due = spent * GROWTH
        training.step()
    return {"seconds": None, "images": None, "look": look}


def judge(training: Training) -> dict[str, float]:
    """The smallest share of a digit that is read for sure, and the Fréchet distance."""
    import numpy as np
    import torch

    from benchmarks._training import noise
    from gan import images
    from gan.metrics import MetricInputs, frechet
    from gan.models._batchnorm import recalibrate

    G_ema: Any = training.game.G_ema
    recalibrate(G_ema, training.game.rng, training.config.z_dim)
    with torch.no_grad():
        pixels = images.to_pixels(G_ema(*noise(training.config, training.game.n_classes)).numpy())
    seen = training.ruler.extract(pixels.transpose(0, 3, 1, 2))
    assert seen.probabilities is not None
    sure = (seen.probabilities > SURE).mean(0)  # 10
    return {"share": float(np.min(sure)), "fd": float(frechet.measure(MetricInputs(seen, training.ruler.real))["fd"])}


def reached(look: dict[str, float]) -> bool:
    """Whether all ten digits are there, each read for sure, and the distance is small."""
    return look["share"] >= SHARE and look["fd"] <= DISTANCE


if __name__ == "__main__":
    main()
