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
from ui.api import requests
from ui.api.jobs import CachedJobs
from ui.api.requests import Model, json_response
from ui.api.worker import GeneratorWorker

if TYPE_CHECKING:
    from gan.latents.nearest import TrainIndex

MAX_DATASETS = 2  # 15 MB of features each for MNIST, and its images


def routes(worker: GeneratorWorker) -> list[Route]:
    """The one route of this file, for the app to mount."""
    known: CachedJobs[TrainIndex] = CachedJobs("nearest", MAX_DATASETS)

    async def nearest(request: Request) -> Response:
        model = requests.find_picture_model(request)
        picture = model.pictures(await requests.read_body(request, model.size, "one picture"))[0]
        worker.check_torch()
        config = model.run.config()
        data = f"{(config.dataset, config.source, config.n_images, config.image_size)}"
        images = known.result(data, lambda: _read(worker, model, config))
        if images is None:
            return known.progress_response(data)
        near = await worker.compute(request, model, lambda _: images.nearest(picture), "nearest")
        return json_response(
            {
                "pixels": base64.b64encode(near.pixels.tobytes()).decode(),
                "index": near.index,
                "label": near.label,
                "distance": round(near.distance, 3),
                "of": len(images),
            }
        )

    return [Route("/models/{name}/nearest", nearest, methods=["POST"])]


def _read(worker: GeneratorWorker, model: Model, config: RunConfig) -> Generator[Progress, None, TrainIndex]:
    """Reads the training images, a piece at a time in turn with what others ask."""
    from gan.latents import nearest

    yield Progress(0, 1, "images", "Loading the training images")
    reading = nearest.build_index(*nearest.load(config))
    while True:
        try:
            yield worker.compute_piece(model, lambda _: next(reading), f"nearest {config.dataset}")
        except StopIteration as end:
            result: TrainIndex = end.value
            return result
