"""Scores of runs beside each other: a column a run, a row a score, the best one marked where comparing is fair."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gan import metrics
from gan.scorecard import MARKS, number
from gan.scores import Scores

HEADLINE = (  # what a table begins with; every other score comes after "more"
    "fd", "fd_pca", "precision", "recall", "coverage", "effective_classes", "diversity", "sharpness",
    "near_copies",
)  # fmt: skip
BEST = '<span class="sc-mark" title="the best of these runs" aria-label="best">★</span>'


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
        judge = s.evaluator["name"] if s.evaluator else "no evaluator, pixels only"
        return f"{s.n:,} generated images against {s.split} of {s.dataset}; {judge}"


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
        return (
            f"Made with different {differing}, so they cannot be compared: no best one is marked."
        )
    return ""


def best(key: str, better: str, values: Sequence[float | None]) -> set[int]:
    """Which of the values are the best, as they are shown; none when all are equal or only one is there."""
    found = {k: value for k, value in enumerate(values) if value is not None}
    if len(found) < 2 or not better:
        return set()
    worth = {"lower": lambda v: v, "higher": lambda v: -v, "one": lambda v: abs(v - 1)}[better]
    first = min(found.values(), key=worth)
    told = {k for k, value in found.items() if number(key, value) == number(key, first)}
    return told if len(told) < len(found) else set()


def keys(columns: Sequence[Column]) -> tuple[list[str], list[str]]:
    """The scores that at least one of them has: those of the first table, and the others."""
    there = [k for k in metrics.catalogue() if any(c.scores and k in c.scores.scores for c in columns)]  # fmt: skip
    first = [key for key in HEADLINE if key in there]
    return first, [key for key in there if key not in first]


def table(columns: Sequence[Column], wanted: Sequence[str]) -> str:
    """HTML: the scores `wanted`, then what real images would get."""
    fair, known = not unfair(columns), metrics.catalogue()
    reals = _real(columns)
    head = "".join(f"<th>{_head(column)}</th>" for column in columns)
    head += '<th class="sc-real">Real images</th>' if reals is not None else ""
    rows = []
    for key in wanted:
        label, better = known[key]
        values = [column.scores.scores.get(key) if column.scores else None for column in columns]
        marked = best(key, better, values) if fair else set()
        cells = [_cell(key, column, k in marked, reals is None) for k, column in enumerate(columns)]
        if reals is not None:
            cells.append(f'<td class="sc-real">{number(key, reals.get(key))}</td>')
        note = f"<small>{MARKS[better]}</small>" if better else ""
        rows.append(f"<tr><th>{html.escape(label)}{note}</th>{''.join(cells)}</tr>")
    return _whole(f"<tr><th></th>{head}</tr>{''.join(rows)}")


def rulers(columns: Sequence[Column]) -> list[str]:
    """With what they were measured: one sentence where it is the same for all, else one each."""
    scored = [column for column in columns if column.scores]
    told = {column.ruler for column in scored}
    if len(told) == 1:
        return [*told]
    return [f"{column.name}: {column.ruler}" for column in scored]


def reasons(columns: Iterable[Column]) -> list[str]:
    """What could not be measured and why, and what has to be known to read a column."""
    found: dict[str, None] = {}
    for column in columns:
        if column.scores:
            for name, why in column.scores.why.items():
                found[f"{name.replace('-', ' ')}: not available because {why}."] = None
            for note in column.scores.notes:
                found[f"{column.name}: {note}"] = None
    return [*found]


def _real(columns: Sequence[Column]) -> Mapping[str, float] | None:
    """What real images would get; None when that is another thing for each column."""
    floors = [column.scores.real for column in columns if column.scores]
    every = {key: value for floor in floors for key, value in floor.items()}
    same = all(value == every[key] for floor in floors for key, value in floor.items())
    return every if same else None


def _head(column: Column) -> str:
    name = html.escape(column.name)
    if not column.scores:
        return f"{name}<small>not scored yet</small>"
    found = ", ".join(str(finding["name"]) for finding in column.scores.verdict)
    seen = f"<small>{html.escape(found)}</small>" if found else ""
    return f"{name}<small>step {column.scores.step:,}</small>{seen}"


def _cell(key: str, column: Column, is_best: bool, with_real: bool) -> str:
    scores = column.scores
    told = number(key, scores.scores.get(key) if scores else None)
    if with_real and scores and key in scores.scores:
        told += f'<small class="sc-real">real {number(key, scores.real.get(key))}</small>'
    return f'<td class="sc-best">{BEST} {told}</td>' if is_best else f"<td>{told}</td>"


def _whole(rows: str) -> str:
    return f'<div class="fr-wide"><table class="fr-table sc-table">{rows}</table></div>'
