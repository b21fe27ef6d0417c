"""GET and POST /api/models/{id}/quiz, GET …/hand: twenty pictures, real or generated, and whether a guess is right.

A page that draws and judges by itself takes the hand: the real pictures, and the noise of the others.

Which is which follows from the generator's name, a seed and a number, so nothing is stored for a client.
D's opinion changes while the run goes on training: the last rounds are kept for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio.to_thread
from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan.diagnostics import d_scale
from gan.sampler import quiz
from ui.api import requests
from ui.api.requests import ApiError, Model, integer, json_response, unavailable
from ui.api.worker import GeneratorWorker

if TYPE_CHECKING:
    from gan.sampler import Sampler

MAX_PICTURES = 64  # of a round
MAX_SEED = 2**53
MAX_ROUNDS = 256  # in memory
Key = tuple[str, int, int]
Answers = tuple[list[bool], list[float], list[float] | None]  # which are real, what D makes of each: score, share


def routes(worker: GeneratorWorker) -> list[Route]:
    """The routes of this file, for the app to mount."""
    rounds = _Quiz(worker)
    path = "/models/{name}/quiz"
    return [
        Route(path, rounds.deal, methods=["GET"]),
        Route(path, rounds.guess, methods=["POST"]),
        Route("/models/{name}/hand", hand, methods=["GET"]),
    ]


class _Quiz:
    def __init__(self, worker: GeneratorWorker):
        self._worker = worker
        self._rounds: LRUCache[Key, Answers] = LRUCache(MAX_ROUNDS)  # used in the event loop only

    async def deal(self, request: Request) -> Response:
        model, key = _parsed(request)
        dealt, source, _ = await self._round(request, model, key)
        return requests.pixel_response(request, dealt.pictures, dealt.step, X_Real=_ascii(source))

    async def guess(self, request: Request) -> Response:
        model, key = _parsed(request)
        k = integer(request, "k")
        if k is None or k >= key[2]:
            raise ApiError(400, f"k is the number of a picture, 0 to {key[2] - 1}.")
        word = requests.choice(request, "guess", ("real", "generated"), None)
        truth, scores, shares = self._rounds.get(key) or (await self._round(request, model, key))[2]
        right = "real" if truth[k] else "generated"
        d = {"d": shares and shares[k], "d_score": scores[k], "d_right": (scores[k] > 0) == truth[k]}
        return json_response({"truth": right, "right": word == right, **d})

    async def _round(self, request: Request, model: Model, key: Key) -> tuple[quiz.Round, str, Answers]:
        name, seed, n = key
        real = await anyio.to_thread.run_sync(_real, model)

        def work(sampler: Sampler) -> quiz.Round:
            return quiz.deal(sampler, real, name, seed, n)

        dealt = await self._worker.render(request, model, work, "quiz")
        shares = d_scale.of_loss(model.run.config().loss).shares(dealt.scores)
        self._rounds[key] = answers = dealt.truth.tolist(), dealt.scores.astype(float).tolist(), shares
        return dealt, real.source, answers


def hand(request: Request) -> Response:
    """What a round is made of, without PyTorch: noise (float32), real pictures; X-Truth says which are real."""
    model, (name, seed, n) = _parsed(request)
    real = _real(model)
    dealt = quiz.hand(real, name, seed, n, model.about.z_dim)
    headers = {
        "Cache-Control": "no-store",
        "X-Shape": ",".join(map(str, dealt.real.shape)),
        "X-Truth": "".join("1" if one else "0" for one in dealt.truth),
        "X-Real": _ascii(real.source),
    }
    return Response(dealt.z.tobytes() + dealt.real.tobytes(), headers=headers, media_type="application/octet-stream")


def _real(model: Model) -> quiz.Real:
    try:
        return quiz.real(model.run, model.about.shape)
    except quiz.NoReal as why:
        raise unavailable(str(why)) from None


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode()


def _parsed(request: Request) -> tuple[Model, Key]:
    model = requests.find_picture_model(request)
    seed = integer(request, "seed", most=MAX_SEED)
    n = integer(request, "n", 1, MAX_PICTURES)
    return model, (model.name, seed or 0, n or 20)
