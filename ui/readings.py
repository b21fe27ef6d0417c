"""POST /api/models/{id}/reading, …/gradient: what D and a classifier think of pictures, and what D would change."""

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
    """The routes of this file, for the app to mount."""

    async def reading(request: Request) -> Response:
        model = questions.find(request)
        what = f"at most {MOST} pictures"
        pictures = model.pictures(await questions.read(request, MOST * model.size, what))
        told = await workshop.draw(request, model, lambda s: read(s, pictures), "reading")
        return say(told)

    async def gradient(request: Request) -> Response:
        model = questions.find(request)
        picture = model.pictures(await questions.read(request, model.size, "one picture"))
        change, step = await workshop.draw(
            request, model, lambda s: (s.gradient(picture), s.step), "gradient"
        )
        most = np.abs(change).max(initial=0)
        scaled = np.rint(change * (127 / most if most > 0 else 0)).astype(np.int8)
        return questions.pixels(request, scaled, step)

    return [
        Route(f"/api/models/{{name}}/{ask.__name__}", questions.polite(ask), methods=["POST"])
        for ask in (reading, gradient)
    ]


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
