"""POST /api/models/{id}/images: noise in, pictures out. Changes nothing, so every client may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan import images
from gan.datasets._captions import numbers
from ui.api import requests
from ui.api.requests import ApiError, choice, integer, share, unavailable
from ui.api.worker import GeneratorWorker
from ui.shared import generator_info

if TYPE_CHECKING:
    from gan.sampler import Sampler

MAX_VECTORS = 256  # in one request
MAX_ABS = 20.0  # the largest |number| of z or w
MAX_CAPTION = 400  # letters
MAX_W_DIM = 1 << 12  # whatever the model
SHEET_PX, FRAME_PX = 600, 280  # width of a sheet and of the frames of a film, at least,
MAX_SHEET_PX = 4_000_000  # unless a sheet would have more pixels
MAX_FPS = 50
MAX_FILES = 4  # sheets and films being made: one may take a second


def routes(worker: GeneratorWorker) -> list[Route]:
    """The one route of this file, for the app to mount."""

    files = anyio.Semaphore(MAX_FILES, fast_acquire=True)

    async def answer(request: Request) -> Response:
        return await _images(worker, files, request)

    return [Route("/models/{name}/images", answer, methods=["POST"])]


async def _images(worker: GeneratorWorker, files: anyio.Semaphore, request: Request) -> Response:
    kind, label, after = (
        choice(request, "kind", ("z", "zw", "w", "ws"), "z"),
        integer(request, "class"),
        integer(request, "after"),
    )
    psi, centre = share(request, "psi"), choice(request, "centre", ("nearest", "mean"), "nearest")
    border, coarse = integer(request, "border", 1), integer(request, "coarse", 1) or 0
    form = choice(request, "format", ("png", "gif"))
    columns = integer(request, "columns", 1, MAX_VECTORS) or 0
    fps = integer(request, "fps", 1, MAX_FPS) or 10
    model = requests.find_model(request)
    about = model.about
    _check_class(label, about)
    caption = _caption(request, about)
    _check_styles(kind, border, coarse, about)
    if form and about.is_points:
        raise unavailable("points of the plane are no pictures")
    length = {"z": about.z_dim, "zw": about.z_dim + about.w_dim, "w": about.w_dim}.get(kind, 0)
    if kind == "ws":
        length = len(about.layers) * about.w_dim
    limit = 4 * MAX_VECTORS * (length or MAX_W_DIM)
    numbers = _numbers(await requests.read_body(request, limit, f"at most {MAX_VECTORS} vectors"))
    if length:
        _check_grid(len(_rows(numbers, length, kind)), border, coarse)
    if after is not None and about.step <= after:
        return Response(status_code=204, headers={"X-Step": str(about.step)})

    def work(sampler: Sampler) -> tuple[np.ndarray, int]:
        rows = _rows(numbers, length or sampler.w_dim, kind)
        if kind == "ws":
            w = rows.reshape(len(rows), len(about.layers), -1)
            return images.to_pixels(sampler.synthesis(w)), sampler.step
        if kind == "w":
            return images.to_pixels(sampler.synthesis(sampler.truncate(rows, psi, centre))), sampler.step
        asked = label if caption is None else caption
        classes = None if asked is None else np.array([asked] * len(rows))
        if border:
            return sampler.mix(rows[:coarse], rows[coarse:], border, classes, psi, centre), sampler.step
        return sampler.images(rows, classes, psi, centre), sampler.step

    if not form:
        pixels, step = await worker.render(request, model, work, "images")
        return requests.pixel_response(request, pixels, step, **worker.rest_header())

    def make(sampler: Sampler) -> tuple[bytes, int]:
        pixels, step = work(sampler)
        return (_sheet(pixels, columns) if form == "png" else _film(pixels, fps)), step

    try:
        files.acquire_nowait()
    except anyio.WouldBlock:
        text = "Others are saving pictures at this moment; try again."
        raise ApiError(503, text, retry=1) from None
    try:
        file, step = await worker.compute(request, model, make, f"images {form}")
    finally:
        files.release()
    headers = {"X-Step": str(step), "Cache-Control": "no-store"}
    return Response(file, headers=headers, media_type=f"image/{form}")


def _sheet(pixels: np.ndarray, columns: int) -> bytes:
    """One PNG of all pictures (uint8 N,H,W,C), every pixel a square of several."""
    sheet = images.grid(pixels, min(columns, len(pixels)))
    return images.png(_enlarged(sheet, SHEET_PX))


def _film(pixels: np.ndarray, fps: int) -> bytes:
    """A GIF that shows the pictures one after the other, `fps` a second, again and again."""
    frame_ms = round(1000 / fps)
    return images.gif([_enlarged(picture, FRAME_PX) for picture in pixels], frame_ms, hold=frame_ms)


def _enlarged(picture: np.ndarray, width: int) -> np.ndarray:
    times = min(-(-width // picture.shape[1]), int((MAX_SHEET_PX / picture[..., 0].size) ** 0.5))
    times = max(1, times)
    return picture.repeat(times, 0).repeat(times, 1)


def _check_class(label: int | None, about: generator_info.About) -> None:
    if label is None:
        return
    if not about.n_classes:
        raise ApiError(400, "This generator knows no classes: it was trained without labels.")
    if label >= about.n_classes:
        raise ApiError(400, f"class is 0 to {about.n_classes - 1}, not {label}.")


def _caption(request: Request, about: generator_info.About) -> np.ndarray | None:
    """The caption that is asked for in the place of a class, as the networks read it; None where none is."""
    text = request.query_params.get("words", "").strip()
    if not text:
        return None
    if not about.vocabulary:
        raise ApiError(400, "This generator was not trained with captions, so it cannot be asked for by words.")
    try:
        return numbers(text[:MAX_CAPTION], about.vocabulary)
    except ValueError as error:
        raise ApiError(400, str(error)) from None


def _check_styles(kind: str, border: int | None, coarse: int, about: generator_info.About) -> None:
    if not about.layers and (border or kind in ("zw", "ws")):
        raise unavailable("this generator has one w for all its layers, and no styles")
    if border and kind not in ("z", "zw"):
        raise ApiError(400, "border mixes vectors of the kinds z and zw.")
    if border and border >= len(about.layers):
        raise ApiError(400, f"border is 1 to {len(about.layers) - 1}: the layers are {', '.join(about.layers)}.")
    if border and not coarse:
        raise ApiError(400, "With border, coarse says how many of the vectors are coarse.")


def _check_grid(count: int, border: int | None, coarse: int) -> None:
    if border and not 1 <= coarse * (count - coarse) <= MAX_VECTORS:
        text = f"The coarse and the fine vectors make 1 to {MAX_VECTORS} pictures"
        raise ApiError(400, f"{text}, not {coarse} x {count - coarse}.")


def _numbers(body: bytes) -> np.ndarray:
    """float32 numbers of the body, all finite and near zero."""
    if len(body) % 4:
        raise ApiError(400, f"The body is not a list of float32 numbers: it has {len(body)} bytes.")
    numbers = np.frombuffer(body, "<f4")
    if not np.isfinite(numbers).all():
        raise ApiError(400, "Every number must be finite.")
    if (np.abs(numbers) > MAX_ABS).any():
        raise ApiError(400, f"Every number must lie between {-MAX_ABS:g} and {MAX_ABS:g}.")
    return numbers


def _rows(numbers: np.ndarray, length: int, kind: str) -> np.ndarray:
    """The numbers as 1 to MAX_VECTORS vectors."""
    count, rest = divmod(numbers.size, length)
    if rest or not 1 <= count <= MAX_VECTORS:
        text = f"The body is 1 to {MAX_VECTORS} vectors {kind} of {length} float32 numbers"
        raise ApiError(400, f"{text}; {numbers.size} numbers came.")
    return numbers.reshape(count, length)
