"""From a press on Start to the run on screen; while PyTorch is loaded, a line that says so."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from gan import registry
from gan.config import RunConfig, networks_card
from gan.hosting import torch_loader, trainers
from ui.shared import commands, presets
from ui.shared.access import can_drive
from ui.shared.errors import attempt, say
from ui.shared.fragments import again

PENDING, EVERY = "pending-start", 0.3
USUAL_SECONDS = 6.0  # how long loading PyTorch takes


@dataclass(frozen=True)
class Wish:
    """What somebody wants to start: `work` starts it and returns the link's query to it, None when it could not."""

    work: Callable[[], Mapping[str, str] | None]
    asked: float  # monotonic seconds


def begin(config: RunConfig, budget: Mapping[str, float], title: str = "", preset: str = "", **link: str) -> None:
    """Starts a run and shows it, with `link` in the address; waits for PyTorch in `draw` where that is not loaded."""
    wish(config, budget, title, preset, **link)
    st.rerun()


def wish(config: RunConfig, budget: Mapping[str, float], title: str = "", preset: str = "", **link: str) -> None:
    """The same for a callback, after which Streamlit draws the page by itself."""
    title = title.strip() or default_title(config, preset)

    def work() -> Mapping[str, str] | None:
        run = attempt(commands.start, config, budget, title, preset)
        return {**link, "run": run.id} if run else None

    _want(work)


def when_ready(work: Callable[[], Mapping[str, str] | None]) -> None:
    """Does `work` in `draw`, as soon as PyTorch is loaded."""
    _want(work)
    st.rerun()


def _want(work: Callable[[], Mapping[str, str] | None]) -> None:
    if can_drive():
        trainers.trainers().warm_up()
        if not trainers.may_start_without_torch():
            torch_loader.warm_up()
    st.session_state[PENDING] = Wish(work, time.monotonic())


def begin_preset(name: str, **link: str) -> None:
    """Starts a preset as it is; `link` is what the address says beside the run."""
    config = RunConfig.from_dict(presets.settings(name))
    begin(config, presets.every()[name].budget, preset=name, **link)


def render() -> None:
    """Fulfils the wish of this session, or draws how far PyTorch is; nothing without a wish."""
    if PENDING in st.session_state:
        with st.container(key="starting"):
            again(_wait, every=EVERY)


def _wait() -> None:
    wish: Wish | None = st.session_state.get(PENDING)
    if wish is None:
        st.rerun()
    elif torch_loader.torch_state() == "loading" and not trainers.may_start_without_torch():
        share = 1 - math.exp(-1.5 * (time.monotonic() - wish.asked) / USUAL_SECONDS)
        st.progress(share, "Loading PyTorch, once per server start: about six seconds …")
    else:
        del st.session_state[PENDING]
        if (state := torch_loader.torch_state()).startswith("failed"):
            say(f"PyTorch cannot be loaded ({state}): set the app up again with `make setup`.")
        elif link := wish.work():
            st.query_params.from_dict(link)
        st.rerun()


def default_title(config: RunConfig, preset: str) -> str:
    """What a run is called unless somebody says: who learns what."""
    facts = presets.every().get(preset)
    who = facts.who if facts else networks_card(config).title
    return f"{who} on {registry.card('datasets', config.dataset).title}"
