"""One press after the lesson: the runs of today as one zip of pages to take home."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from gan import runs
from gan.runs import Run
from ui.shared import zip_job
from ui.shared.access import can_drive, require_driver
from ui.shared.errors import attempt
from ui.shared.fragments import again
from ui.shared.text import plain

POLL_SECONDS = 1.0
MAX_RUNS = 60  # in one zip
HELP = "A page for each run that trained today, which opens without a network, and an index that leads to them."


def offer() -> None:
    """The button for whoever drives; the zip, once it is made, for everybody."""
    today = runs_since(runs.runs(), midnight(time.time()))
    job = zip_job.class_job()
    running = job is not None and job.state == "running"
    if running or zip_job.packed_class() or (today and can_drive()):
        again(_draw, today, running, every=POLL_SECONDS if running else None)


def _draw(today: list[Run], was_running: bool) -> None:
    job, made = zip_job.class_job(), zip_job.packed_class()
    running = job is not None and job.state == "running"
    if running != was_running:
        st.rerun()
    with st.container(key="class-zip", horizontal=True, vertical_alignment="center", gap="small"):
        if job and running:
            st.progress(job.done / max(job.total, 1), f"Packing the runs of today … {plain(job.text)}")
            return
        if job and job.state == "failed":
            st.error(plain(job.error), icon=":material/error:")
        if made:
            label, mark = f"The class's zip ({len(made) / 1e6:.1f} MB)", ":material/download:"
            st.download_button(label, made, "class.zip", "application/zip", icon=mark, on_click="ignore")
        if today and can_drive():
            which = f"today's {len(today)} runs" if len(today) > 1 else "today's run"
            label = f"Pack {which} again" if made else f"Pack {which} for the class"
            if st.button(label, key="pack-class", icon=":material/folder_zip:", help=HELP):
                attempt(_begin, today)
                st.rerun()


def _begin(today: list[Run]) -> None:
    require_driver()
    zip_job.begin_class(today, time.strftime("Forger, %d %B %Y"))


def runs_since(found: Sequence[Run], moment: float) -> list[Run]:
    """Those of the runs that were made, or did anything, after that Unix time; the newest first, MAX_RUNS at most."""
    last = {run.id: max((float(event.get("time", 0)) for event in run.events()), default=0.0) for run in found}
    recent = [run for run in found if last[run.id] >= moment]
    return sorted(recent, key=lambda run: -last[run.id])[:MAX_RUNS]


def midnight(now: float) -> float:
    """The Unix time at which the day of `now` began, where this machine is."""
    day = time.localtime(now)
    return time.mktime((day.tm_year, day.tm_mon, day.tm_mday, 0, 0, 0, 0, 0, -1))
