"""How soon a generator that is told a class draws that class: label accuracy through one training, by EvalNet.

    GAN_DATA=… python -m benchmarks.labels [--preset cgan] [--steps 700 1500 …] [--seed 0] [--settings '{"r1": 0.3}']

One preset with other settings if given, real MNIST, one thread, float32; `--steps` are the moments of a look at 5,000
samples of the averaged generator, every class as often. Prints a line of Markdown a look, with the CPU seconds of the
training alone.
"""

from __future__ import annotations

import argparse
import json
import time

from benchmarks._training import Training
from gan import config as configs

STEPS = (700, 1500, 3000, 6000, 9375)
HEAD = "| images | CPU s | FD-EvalNet64 | label accuracy | confident |\n| --- | --- | --- | --- | --- |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="cgan")
    parser.add_argument("--steps", type=int, nargs="+", default=STEPS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--settings", type=json.loads, default={})
    given = parser.parse_args()
    config, _ = configs.preset(given.preset)
    changes = {"dataset": "mnist", "precision": "fp32", "seed": given.seed, "conditional": True, **given.settings}
    training, spent = Training(config.replace(**changes), 1), 0.0
    print(HEAD, flush=True)
    for step in sorted(given.steps):
        began = time.thread_time()
        while training.steps < step:
            training.step()
        spent += time.thread_time() - began
        look = training.look()
        scores = f"{look['fd']:,.1f} | {look['right']:.3f} | {look['confident']:.2f}"
        print(f"| {training.images:,} | {spent:,.0f} | {scores} |", flush=True)


if __name__ == "__main__":
    main()
