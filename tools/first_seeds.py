"""Measures with which seed Explore begins for each run that comes along; writes ui/shared/first_seeds.json.

    python -m tools.first_seeds

Of the first 64 seeds, those whose picture EvalNet is sure of (0.9999), which shows no 1, whose thickness is all that a
slider can change, and has no speck at its edge; of these the one that D takes for real most.
The noise is the browser's (assets/base/latent.js), so this asks node for it.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np

from gan.runs import Run
from gan.sampler import Sampler
from ui.api.reading import read

HOME = Path(__file__).parent.parent
PLACE = HOME / "ui" / "shared" / "first_seeds.json"
LEFT_OUT = {"gan-2014-mnist"}  # its D, of fully connected layers, takes speckles for real
SEEDS, SURE = range(64), 0.9999
EDGE, BLACK = 4, 24  # pixels around a picture, in which nothing is brighter
SCRIPT = """
import { drawVectors } from "./assets/base/latent.js";
const [count, length] = process.argv.slice(1).map(Number);
console.log(JSON.stringify(Array.from({ length: count }, (_, seed) => [...drawVectors(seed, 1, length)[0]])));
"""


def main() -> None:
    found = {}
    for path in sorted((HOME / "checkpoints").iterdir()):
        if (path / "config.json").is_file() and path.name not in LEFT_OUT:
            found[path.name], words = best(Sampler.load(path))
            print(f"{Run(path).id}: {words}")
    PLACE.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def best(sampler: Sampler) -> tuple[int, str]:
    """The seed, and a line about it."""
    images = sampler.images(noise(sampler.config.z_dim), np.zeros(len(SEEDS), np.int64))
    told = read(sampler, images)
    sure, real = np.max(told["classes"], axis=1), np.array(told["d"])
    edge = images.copy()
    edge[:, EDGE:-EDGE, EDGE:-EDGE] = 0
    clean = edge.reshape(len(SEEDS), -1).max(axis=1) <= BLACK
    good = (sure >= SURE) & (np.argmax(told["classes"], axis=1) != 1) & clean
    seed = int(np.argmax(np.where(good, real, -np.inf)))
    about = f"EvalNet {sure[seed]:.3f}, D's score {real[seed]:.2f}, median of all {np.median(real):.2f}"
    return seed, f"seed {seed}, {about}; of seed 1 {sure[1]:.3f} and {real[1]:.2f}"


def noise(z_dim: int) -> np.ndarray:
    """z of each seed, N,z_dim, as the page draws it."""
    command = ["node", "--input-type=module", "-e", SCRIPT, str(len(SEEDS)), str(z_dim)]
    out = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=True).stdout
    return np.array(json.loads(out), np.float32)


if __name__ == "__main__":
    main()
