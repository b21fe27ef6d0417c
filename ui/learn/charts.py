"""The charts of the Learn page: two curves of a run, and three small pieces of maths."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from gan import palette, registry
from gan.diagnostics.numerals import percent
from gan.runs import Run
from gan.runs.log_reader import LogReader
from ui.shared.text import plain

CURVES = {
    "losses": [("d_loss", "D's loss", palette.D), ("g_loss", "G's loss", palette.G)],
    "scores": [("d_real", "D(x): real", palette.REAL), ("d_fake", "D(G(z)): generated", palette.FAKE)],
}
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
LOGITS = np.linspace(-6, 6, 241)
QUIET = {"displayModeBar": False}
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)  # ticks of an axis of shares


def curves(run: Run, which: str) -> None:
    """Two curves of a run: "losses", or "scores", D's mean belief in real and in generated pictures."""
    columns = LogReader(run).series()["columns"]
    if not columns:
        st.info("Not available because this run has no curves yet.")
        return
    if not any(value is not None for name, *_ in CURVES[which] for value in columns.get(name, [])):
        st.info("Not available because D of this run gives no probability." if which == "scores" else "Not available.")
        return
    figure = _chart("step", height=340)
    for name, label, colour in CURVES[which]:
        figure.add_scatter(x=columns["step"], y=columns.get(name), name=label, line={"color": colour})
    if which == "scores":
        figure.update_yaxes(range=[0, 1], tickvals=QUARTERS, ticktext=[*map(percent, QUARTERS)])
    st.plotly_chart(figure, key=f"curves-{which}", config=QUIET)
    st.caption(f"{plain(run.control().title or run.id)}{_late(columns) if which == 'scores' else ''}")


def slopes() -> None:
    """What G loses and what it feels, by D's logit of a fake, for every loss; those that are alike share a line."""
    curves: dict[bytes, tuple[list[str], tuple[NDArray[Any], ...]]] = {}
    with st.spinner("Working out the losses …"):
        for name in registry.names("losses"):
            found = _g_curves(name, *registry.changed("losses"))
            curves.setdefault(found[1].round(6).tobytes(), ([], found))[0].append(registry.card("losses", name).title)
    for part, title, top in ((0, "G's loss", [-6.5, 6.5]), (1, "slope that G feels", [-0.4, 2.2])):
        figure = _chart("D's logit of a generated picture", height=270)
        for k, (names, found) in enumerate(curves.values()):
            line = {"color": palette.G, "dash": DASHES[k % len(DASHES)], "width": 2.5}
            figure.add_scatter(x=LOGITS, y=found[part], name=" = ".join(names), line=line)
        figure.update_yaxes(title=title, range=top)
        st.plotly_chart(figure, key=f"slopes-{part}", config=QUIET)
    st.caption(
        "Left: D sees through every fake. Right: D is fooled. Losses of one slope share a line; one that "
        "compares with real pictures is shown against one whose logit is 0."
    )


@lru_cache(maxsize=32)
def _g_curves(name: str, *_version: Any) -> tuple[NDArray[Any], ...]:
    from gan.training import loss_curves

    return loss_curves.of_g(name, LOGITS)


def sigmoid() -> None:
    """From a logit to a probability."""
    logit = np.linspace(-6, 6, 200)
    figure = _chart("logit: what D computes", height=260)
    figure.add_scatter(x=logit, y=1 / (1 + np.exp(-logit)), line={"color": palette.D}, showlegend=False)
    figure.update_yaxes(title="D(x)", tickvals=QUARTERS, ticktext=[*map(percent, QUARTERS)], range=[0, 1])
    st.plotly_chart(figure, key="sigmoid", config=QUIET)


def circles() -> None:
    """The smallest game there is, min over g and max over d of g times d, played with two learning rates."""
    figure = _chart("g", height=380)
    for rate, dash in ((0.05, "dot"), (0.2, "solid")):
        place = np.array([1.0, 0.0])
        path = [place]
        for _ in range(int(9 / rate)):
            g, d = path[-1]
            path.append(np.array([g - rate * d, d + rate * g]))
        x, y = np.array(path).T
        line = {"color": palette.G, "dash": dash}
        figure.add_scatter(x=x, y=y, name=f"learning rate {rate:g}", line=line, mode="lines")
    dot = {"color": palette.REAL, "size": 10}
    figure.add_scatter(x=[0], y=[0], mode="markers", name="balance", marker=dot)
    figure.update_yaxes(title="d", scaleanchor="x")
    st.plotly_chart(figure, key="circles", config=QUIET)
    st.caption(
        "g makes g · d small, d makes it large, each straight downhill. They circle the balance, and larger steps "
        "carry them away from it."
    )


def _late(columns: dict[str, list[Any]]) -> str:
    """Mean scores over the second half of a run, in words; "" when it has none."""
    half = len(columns["step"]) // 2
    real, fake = (
        [value for value in columns.get(name, [])[half:] if value is not None] for name in ("d_real", "d_fake")
    )
    if not real or not fake:
        return ""
    shares = (percent(float(np.mean(values))) for values in (real, fake))
    return ": in its second half D(x) is {} and D(G(z)) {} on average.".format(*shares)


def _chart(x: str, height: int) -> go.Figure:
    figure = go.Figure()
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    figure.update_layout(height=height, margin={"l": 10, "r": 10, "t": 30, "b": 10}, legend=legend)
    figure.update_xaxes(title=x)
    return figure
