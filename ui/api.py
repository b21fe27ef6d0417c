"""The HTTP routes: runs, their curves and pictures, as the run folders tell them. No route changes a run.

Whatever goes wrong is answered as {"error": a sentence}: 400 for a malformed question, 404 for what is not there.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

import gan
from gan import files, hosts, runs
from gan.runs import Run, RunError
from gan.tail import newest
from ui import assets, inversions, measurements, nearest, pictures, quiz, readings, render
from ui.assets import FOREVER
from ui.questions import say
from ui.reader import SORTS, Readers, birth
from ui.workshop import Workshop

READERS = Readers()


class Bad(Exception):
    """A question that cannot be answered as it was put."""


def answer(ask: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """The route of `ask`, which runs in a worker thread; its errors become sentences."""

    @functools.wraps(ask)
    def route(request: Request) -> Response:
        try:
            return ask(request)
        except Bad as error:
            return say({"error": str(error)}, 400)
        except RunError as error:
            return say({"error": str(error)}, 404)
        except OSError:  # the folder went while it was read
            return say({"error": "The files for this are no longer there."}, 404)

    return route


@answer
def health(request: Request) -> Response:
    training = hosts.trainers().active()
    return say({"status": "ok", "training": training, "version": gan.__version__})


@answer
def list_runs(request: Request) -> Response:
    return say({"runs": [summary(run) for run in runs.runs()]})


@answer
def series(request: Request) -> Response:
    after, known = _whole(request, "after"), request.query_params.get("known", "")
    return say(READERS.of(_run(request)).series(after, known))


@answer
def picture(request: Request) -> Response:
    run, sort = _run(request), request.path_params["sort"]
    generation = _whole(request, "g")
    if sort not in SORTS:
        raise RunError(f"Pictures are fixed or random, not {sort!r}.")
    try:
        step = int(request.path_params["step"])
    except ValueError:
        raise Bad("The step of a picture is a whole number.") from None
    stale = generation is not None and generation != READERS.of(run).generation()
    return _webp(run.picture(sort, step), f"Run {run.id!r} kept no picture of step {step}.", stale)


@answer
def real(request: Request) -> Response:
    run = _run(request)
    return _webp(run.path / "samples" / "real.webp", f"Run {run.id!r} has no real images yet.")


def unknown(request: Request) -> Response:
    """Every other address under /api: 405 where another method is meant, else 404."""
    if any(route.matches(request.scope)[0] is Match.PARTIAL for route in _routes()):
        return say({"error": f"{request.url.path} does not answer {request.method}."}, 405)
    return say({"error": f"There is nothing at {request.url.path}."}, 404)


def routes() -> list[Route]:
    """All routes of the app beside Streamlit's own."""
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    return [
        *_routes(),
        *assets.routes(),
        Route("/api/{path:path}", unknown, methods=methods),
    ]


@functools.cache
def _routes() -> list[Route]:
    workshop = Workshop()
    return [
        Route("/api/health", health),
        Route("/api/runs", list_runs),
        Route("/api/runs/{id}/series", series),
        Route("/api/runs/{id}/samples/{sort}/{step}.webp", picture),
        Route("/api/runs/{id}/real.webp", real),
        *render.routes(workshop),
        *readings.routes(workshop),
        *measurements.routes(workshop),
        *nearest.routes(workshop),
        *inversions.routes(workshop),
        *pictures.routes(),
        *quiz.routes(workshop),
    ]


def summary(run: Run) -> dict[str, Any]:
    """One entry of `GET /api/runs`; what cannot be read of a broken run is null.

    `steps` is the budget in steps: estimated when it is given in epochs, null when it is given in seconds.
    """
    try:
        config: dict[str, Any] = run.config().to_dict()
    except RunError:
        config = {}
    control, events = run.control(), run.events()
    last = newest(run)
    step, epoch = int(last.get("step", 0)), last.get("epoch", 0.0)
    steps = control.budget.get("steps")
    if "epochs" in control.budget and epoch:
        steps = control.budget["epochs"] * step / epoch
    shown = run.pictures("fixed")[-1:]
    generation = max((int(event.get("generation", 0)) for event in events), default=0)
    thumbnail = f"/api/runs/{run.id}/samples/fixed/{{}}.webp?g={generation}&c={birth(events)}"
    return {
        "id": run.id,
        "title": control.title or run.id,
        "status": hosts.trainers().status(run),
        "step": step,
        "steps": round(steps) if steps and files.is_number(steps) else None,
        **{name: config.get(name) for name in ("dataset", "model", "loss")},
        "created": events[0].get("time") if events else None,
        "seconds": last.get("seconds", 0.0),
        "thumbnail": thumbnail.format(shown[0]) if shown else None,
    }


def _run(request: Request) -> Run:
    run_id = request.path_params["id"]
    if not runs.ID.match(run_id):
        raise Bad("A run id has lower-case letters, digits and hyphens, at most 64.")
    try:
        return runs.find(run_id)
    except RunError:
        raise RunError(
            f"There is no run {run_id!r}."
        ) from None  # where runs lie is nobody's business


def _whole(request: Request, name: str) -> int | None:
    value = request.query_params.get(name)
    try:
        return None if value is None else int(value)
    except ValueError:
        raise Bad(f"{name} is a whole number, not {value!r}.") from None


def _webp(path: Path, missing: str, stale: bool = False) -> Response:
    """A picture, for ever; but not to be kept when it was asked for by a generation that is over."""
    try:
        body = path.read_bytes()
    except OSError:
        raise RunError(missing) from None
    if not (body[:4] == b"RIFF" and body[8:12] == b"WEBP"):
        raise RunError(missing)  # whoever made the folder may have put a link to any file here
    headers = {"Cache-Control": "no-store" if stale else FOREVER}
    return Response(body, headers=headers, media_type="image/webp")
