"""GET /api/models/{id}/program, …/weights and …/judge: what a page needs to draw and to judge by itself.

A program depends on the settings of a run alone, so it is written once a run, by the worker; weights are packed once
for everybody, without PyTorch. D has to be calibrated first (gan/sampler/calibration.py), by the worker.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import threading
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan import files
from gan.runs import RunError, weights_header
from ui.api import requests
from ui.api.requests import Model, choice, integer, unavailable
from ui.api.shared_results import SharedResults
from ui.api.worker import GeneratorWorker
from ui.shared.assets import FOREVER
from ui.shared.picture_url import evaluator_url, generation, judge_url, weights_url

if TYPE_CHECKING:
    from gan.sampler import Sampler

MAX_PROGRAMS, MAX_JUDGES = 64, 16
TRIES = 3  # to read a generator that is being replaced
MAX_PACKED_BYTES = 64 << 20  # of weights in memory
GZIP_LEVEL = 1  # 16-bit weights are nearly random: more effort saves nothing


def routes(worker: GeneratorWorker) -> list[Route]:
    """The routes of this file, for the app to mount."""
    packs, judges = _Packs(), _Judges(worker)
    programs = _Programs(worker, packs)
    return [
        Route("/models/{name}/program", programs.answer),
        Route("/models/{name}/weights", packs.answer),
        Route("/models/{name}/judge", judges.answer),
        Route("/models/{name}/judge/weights", judges.weights),
    ]


class _Programs:
    """Programs by the settings that they depend on: JSON, or the sentence that says why there is none."""

    def __init__(self, worker: GeneratorWorker, packs: _Packs):
        self._written: SharedResults[tuple[str, str]] = SharedResults(worker, MAX_PROGRAMS)
        self._packs = packs

    async def answer(self, request: Request) -> Response:
        """The program, and where the weights are, which are packed by now: newer ones may come before the question."""
        after, known = integer(request, "after"), integer(request, "g")
        for _ in range(TRIES):
            model = requests.find_model(request)
            events = model.run.events()
            about, now = model.about, generation(events)
            if after == about.step and known == now:
                return Response(status_code=204, headers={"X-Step": str(about.step)})
            text, why = await self._program(model)
            if why:
                raise unavailable(f"the page cannot draw by itself: {why}")
            with contextlib.suppress(RunError):  # a newer one has just come
                await run_in_threadpool(self._packs.body, model, about.step, now)
                break
        place = {"step": about.step, "generation": now, "weights": weights_url(model.run, events, about.step)}
        body = f"{json.dumps(place)[:-1]}, {text[1:]}"
        headers = {"Cache-Control": "no-store", "X-Step": str(about.step)}
        return Response(body, headers=headers, media_type="application/json")

    async def _program(self, model: Model) -> tuple[str, str]:
        header = weights_header.read(model.run.weights(model.step))
        known = json.dumps([header.get("config"), header.get("data")], sort_keys=True)
        key = known if header else model.version  # one that was the newest and is in memory alone
        return await self._written.get(key, model, _write)


def _write(sampler: Sampler) -> tuple[str, str]:
    from gan.export import program

    if sampler.config.from_source:
        return "", "it makes one picture from another, and the page has noise alone"
    try:
        return json.dumps(program.generator(sampler.generator, sampler.z_dim, sampler.classes)), ""
    except program.Unsupported as error:
        return "", str(error)


class _Packs:
    """The weights of generators as they are sent, compressed. Used by several threads."""

    def __init__(self) -> None:
        self._packed: LRUCache[tuple[str, int, int], bytes] = LRUCache(MAX_PACKED_BYTES, getsizeof=len)
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Response:
        step, asked = integer(request, "step"), integer(request, "g")
        model = requests.find_model(request)
        now = generation(model.run.events())
        wanted = model.about.step if step is None else step
        body = self.body(model, wanted, now)
        return _file(request, body, wanted, certain=step is not None and asked == now)

    def body(self, model: Model, step: int, now: int) -> bytes:
        """The file of that step, compressed: in memory, the newest one, or a snapshot. Raises RunError."""
        key = (str(model.run.path.resolve()), step, now)
        with self._lock:  # also while it is packed: who else asks for it waits
            if key in self._packed:
                return self._packed[key]
            for path in (model.run.weights(model.step), model.run.weights(step)):
                if weights_header.read(path).get("step") == step:
                    body = _pack(model, path)
                    if len(body) <= MAX_PACKED_BYTES:
                        self._packed[key] = body
                    return body
        raise RunError(f"Run {model.run.id!r} no longer has the generator of step {step}: there is a newer one.")


@dataclass(frozen=True)
class _Judge:
    """D and EvalNet of one generator, or one of them: the programs as JSON, and their weights, compressed."""

    step: int
    text: str
    packed: bytes

    @property
    def mark(self) -> str:
        """Another word for other weights."""
        return f"{zlib.crc32(self.packed):x}"


class _Judges:
    """D and EvalNet as they are sent, or the sentence that says why they are not."""

    def __init__(self, worker: GeneratorWorker):
        self._made: SharedResults[_Judge | str] = SharedResults(worker, MAX_JUDGES)
        self._said: LRUCache[tuple[str, str], _Judge] = LRUCache(MAX_JUDGES)

    async def answer(self, request: Request) -> Response:
        after, known, networks = integer(request, "after"), integer(request, "g"), _networks(request)
        model = requests.find_model(request)
        events = model.run.events()
        about, now = model.about, generation(events)
        if after == about.step and known == now:
            return Response(status_code=204, headers={"X-Step": str(about.step)})
        made = await self._judge(request, model)
        url = judge_url(model.name, events, made.step, networks)
        self._said[model.name, url.partition("?")[2]] = made  # a newer one may come before its weights are asked for
        place = {"step": made.step, "generation": now, "weights": url}
        if networks == "e":
            place["weights"] = evaluator_url(model.run, made.mark)
        body = f"{json.dumps(place)[:-1]}, {made.text[1:]}"
        headers = {"Cache-Control": "no-store", "X-Step": str(made.step)}
        return Response(body, headers=headers, media_type="application/json")

    async def weights(self, request: Request) -> Response:
        step, asked = integer(request, "step"), integer(request, "g")
        model = requests.find_model(request)
        made = self._said.get((model.name, request.url.query)) or await self._judge(request, model)
        if step not in (None, made.step):
            raise RunError(f"Run {model.run.id!r} no longer has the D of step {step}: there is a newer one.")
        certain = step is not None and asked == generation(model.run.events())
        certain |= _networks(request) == "e" and request.query_params.get("v") == made.mark
        return _file(request, made.packed, made.step, certain)

    async def _judge(self, request: Request, model: Model) -> _Judge:
        networks = _networks(request)
        version = model.run.path.resolve() if networks == "e" else model.version  # EvalNet is the same at every step
        made = await self._made.get(f"{version} {networks}", model, lambda s: _write_judge(s, networks))
        if isinstance(made, str):
            raise unavailable(f"the page cannot judge by itself: {made}")
        return made


def _networks(request: Request) -> str:
    """What is asked for: "d" for D, "e" for the classifier, which is most of what is sent, "" for both."""
    return choice(request, "networks", ("d", "e"))


def _write_judge(sampler: Sampler, networks: str = "") -> _Judge | str:
    from gan.export import critic_program

    try:
        told, weights = critic_program.write(sampler, critic=networks != "e", evaluator=networks != "d")
    except ValueError as error:
        return str(error)
    return _Judge(sampler.step, json.dumps(told), gzip.compress(weights, GZIP_LEVEL, mtime=0))


def _file(request: Request, packed: bytes, step: int, certain: bool) -> Response:
    """Weights, for ever where the request names them for certain."""
    headers = {
        "X-Step": str(step),
        "Cache-Control": FOREVER if certain else "no-store",
        "Vary": "Accept-Encoding",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        packed = gzip.decompress(packed)
    return Response(packed, headers=headers, media_type="application/octet-stream")


def _pack(model: Model, path: Any) -> bytes:
    from gan.export import page_weights

    try:
        return gzip.compress(page_weights.packed(model.run.read(path)), GZIP_LEVEL, mtime=0)
    except (OSError, ValueError) as error:
        raise RunError(f"The weights of run {model.run.id!r} cannot be read: {files.why(error)}.") from error
