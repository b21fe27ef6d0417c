"""A sweep on the Runs page: its trials as a table, a score over a setting, and Compare for those that are picked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from gan import metrics, palette, runs
from gan.runs import sweep as sweeps
from gan.runs.sweep import Sweep
from ui.shared import run_entries
from ui.shared.navigation import PAGES
from ui.shared.picture_url import thumbnail_url
from ui.shared.text import plain

LINK = "sweep"  # in the page's address
MAX_COMPARED = 6
MAX_FAILURES = 5  # told in words; the table has all
WIDE_RATIO = 20  # from the largest value to the smallest: then the axis is logarithmic
WORDS = {**run_entries.WORDS, "waiting": "Not begun"}
Rows = list[dict[str, Any]]


def links() -> None:
    """A button for each sweep that lies beside the runs; nothing where there is none."""
    if not (there := sweeps.stored()):
        return
    with st.container(horizontal=True, vertical_alignment="center", key="sweeps"):
        st.caption(":material/grid_on: Sweeps:")
        for sweep in there:
            if st.button(plain(f"{sweep.name} ({len(sweep.trials)})"), key=f"sweep-{sweep.name}", type="tertiary"):
                st.query_params.from_dict({LINK: sweep.name})
                st.rerun()


def render(name: str) -> None:
    """The sweep of that name, or where else to go."""
    sweep = next((sweep for sweep in sweeps.stored() if sweep.name == name), None)
    with st.container(horizontal=True, vertical_alignment="center", key="sweep-head"):
        if st.button("All runs", icon=":material/arrow_back:"):
            st.query_params.clear()
            st.rerun()
        st.header(plain(f"Sweep {name[:80]}"), anchor=False, width="content")
    if sweep is None:
        st.warning("There is no sweep of that name here.", icon=":material/search_off:")
        return
    rows = sweeps.rows(sweep)
    counts = {status: sum(row["status"] == status for row in rows) for status in WORDS}
    told = [f"{count} {WORDS[status].lower()}" for status, count in counts.items() if count]
    st.caption(plain(f"{len(rows)} runs of {', '.join(sweep.presets)}: {', '.join(told)}."))
    for row in [row for row in rows if row["status"] == "failed"][:MAX_FAILURES]:
        st.warning(plain(f"{row['run']}: {row.get('why', '')}"), icon=":material/error:")
    picked = _scatter(sweep, rows) + _table(sweep, rows)
    _actions([row["run"] for k, row in enumerate(rows) if k in picked and row["status"] != "waiting"])


def score_names(rows: Rows) -> dict[str, str]:
    """The scores that some run has, with their labels: those of evaluations first, then live ones."""
    catalogue, there = metrics.catalogue(), dict.fromkeys(name for row in rows for name in row)
    labels = {}
    for kind, word in (("eval_", ""), ("live_", ", live")):
        for name in (name.removeprefix(kind) for name in there if name.startswith(kind)):
            if name in catalogue:
                labels[kind + name] = f"{catalogue[name].label}{word}"
    return dict(sorted(labels.items(), key=lambda item: (item[0][:5] != "eval_", item[0][5:] != "fd")))


def _scatter(sweep: Sweep, rows: Rows) -> list[int]:
    """A score over a setting; the places of the rows that are picked in it."""
    labels = score_names(rows)
    varied = [name for name in sweep.varied if len({str(row[name]) for row in rows}) > 1]
    if not labels or not varied:
        st.info("Not available because no run has a score yet." if varied else "Not available: nothing varies.")
        return []
    with st.container(horizontal=True, key="sweep-axes"):
        setting = st.selectbox("Setting", varied, key="sweep-setting", width=240)
        score = st.selectbox("Score", [*labels], format_func=labels.__getitem__, key="sweep-score", width=320)
    shown = [k for k, row in enumerate(rows) if score in row]
    values = [rows[k][setting] for k in shown]
    numbers = all(type(value) in (int, float) for value in values)
    figure = go.Figure()
    figure.add_scatter(
        x=values if numbers else [str(value) for value in values],
        y=[rows[k][score] for k in shown],
        mode="markers",
        marker={"size": 11, "color": palette.G},
        customdata=[[k] for k in shown],
        text=[", ".join(f"{name} {rows[k][name]}" for name in varied) for k in shown],
        hovertemplate="%{text}<br>%{y:.4g}<extra></extra>",
    )
    wide = numbers and min(values) > 0 and max(values) / min(values) >= WIDE_RATIO
    figure.update_xaxes(title=setting, type="log" if wide else "linear" if numbers else "category")
    figure.update_yaxes(title=labels[score])
    figure.update_layout(height=340, margin={"l": 10, "r": 10, "t": 10, "b": 10})
    event: Any = st.plotly_chart(figure, key="sweep-chart", on_select="rerun", config={"displayModeBar": False})
    return [point["customdata"][0] for point in event["selection"]["points"]]


def _table(sweep: Sweep, rows: Rows) -> list[int]:
    """The trials; the places of those that are picked."""
    labels = score_names(rows)
    shown = metrics.prominent("compare", [name[5:] for name in labels])
    scored = [name for name in labels if name[5:] in shown]
    columns: dict[str, list[Any]] = {"": [_picture(row["run"]) for row in rows]}
    columns |= {"Run": [row["run"] for row in rows], "Status": [WORDS[row["status"]] for row in rows]}
    columns |= {"Step": [row["step"] for row in rows]}
    columns |= {name: [row[name] for row in rows] for name in sweep.varied}
    columns |= {labels[name]: [row.get(name) for row in rows] for name in scored}
    settled: Any = {"": st.column_config.ImageColumn(width="small")}
    event: Any = st.dataframe(
        columns,
        key="sweep-table",
        on_select="rerun",
        selection_mode="multi-row",
        column_config=settled,
        hide_index=True,
        row_height=64,
    )
    return [*event["selection"]["rows"]]


def _picture(run_id: str) -> str | None:
    run = runs.Run(runs.root() / run_id)
    return thumbnail_url(run, run.events()) or None


def _actions(picked: Sequence[str]) -> None:
    """What can be done with the runs that are picked."""
    with st.container(horizontal=True, vertical_alignment="center", key="sweep-actions"):
        if st.button("Report", icon=":material/assignment:", disabled=len(picked) != 1):
            st.query_params.from_dict({"report": picked[0]})
            st.rerun()
        few = 0 < len(picked) <= MAX_COMPARED
        if st.button("Compare", icon=":material/compare_arrows:", disabled=not few):
            st.switch_page(PAGES / "compare.py", query_params={"runs": ",".join(picked)})
        if not few:
            st.caption(f"Pick up to {MAX_COMPARED} runs, in the table or as points, to compare them.")
