"""All HTTP routes of the app beside Streamlit's own."""

from __future__ import annotations

import functools

from starlette.routing import BaseRoute, Mount

from ui.api import (
    app,
    film,
    images,
    inversion,
    lessons,
    measurements,
    nearest,
    programs,
    quiz,
    reading,
    runs,
    stage,
    tiles,
    translation,
    upload,
    watch,
)
from ui.api.worker import GeneratorWorker
from ui.shared import assets


def routes() -> list[BaseRoute]:
    """/api/… and /assets/…"""
    return [_api(), *assets.routes()]


@functools.cache
def _api() -> Mount:
    return api(GeneratorWorker())


def api(worker: GeneratorWorker) -> Mount:
    """/api/…, with the worker that draws."""
    return app.mount(
        [
            *runs.routes(),
            *film.routes(),
            *images.routes(worker),
            *programs.routes(worker),
            *reading.routes(worker),
            *tiles.routes(worker),
            *translation.routes(worker),
            *measurements.routes(worker),
            *nearest.routes(worker),
            *inversion.routes(worker),
            *upload.routes(),
            *quiz.routes(worker),
            *stage.routes(),
            *watch.routes(worker),
            *lessons.routes(),
        ]
    )
