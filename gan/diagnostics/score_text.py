"""The text of an evaluation: a row per score, generated beside real images, and the findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gan.diagnostics import findings
from gan.diagnostics.numerals import percent
from gan.metrics import Score
from gan.runs.scores import Scores

BETTER_TEXTS = {"lower": "lower is better", "higher": "higher is better", "one": "1 is best"}


def text(row: Scores, catalogue: Mapping[str, Score]) -> str:
    """Lines for a terminal. `catalogue` is metrics.catalogue()."""
    return "\n".join(_lines(row, catalogue))


def _lines(row: Scores, catalogue: Mapping[str, Score]) -> Iterator[str]:
    weights = {"average": "EMA weights", "raw": "weights as trained"}[row.weights]
    evalnet_name = row.evaluator["name"] if row.evaluator else "no evaluator: pixels only"
    if row.seed is None:
        yield f"{row.n:,} images"
    else:
        yield f"step {row.step:,}, {weights}, {row.n:,} images of seed {row.seed}, 1 run"
    yield f"against {row.split} of {row.dataset}; {evalnet_name}"
    yield ""
    yield f"{'':<40}{'generated':>12}{'real':>12}"
    for key, score in catalogue.items():
        if key in row.scores:
            own, real = (score.text(scores.get(key)) for scores in (row.scores, row.real))
            yield f"{score.label:<40}{own:>12}{real:>12}  {BETTER_TEXTS.get(score.better, '')}".rstrip()
    if row.shares:
        yield ""
        pairs = zip(row.names, row.shares, strict=True)
        yield "Shares of the classes: " + "  ".join(f"{name} {percent(share, 1)}" for name, share in pairs)
    if row.class_accuracy:
        accuracies = [
            (name, share) for name, share in zip(row.names, row.class_accuracy, strict=True) if share is not None
        ]
        yield "Read as what was asked for: " + "  ".join(f"{name} {percent(share, 1)}" for name, share in accuracies)
    yield ""
    for name, reason in row.why.items():
        yield f"{name}: not available because {reason}."
    yield from row.notes
    for finding in row.verdict:
        yield f"Found: {findings.title(finding['name'])}. {finding['text']}"
