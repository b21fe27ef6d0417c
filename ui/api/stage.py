"""GET and POST /api/stage, POST /api/stage/pick: what the teacher shows, and what the class picks.

The only routes that change something, though no run: whoever gave the PIN sets the stage, every browser may pick.
A browser is known by its cookie. A body has to be declared as JSON, which a page of another site cannot send unasked.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan import files
from ui.api.requests import ApiError, json_response, read_body
from ui.shared import door
from ui.shared.stage import NoScene, Scene, Stage, stage

MAX_BYTES = 8_192
ALONE = "The stage is for a class: this server is not open to a network."
NO_COOKIE = "This browser sends the server no cookie, so its picks cannot be counted once each."


def routes() -> list[Route]:
    """The routes of this file, for the app to mount."""
    return [
        Route("/stage", told, methods=["GET"]),
        Route("/stage", change, methods=["POST"]),
        Route("/stage/pick", pick, methods=["POST"]),
    ]


async def told(request: Request) -> Response:
    return json_response(stage().told())


async def change(request: Request) -> Response:
    """{"scene": …}, {"ask": {"text", "options"}}, {"answer": {"question", "right"}}, {"ask": null}; any of them."""
    if not door.is_open():
        raise ApiError(403, ALONE)
    if not door.door().drives(door.browser_of(request.scope)):
        raise ApiError(403, door.HOW_TO_DRIVE)
    wanted = await _body(request)
    try:
        _apply(stage(), wanted)
    except NoScene as why:
        raise ApiError(400, str(why)) from None
    return json_response(stage().told())


async def pick(request: Request) -> Response:
    """{"question": id, "pick": place of the answer}."""
    if not (browser := door.browser_of(request.scope)):
        raise ApiError(403, NO_COOKIE)
    match await _body(request):
        case {"question": int(question), "pick": int(option)}:
            pass
        case _:
            raise ApiError(400, "A pick has the id of a question and the place of an answer.")
    try:
        stage().pick(question, option, door.digest(browser))
    except NoScene as why:
        raise ApiError(409, str(why)) from None
    return json_response(stage().told())


def _apply(on: Stage, wanted: dict[str, Any]) -> None:
    if "scene" in wanted:
        on.show(None if wanted["scene"] is None else Scene.read(wanted["scene"]))
    if "ask" in wanted:
        match wanted["ask"]:
            case None:
                on.end_question()
            case {"text": str(text), "options": list(options)} if all(isinstance(one, str) for one in options):
                on.ask(text, options)
            case _:
                raise NoScene("A question has a text and answers.")
    if "answer" in wanted:
        match wanted["answer"]:
            case {"question": int(question), "right": int(right)}:
                on.answer(question, right)
            case _:
                raise NoScene("An answer has the id of its question and the place of the right one.")


async def _body(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise ApiError(415, "The body is JSON, and says so.")
    try:
        value = files.load(await read_body(request, MAX_BYTES))
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ApiError(400, "The body is a JSON object.")
    return value
