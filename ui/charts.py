"""The charts of the Learn page: two curves of a run, and three small pieces of maths."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gan.runs import Run
from gan.tail import Tail

CURVES = {
    "losses": [("d_loss", "D's loss", "#0072B2"), ("g_loss", "G's loss", "#E69F00")],
    "scores": [("d_real", "D(x): real", "#009E73"), ("d_fake", "D(G(z)): generated", "#CC79A7")],
}
QUIET = {"displayModeBar": False}


def curves(run: Run, which: str) -> None:
    """Two curves of a run: "losses", or "scores", D's mean belief in real and in generated pictures."""
    columns = Tail(run).series()["columns"]
    if not columns:
        st.info("Not available because this run has no curves yet.")
        return
    figure = _chart("step", height=340)
    for name, label, colour in CURVES[which]:
        figure.add_scatter(x=columns["step"], y=columns[name], name=label, line={"color": colour})
    if which == "scores":
        figure.update_yaxes(range=[0, 1], tickformat=".0%")
    st.plotly_chart(figure, key=f"curves-{which}", config=QUIET)
    st.caption(f"{run.control().title or run.id}{_late(columns) if which == 'scores' else ''}")


def slopes() -> None:
    """What G loses and what it feels, against D's belief in its fakes."""
    p = np.linspace(0.002, 0.998, 250)
    told = {
        "minimax": (np.log(1 - p), p, "dash"),
        "non-saturating": (-np.log(p), 1 - p, "solid"),
        "hinge": (-np.log(p / (1 - p)), np.ones_like(p), "dot"),
    }
    for part, title, top in ((0, "G's loss", [-6.5, 6.5]), (1, "slope that G feels", [-0.05, 1.1])):
        figure = _chart("D(G(z)): what D believes", height=250)
        for name, (*both, dash) in told.items():
            line = {"color": "#E69F00", "dash": dash, "width": 2.5}
            figure.add_scatter(x=p, y=both[part], name=name, line=line)
        figure.update_xaxes(tickformat=".0%", range=[0, 1])
        figure.update_yaxes(title=title, range=top)
        st.plotly_chart(figure, key=f"slopes-{part}", config=QUIET)
    st.caption("Slope with respect to D's logit. Left: D sees through every fake. Right: D is fooled.")  # fmt: skip


def sigmoid() -> None:
    """From a logit to a probability."""
    logit = np.linspace(-6, 6, 200)
    figure = _chart("logit: what D computes", height=260)
    figure.add_scatter(
        x=logit, y=1 / (1 + np.exp(-logit)), line={"color": "#0072B2"}, showlegend=False
    )
    figure.update_yaxes(title="D(x)", tickformat=".0%", range=[0, 1])
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
        line = {"color": "#E69F00", "dash": dash}
        figure.add_scatter(x=x, y=y, name=f"learning rate {rate:g}", line=line, mode="lines")
    dot = {"color": "#009E73", "size": 10}
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
        [value for value in columns[name][half:] if value is not None]
        for name in ("d_real", "d_fake")
    )
    if not real or not fake:
        return ""
    return f": in its second half D(x) is {np.mean(real):.0%} and D(G(z)) {np.mean(fake):.0%} on average."


def _chart(x: str, height: int) -> go.Figure:
    figure = go.Figure()
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    figure.update_layout(height=height, margin={"l": 10, "r": 10, "t": 30, "b": 10}, legend=legend)
    figure.update_xaxes(title=x)
    return figure
