"""Numbers and shares as HTML in the app's colours: tiles, bars of classes. Every word in them is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

PRESENT = 0.01  # share from which a class counts as there


def tiles(told: Iterable[tuple[str, str, str]]) -> str:
    """Name, number and a word on it, as tiles that wrap."""
    parts = [
        f"<div><dt>{escape(name)}</dt><dd>{escape(number)}<small>{escape(word)}</small></dd></div>"
        for name, number, word in told
    ]
    return f'<dl class="rp-tiles">{"".join(parts)}</dl>'


def bars(names: Sequence[str], shares: Sequence[float], prior: Sequence[float] = ()) -> str:
    """The shares of the classes (0 to 1) as columns, generated ones beside those of the training images if told."""
    top = max([*shares, *prior, 1e-9])
    columns = []
    for k, name in enumerate(names):
        both = [("fake", shares[k]), *([("real", prior[k])] if prior else [])]
        sticks = "".join(
            f'<i class="{kind}" style="height:{100 * share / top:.1f}%"></i>'
            for kind, share in both
        )
        told = ", ".join(
            f"{'generated' if kind == 'fake' else 'training images'} {share:.1%}"
            for kind, share in both
        )
        share = f"{shares[k]:.0%}" if shares[k] >= PRESENT else "<1%"
        columns.append(
            f'<li title="{escape(f"{name}: {told}")}"><span class="rp-sticks">{sticks}</span>'
            f"<b>{escape(name)}</b><small>{escape(share)}</small></li>"
        )
    words = "; ".join(f"{name} {share:.1%}" for name, share in zip(names, shares, strict=True))
    legend = '<p class="rp-legend"><i class="fake"></i>generated'
    legend += '<i class="real"></i>training images</p>' if prior else "</p>"
    return (
        f'<div class="rp-bars" role="img" aria-label="{escape(f"Shares of the classes: {words}")}">'
        f"<ul>{''.join(columns)}</ul>{legend}</div>"
    )
