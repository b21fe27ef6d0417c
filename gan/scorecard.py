"""An evaluation as text: a row a score, generated beside real, and what it all says."""

from __future__ import annotations

from collections.abc import Iterator

from gan.scores import Scores

MARKS = {"lower": "lower is better", "higher": "higher is better", "one": "1 is best"}
DIGITS = {"classes": 0, "effective_classes": 2, "classifier_score": 2, "kl": 4, "ct": 1}


def text(found: Scores, catalogue: dict[str, tuple[str, str]]) -> str:
    """Lines for a terminal. `catalogue` is metrics.catalogue(): the names of the scores, and what is better."""
    return "\n".join(_lines(found, catalogue))


def number(key: str, value: float | None) -> str:
    """A score as people read it; an en dash where there is none."""
    return "–" if value is None else f"{value:,.{DIGITS.get(key, 3)}f}"


def _lines(found: Scores, catalogue: dict[str, tuple[str, str]]) -> Iterator[str]:
    weights = {"average": "averaged weights", "raw": "weights as trained"}[found.weights]
    judge = found.evaluator["name"] if found.evaluator else "no evaluator: pixels only"
    if found.seed is None:
        yield f"{found.n:,} images"
    else:
        yield f"step {found.step:,}, {weights}, {found.n:,} images of seed {found.seed}, 1 run"
    yield f"against {found.split} of {found.dataset}; {judge}"
    yield ""
    yield f"{'':<40}{'generated':>12}{'real':>12}"
    for key, (label, better) in catalogue.items():
        if key in found.scores:
            own, real = (number(key, scores.get(key)) for scores in (found.scores, found.real))
            yield f"{label:<40}{own:>12}{real:>12}  {MARKS.get(better, '')}".rstrip()
    if found.shares:
        yield ""
        pairs = zip(found.names, found.shares, strict=True)
        yield "Shares of the classes: " + "  ".join(
            f"{name} {100 * share:.1f} %" for name, share in pairs
        )
    yield ""
    for name, reason in found.why.items():
        yield f"{name}: not available because {reason}."
    yield from found.notes
    for finding in found.verdict:
        yield f"Found: {finding['name']}. {finding['text']}"
