"""GET /api/runs/{id}/film.gif: twenty seconds of a run to share, drawn in the background."""

from __future__ import annotations

from collections.abc import Generator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan.datasets import Progress
from gan.runs import Run
from ui.api.jobs import CachedJobs
from ui.api.requests import find_run, unavailable

MAX_FILMS = 6  # kept, about 2 MB each


def routes() -> list[Route]:
    """The one route of this file, for the app to mount."""
    films: CachedJobs[bytes] = CachedJobs("film", MAX_FILMS)

    def film(request: Request) -> Response:
        run = find_run(request.path_params["id"])
        steps = run.pictures("fixed")
        if not steps:
            raise unavailable("the run has drawn no pictures yet")
        key = f"{run.path} {run.created()} {steps[-1]} {len(run.events())}"
        gif = films.result(key, lambda: _drawn(run))
        if gif is None:
            return films.progress_response(key)
        return Response(gif, media_type="image/gif", headers={"Cache-Control": "no-store"})

    return [Route("/runs/{id}/film.gif", film)]


def _drawn(run: Run) -> Generator[Progress, None, bytes]:
    from gan.export import film

    return (yield from film.film(run))
