"""POST /api/models/{id}/reading: what D and a classifier of real pictures think of pictures, drawn or generated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ui import questions
from ui.questions import say
from ui.workshop import Workshop

if TYPE_CHECKING:
    from gan.sampler import Sampler

MOST = 16  # pictures in one request


def routes(workshop: Workshop) -> list[Route]:
    """The one route of this file, for the app to mount."""

    async def reading(request: Request) -> Response:
        model = questions.find(request)
        what = f"at most {MOST} pictures"
        pictures = model.pictures(await questions.read(request, MOST * model.size, what))
        told = await workshop.draw(request, model, lambda s: read(s, pictures), "reading")
        return say(told)

    return [Route("/api/models/{name}/reading", questions.polite(reading), methods=["POST"])]


def read(sampler: Sampler, pictures: np.ndarray) -> dict[str, Any]:
    """Of pictures uint8 N,H,W,C: D's logits and probabilities of "real", and the class probabilities.

    `classes` is null where no classifier reads them; `why` says so.
    """
    logits = sampler.critic(pictures)
    names, classes, why = _classes(sampler, pictures)
    return {
        "step": sampler.step,
        "d": _short(logits),
        "p": _short(1 / (1 + np.exp(-logits.astype(np.float64)))),
        "names": list(names),
        "classes": classes,
        "why": why,
    }


def _classes(
    sampler: Sampler, pictures: np.ndarray
) -> tuple[tuple[str, ...], list[list[float]] | None, str]:
    from gan import evaluator

    dataset = sampler.config.dataset
    if sampler.shape[1:] == (1, 1):
        return sampler.names, None, "points of the plane are no pictures"
    try:
        judge = evaluator.load(dataset)
        found = judge.read(pictures.transpose(0, 3, 1, 2))[1]
    except (evaluator.EvaluatorError, ValueError) as error:
        return sampler.names, None, str(error)
    return judge.about.names, [_short(row) for row in found], ""


def _short(numbers: np.ndarray) -> list[float]:
    found: list[float] = np.round(numbers.astype(np.float64), 4).tolist()
    return found
