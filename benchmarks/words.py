"""From words to pictures: are held-out captions drawn as they say, and does one caption give different pictures?

    GAN_DATA=… python -m benchmarks.words [--seconds 180] [--seeds 0 1 2] [--publish]

The preset `words` is trained on one thread for so many CPU seconds with each seed. Then 40 pictures of each of 50
captions are judged: ten combinations of digit, thickness and slant that no training picture has, at five places each
(gan/evaluation/said.py). The first row are real test pictures, to which the judge was not fitted.

Prints Markdown: the median of the seeds, and their range.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks._machine import describe
from benchmarks._report import parser as command_line
from benchmarks._report import publish, spread, table
from benchmarks._training import Training
from gan import config as configs
from gan import images
from gan.evaluation import evalnet, said
from gan.models._batchnorm import recalibrate
from gan.rng import RngStreams

EACH = 40  # pictures of a caption
SCORES = (*said.ASPECTS, "all", "spread")

TEXT = """What the preset `words` draws of captions that no training picture has, after {seconds:g} CPU seconds of one
thread, {seeds} seeds. *All*: digit, thickness, slant and place at once. *Spread*: standard deviation of a pixel among
pictures of one caption, over that among real ones."""


def main() -> None:
    parser = command_line(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    given = parser.parse_args()
    config, _ = configs.preset("words")
    found: list[dict[str, float]] = []
    first: Training | None = None
    judge: said.CaptionReader | None = None
    for seed in given.seeds:
        training = Training(config.replace(seed=seed), 1, first)
        first = first or training
        judge = judge or said.CaptionReader(training.data, evalnet.load("strokes"))
        began = time.process_time()
        while time.process_time() - began < given.seconds:
            training.step()
        found.append({**judged(training, judge), "steps": training.steps})
        print(seed, found[-1], file=sys.stderr, flush=True)
    assert judge is not None
    real = {**judge.real, "spread": 1.0}
    lines = [["real pictures", *(f"{real[name]:.3f}" for name in SCORES), ""]]
    lines.append(["`words`", *(spread([row[name] for row in found], 3) for name in SCORES)])
    lines[-1].append(spread([row["steps"] for row in found], 0))
    text = f"{TEXT.format(seconds=given.seconds, seeds=len(given.seeds))}\n\n{table(['', *SCORES, 'steps'], lines)}"
    publish("Words", text, found, describe(), "words", given.publish)


@torch.no_grad()
def judged(training: Training, judge: said.CaptionReader) -> dict[str, float]:
    """The scores of the averaged generator."""
    G, config = training.game.G_ema, training.config
    recalibrate(G, training.game.rng, config.z_dim)

    def draw(captions: NDArray[np.int64]) -> NDArray[np.uint8]:
        z = RngStreams(config.seed).z("words", 0, len(captions), config.z_dim)
        y = torch.from_numpy(captions)
        x = torch.cat([G(*part) for part in zip(z.split(250), y.split(250), strict=True)])
        return np.ascontiguousarray(images.to_pixels(x.numpy()).transpose(0, 3, 1, 2))

    return judge.score(draw, EACH)


if __name__ == "__main__":
    main()
