"""GET /api/models/{id}/tile, …/opinions: of a published grid, the noise of one picture, and what D says of each."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan import images
from gan.diagnostics import d_scale
from gan.runs import Run, RunError
from ui.api import requests
from ui.api.requests import ApiError, Model, choice, integer, json_response, unavailable
from ui.api.run_feed import SORTS
from ui.api.worker import GeneratorWorker
from ui.shared import generator_info

if TYPE_CHECKING:
    from gan.sampler import Sampler

MAX_ANSWERS = 128  # opinions in memory: everybody who watches a run asks for the same


def routes(worker: GeneratorWorker) -> list[Route]:
    """The routes of this file, for the app to mount."""
    known, guard = LRUCache[tuple[str, str, int], dict[str, Any]](MAX_ANSWERS), threading.Lock()

    async def opinions(request: Request) -> Response:
        sort, step = choice(request, "sort", (*SORTS, "real"), None), integer(request, "step") or 0
        newest = requests.find_picture_model(request)
        if newest.run.config().from_source:
            raise unavailable("its D judges a picture beside its source, and never alone")
        model = _nearest(newest, step)
        key = model.version, sort, 0 if sort == "real" else step
        with guard:
            answer = known.get(key)
        if answer is None:
            answer = await worker.compute(request, model, lambda s: _judged(s, model.run, sort, step), f"D {sort}")
            with guard:
                known[key] = answer
        return json_response(answer)

    def tile(request: Request) -> Response:
        sort = choice(request, "sort", ("fixed", "random", "real"), None)
        step, k = integer(request, "step") or 0, integer(request, "k") or 0
        model = requests.find_picture_model(request)
        run, about, config = model.run, model.about, model.run.config()
        if k >= (count := images.count_of(config.samples, about.n_classes)):
            raise ApiError(400, f"A grid of this run has {count} pictures: k is 0 to {count - 1}.")
        kept = _kept(run, about.step, step)
        answer = {"model": run.id if kept is None else f"{run.id}@{kept}", "step": about.step if kept is None else kept}
        label = k % about.n_classes if about.n_classes else None
        words = (
            about.sheet[k // about.n_classes % len(about.sheet)].format(about.names[label or 0]) if about.sheet else ""
        )
        answer |= {"shape": about.shape, "class": label, "words": words, "z": None, "why": ""}
        if sort == "real":
            return json_response({**answer, "why": "a real image has no z"})
        if config.from_source:
            return json_response({**answer, "why": "it was made from a source, not from a z"})
        if config.device != "cpu":  # its generator of random numbers draws others than the CPU's
            return json_response({**answer, "why": f"its noise was drawn on {config.device}"})
        worker.check_torch()
        from gan.sampler.grid_noise import grid_noise

        z = grid_noise(config, sort, step, count)[k]
        return json_response({**answer, "z": [round(value, 4) for value in z.tolist()]})

    return [Route("/models/{name}/tile", tile), Route("/models/{name}/opinions", opinions)]


def _judged(sampler: Sampler, run: Run, sort: str, step: int) -> dict[str, Any]:
    """D's logits of every picture of a grid, and its probabilities where the loss gives it any."""
    path = run.real_picture() if sort == "real" else run.picture(sort, step)  # type: ignore[arg-type]
    try:
        pictures = images.tiles(images.decode(run.read(path)), sampler.shape)
        logits = sampler.critic(pictures)
    except OSError:
        raise RunError(f"Run {run.id!r} kept no such picture of step {step}.") from None
    except ValueError as error:
        raise RunError(str(error)) from error
    scores = [round(value, 4) for value in logits.tolist()]
    return {"step": sampler.step, "d": scores, "p": d_scale.of_loss(sampler.config.loss).shares(logits)}


def _nearest(model: Model, step: int) -> Model:
    """The kept generator of the same run nearest to a step."""
    kept = _kept(model.run, model.about.step, step)
    if kept is None:
        return model
    return Model(f"{model.run.id}@{kept}", model.run, kept, generator_info.about(model.run, kept))


def _kept(run: Run, newest: int, step: int) -> int | None:
    """The snapshot nearest to a step; None where the newest generator is nearer."""
    nearest = min([newest, *run.snapshots()], key=lambda kept: abs(kept - step))
    return None if nearest == newest else nearest
