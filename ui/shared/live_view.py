"""Mounts the live view of a run: one component, given only what to look at; everything live comes over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import streamlit as st

from gan import files, images, registry, runs
from gan.config import RunConfig
from gan.hosting import trainers
from gan.runs import RunError, known_data
from ui.shared.access import can_drive
from ui.shared.component import component
from ui.shared.generator_info import WORDS

_mount = component("live", "live/live.js", "live/live.css", isolate=False)


def live(
    run_id: str,
    key: str = "live",
    view: Literal["full", "compact"] = "full",
    fork: Callable[[int], None] | None = None,
) -> None:
    """Shows a run: how it stands, how healthy it is, its pictures and classes through time, and (view "full") curves.

    `fork` hears the step at which somebody presses "Fork here"; without it there is no such button.
    Another `run_id` under the same `key` changes what is shown without mounting anew. A run that is not there is
    told so in the view.
    """
    about: dict[str, object] = {}
    try:
        run = runs.find(run_id)
        about["now"] = trainers.status(run)  # a change makes the view ask at once
        config = run.config()
        about["states"] = run.states() if about["now"] in ("stopped", "finished") and config.device == "cpu" else []
        about["points"] = bool(registry.card("datasets", config.dataset).facts.get("POINTS"))
        about["count"] = 0 if about["points"] else config.samples
        about["from_source"] = config.from_source
        about["beside"] = config.beside
        known = known_data.read(run.path)
        classes = known.names if config.conditional and known and not about["points"] else ()
        about["classes"] = classes  # where there are some, a column of a grid is one class
        about["rows"] = _rows(config)
        nothing_to_open = about["points"] or config.from_source  # a picture without a z of its own
        about["columns"] = 0 if nothing_to_open else images.columns_of(config.samples, len(classes))
    except RunError:
        pass  # the view says what is wrong
    about["forks"] = fork is not None and can_drive()
    heard: dict[str, Any] = {"on_fork_change": lambda: fork(_told(key))} if fork else {}
    _mount(key=key, data={"run": run_id, "view": view, **about}, **heard)


def _told(key: str) -> int:
    """The step that the view told, 0 where that is no number."""
    step: Any = getattr(st.session_state.get(key), "fork", None)
    return int(step) if files.is_number(step) else 0


def _rows(config: RunConfig) -> list[str]:
    """What the captions of each row of a grid ask for beside the digit, where a run is told captions."""
    facts = registry.card("datasets", config.dataset).facts
    if not config.conditional or config.conditioning != WORDS or "SHEET" not in facts:
        return []
    return [text.format("digit") for text in facts["SHEET"]]
