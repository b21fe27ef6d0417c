"""HTML of the pages: tables, tiles, bars of classes, chips. Every word in them is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from gan.diagnostics.numerals import percent
from ui.shared import run_entries

PRESENT = 0.01  # share from which a class counts as there
FIT = 12  # classes that fit beside each other


class Html(str):
    """Text that is HTML already, so that `table` does not escape it."""


@dataclass(frozen=True)
class Cell:
    """A cell of a table with a class of its own."""

    content: str
    kind: str = ""


def table(
    head: Sequence[str | Cell],
    rows: Iterable[Sequence[str | Cell]],
    kind: str = "",
    around: Literal["", "wide", "scroll"] = "",
    titled: bool = True,
) -> str:
    """A table, with a heading where `head` is not empty; `titled` makes the first cell of each row its title.

    `kind` are further classes of it; `around` is what it does where it is too wide, or too long.
    """
    lines = [_row(head, len(head)), *(_row(cells, int(titled)) for cells in rows)]
    whole = f'<table class="{f"base-table {kind}".strip()}">{"".join(lines)}</table>'
    keys = ' tabindex="0" role="group" aria-label="Table"' if around else ""  # so that arrow keys scroll it
    return f'<div class="base-{around}"{keys}>{whole}</div>' if around else whole


def _row(cells: Sequence[str | Cell], titles: int) -> str:
    """A row whose first cells are titles, "" without cells."""
    parts = []
    for k, cell in enumerate(cells):
        one = cell if isinstance(cell, Cell) else Cell(cell)
        tag = "th" if k < titles and one.content else "td"  # an empty title is none
        content = one.content if isinstance(one.content, Html) else escape(one.content)
        kind = f' class="{one.kind}"' if one.kind else ""
        parts.append(f"<{tag}{kind}>{content}</{tag}>")
    return f"<tr>{''.join(parts)}</tr>" if parts else ""


def tiles(values: Iterable[tuple[str, str, str]]) -> str:
    """Name, number and a word on it, as tiles that wrap."""
    parts = [
        f"<div><dt>{escape(name)}</dt><dd>{escape(number)}<small>{escape(word)}</small></dd></div>"
        for name, number, word in values
    ]
    return f'<dl class="base-tiles">{"".join(parts)}</dl>'


def bars(
    names: Sequence[str], shares: Sequence[float], prior: Sequence[float] = (), right: Sequence[float | None] = ()
) -> str:
    """The shares of the classes (0 to 1) as columns, generated ones beside those of the training images if told.

    `right` are shares of the images asked for as each class that are read as it, where a class can be asked for.
    """
    top = max([*shares, *prior, 1e-9])
    columns = []
    for k, name in enumerate(names):
        both = [("fake", shares[k]), *([("real", prior[k])] if prior else [])]
        sticks = "".join(f'<i class="{kind}" style="height:{100 * share / top:.1f}%"></i>' for kind, share in both)
        detail = ", ".join(
            f"{'generated' if kind == 'fake' else 'training images'} {percent(share, 1)}" for kind, share in both
        )
        share, told = f"{100 * shares[k]:.0f}" if shares[k] >= PRESENT else "<1", ""
        if right and (read := right[k]) is not None:
            detail += f", {percent(read, 1)} of those asked for are read as it"
            told = f"<small>✓ {100 * read:.0f}</small>"
        columns.append(
            f'<li title="{escape(f"{name}: {detail}")}"><span class="report-sticks">{sticks}</span>'
            f"<b>{escape(name)}</b><small>{escape(share)}</small>{told}</li>"
        )
    words = "; ".join(f"{name} {percent(share, 1)}" for name, share in zip(names, shares, strict=True))
    keys = 'tabindex="0" ' if len(names) > FIT else ""  # so that arrow keys scroll it
    legend = '<p class="report-legend"><i class="fake"></i>generated, in %'
    legend += '<i class="real"></i>training images' if prior else ""
    legend += " ✓ of those asked for, read as it, in %</p>" if right else "</p>"
    return (
        f'<div class="report-bars" role="group" {keys}aria-label="{escape(f"Shares of the classes: {words}")}">'
        f"<ul>{''.join(columns)}</ul>{legend}</div>"
    )


def chip(status: str) -> str:
    """A status as HTML: a sign and a word."""
    return f'<span class="base-chip" data-status="{status}">{run_entries.WORDS[status]}</span>'
