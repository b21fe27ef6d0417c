"""GET /api/watch and …/view: one run for the watch view (assets/watch/), named or followed, and what is said of it.

An answer is that of `…/series`, with the addresses of what the view draws from: those of the other routes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan import runs
from gan.runs import Run, RunError
from ui.api import answer_cache
from ui.api.requests import ApiError, Model, find_run, integer
from ui.api.run_feed import RunFeed
from ui.api.runs import FEEDS
from ui.api.shared_results import SharedResults
from ui.api.worker import GeneratorWorker
from ui.shared import followed, generator_info, stage
from ui.shared.picture_url import weights_url

if TYPE_CHECKING:
    from gan.sampler import Sampler

MAX_VIEWS = 32  # of runs, in memory
NOTHING = {  # the answer while there is no run: a class may be asked something all the same
    "generation": 0,
    "seq": -1,
    "columns": {},
    "checks": {},
    "events": [],
    "status": "",
    "known": "",
    "control": None,
    "samples": None,
    "about": None,
    "light": None,
    "generators": None,
}
VIEW_SECONDS = 60  # of training, after which directions are measured anew


def routes(worker: GeneratorWorker) -> list[Route]:
    """The routes of this file, for the app to mount."""
    return [Route("/watch", watch), Route("/watch/view", _Views(worker).answer)]


async def watch(request: Request) -> Response:
    return await answer_cache.ANSWERS.answer(request, _watch)


def _watch(request: Request) -> dict[str, Any]:
    after, known = integer(request, "after", least=None), request.query_params.get("known", "")
    held = request.query_params.get("held", "")
    if not (wanted := _wanted(request, held)):
        return {"id": "", **NOTHING, "stage": stage.stage().told()}
    run = find_run(wanted)
    if run.id != held:
        after, known = None, ""  # what the page has is of another run
    feed = FEEDS.of(run)
    return {"id": run.id, **feed.series(after, known), **_drawn(run, feed)}


def _wanted(request: Request, held: str) -> str:
    """The id of the run that the query names, or of the one that is followed; "" without runs. Raises ApiError."""
    named = request.query_params.get("run", "")
    if named and not runs.ID.match(named):
        raise ApiError(400, "A run id has lower-case letters, digits and hyphens, at most 64.")
    return named or _shown() or followed.followed().id(held)


def _shown() -> str:
    """The run that the teacher shows to the class, "" for none."""
    scene = stage.stage().told()["scene"]
    shown = scene["query"].get("run", "") if scene else ""
    try:
        return runs.find(shown).id if runs.ID.match(shown) else ""
    except RunError:
        return ""  # it was deleted


def _drawn(run: Run, feed: RunFeed) -> dict[str, Any]:
    """Where the page finds what it draws from; `why` says why it does not draw."""
    from gan.export import watch_html

    try:
        about = generator_info.about(run)
    except RunError as error:
        return {"generators": [], "program": None, "critic": None, "view": "", "why": str(error)}
    steps = sorted({*run.snapshots(), about.step})
    why = watch_html.undrawn(about.is_points, feed.from_source)
    return {
        "generators": [(step, weights_url(run, feed.events, step)) for step in steps],
        "program": None if why else f"api/models/{run.id}/program",
        "critic": None if why else f"api/models/{run.id}/judge?networks=d",
        "view": f"api/watch/view?run={run.id}&v={_edition(run, feed)}",
        "why": why,
        "from_source": feed.from_source,
    }


def _edition(run: Run, feed: RunFeed) -> str:
    """Another word when the view is to be made anew: after a while of training, or with a new report."""
    try:
        scored = (run.path / "scores.jsonl").stat().st_size
    except OSError:
        scored = 0
    return f"{int(1000 * run.created()):x}-{int(feed.seconds // VIEW_SECONDS)}-{scored}"


class _Views:
    """What is said of each run, by edition. It asks PyTorch, so the worker makes it."""

    def __init__(self, worker: GeneratorWorker):
        self._made: SharedResults[bytes] = SharedResults(worker, MAX_VIEWS)

    async def answer(self, request: Request) -> Response:
        run = find_run(_wanted(request, ""))
        model = Model(run.id, run, None, generator_info.about(run))
        key = f"{run.path.resolve()} {_edition(run, FEEDS.of(run))}"
        made = await self._made.get(key, model, lambda sampler: _view(run, sampler))
        return Response(made, headers={"Cache-Control": "no-store"}, media_type="application/json")


def _view(run: Run, sampler: Sampler) -> bytes:
    from gan.export import watch_about

    return watch_about.as_json(run, watch_about.view(run, sampler, drawn=True)[0])
