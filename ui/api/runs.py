"""GET /api/health, /api/runs, /api/runs/{id}/…: runs, their curves and pictures, read from their folders.

No route changes a run. These run in worker threads, since they read files.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import gan
from gan import files, runs
from gan.datasets import Progress
from gan.hosting import trainers
from gan.runs import Run, RunError
from gan.runs.log_reader import newest
from ui.api import answer_cache
from ui.api.jobs import CachedJobs
from ui.api.requests import INTEGER, ApiError, find_run, integer, json_response
from ui.api.run_feed import SORTS, RunFeeds
from ui.shared.assets import FOREVER
from ui.shared.picture_url import thumbnail_url

FEEDS = RunFeeds()
REPLAYS: CachedJobs[dict[str, Any]] = CachedJobs("microscope", 16)


def routes() -> list[Route]:
    """The routes of this file, for the app to mount."""
    return [
        Route("/health", health),
        Route("/runs", list_runs),
        Route("/runs/{id}/series", series),
        Route("/runs/{id}/microscope", microscope),
        Route("/runs/{id}/samples/{sort}/{step}.webp", picture),
        Route("/runs/{id}/real.webp", real_picture),
    ]


def health(request: Request) -> Response:
    training = trainers.trainers().active()
    return json_response({"status": "ok", "training": training, "version": gan.__version__})


def list_runs(request: Request) -> Response:
    return json_response({"runs": [summary(run) for run in runs.runs()]})


async def series(request: Request) -> Response:
    return await answer_cache.ANSWERS.answer(request, _series)


def _series(request: Request) -> dict[str, Any]:
    after, known = integer(request, "after", least=None), request.query_params.get("known", "")
    return FEEDS.of(_run(request)).series(after, known)


def microscope(request: Request) -> Response:
    """The newest step by hand, or with `step` the one after a kept state, made again."""
    run, step = _run(request), integer(request, "step")
    if step is not None:
        return _again(run, step)
    try:
        found = files.load(run.read("microscope.json"))
    except (OSError, ValueError):
        found = None
    return json_response(found if isinstance(found, dict) else {"step": None})


def _again(run: Run, step: int) -> Response:
    if step not in run.states():
        raise RunError(f"Run {run.id!r} keeps no state of step {step:,} to go on from.")
    key = f"{run.path.resolve()} {step} {run.state(step).stat().st_mtime_ns}"
    found = REPLAYS.result(key, lambda: _replayed(run, step))
    return REPLAYS.progress_response(key) if found is None else json_response(found)


def _replayed(run: Run, step: int) -> Generator[Progress, None, dict[str, Any]]:
    yield Progress(0, 1, "steps", "Making the step again")
    from gan.training.replay import replay

    return replay(run, step)


def picture(request: Request) -> Response:
    run, sort, text = _run(request), request.path_params["sort"], request.path_params["step"]
    generation = integer(request, "g", least=None)
    if sort not in SORTS:
        raise RunError(f"Pictures are fixed or random, not {sort!r}.")
    if not INTEGER.match(text):
        raise ApiError(400, "The step of a picture is a whole number.")
    step = int(text)
    stale = generation is not None and generation != FEEDS.of(run).generation()
    return _webp(run, run.picture(sort, step), f"Run {run.id!r} kept no picture of step {step}.", stale)


def real_picture(request: Request) -> Response:
    run = _run(request)
    return _webp(run, run.real_picture(), f"Run {run.id!r} has no real images yet.")


def summary(run: Run) -> dict[str, Any]:
    """One entry of `GET /api/runs`; what cannot be read of a broken run is null, and its `error` says why.

    `steps` is the budget in steps: estimated when it is given in epochs, null when it is given in seconds.
    """
    trouble, config = run.trouble(), dict[str, Any]()
    try:
        config = run.config().to_dict()
    except RunError as error:
        trouble = trouble or str(error)
    control, events = run.control(), run.events()
    last = newest(run)
    step, epoch = int(last.get("step", 0)), last.get("epoch", 0.0)
    steps = control.budget.get("steps")
    if "epochs" in control.budget and epoch:
        steps = control.budget["epochs"] * step / epoch
    return {
        "id": run.id,
        "title": control.title or run.id,
        "status": trainers.status(run),
        "step": step,
        "steps": round(steps) if steps and files.is_number(steps) else None,
        **{name: config.get(name) for name in ("dataset", "model", "loss")},
        "created": events[0].get("time") if events else None,
        "seconds": last.get("seconds", 0.0),
        "thumbnail": thumbnail_url(run, events) or None,
        **({"error": trouble} if trouble else {}),
    }


def _run(request: Request) -> Run:
    run_id = request.path_params["id"]
    if not runs.ID.match(run_id):
        raise ApiError(400, "A run id has lower-case letters, digits and hyphens, at most 64.")
    return find_run(run_id)


def _webp(run: Run, path: Path, missing: str, stale: bool = False) -> Response:
    """A picture, for ever; but not to be kept when it was asked for by a generation that is over."""
    try:
        body = run.read(path)
    except OSError:
        raise RunError(missing) from None
    if not (body[:4] == b"RIFF" and body[8:12] == b"WEBP"):
        raise RunError(missing)
    headers = {"Cache-Control": "no-store" if stale else FOREVER}
    return Response(body, headers=headers, media_type="image/webp")
