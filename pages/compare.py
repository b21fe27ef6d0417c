"""Compare: two to six runs beside each other, or the form that starts a pair to compare.

A link brings it back: `?runs=ID,ID` and what the view adds to it (chart, along, at, seed), `?pair=PRESET` the form.
"""

import streamlit as st

from ui.compare import actions, gallery, pair_form
from ui.compare.view import MOST, compare, differences, labels, table
from ui.failures import repair
from ui.shared import assets, run_entries
from ui.shared.navigation import PAGES
from ui.shared.run_entries import Entry
from ui.shared.text import plain
from ui.train import starting

PICKED = "compare-runs"
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
    st.write("Change only one thing and you know the cause. Pick two runs by their pictures, or a ready-made pair.")
    if len(entries) < 2:
        st.info("It takes two runs: start a pair here, or another one on the Train page.", icon=":material/info:")
        if not entries:
            offer_pair()
        st.page_link(PAGES / "train.py", label="Go to Train", icon=":material/arrow_forward:")
    if one is None:
        if pair := gallery.ready({entry.run.id: entry for entry in entries}):
            show(pair)
            st.rerun()
        gallery.to_start()
    if len(entries) > 1 or one is None:
        if one is None and entries:
            with st.container(horizontal=True, vertical_alignment="center", key="your-runs"):
                st.subheader("All runs", anchor=False)
                newest = [entry.run.id for entry in entries[:2]]
                label, mark = "Compare the two latest runs", ":material/compare_arrows:"
                if len(newest) > 1 and st.button(label, icon=mark, key="two-latest"):
                    show(newest)
                    st.rerun()
        if picked := gallery.runs(entries, one):
            show([*([one.run.id] if one else []), picked])
            st.rerun()


def settings(entries: list[Entry]) -> None:
    """In what the runs differ."""
    st.header("What differs", anchor=False)
    if differences(entries):
        st.html(table(entries))
    else:
        st.write(
            "Nothing: the settings are the same, so what differs was done while they trained, or they are at "
            "different steps. The same settings and seed on one machine give the same numbers, as long as the "
            "number of CPU threads is fixed or did not change."
        )


for name in ("pages/runs.css", "compare/scores.css", "compare/gallery.css"):
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
    if fix := repair.mended([entry.run for entry in chosen]):
        st.markdown(f":material/healing: **What fixed it.** {fix}")
    compare(chosen)
    actions.table(chosen)
    settings(chosen)
