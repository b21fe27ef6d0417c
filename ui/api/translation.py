"""POST /api/models/{id}/translation: a whole picture in, what G is given of it and what it makes of that out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ui.api import requests
from ui.api.requests import ApiError, choice, integer
from ui.api.worker import GeneratorWorker

if TYPE_CHECKING:
    from gan.sampler import Sampler

MOST_ANSWERS = 16
MAX_SEED = 2**53


def routes(worker: GeneratorWorker) -> list[Route]:
    """The one route of this file, for the app to mount."""

    async def translation(request: Request) -> Response:
        model = requests.find_model(request)
        C, H, W = model.about.shape
        body = await requests.read_body(request, model.size + H * W, "one picture with its mask")
        if len(body) != model.size + H * W:
            raise ApiError(400, f"The body is a picture of {H} x {W} x {C} bytes and a mask of {H} x {W}.")
        picture = np.frombuffer(body[: model.size], np.uint8).reshape(1, H, W, C)
        missing = np.frombuffer(body[model.size :], np.uint8).reshape(1, H, W)

        back = choice(request, "way", ("on", "back"), "on") == "back"
        count = integer(request, "answers", 1, MOST_ANSWERS) or 1
        seed = integer(request, "seed", most=MAX_SEED) or 0

        def work(sampler: Sampler) -> tuple[np.ndarray, int]:
            source, made = sampler.redraw(picture.repeat(count, 0), missing.repeat(count, 0), back, seed)
            return np.concatenate([source[:1], made]), sampler.step

        pixels, step = await worker.render(request, model, work, "translation")
        return requests.pixel_response(request, pixels, step, **worker.rest_header())

    return [Route("/models/{name}/translation", translation, methods=["POST"])]
