"""What was changed since a run was trained last: its settings on the disk, its data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gan import config as configs
from gan.datasets import Data
from gan.runs import Run, known_data, weights_header
from gan.runs.errors import Changed
from gan.runs.known_data import DataRecord, Group
from gan.training.checkpoint import settings_then

News = list[tuple[str, str]]  # what was changed, and the difference in a sentence
HOW = "(--accept-changes, or the button of the page)"


def of_settings(run: Run, now: Mapping[str, Any], accept: bool) -> News:
    """What of config.json differs from the newest state. Raises Changed unless that is to be accepted."""
    then = {name: configs.renamed(name, value) for name, value in settings_then(run).items()}
    differs = [
        f"{name} {_shown(then[name])} -> {_shown(now[name])}"
        for name in now
        if name in then and then[name] != now[name]
    ]
    if not differs:
        return []
    text = f"The settings were changed since: {', '.join(differs)}."
    if not accept:
        raise Changed("settings", f"{text} Put config.json back as it was, or say that it may go on with them {HOW}.")
    return [("settings", text)]


def of_data(run: Run, data: Data, accept: bool) -> tuple[Data, DataRecord, News]:
    """The data as the run goes on with them, their record, and what has changed. Raises Changed."""
    known = known_data.read(run.path) or _as_published(run)
    data, record, texts = known_data.take_up(known, data, run.config().conditional, accept)
    return data, record, [("data", text) for text in texts]


def _as_published(run: Run) -> DataRecord | None:
    """What the weights of a run of an earlier version tell of its data; None where there are none."""
    try:
        header = weights_header.read(run.weights())["data"]
        C, H, W = header["shape"]
        groups = tuple(Group(str(name), 0) for name in header["names"]) or (Group("", 0),)
        return DataRecord((C, H, W), groups, labelled=bool(header["names"]))
    except (LookupError, TypeError, ValueError):
        return None


def _shown(value: Any) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value) or "nothing"
