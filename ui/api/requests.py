"""Parameters and bodies of requests, checked without torch within milliseconds, and the answers most routes give."""

from __future__ import annotations

import asyncio
import re
import zlib
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gan import files, runs
from gan.runs import Run, RunError
from ui.shared import generator_info

T = TypeVar("T")
BODY_SECONDS = 5.0  # that a body may take to arrive
MIN_GZIP_BYTES = 500  # less is not worth compressing
GZIP_WBITS = 16 + zlib.MAX_WBITS
INTEGER = re.compile(r"-?[0-9]{1,16}\Z")
USER = re.compile(r"[A-Za-z0-9-]{1,32}\Z")


class ApiError(Exception):
    """An HTTP status other than 200, the sentence that says why, and seconds after which to try again (0: never)."""

    def __init__(self, status: int, text: str, retry: int = 0):
        super().__init__(text)
        self.status, self.retry = status, retry


def unavailable(why: str) -> ApiError:
    """The error for what this run does not have; `why` continues "not available because"."""
    return ApiError(409, f"not available because {why.removesuffix('.')}.")


@dataclass(frozen=True)
class Model:
    """The generator that a URL names: `name` is ID or ID@STEP, `step` that of a snapshot or None."""

    name: str
    run: Run
    step: int | None
    about: generator_info.About

    @property
    def version(self) -> str:
        """A key of the very file: another one as soon as it is replaced."""
        return f"{self.run.path.resolve()}@{self.step}:{self.about.mtime}"

    @property
    def size(self) -> int:
        """Bytes of one picture."""
        C, H, W = self.about.shape
        return C * H * W

    def pictures(self, body: bytes) -> np.ndarray:
        """uint8 N,H,W,C of a body that holds whole pictures, one or more. Raises ApiError."""
        C, H, W = self.about.shape
        if not body or len(body) % self.size:
            raise ApiError(400, f"A picture is {H} x {W} x {C} bytes, so {len(body)} bytes hold none.")
        return np.frombuffer(body, np.uint8).reshape(-1, H, W, C)


# -- parameters ------------------------------------------------------------------------------------------------------


def integer(request: Request, name: str, least: int | None = 0, most: int | None = None) -> int | None:
    """A whole number of the query, from `least` to `most`; None where it is left out. Raises ApiError."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if not INTEGER.match(text):
        raise ApiError(400, f"{name} is a whole number, not {text[:20]!r}.")
    if most is not None and int(text) > most:
        raise ApiError(400, f"{name} is at most {most}, not {text}.")
    if least is not None and int(text) < least:
        raise ApiError(400, f"{name} is a whole number from {least} on, not {text}.")
    return int(text)


def share(request: Request, name: str) -> float:
    """A number from 0 to 1 of the query; 1 where it is left out. Raises ApiError."""
    text = request.query_params.get(name, "1")
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise ApiError(400, f"{name} is a number from 0 to 1, not {text[:20]!r}.")
    return value


def choice(request: Request, name: str, options: tuple[str, ...], default: str | None = "") -> str:
    """A word of the query; `default` where it is left out, which None forbids. Raises ApiError."""
    word = request.query_params.get(name, default)
    if word is None or (word != default and word not in options):
        raise ApiError(400, f"{name} is {' or '.join(options)}, not {(word or '')[:20]!r}.")
    return word


def user(request: Request) -> str:
    """The token of the page that asks, "" without one. Raises ApiError."""
    text = request.query_params.get("user", "")
    if text and not USER.match(text):
        raise ApiError(400, "user is up to 32 letters, digits and hyphens.")
    return text


def find_run(run_id: str) -> Run:
    """The run of that id. Raises RunError, which does not tell where runs lie."""
    try:
        return runs.find(run_id)
    except RunError:
        raise RunError(f"There is no run {run_id[:64]!r}.") from None


def find_model(request: Request) -> Model:
    """The generator of /api/models/{name}/…. Reads two files at most. Raises ApiError, RunError."""
    name: str = request.path_params["name"]
    run_id, at, text = name.partition("@")
    if at and not (INTEGER.match(text) and int(text) >= 0):
        raise ApiError(404, f"What follows the @ is the step of a snapshot, not {text[:20]!r}.")
    step = int(text) if at else None
    run = find_run(run_id)
    return Model(name, run, step, generator_info.about(run, step))


def find_picture_model(request: Request) -> Model:
    """The same where only generators of pictures have an answer. Raises ApiError, RunError."""
    model = find_model(request)
    if model.about.is_points:
        raise unavailable("this generator makes points of the plane, and no pictures")
    return model


async def read_body(request: Request, limit: int, what: str = "") -> bytes:
    """The body, given up as soon as it is longer than `limit` bytes or takes longer than BODY_SECONDS."""
    more = f": {what}" if what else ""
    declared = request.headers.get("content-length", "0")
    if not (INTEGER.match(declared) and int(declared) >= 0):
        raise ApiError(400, "Content-Length is not a number.")
    if int(declared) > limit:
        raise ApiError(413, f"The body may have {limit} bytes, not {declared}{more}.")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise ApiError(413, f"The body may have {limit} bytes{more}.")
    except TimeoutError:
        raise ApiError(408, f"The body did not arrive within {BODY_SECONDS:g} seconds.") from None
    return bytes(body)


async def wait_for(request: Request, future: Future[T]) -> T:
    """The result of `future`, which is cancelled when the client disconnects. Raises ClientDisconnect then."""
    result = asyncio.wrap_future(future)
    gone = asyncio.ensure_future(_disconnect(request))
    try:
        await asyncio.wait((result, gone), return_when=asyncio.FIRST_COMPLETED)
        if not result.done():
            raise ClientDisconnect
        return result.result()
    finally:
        gone.cancel()
        result.cancel()


async def _disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


# -- answers ---------------------------------------------------------------------------------------------------------


def json_response(value: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON that a browser can read (no NaN) and does not keep."""
    headers = {"Cache-Control": "no-store", **(headers or {})}
    return Response(files.dump(value), status, headers, media_type="application/json")


def pixel_response(request: Request, array: np.ndarray, step: int, **more: str) -> Response:
    """Numbers of 8 bits in the order of the array; headers tell their shape, the generator's step and `more`.

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
    if len(body) >= MIN_GZIP_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = zlib.compress(body, 1, GZIP_WBITS)
    return Response(body, headers=headers, media_type="application/octet-stream")
