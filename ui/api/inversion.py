"""POST /api/models/{id}/inversion: which z makes this picture? A stream of JSON lines, one as soon as it is known.

A tick is a piece of work for the computing thread, in turn with those of others. When the client disconnects, the
next one is not begun.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import itertools
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from gan import files
from ui.api import reading, requests
from ui.api.requests import ApiError, Model, integer
from ui.api.worker import GeneratorWorker

if TYPE_CHECKING:
    from gan.latents.inversion import Measurement, Tick
    from gan.sampler import Sampler

TASKS = ("project", "inpaint", "enlarge")
SHRINK, MAX_SHRINK = 4, 64  # times that a picture to be enlarged is made smaller first
RESTARTS, MAX_RESTARTS, MAX_SEED = 8, 16, 2**53
MAX_SEARCHES = 4  # under way
MAX_SECONDS = 20.0  # where the machine is busy; otherwise it ends by itself before
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Encoding": "identity",  # else Streamlit's compression may hold lines back
    "X-Accel-Buffering": "no",
}


def routes(worker: GeneratorWorker) -> list[Route]:
    """The one route of this file, for the app to mount."""
    answer = _Inversions(worker).answer
    return [Route("/models/{name}/inversion", answer, methods=["POST"])]


class _Inversions:
    def __init__(self, worker: GeneratorWorker):
        self._worker = worker
        self._newest: dict[str, int] = {}  # of each user the number of what is under way
        self._numbers = itertools.count(1)

    async def answer(self, request: Request) -> Response:
        task = requests.choice(request, "task", TASKS, TASKS[0])
        restarts = integer(request, "restarts", 1, MAX_RESTARTS) or RESTARTS
        seed = integer(request, "seed", most=MAX_SEED) or 0
        by = integer(request, "by", 2, MAX_SHRINK) or SHRINK
        model = requests.find_picture_model(request)
        target, mask = _parsed(model, task, await _body(request, model, task, by))
        see = functools.partial(_seen, task, mask, by)
        number = next(self._numbers)
        user = requests.user(request) or f"#{number}"
        if user not in self._newest and len(self._newest) >= MAX_SEARCHES:
            raise ApiError(503, "Others are searching at this moment; try again.", retry=2)
        self._newest[user] = number  # what the user had under way ends
        try:
            ticks = await self._worker.compute(request, model, lambda s: _begin(s, see, target, restarts, seed))
            shown = functools.partial(_shown, target, mask)
            lines = self._lines(request, model, ticks, shown, user, number)
            first = await anext(lines)
        except BaseException:
            self._leave(user, number)
            raise
        return StreamingResponse(_after(first, lines), headers=HEADERS, media_type="application/x-ndjson")

    async def _lines(
        self,
        request: Request,
        model: Model,
        ticks: Iterator[Tick],
        shown: Callable[[np.ndarray], np.ndarray],
        user: str,
        number: int,
    ) -> AsyncGenerator[bytes, None]:
        until = time.monotonic() + MAX_SECONDS

        def work(sampler: Sampler) -> dict[str, Any] | None:
            tick = next(ticks, None)
            return None if tick is None else line_of(tick, sampler, shown, time.monotonic() > until)

        try:
            line: dict[str, Any] | None = {}
            while line is not None and not line.get("last"):
                line = await self._worker.compute(request, model, work)
                if self._newest.get(user) != number:
                    line = {"error": "You are searching for something newer.", "last": True}
                if line:
                    yield (files.dump(line) + "\n").encode()
        finally:
            self._leave(user, number)

    def _leave(self, user: str, number: int) -> None:
        if self._newest.get(user) == number:
            del self._newest[user]


async def _after(first: bytes, lines: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The first line and the others. What goes wrong once an answer has begun is a line, too."""
    yield first
    try:
        async with contextlib.aclosing(lines):
            async for line in lines:
                yield line
    except ApiError as error:
        yield (files.dump({"error": str(error), "last": True}) + "\n").encode()
    except ClientDisconnect:
        pass


async def _body(request: Request, model: Model, task: str, by: int) -> bytes:
    _, H, W = model.about.shape
    size = model.size + (H * W if task == "inpaint" else 0)
    what = "a picture and its mask" if task == "inpaint" else "one picture"
    if task == "enlarge" and (H % by or W % by):
        raise requests.unavailable(f"{H} x {W} pixels cannot be shrunk by {by}")
    body = await requests.read_body(request, size, what)
    if len(body) != size:
        raise ApiError(400, f"The body is {what}, {size} bytes, not {len(body)}.")
    return body


def _parsed(model: Model, task: str, body: bytes) -> tuple[np.ndarray, np.ndarray | None]:
    """The picture (uint8 H,W,C), and which pixels are known (bool H,W) where some are not."""
    _, H, W = model.about.shape
    target = model.pictures(body[: model.size])[0]
    if task != "inpaint":
        return target, None
    mask = np.frombuffer(body[model.size :], np.uint8).reshape(H, W)
    if mask.max() > 1 or not mask.any():
        raise ApiError(400, "A mask has a 1 for each pixel that is known, at least one, and else 0.")
    return target, mask == 1


def _begin(
    sampler: Sampler, see: Callable[[], Measurement], target: np.ndarray, restarts: int, seed: int
) -> Iterator[Tick]:
    from gan.latents import inversion

    return inversion.invert(sampler, target, see(), restarts=restarts, seed=seed)


def _seen(task: str, mask: np.ndarray | None, by: int) -> Measurement:
    """What of a picture counts."""
    from gan.latents import inversion

    if mask is not None:
        return inversion.masked(mask)
    return inversion.shrunk(by) if task == "enlarge" else inversion.whole()


def _shown(target: np.ndarray, mask: np.ndarray | None, answers: np.ndarray) -> np.ndarray:
    """Answers as the page shows them: where pixels are known, with those."""
    from gan.latents import inversion

    return answers if mask is None else inversion.filled(target, mask, answers)


def line_of(tick: Tick, sampler: Sampler, shown: Callable[[np.ndarray], np.ndarray], late: bool) -> dict[str, Any]:
    """A line: the candidates, in the last one the best first, with what D and the classifier read as `shown`."""
    last = late or tick.step >= tick.steps
    ranked = not last or tick.step >= tick.steps  # the search ranks its last answers itself
    order = np.arange(len(tick.errors)) if ranked else np.argsort(tick.errors, kind="stable")
    pictures = tick.images[order]
    line: dict[str, Any] = {
        "step": tick.step,
        "steps": tick.steps,
        "errors": [round(float(error), 6) for error in tick.errors[order]],
        "z": _text(tick.z[order].astype("<f4")),
        "pixels": _text(pictures),
        "last": last,
    }
    if tick.classes is not None:
        line["classes"] = tick.classes[order].tolist()
    return {**line, "readings": reading.read(sampler, shown(pictures))} if last else line


def _text(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()
