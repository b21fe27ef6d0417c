"""Trains presets for some steps and keeps what the health light reads of them, for tests/diagnostics/recorded.

    python -m tools.record_lights --only wgan broken-tight-clipping [--seeds 0 1 2] [--steps 2400]

Counted in steps, so that a busy machine records the same as a quiet one. Every run is one training on one thread, of
real MNIST under $GAN_DATA where it is there. Healthy presets are recorded for every seed, broken ones for the first.
Prints when each light changed, and what the digits were like at the end.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from gan import registry
from gan.diagnostics import health, health_log
from gan.runs import Run
from gan.runs.log_reader import LogReader

PLACE = Path(__file__).parent.parent / "tests" / "diagnostics" / "recorded"
COLUMNS = (  # what some rule reads
    *("step", "images", "d_loss", "g_loss", "d_fake", "d_accuracy", "grad_norm_d", "grad_norm_g"),
    *("real_below_fake", "logit_real", "logit_fake", "d_penalty", "clipped"),
    *("classes", "effective_classes", "confident", "fd", "diversity", "checkerboard", "overfit", "copied"),
)
LISTS = ("step", "shares", "d_range")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=2400)
    given = parser.parse_args()
    for preset in given.only:
        broken = "scenario" in registry.load("presets", preset)
        for seed in given.seeds[:1] if broken else given.seeds:
            with tempfile.TemporaryDirectory() as home:
                log = trained(preset, seed, given.steps, Path(home))
            keep(log, PLACE / ("broken" if broken else "healthy"), preset if broken else f"{preset}-{seed}")
            print(f"{preset}, seed {seed}: {lights(log)}; {ending(log)}", flush=True)


def trained(preset: str, seed: int, steps: int, home: Path) -> health_log.Log:
    """The log of a run of a preset with that seed."""
    data = registry.load("presets", preset)["config"].get("dataset", "mnist")
    command = f"train --preset {preset} --dataset {data} --seed {seed} --steps {steps} --threads 1 --run it"
    environment = {**os.environ, "GAN_RUNS": str(home)}
    subprocess.run(
        [sys.executable, "-m", "gan", *command.split()], env=environment, check=False, stdout=subprocess.DEVNULL
    )
    run = Run(home / "it")
    return health_log.log_of(run, LogReader(run))


def lights(log: health_log.Log) -> str:
    """Every light from the first record on, with the step where it came."""
    told: list[tuple[str, int]] = []
    for records in range(1, len(log) + 1):
        light = health.diagnose(log.until(records) if records < len(log) else log)
        if light and light.name not in [name for name, _ in told[-1:]]:
            told.append((light.name, int(log["step"][records - 1])))
    return ", ".join(f"{name} from step {step:,}" for name, step in told)


def ending(log: health_log.Log) -> str:
    """The last live scores in a few words, and the images after which digits could be read first."""
    row = {name: log.scores(name)[-1:] for name in ("fd", "classes", "confident")}
    found = np.flatnonzero((log["confident"] >= health_log.READABLE_SHARE) & (log["effective_classes"] > 7))
    first = f"readable from {log['images'][found[0]]:,.0f} images" if len(found) else "never readable"
    return ", ".join([first, *(f"{name} {value[0]:.4g}" for name, value in row.items() if len(value))])


def keep(log: health_log.Log, folder: Path, name: str) -> None:
    """Writes the log as one small file."""
    kept: dict[str, Any] = {
        "columns": {name: [_short(v) for v in log[name]] for name in COLUMNS if np.isfinite(log[name]).any()},
        "checks": [{key: check[key] for key in LISTS if key in check} for check in log.checks],
        "names": [*log.names],
        "first_digits": log.first_digits,
        "error": log.error,
    }
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(kept, separators=(",", ":")).encode()
    (folder / f"{name}.json.gz").write_bytes(gzip.compress(text, mtime=0))


def _short(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None


if __name__ == "__main__":
    main()
