"""Mounts the live view of a run: one component, given only what to look at; everything live comes over HTTP."""

from __future__ import annotations

from typing import Literal

from gan import images, registry, runs
from gan.hosting import trainers
from gan.runs import RunError, known_data
from ui.shared.component import component

_mount = component("live", "live/live.js", "live/live.css", isolate=False)


def live(run_id: str, key: str = "live", view: Literal["full", "compact"] = "full") -> None:
    """Shows a run: how it stands, how healthy it is, its pictures and classes through time, and (view "full") curves.

    Another `run_id` under the same `key` changes what is shown without mounting anew. A run that is not there is
    told so in the view.
    """
    about: dict[str, object] = {}
    try:
        run = runs.find(run_id)
        about["now"] = trainers.status(run)  # a change makes the view ask at once
        config = run.config()
        about["points"] = bool(registry.card("datasets", config.dataset).facts.get("POINTS"))
        about["count"] = 0 if about["points"] else config.samples
        about["from_source"] = config.from_source
        known = known_data.read(run.path)
        classes = known.names if config.conditional and known and not about["points"] else ()
        about["classes"] = classes  # where there are some, a column of a grid is one class
        nothing_to_open = about["points"] or config.from_source  # a picture without a z of its own
        about["columns"] = 0 if nothing_to_open else images.columns_of(config.samples, len(classes))
    except RunError:
        pass  # the view says what is wrong
    _mount(key=key, data={"run": run_id, "view": view, **about})
