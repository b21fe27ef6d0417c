"""Scores of runs beside each other: a column a run, a row a score, the best one marked where comparing is fair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from gan import metrics
from gan.diagnostics import findings
from gan.diagnostics.score_text import BETTER_TEXTS
from gan.metrics import Score
from gan.runs.scores import Scores
from ui.shared import html
from ui.shared.html import Cell, Html

BEST = '<span class="compare-mark" role="img" title="the best of these runs" aria-label="best">★</span>'


@dataclass(frozen=True)
class Column:
    """A run's name, and its evaluation where it has one."""

    name: str
    scores: Scores | None

    @property
    def ruler(self) -> str:
        """What it was measured with, in words."""
        s = self.scores
        if s is None:
            return "not scored yet"
        evaluator = s.evaluator["name"] if s.evaluator else "no evaluator, pixels only"
        return f"{s.n:,} generated images against {s.split} of {s.dataset}; {evaluator}"


def unfair(columns: Sequence[Column]) -> str:
    """Why these scores cannot be compared, in one sentence; "" when they can."""
    scored = [column.scores for column in columns if column.scores]
    kinds: dict[str, set[object]] = {
        "data sets": {(s.dataset, s.split) for s in scored},
        "evaluators": {s.evaluator["sha256"] if s.evaluator else "" for s in scored},
        "numbers of images": {s.n for s in scored},
    }
    differing = " and ".join(name for name, values in kinds.items() if len(values) > 1)
    if not differing and _real(columns) is None:
        differing = "versions of the measures"  # real images got other scores then
    if differing:
        return f"Made with different {differing}, so they cannot be compared: no best one is marked."
    return ""


def best(score: Score, values: Sequence[float | None]) -> set[int]:
    """Which of the values are the best, as they are shown; none when all are equal or only one is there."""
    scored = {k: value for k, value in enumerate(values) if value is not None}
    if len(scored) < 2 or not score.better:
        return set()
    worth = {"lower": lambda v: v, "higher": lambda v: -v, "one": lambda v: abs(v - 1)}[score.better]
    first = min(scored.values(), key=worth)
    winners = {k for k, value in scored.items() if score.text(value) == score.text(first)}
    return winners if len(winners) < len(scored) else set()


def keys(columns: Sequence[Column]) -> tuple[list[str], list[str]]:
    """The scores that at least one of them has: those of the first table, and the others."""
    there = [k for k in metrics.catalogue() if any(c.scores and k in c.scores.scores for c in columns)]
    first = metrics.prominent("compare", there)
    return first, [key for key in there if key not in first]


def table(columns: Sequence[Column], wanted: Sequence[str]) -> str:
    """HTML: the scores `wanted`, then what real images would get."""
    fair, known = not unfair(columns), metrics.catalogue()
    reals = _real(columns)
    head: list[str | Cell] = [
        "",
        *map(_head, columns),
        *([Cell("Real images", "compare-real")] if reals is not None else []),
    ]
    rows: list[list[str | Cell]] = []
    for key in wanted:
        score = known[key]
        values = [column.scores.scores.get(key) if column.scores else None for column in columns]
        marked = best(score, values) if fair else set()
        cells = [_cell(key, score, column, k in marked, reals is None) for k, column in enumerate(columns)]
        if reals is not None:
            cells.append(Cell(score.text(reals.get(key)), "compare-real"))
        note = f"<small>{BETTER_TEXTS[score.better]}</small>" if score.better else ""
        rows.append([Html(f"{escape(score.label)}{note}"), *cells])
    return html.table(head, rows, "compare-table", around="wide")


def rulers(columns: Sequence[Column]) -> list[str]:
    """With what they were measured: one sentence where it is the same for all, else one each."""
    scored = [column for column in columns if column.scores]
    sentences = {column.ruler for column in scored}
    if len(sentences) == 1:
        return [*sentences]
    return [f"{column.name}: {column.ruler}" for column in scored]


def reasons(columns: Iterable[Column]) -> list[str]:
    """What could not be measured and why, and what has to be known to read a column."""
    sentences: dict[str, None] = {}
    for column in columns:
        if column.scores:
            for name, why in column.scores.why.items():
                sentences[f"{name.replace('-', ' ')}: not available because {why}."] = None
            for note in column.scores.notes:
                sentences[f"{column.name}: {note}"] = None
    return [*sentences]


def _real(columns: Sequence[Column]) -> Mapping[str, float] | None:
    """What real images would get; None when that is another thing for each column."""
    floors = [column.scores.real for column in columns if column.scores]
    every = {key: value for floor in floors for key, value in floor.items()}
    same = all(value == every[key] for floor in floors for key, value in floor.items())
    return every if same else None


def _head(column: Column) -> Html:
    name = escape(column.name)
    if not column.scores:
        return Html(f"{name}<small>not scored yet</small>")
    told = ", ".join(findings.title(str(finding["name"])) for finding in column.scores.verdict)
    note = f"<small>{escape(told)}</small>" if told else ""
    return Html(f"{name}<small>step {column.scores.step:,}</small>{note}")


def _cell(key: str, score: Score, column: Column, is_best: bool, with_real: bool) -> Cell:
    scores = column.scores
    text = score.text(scores.scores.get(key) if scores else None)
    if with_real and scores and key in scores.scores:
        text += f'<small class="compare-real">real {score.text(scores.real.get(key))}</small>'
    return Cell(Html(f"{BEST} {text}"), "compare-best") if is_best else Cell(Html(text))
