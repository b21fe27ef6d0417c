"""What stands over every page: a guided lesson, the question to the class, the way back to the teacher.

The script keeps the lesson in the browser, and asks for two things only: to go to a page, and to start the run of a
lesson's step. The first changes nothing; the second is a command like any other, of a run that the lesson's file names.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import streamlit as st

from gan.config import RunConfig, knob_of, parser_of
from ui.learn import guided_lessons
from ui.learn.guided_steps import BadLesson
from ui.shared import access, current_run, making_room, navigation, presets, settings_text
from ui.shared.component import component
from ui.shared.stage import NoScene, Scene
from ui.train import starting

KEY = "guide"
_mount = component("guide", "guide/guide.js", "guide/guide.css", "guide/answers.css", isolate=False)


def render(page: str) -> None:
    """Draws it; `page` is the name of the page's file."""
    role = "" if not access.is_open() else "watcher" if not access.has_pin() else "teacher"
    place = {"page": page, "query": st.query_params.to_dict()}
    run = st.session_state.get(current_run.LAST, "")
    data = {"place": place, "run": run, "driving": access.can_drive(), "role": role}
    _mount(key=KEY, data=data, on_go_change=_go, on_start_change=_start)


def _told(name: str) -> Any:
    return getattr(st.session_state.get(KEY), name, None)


def _go() -> None:
    """Opens the page that the script names, if there is one."""
    with contextlib.suppress(NoScene):
        scene = Scene.read(_told("go"))
        if (navigation.PAGES / f"{scene.page}.py").is_file():
            navigation.go(scene.page, **scene.query)


def _start() -> None:
    """Starts what the step of a lesson names, in place of what trains; a watcher is refused by the command itself."""
    match _told("start"):
        case {"lesson": str(name), "step": int(k)} if name in guided_lessons.paths():
            try:
                steps = guided_lessons.lesson(name).steps
            except BadLesson:
                return  # its file was changed meanwhile
            if 0 <= k < len(steps) and (start := steps[k].run):
                changes = {name: parser_of(name)(text) for name, text in start.changes.items()}
                config = RunConfig.from_dict(presets.settings(start.preset) | changes)
                budget = presets.every()[start.preset].budget
                making_room.stop(making_room.busy())
                starting.wish(config, budget, _title(config, start.preset, changes), start.preset)
                navigation.go("train", preset=start.preset)


def _title(config: RunConfig, preset: str, changes: Mapping[str, Any]) -> str:
    """What is changed comes first: two runs of a lesson stand beside each other, where long names are cut."""
    words = ", ".join(f"{knob_of(name).label} {settings_text.shown(name, value)}" for name, value in changes.items())
    return f"{words}: {starting.default_title(config, preset)}"[:120] if words else ""
