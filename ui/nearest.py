"""POST /api/models/{id}/nearest: the training image that is nearest to a picture, once all of them have been read."""

from __future__ import annotations

import base64
from collections.abc import Generator
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan.config import RunConfig
from gan.datasets import Progress
from gan.runs import RunError
from ui import questions
from ui.jobs import Jobs
from ui.questions import Model, Refused, say
from ui.workshop import Workshop

if TYPE_CHECKING:
    from gan.neighbours import Known

KEPT = 2  # data sets, 15 MB of features each for MNIST, and its images


def routes(workshop: Workshop) -> list[Route]:
    """The one route of this file, for the app to mount."""
    known: Jobs[Known] = Jobs("nearest", KEPT)

    async def nearest(request: Request) -> Response:
        model = questions.find_pictures(request)
        picture = model.pictures(await questions.read(request, model.size, "one picture"))[0]
        workshop.check_torch()
        try:
            config = model.run.config()
        except RunError as error:
            raise Refused(404, str(error)) from error
        data = f"{(config.dataset, config.source, config.n_images, config.image_size)}"
        found = known.ask(data, lambda: _read(workshop, model, config))
        if found is None:
            return known.under_way(data)
        near = await workshop.study(request, model, lambda _: found.nearest(picture), "nearest")
        return say(
            {
                "pixels": base64.b64encode(near.pixels.tobytes()).decode(),
                "index": near.index,
                "label": near.label,
                "distance": round(near.distance, 3),
                "of": len(found),
            }
        )

    return [Route("/api/models/{name}/nearest", questions.polite(nearest), methods=["POST"])]


def _read(workshop: Workshop, model: Model, config: RunConfig) -> Generator[Progress, None, Known]:
    """Reads the training images, a piece at a time in turn with what others ask."""
    from gan import neighbours

    yield Progress(0, 1, "images", "Loading the training images")
    reading = neighbours.read(*neighbours.load(config))
    while True:
        try:
            yield workshop.piece(model, lambda _: next(reading), f"nearest {config.dataset}")
        except StopIteration as end:
            found: Known = end.value
            return found
