"""Do generated pictures help a classifier? Real pictures, as many fakes, shifts and turns, fakes alone.

    GAN_DATA=… python -m benchmarks.enlarging [--run dcgan-deep-cond-mnist] [--seeds 3] [--batches 400] [--publish]

What is trained and tested is told in gan/evaluation/enlarging.py. Prints Markdown: the median of the seeds, and their
range, in percent.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks._machine import describe
from benchmarks._report import parser as command_line
from benchmarks._report import publish, spread, table
from gan import datasets, runs
from gan.evaluation import enlarging
from gan.runs import enlarged
from gan.sampler import Sampler
from gan.sampler.by_class import drawn_by_class

TEXT = """How well a small classifier (EvalNet-64, {batches:,} batches of 64, the same for all) reads 2,000 real test
digits, in percent, when it was trained on n real ones; on these and as many fakes of `{run}`; on these, each shifted
by up to two pixels and turned by up to ten degrees whenever it is seen; and on n fakes alone. *Fakes judged* is the
reverse: how many of 2,000 fakes the classifier of n real digits reads as what they were asked for. {seeds} seeds. The
generator has seen all 60,000 training digits, the classifier n of them: where fakes help, they may pass on what the
generator has seen of the others. What a generator that was trained on n digits would add is not measured here."""


def main() -> None:
    parser = command_line(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--run", default="dcgan-deep-cond-mnist")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--batches", type=int, default=400)
    given = parser.parse_args()
    sampler = Sampler.load(runs.find(given.run).path)
    data = datasets.open(sampler.config)
    job = enlarging.measure(drawn_by_class(sampler), data, seeds=given.seeds, batches=given.batches)
    found: enlarged.Table = {}
    while not found:
        try:
            print(next(job).text, file=sys.stderr, flush=True)
        except StopIteration as end:
            found = end.value
    counts = [*found["real"]]
    percent = {kind: {n: [100 * share for share in row[n]] for n in counts} for kind, row in found.items()}
    lines = [[kind, *(spread(row[n], 1) for n in counts)] for kind, row in percent.items()]
    text = TEXT.format(run=given.run, batches=given.batches, seeds=given.seeds)
    body = f"{text}\n\n{table(['', *(f'{n:,}' for n in counts)], lines)}\n\n{enlarged.verdict(found)}"
    publish("Fakes as training data", body, found, describe(), "enlarging", given.publish)


if __name__ == "__main__":
    main()
