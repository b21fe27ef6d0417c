"""POST /api/models/{id}/images: noise in, pictures out. Changes nothing, so everybody may ask.

The event loop checks a request without torch and within milliseconds; one thread of its own draws, one request
after the other. At most `WAITING` requests are under way and a further one is told to come back: a class of forty
dragging sliders slows each other down, but never queues up.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread
import numpy as np
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gan import hardware, hosts, images, runs
from gan.runs import Run, RunError
from ui import weights

if TYPE_CHECKING:
    from gan.sampler import Sampler

MOST = 256  # vectors in one request
FAR = 20.0  # the largest |number| of z or w
LONGEST = 1 << 12  # numbers in one w, whatever the model
WAITING = 8  # requests being drawn or waiting for it
KEPT = 8  # generators in memory: the newest ones, and those of a time slider being dragged
PATIENCE = 5.0  # seconds that a body may take to arrive


class Refused(Exception):
    """An answer other than pictures: its HTTP status, and a sentence that tells why."""

    def __init__(self, status: int, text: str, retry: int = 0):
        super().__init__(text)
        self.status, self.retry = status, retry


@dataclass(frozen=True)
class Wish:
    """What is to be drawn: z or w as they came, by which generator; `label` is a class, `step` a snapshot."""

    run: Run
    step: int | None
    kind: str
    numbers: np.ndarray
    label: int | None


class Samplers:
    """The last few generators by file; a file that was replaced is read anew. For one thread only."""

    def __init__(self, most: int = KEPT):
        self.most = most
        self._kept: OrderedDict[Path, tuple[int, Sampler]] = OrderedDict()

    def get(self, run: Run, step: int | None) -> tuple[Sampler, int]:
        """The sampler and the step it is from. Raises RunError when the weights are gone or broken."""
        from gan.sampler import Sampler

        path = run.weights(step)
        about = weights.about(
            run, step
        )  # first: a file replaced in between is read again next time
        mtime, sampler = self._kept.pop(path, (0, None))
        if sampler is None or mtime != about.mtime:
            sampler = Sampler.load(run.path, step)
        self._kept[path] = (about.mtime, sampler)
        while len(self._kept) > self.most:
            self._kept.popitem(last=False)
        return sampler, about.step


class Renderer:
    """The thread that draws, and the places in front of it."""

    def __init__(self, torch_state: Callable[[], str] = hosts.torch_state, waiting: int = WAITING):
        self._torch_state = torch_state
        self._places = threading.BoundedSemaphore(waiting)
        self._samplers = Samplers()
        self._pool = ThreadPoolExecutor(1, "render")

    async def images(self, request: Request) -> Response:
        """The route. What is not pictures is {"error": a sentence} with a 4xx, or a 503 with Retry-After."""
        try:
            return await self._answer(request)
        except Refused as no:
            headers = {"Retry-After": str(no.retry)} if no.retry else None
            return JSONResponse({"error": str(no)}, no.status, headers)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it

    async def _answer(self, request: Request) -> Response:
        kind, label, after = _query(request)
        run, step, about = await anyio.to_thread.run_sync(_find, request.path_params["name"])
        _check_class(label, about)
        numbers = _numbers(
            await _body(request, 4 * MOST * (about.z_dim if kind == "z" else LONGEST))
        )
        if kind == "z":
            _rows(numbers, about.z_dim, kind)
        if after is not None and about.step <= after:
            return Response(status_code=204, headers={"X-Step": str(about.step)})
        self._check_torch()
        if not self._places.acquire(blocking=False):
            raise Refused(
                503, "Too many pictures are asked for at this moment; try again.", retry=1
            )
        job = self._pool.submit(self._draw, Wish(run, step, kind, numbers, label))
        job.add_done_callback(lambda _: self._places.release())
        pixels, drawn = await asyncio.wrap_future(job)
        headers = {
            "X-Shape": ",".join(map(str, pixels.shape)),
            "X-Step": str(drawn),
            "Cache-Control": "no-store",
        }
        return Response(pixels.tobytes(), headers=headers, media_type="application/octet-stream")

    def _check_torch(self) -> None:
        state = self._torch_state()
        if state == "no":
            hosts.warm_up()
        if state.startswith("failed"):
            raise Refused(500, f"PyTorch cannot be loaded, so nothing can be drawn: {state[8:]}")
        if state != "ready":
            text = "PyTorch is still being loaded; the picture comes in a few seconds."
            raise Refused(503, text, retry=1)

    def _draw(self, wish: Wish) -> tuple[np.ndarray, int]:
        """In the thread: uint8 N,H,W,C and the step of the generator that drew them."""
        hardware.use_threads(1)  # the rest is the trainer's
        try:
            sampler, drawn = self._samplers.get(wish.run, wish.step)
        except RunError as error:
            raise Refused(409, str(error)) from error
        if wish.kind == "w":
            w = _rows(wish.numbers, sampler.w_dim, "w")
            return images.to_pixels(sampler.synthesis(w)), drawn
        z = _rows(wish.numbers, sampler.z_dim, "z")
        classes = None if wish.label is None else np.full(len(z), wish.label)
        return sampler.images(z, classes), drawn


def routes(renderer: Renderer | None = None) -> list[Route]:
    """The one route of this file, for the app to mount."""
    return [
        Route("/api/models/{name}/images", (renderer or Renderer()).images, methods=["POST"]),
    ]


def _query(request: Request) -> tuple[str, int | None, int | None]:
    """kind, class, and `after`: the step of the picture that the asker has already."""
    kind = request.query_params.get("kind", "z")
    if kind not in ("z", "w"):
        raise Refused(400, f"kind is z or w, not {kind[:20]!r}.")
    return kind, _whole(request, "class"), _whole(request, "after")


def _whole(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refused(400, f"{name} is a whole number, not {text[:20]!r}.")
    return int(text)


def _find(name: str) -> tuple[Run, int | None, weights.About]:
    """The run, the snapshot's step, and what its generator is; `name` is ID or ID@STEP."""
    run_id, at, text = name.partition("@")
    if at and not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refused(404, f"What follows the @ is the step of a snapshot, not {text[:20]!r}.")
    step = int(text) if at else None
    try:
        run = runs.find(run_id)
        return run, step, weights.about(run, step)
    except RunError as error:
        raise Refused(404, str(error)) from error


def _check_class(label: int | None, about: weights.About) -> None:
    if label is None:
        return
    if not about.n_classes:
        raise Refused(400, "This generator knows no classes: it was trained without labels.")
    if label >= about.n_classes:
        raise Refused(400, f"class is 0 to {about.n_classes - 1}, not {label}.")


async def _body(request: Request, most: int) -> bytes:
    """The body, given up as soon as it is longer than `most` bytes or takes longer than `PATIENCE`."""
    told = request.headers.get("content-length", "0")
    body = bytearray()
    try:
        if int(told) > most:
            raise Refused(
                413, f"The body may have {most} bytes, not {told}: at most {MOST} vectors."
            )
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise Refused(413, f"The body may have {most} bytes: at most {MOST} vectors.")
    except ValueError:
        raise Refused(400, "Content-Length is not a number.") from None
    except TimeoutError:
        raise Refused(408, f"The body did not arrive within {PATIENCE:g} seconds.") from None
    return bytes(body)


def _numbers(body: bytes) -> np.ndarray:
    """float32 numbers of the body, all finite and near zero."""
    if len(body) % 4:
        raise Refused(400, f"The body is not a list of float32 numbers: it has {len(body)} bytes.")
    numbers = np.frombuffer(body, "<f4")
    if not np.isfinite(numbers).all():
        raise Refused(400, "Every number must be finite.")
    if (np.abs(numbers) > FAR).any():
        raise Refused(400, f"Every number must lie between {-FAR:g} and {FAR:g}.")
    return numbers


def _rows(numbers: np.ndarray, length: int, kind: str) -> np.ndarray:
    """The numbers as 1 to `MOST` vectors."""
    count, rest = divmod(numbers.size, length)
    if rest or not 1 <= count <= MOST:
        text = f"The body is 1 to {MOST} vectors {kind} of {length} float32 numbers"
        raise Refused(400, f"{text}; {numbers.size} numbers came.")
    return numbers.reshape(count, length)
