"""POST /api/models/{id}/reading, …/gradient: what D and a classifier think of pictures, and what D would change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan.diagnostics import d_scale
from ui.api import requests
from ui.api.requests import json_response
from ui.api.worker import GeneratorWorker

if TYPE_CHECKING:
    from gan.sampler import Sampler

MAX_PICTURES = 16  # in one request


def routes(worker: GeneratorWorker) -> list[Route]:
    """The routes of this file, for the app to mount."""

    async def reading(request: Request) -> Response:
        model = requests.find_model(request)
        what = f"at most {MAX_PICTURES} pictures"
        pictures = model.pictures(await requests.read_body(request, MAX_PICTURES * model.size, what))
        return json_response(await worker.render(request, model, lambda s: read(s, pictures), "reading"))

    async def gradient(request: Request) -> Response:
        model = requests.find_model(request)
        picture = model.pictures(await requests.read_body(request, model.size, "one picture"))
        change, step = await worker.render(request, model, lambda s: (s.gradient(picture), s.step), "gradient")
        most = np.abs(change).max(initial=0)
        scaled = np.rint(change * (127 / most if most > 0 else 0)).astype(np.int8)
        return requests.pixel_response(request, scaled, step)

    return [
        Route(f"/models/{{name}}/{endpoint.__name__}", endpoint, methods=["POST"]) for endpoint in (reading, gradient)
    ]


def read(sampler: Sampler, pictures: np.ndarray) -> dict[str, Any]:
    """Of pictures uint8 N,H,W,C: D's logits, above 0 for real, and the class probabilities.

    `p` is D's probability of "real" by those logits, null where its loss gives it none. `classes` is null where no
    classifier reads them; `why` says so.
    """
    logits = sampler.critic(pictures)
    names, classes, why = _classes(sampler, pictures)
    return {
        "step": sampler.step,
        "d": _short(logits),
        "p": d_scale.of_loss(sampler.config.loss).shares(logits),
        "names": list(names),
        "classes": classes,
        "why": why,
    }


def _classes(sampler: Sampler, pictures: np.ndarray) -> tuple[tuple[str, ...], list[list[float]] | None, str]:
    from gan.evaluation import evalnet

    dataset = sampler.config.dataset
    if sampler.shape[1:] == (1, 1):
        return sampler.names, None, "points of the plane are no pictures"
    try:
        evaluator = evalnet.load(dataset)
        chances = evaluator.read(pictures.transpose(0, 3, 1, 2))[1]
    except (evalnet.EvalNetError, ValueError) as error:
        return sampler.names, None, str(error)
    return evaluator.about.names, [_short(row) for row in chances], ""


def _short(numbers: np.ndarray) -> list[float]:
    rounded: list[float] = np.round(numbers.astype(np.float64), 4).tolist()
    return rounded
