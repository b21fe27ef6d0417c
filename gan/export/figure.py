"""A figure of a run for slides: its curves, and the fixed grid at several steps beside real pictures."""

from __future__ import annotations

import io
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gan import images, registry
from gan.config import live
from gan.diagnostics import d_scale
from gan.palette import FAKE, FAKE_INK, INK, LINE, REAL, REAL_INK, SHADE, SOFT, D, G
from gan.runs import Run
from gan.runs.log_reader import LogReader

Kind = Literal["png", "svg", "pdf"]
MAX_GRIDS = 5  # steps shown
LOSSES = (("d_loss", D, "D"), ("g_loss", G, "G"))
BELIEFS = (("d_real", REAL, "real: D(x)"), ("d_fake", FAKE, "generated: D(G(z))"))
ORDER = (("real_below_fake", D, d_scale.ORDER),)
HONEST = "The losses tell who is ahead at the moment, not how good the pictures are."

Column = NDArray[np.float64]


def figure(run: Run, kind: Kind = "png") -> bytes:
    """The sheet as PNG (2000 × 1125), SVG or PDF. Raises RunError for a run that cannot be read.

    Drawn without pyplot, whose global state two threads cannot share.
    """
    config, control = run.config(), run.control()
    sheet = Figure(figsize=(13.333, 7.5), dpi=150, facecolor="white")
    columns, events = _columns(run)
    steps = max([0, *run.pictures("fixed"), *columns.get("step", np.empty(0))[-1:].astype(int)])
    cards = [registry.card("models", config.model), registry.card("datasets", config.dataset)]
    loss = registry.card("losses", config.loss)
    series = f"{cards[0].title}  ·  {cards[1].title}  ·  {loss.title} loss  ·  {steps:,} steps"
    sheet.text(0.045, 0.945, _plain(control.title or run.id), size=22, weight="bold", color=INK)
    sheet.text(0.045, 0.905, _plain(series), size=12, color=SOFT)
    charts = sheet.add_gridspec(1, 2, left=0.06, right=0.97, top=0.82, bottom=0.47, wspace=0.12)
    losses, beliefs = (sheet.add_subplot(charts[0, k]) for k in range(2))
    _chart(losses, "Losses", columns, events, LOSSES)
    scale = d_scale.of_loss(config.loss)
    if scale.probability:
        _chart(beliefs, "D's verdict", columns, events, BELIEFS)
    else:
        _chart(beliefs, "Can D tell them apart?", columns, events, ORDER)
        beliefs.axhline(0.5, color=SOFT, linewidth=0.9, linestyle="dashed")
    beliefs.set_ylim(0, 1)
    sheet.text(0.06, 0.413, f"{HONEST} {scale.note}", size=10, color=SOFT)
    _pictures(sheet, run)
    out = io.BytesIO()
    sheet.savefig(out, format=kind)
    return out.getvalue()


def _chart(
    axes: Axes,
    title: str,
    columns: dict[str, Column],
    events: list[dict[str, Any]],
    lines: tuple[tuple[str, str, str], ...],
) -> None:
    """Curves over the steps: the raw numbers pale, their running mean strong, changes as marks."""
    axes.set_title(title, loc="left", size=13, color=INK, pad=11)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(LINE)
    axes.tick_params(colors=SOFT, labelsize=10, length=0)
    axes.grid(axis="y", color=SHADE)
    axes.set_axisbelow(True)
    axes.set_xlabel("step", color=SOFT, size=10, loc="right", labelpad=2)
    if not columns:
        axes.text(0.5, 0.5, "no numbers yet", ha="center", transform=axes.transAxes, color=SOFT)
        return
    step = columns["step"]
    for name, colour, label in lines:
        values = columns.get(name, np.full(len(step), np.nan))  # another game may not have it
        axes.plot(step, values, color=colour, alpha=0.28, linewidth=0.9)
        axes.plot(step, _smooth(values), color=colour, linewidth=2.2, label=label)
    for event in events:
        if event.get("event") in live().values():
            axes.axvline(event["step"], color=SOFT, linewidth=0.9, linestyle=(0, (2, 3)))
    axes.margins(x=0.01)
    place = (1.0, 1.16)
    axes.legend(frameon=False, fontsize=11, labelcolor=INK, ncols=2, loc="upper right", bbox_to_anchor=place)


def _pictures(sheet: Figure, run: Run) -> None:
    steps = spread(run.pictures("fixed"), MAX_GRIDS)
    shown = [(f"step {step:,}", FAKE_INK, run.picture("fixed", step)) for step in steps]
    shown.append(("real", REAL_INK, run.real_picture()))
    row = sheet.add_gridspec(1, len(shown), left=0.045, right=0.97, top=0.345, bottom=0.03, wspace=0.08)
    for k, (label, colour, path) in enumerate(shown):
        axes = sheet.add_subplot(row[0, k])
        axes.set_axis_off()
        try:
            axes.imshow(images.decode(run.read(path)), interpolation="nearest")
        except (OSError, ValueError):
            continue
        axes.set_title(label, size=11, color=colour, weight="bold", pad=6)


def spread(steps: list[int], count: int) -> list[int]:
    """At most `count` of the ascending steps, evenly along the list: dense early as the list is."""
    if len(steps) <= count:
        return steps
    return [steps[round(k * (len(steps) - 1) / (count - 1))] for k in range(count)]


def _columns(run: Run) -> tuple[dict[str, Column], list[dict[str, Any]]]:
    series = LogReader(run).series()
    columns = {
        name: np.array([np.nan if v is None else v for v in values], float)
        for name, values in series["columns"].items()
    }
    return columns, series["events"]


def _smooth(values: Column) -> Column:
    """A centred running mean over a fortieth of the row; where nothing is finite it stays NaN."""
    reach = max(1, len(values) // 80)
    kernel = np.ones(2 * reach + 1)
    there = np.isfinite(values)
    total = np.convolve(np.where(there, values, 0.0), kernel)[reach:-reach]
    count = np.convolve(there.astype(float), kernel)[reach:-reach]
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)


def _plain(text: str) -> str:
    """Text that matplotlib does not take for mathematics."""
    return text.replace("$", r"\$")
