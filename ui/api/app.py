"""The application below /api: its routes, and how errors are answered: {"error": a sentence}."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from gan.files import NO_DESCRIPTORS
from gan.runs import RunError
from ui.api.requests import ApiError, json_response


def mount(routes: Sequence[BaseRoute]) -> Mount:
    """Puts `routes` below /api. Whatever they raise of the errors here becomes an answer."""
    handlers: dict[Any, Any] = {
        ApiError: _refused,
        RunError: _missing,
        OSError: _vanished,
        HTTPException: _unknown,
        ClientDisconnect: _unread,
    }
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return Mount("/api", app)


async def _refused(request: Request, error: ApiError) -> Response:
    headers = {"Retry-After": str(error.retry)} if error.retry else {}
    return json_response({"error": str(error)}, error.status, headers)


async def _missing(request: Request, error: RunError) -> Response:
    return json_response({"error": str(error)}, 404)


async def _vanished(request: Request, error: OSError) -> Response:
    if error.errno in NO_DESCRIPTORS:
        return json_response({"error": "Too many files are open at this moment; try again."}, 503, {"Retry-After": "1"})
    return json_response({"error": "The files for this are no longer there."}, 404)


async def _unknown(request: Request, error: HTTPException) -> Response:
    path = request.url.path
    text = f"{path} does not answer {request.method}." if error.status_code == 405 else f"There is nothing at {path}."
    return json_response({"error": text}, error.status_code, dict(error.headers or {}))


async def _unread(request: Request, error: ClientDisconnect) -> Response:
    return Response(status_code=400)  # the client is gone
