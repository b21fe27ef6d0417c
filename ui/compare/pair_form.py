"""The form that starts a pair: two runs from the same seed that differ in one thing.

A link fills it: `?pair=PRESET&vary=FIELD&a=VALUE&b=VALUE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from gan.config import ConfigError, check, knob_of, parser_of
from gan.hosting import trainers
from ui.compare.pair import Pair, other, varied
from ui.shared import commands, compatibility, making_room, presets
from ui.shared.access import HOW_TO_DRIVE, can_drive
from ui.shared.errors import attempt, show
from ui.shared.text import plain
from ui.train import form, new_run, starting

LINK = ("pair", "vary", "a", "b")
BASE, VARY, UNIT, AMOUNT = "pair-base", "pair-vary", "pair-unit", "pair-amount"
FILLED = "pair-filled"  # in the session: the link that the form shows
FIRST = "lr_d"
UNITS = new_run.UNITS


def render() -> None:
    """The form. Start opens the comparison of the two."""
    link = {name: st.query_params[name] for name in LINK if name in st.query_params}
    if st.session_state.get(FILLED) != link or BASE not in st.session_state:  # or was left meanwhile
        _fill(link)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("Same seed, one difference", anchor=False)
        if st.button("Back", type="tertiary", icon=":material/arrow_back:"):
            close()
    st.caption(
        "Two runs with the same seed and the same settings except one. They take turns on this machine, so they "
        "progress together; any difference in their pictures has a single cause."
    )
    left, right = st.columns(2, gap="large")
    with left:
        values = _base()
    with right:
        name = _difference(values)
    left, right = st.columns(2, gap="large")
    label = knob_of(name).label
    with left:
        a = form.knob(name, values, _key("a", name), f"A: {label}")
    with right:
        b = form.knob(name, values, _key("b", name), f"B: {label}")
    _remember({"pair": st.session_state[BASE], "vary": name, "a": str(a), "b": str(b)})
    left, right = st.columns(2, gap="large", vertical_alignment="bottom")
    with left:
        budget = _budget()
    with right:
        _start(values, name, a, b, budget)
        show()


def open_(**link: str) -> None:
    """Shows the form as `link` fills it, else with the first preset."""
    st.query_params.update(link or {"pair": next(iter(presets.presets()))})
    st.rerun()


def close() -> None:
    """Back to what the page showed before."""
    for name in LINK:
        st.query_params.pop(name, None)
    st.session_state.pop(FILLED, None)
    st.rerun()


def _key(which: str, name: str) -> str:
    return f"pair-{which}-{name}"


def _fill(link: Mapping[str, str]) -> None:
    """The form as the link wants it; what it does not say, or says wrongly, is the usual."""
    known = presets.every()
    base = link.get("pair", "")
    if base not in known:
        if base:
            st.warning(f"There is no preset '{plain(base[:80])}' here.", icon=":material/search_off:")
        base = next(iter(known))
    values = presets.settings(base)
    names = varied(values)
    name = link.get("vary", FIRST)
    if name not in names:
        st.warning(f"'{plain(name[:80])}' is no setting of this preset.", icon=":material/search_off:")
        name = FIRST
    unit, amount = next(iter(known[base].budget.items()), ("steps", 10_000))
    unit, amount = ("minutes", amount / 60) if unit == "seconds" else (unit, amount)
    st.session_state.update({BASE: base, VARY: name, UNIT: unit, AMOUNT: max(1, round(amount))})
    _suggest()
    for which in ("a", "b"):
        if which in link and (value := _readable(name, link[which])) is not None:
            st.session_state[_key(which, name)] = value


def _readable(name: str, text: str) -> Any:
    """The value that a link gives, None for one that is none."""
    try:
        value = parser_of(name)(text)
    except ValueError:
        value = None
    if value is None or check(name, value):
        problem = f"'{plain(text[:80])}' is no value for {knob_of(name).label}."
        st.warning(problem, icon=":material/search_off:")
        return None
    return value


def _suggest() -> None:
    """A is the preset's own value, B one that tells something beside it."""
    values = presets.settings(st.session_state[BASE])
    if st.session_state[VARY] not in varied(values):
        st.session_state[VARY] = FIRST
    name = st.session_state[VARY]
    st.session_state[_key("a", name)] = values[name]
    st.session_state[_key("b", name)] = other(name, values)


def _remember(link: dict[str, str]) -> None:
    """The address brings this form back."""
    st.session_state[FILLED] = link
    if any(st.query_params.get(name) != value for name, value in link.items()):
        st.query_params.update(link)


def _base() -> dict[str, Any]:
    known = presets.every()
    base = st.selectbox(
        "Both start from", [*known], key=BASE, format_func=lambda name: known[name].title, on_change=_suggest
    )
    st.caption(known[base].sentence)
    return presets.settings(base)


def _difference(values: Mapping[str, Any]) -> str:
    label = {name: knob_of(name).label for name in varied(values)}
    name = st.selectbox("The one difference", [*label], key=VARY, format_func=label.__getitem__, on_change=_suggest)
    st.caption(knob_of(name).help)
    return str(name)


def _budget() -> dict[str, float]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        unit = st.segmented_control("Train each for", UNITS, format_func=UNITS.__getitem__, key=UNIT, required=True)
        amount = st.number_input("How many", 1, 10_000_000, step=1, key=AMOUNT, label_visibility="collapsed", width=180)
    return {"seconds": 60.0 * amount} if unit == "minutes" else {str(unit): amount}


def _start(values: Mapping[str, Any], name: str, a: Any, b: Any, budget: dict[str, float]) -> None:
    """What would be started, and the buttons; while another run has the device, its owner decides who goes first."""
    try:
        pair = Pair.of(values, name, a, b)
    except ConfigError as error:
        st.error("\n\n".join(map(plain, error.problems)), icon=":material/error:")
        return
    titles = pair.titles(presets.every()[st.session_state[BASE]].who)
    for note in pair.notes:
        st.info(f"This makes a second difference: {plain(note)}", icon=":material/info:")
    if not can_drive():
        st.caption(f":material/visibility: {HOW_TO_DRIVE}")
        return
    if off := _lacking(pair):
        st.caption(off)
    elif busy := trainers.training():
        st.caption(making_room.warning(busy[:1], "Starting the pair at once"))
        if _press("Stop it and start the pair", "play_arrow", primary=True):
            making_room.stop(busy)
            _begin(pair, titles, budget)
        if _press("Start after it", "schedule"):
            _begin(pair, titles, budget)
        return
    if _press("Start both", "play_arrow", primary=True, off=bool(off)):
        _begin(pair, titles, budget)


def _lacking(pair: Pair) -> str:
    """Why they cannot be started, "" when they can."""
    if pair.configs[0] == pair.configs[1]:
        return "A and B are the same: choose another value for one of them."
    return plain(next(filter(None, map(compatibility.lacking, pair.configs)), ""))


def _press(label: str, icon: str, primary: bool = False, off: bool = False) -> bool:
    mark = f":material/{icon}:"
    kind = "primary" if primary else "secondary"
    return st.button(label, key=label, type=kind, width="stretch", disabled=off, icon=mark)  # type: ignore[arg-type]


def _begin(pair: Pair, titles: list[str], budget: Mapping[str, float]) -> None:
    wanted, preset = [*zip(titles, pair.configs, strict=True)], st.session_state[BASE]
    if pair.name in ("model", "dataset"):
        preset = ""  # too far from it to carry its name

    def work() -> Mapping[str, str] | None:
        made = attempt(commands.start_together, wanted, budget, preset)
        return {"runs": ",".join(run.id for run in made)} if made else None

    starting.when_ready(work)
