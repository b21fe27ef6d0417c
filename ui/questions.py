"""What a request asks, checked without torch and within milliseconds; refusals are {"error": a sentence}."""

from __future__ import annotations

import asyncio
import functools
import re
import zlib
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from gan import files, runs
from gan.runs import Run, RunError
from ui import weights

T = TypeVar("T")
PATIENCE = 5.0  # seconds that a body may take to arrive
SMALL = 500  # bytes that are not worth compressing
GZIP = 16 + zlib.MAX_WBITS
USER = re.compile(r"[A-Za-z0-9-]{1,32}\Z")


class Refused(Exception):
    """An answer other than what was asked for: its HTTP status, and a sentence that tells why."""

    def __init__(self, status: int, text: str, retry: int = 0):
        super().__init__(text)
        self.status, self.retry = status, retry


def unavailable(why: str) -> Refused:
    """What cannot be told of this run; `why` goes on after "not available because"."""
    return Refused(409, f"not available because {why.removesuffix('.')}.")


@dataclass(frozen=True)
class Model:
    """The generator that an address names: `name` is ID or ID@STEP, `step` that of a snapshot or None."""

    name: str
    run: Run
    step: int | None
    about: weights.About

    @property
    def version(self) -> str:
        """Names the very file: another one as soon as it is replaced."""
        return f"{self.run.path.resolve()}@{self.step}:{self.about.mtime}"

    @property
    def size(self) -> int:
        """Bytes of one picture."""
        C, H, W = self.about.shape
        return C * H * W

    def pictures(self, body: bytes) -> np.ndarray:
        """uint8 N,H,W,C of a body that holds whole pictures, one or more. Raises Refused."""
        C, H, W = self.about.shape
        if not body or len(body) % self.size:
            raise Refused(
                400, f"A picture is {H} x {W} x {C} bytes, so {len(body)} bytes hold none."
            )
        return np.frombuffer(body, np.uint8).reshape(-1, H, W, C)


def say(value: dict[str, Any], status: int = 200) -> Response:
    """JSON that a browser can read (no NaN) and does not keep."""
    headers = {"Cache-Control": "no-store"}
    return Response(files.dump(value), status, headers, media_type="application/json")


def pixels(request: Request, array: np.ndarray, step: int, **more: str) -> Response:
    """Whole numbers of 8 bits in the order of the array, with their shape and the generator's step as headers.

    Compressed here, quickly, since Streamlit would do it as well as it can: 14 ms of the event loop for 64 digits
    instead of 0.4, to save one byte in ten.
    """
    headers = {
        "X-Shape": ",".join(map(str, array.shape)),
        "X-Step": str(step),
        "Cache-Control": "no-store",
        "Vary": "Accept-Encoding",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    body = array.tobytes()
    if len(body) >= SMALL and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = zlib.compress(body, 1, GZIP)
    return Response(body, headers=headers, media_type="application/octet-stream")


def polite(
    ask: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """The route of `ask`, whose Refused becomes {"error": a sentence}, with Retry-After where it is worth it."""

    @functools.wraps(ask)
    async def route(request: Request) -> Response:
        try:
            return await ask(request)
        except Refused as no:
            headers = {"Cache-Control": "no-store"}
            if no.retry:
                headers["Retry-After"] = str(no.retry)
            return JSONResponse({"error": str(no)}, no.status, headers)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it

    return route


def find(request: Request) -> Model:
    """The generator of /api/models/{name}/…. Raises Refused. Looks at two files at most, so nobody waits for it."""
    name: str = request.path_params["name"]
    run_id, at, text = name.partition("@")
    if at and not _is_whole(text):
        raise Refused(404, f"What follows the @ is the step of a snapshot, not {text[:20]!r}.")
    step = int(text) if at else None
    try:
        run = runs.find(run_id)
    except RunError:  # where runs lie is nobody's business
        raise Refused(404, f"There is no run {run_id[:64]!r}.") from None
    try:
        return Model(name, run, step, weights.about(run, step))
    except RunError as error:
        raise Refused(404, str(error)) from error


def find_pictures(request: Request) -> Model:
    """The same where only generators of pictures have an answer. Raises Refused."""
    model = find(request)
    if model.about.is_points:
        raise unavailable("this generator makes points of the plane, and no pictures")
    return model


def whole(request: Request, name: str, most: int | None = None, least: int = 0) -> int | None:
    """A whole number of the query, None where it is left out. Raises Refused."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if not _is_whole(text):
        raise Refused(400, f"{name} is a whole number, not {text[:20]!r}.")
    if most is not None and int(text) > most:
        raise Refused(400, f"{name} is at most {most}, not {text}.")
    if int(text) < least:
        raise Refused(400, f"{name} is at least {least}, not {text}.")
    return int(text)


def choice(request: Request, name: str, among: tuple[str, ...], otherwise: str | None = "") -> str:
    """A word of the query; `otherwise` where it is left out, which may be refused as well. Raises Refused."""
    word = request.query_params.get(name, otherwise)
    if word is None or (word != otherwise and word not in among):
        raise Refused(400, f"{name} is {' or '.join(among)}, not {(word or '')[:20]!r}.")
    return word


def user(request: Request) -> str:
    """Who asks: the token of a page, "" without one. Raises Refused."""
    text = request.query_params.get("user", "")
    if text and not USER.match(text):
        raise Refused(400, "user is up to 32 letters, digits and hyphens.")
    return text


async def read(request: Request, most: int, what: str = "") -> bytes:
    """The body, given up as soon as it is longer than `most` bytes or takes longer than `PATIENCE`."""
    more = f": {what}" if what else ""
    told = request.headers.get("content-length", "0")
    if not _is_whole(told):
        raise Refused(400, "Content-Length is not a number.")
    if int(told) > most:
        raise Refused(413, f"The body may have {most} bytes, not {told}{more}.")
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise Refused(413, f"The body may have {most} bytes{more}.")
    except TimeoutError:
        raise Refused(408, f"The body did not arrive within {PATIENCE:g} seconds.") from None
    return bytes(body)


async def wait(request: Request, future: Future[T]) -> T:
    """What comes of `future`, which is given up when the asker goes away. Raises ClientDisconnect then."""
    answer = asyncio.wrap_future(future)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait((answer, gone), return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            raise ClientDisconnect
        return answer.result()
    finally:
        gone.cancel()
        answer.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 17
