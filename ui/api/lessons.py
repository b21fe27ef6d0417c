"""GET /api/lessons/{name}: a guided lesson, as the page that leads through it needs it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ui.api.requests import ApiError, json_response
from ui.learn import guided_lessons
from ui.learn.guided_steps import BadLesson


def routes() -> list[Route]:
    """The one route of this file, for the app to mount."""
    return [Route("/lessons/{name}", lesson)]


def lesson(request: Request) -> Response:
    name = request.path_params["name"]
    try:
        return json_response(guided_lessons.lesson(name).to_json())
    except KeyError:
        raise ApiError(404, f"There is no lesson {name[:64]!r}.") from None
    except BadLesson as error:
        raise ApiError(409, f"not available because {error}") from None
