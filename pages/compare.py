"""Compare: two to six runs beside each other, or the form that starts a pair to compare.

A link brings it back: `?runs=ID,ID` and what the view adds to it (chart, along, at, seed), `?pair=PRESET` the form.
"""

import streamlit as st

from gan import config
from ui.compare import actions, pair_form
from ui.compare.view import MOST, compare, differences, labels, table
from ui.shared import assets, run_entries
from ui.shared.navigation import PAGES
from ui.shared.run_entries import Entry
from ui.shared.text import plain
from ui.train import starting

PICKED = "compare-runs"
SUGGESTED = 4
WHY = "Two runs from the same seed that differ in one thing, trained in turns."


def pick(entries: dict[str, Entry]) -> list[Entry]:
    """The runs to compare: the link's, or what is picked here."""
    names = labels([*entries.values()])
    asked = [name for name in st.query_params.get("runs", "").split(",") if name]
    for name in [name for name in asked if name not in entries][:MOST]:
        st.warning(f"There is no run '{plain(name[:80])}' here that can be compared.", icon=":material/search_off:")
    st.session_state[PICKED] = [name for name in dict.fromkeys(asked) if name in entries][:MOST]
    with st.container(horizontal=True, vertical_alignment="center", key="compare-head"):
        picked = st.multiselect(
            "Runs",
            [*entries],
            key=PICKED,
            format_func=names.__getitem__,
            max_selections=MOST,
            on_change=follow,
            placeholder="Pick two to six runs",
            label_visibility="collapsed",
        )
        offer_pair()
    return [entries[name] for name in picked]


def offer_pair() -> None:
    """The way to the form that starts a pair."""
    if st.button("Start a pair", icon=":material/add:", help=WHY, key="new-pair"):
        pair_form.open_()


def follow() -> None:
    """The address names what was picked."""
    show(st.session_state[PICKED])


def show(ids: list[str]) -> None:
    if ids:
        st.query_params["runs"] = ",".join(ids)
    else:
        st.query_params.pop("runs", None)


def suggest(entries: list[Entry], one: Entry | None) -> None:
    """What to compare, where nothing or only one run is picked."""
    st.header("One difference at a time" if one is None else "Compare it with …", anchor=False)
    st.write(
        "Put two runs beside each other and look at what differs: another loss, another learning rate, another "
        "seed. The curves share one chart, the grids are shown at the same place, the same noise goes through every "
        "generator, and scores and differing settings are listed below. Change only one thing and you know the "
        "cause: that is what *Start a pair* does."
    )
    others = [entry for entry in entries if one is None or entry.run.id != one.run.id]
    if len(others) < (2 if one is None else 1):
        st.info("It takes two runs: start a pair here, or another one on the Train page.", icon=":material/info:")
        if not entries:
            offer_pair()
        st.page_link(PAGES / "train.py", label="Go to Train", icon=":material/arrow_forward:")
    elif one is None:
        if st.button("Compare the two latest runs", icon=":material/compare_arrows:", type="primary"):
            show([entry.run.id for entry in others[:2]])
            st.rerun()
    else:
        counts = {other.run.id: len(differences([one, other])) for other in others}
        others.sort(key=lambda other: counts[other.run.id] or len(config.settings()))  # one difference first
        for other in others[:SUGGESTED]:
            if st.button(_beside(other, counts[other.run.id]), key=f"beside-{other.run.id}"):
                show([one.run.id, other.run.id])
                st.rerun()


def _beside(other: Entry, count: int) -> str:
    how = "the same settings" if not count else "one setting differs"
    return f"{plain(other.title)}: {how if count < 2 else f'{count} settings differ'}"


def settings(entries: list[Entry]) -> None:
    """In what the runs differ."""
    st.header("What differs", anchor=False)
    if differences(entries):
        st.html(table(entries))
    else:
        st.write(
            "Nothing: the settings are the same, so what differs was done while they trained, or they are at "
            "different places. The same settings and seed on one machine give the same numbers, as long as the "
            "number of CPU threads is fixed or did not change."
        )


for name in ("pages/runs.css", "compare/scores.css"):
    st.html(assets.FOLDER / name)
starting.render()
if "pair" in st.query_params:
    pair_form.render()
    st.stop()
entries = [entry for entry in run_entries.entries() if entry.config]
chosen = pick({entry.run.id: entry for entry in entries}) if entries else []
if len(chosen) < 2:
    suggest(entries, chosen[0] if chosen else None)
else:
    actions.controls(chosen)
    compare(chosen)
    actions.table(chosen)
    settings(chosen)
