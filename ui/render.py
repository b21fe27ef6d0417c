"""POST /api/models/{id}/images: noise in, pictures out. Changes nothing, so everybody may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan import images
from ui import questions, weights
from ui.questions import Refused, choice, unavailable, whole
from ui.workshop import Workshop

if TYPE_CHECKING:
    from gan.sampler import Sampler

MOST = 256  # vectors in one request
FAR = 20.0  # the largest |number| of z or w
LONGEST = 1 << 12  # numbers in one w, whatever the model
SHEET, FRAME = 600, 280  # pixels that a sheet and the frames of a film are wide, at least,
LARGEST = 4_000_000  # unless a sheet would have more pixels
FASTEST = 50  # frames a second
FILES = 4  # sheets and films being made: one may take a second


def routes(workshop: Workshop) -> list[Route]:
    """The one route of this file, for the app to mount."""

    places = anyio.Semaphore(FILES, fast_acquire=True)

    async def draw(request: Request) -> Response:
        return await _images(workshop, places, request)

    return [Route("/api/models/{name}/images", questions.polite(draw), methods=["POST"])]


async def _images(workshop: Workshop, places: anyio.Semaphore, request: Request) -> Response:
    kind, label, after = (
        choice(request, "kind", ("z", "w"), "z"),
        whole(request, "class"),
        whole(request, "after"),
    )
    form = choice(request, "format", ("png", "gif"))
    columns = whole(request, "columns", MOST, 1) or 0
    pace = whole(request, "fps", FASTEST, 1) or 10
    model = questions.find(request)
    about = model.about
    _check_class(label, about)
    if form and about.is_points:
        raise unavailable("points of the plane are no pictures")
    most = 4 * MOST * (about.z_dim if kind == "z" else LONGEST)
    numbers = _numbers(await questions.read(request, most, f"at most {MOST} vectors"))
    if kind == "z":
        _rows(numbers, about.z_dim, kind)
    if after is not None and about.step <= after:
        return Response(status_code=204, headers={"X-Step": str(about.step)})

    def work(sampler: Sampler) -> tuple[np.ndarray, int]:
        if kind == "w":
            w = _rows(numbers, sampler.w_dim, "w")
            return images.to_pixels(sampler.synthesis(w)), sampler.step
        z = _rows(numbers, sampler.z_dim, "z")
        classes = None if label is None else np.full(len(z), label)
        return sampler.images(z, classes), sampler.step

    if not form:
        pixels, step = await workshop.draw(request, model, work, "images")
        return questions.pixels(request, pixels, step, **workshop.rest())

    def make(sampler: Sampler) -> tuple[bytes, int]:
        pixels, step = work(sampler)
        return (_sheet(pixels, columns) if form == "png" else _film(pixels, pace)), step

    try:
        places.acquire_nowait()
    except anyio.WouldBlock:
        text = "Others are saving pictures at this moment; try again."
        raise Refused(503, text, retry=1) from None
    try:
        file, step = await workshop.study(request, model, make, f"images {form}")
    finally:
        places.release()
    headers = {"X-Step": str(step), "Cache-Control": "no-store"}
    return Response(file, headers=headers, media_type=f"image/{form}")


def _sheet(pixels: np.ndarray, columns: int) -> bytes:
    """One PNG of all pictures (uint8 N,H,W,C), every pixel a square of several."""
    sheet = images.grid(pixels, min(columns, len(pixels)))
    return images.png(_enlarged(sheet, SHEET))


def _film(pixels: np.ndarray, pace: int) -> bytes:
    """A GIF that shows the pictures one after the other, `pace` a second, again and again."""
    rest = round(1000 / pace)
    return images.gif([_enlarged(picture, FRAME) for picture in pixels], rest, hold=rest)


def _enlarged(picture: np.ndarray, width: int) -> np.ndarray:
    times = min(-(-width // picture.shape[1]), int((LARGEST / picture[..., 0].size) ** 0.5))
    times = max(1, times)
    return picture.repeat(times, 0).repeat(times, 1)


def _check_class(label: int | None, about: weights.About) -> None:
    if label is None:
        return
    if not about.n_classes:
        raise Refused(400, "This generator knows no classes: it was trained without labels.")
    if label >= about.n_classes:
        raise Refused(400, f"class is 0 to {about.n_classes - 1}, not {label}.")


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
