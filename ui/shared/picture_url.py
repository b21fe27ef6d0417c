"""Addresses of a run's pictures and weights, from the app's root.

Each is for ever: another resume, or another run of that name, has others.
"""

from __future__ import annotations

from typing import Any

from gan.runs import Run


def picture_url(run: Run, events: list[dict[str, Any]], sort: str = "{sort}", step: int | str = "{step}") -> str:
    """Where a grid of generated images is; without `sort` and `step` a template, for a page to put them in.

    `events` are the run's. `g` tells how often a resume took back a part of the log, `c` when the run was made.
    """
    return f"api/runs/{run.id}/samples/{sort}/{step}.webp?g={generation(events)}&c={_created(events)}"


def weights_url(run: Run, events: list[dict[str, Any]], step: int) -> str:
    """Where the weights of the generator of a step are."""
    return f"api/models/{run.id}/weights?step={step}&g={generation(events)}&c={_created(events)}"


def judge_url(name: str, events: list[dict[str, Any]], step: int, networks: str = "") -> str:
    """Where the weights of D and EvalNet are, "d" or "e" for one of them, beside the generator of that name."""
    place = f"api/models/{name}/judge/weights?step={step}&g={generation(events)}&c={_created(events)}"
    return place + (f"&networks={networks}" if networks else "")


def evaluator_url(run: Run, mark: str) -> str:
    """Where the weights of a run's EvalNet are, for any step; `mark` is another one where they are others."""
    return f"api/models/{run.id}/judge/weights?networks=e&v={mark}"


def generation(events: list[dict[str, Any]]) -> int:
    """How often a resume took back a part of the log."""
    return max((int(event.get("generation", 0)) for event in events), default=0)


def thumbnail_url(run: Run, events: list[dict[str, Any]]) -> str:
    """Where the newest grid of fixed z is, "" when there is none."""
    steps = run.pictures("fixed")[-1:]
    return picture_url(run, events, "fixed", steps[0]) if steps else ""


def real_picture_url(run: Run, events: list[dict[str, Any]]) -> str | None:
    """Where the grid of real images is, None when there is none."""
    return f"api/runs/{run.id}/real.webp?c={_created(events)}" if run.real_picture().is_file() else None


def _created(events: list[dict[str, Any]]) -> str:
    """When the run was made, in ms, hexadecimal: it keeps a deleted run's pictures apart from its successor's."""
    return f"{int(events[0].get('time', 0) * 1000):x}" if events else "0"
