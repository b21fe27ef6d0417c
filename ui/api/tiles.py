"""GET /api/models/{id}/tile: the noise of one picture of a published grid, and the kept generator nearest to it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan import images
from gan.runs import Run
from ui.api import requests
from ui.api.requests import ApiError, choice, integer, json_response
from ui.api.worker import GeneratorWorker


def routes(worker: GeneratorWorker) -> list[Route]:
    """The one route of this file, for the app to mount."""

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
        answer |= {"shape": about.shape, "class": label, "z": None, "why": ""}
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

    return [Route("/models/{name}/tile", tile)]


def _kept(run: Run, newest: int, step: int) -> int | None:
    """The snapshot nearest to a step; None where the newest generator is nearer."""
    nearest = min([newest, *run.snapshots()], key=lambda kept: abs(kept - step))
    return None if nearest == newest else nearest
