"""GET and POST /api/models/{id}/quiz: twenty pictures, real or generated, and whether a guess is right.

Which is which follows from the generator's name, a seed and a number, so that nothing has to be remembered for anybody.
What D thinks does not, while a run goes on learning: the last rounds dealt are kept for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio.to_thread
import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan import quiz
from gan.runs import RunError
from ui import questions
from ui.kept import Kept
from ui.questions import Model, Refused, say, unavailable, whole
from ui.workshop import Workshop

if TYPE_CHECKING:
    from gan.sampler import Sampler

MOST = 64  # pictures of a round
SEEDS = 2**53
KEPT = 256  # rounds
Key = tuple[str, int, int]
Known = tuple[list[bool], list[float]]  # which are real, and what D thinks of each


def routes(workshop: Workshop) -> list[Route]:
    """The routes of this file, for the app to mount."""
    quizmaster = _Quizmaster(workshop)
    path = "/api/models/{name}/quiz"
    return [
        Route(path, questions.polite(quizmaster.deal), methods=["GET"]),
        Route(path, questions.polite(quizmaster.judge), methods=["POST"]),
    ]


class _Quizmaster:
    def __init__(self, workshop: Workshop):
        self._workshop = workshop
        self._rounds: Kept[Key, Known] = Kept(KEPT)

    async def deal(self, request: Request) -> Response:
        model, key = _asked(request)
        dealt, source, _ = await self._round(request, model, key)
        real = source.encode("ascii", "replace").decode()
        return questions.pixels(request, dealt.pictures, dealt.step, X_Real=real)

    async def judge(self, request: Request) -> Response:
        model, key = _asked(request)
        k = whole(request, "k")
        if k is None or k >= key[2]:
            raise Refused(400, f"k is the number of a picture, 0 to {key[2] - 1}.")
        guess = questions.choice(request, "guess", ("real", "generated"), None)
        known = self._rounds.get(key) or (await self._round(request, model, key))[2]
        truth, chances = known
        word = "real" if truth[k] else "generated"
        return say(
            {
                "truth": word,
                "right": guess == word,
                "d": chances[k],
                "d_right": (chances[k] > 0.5) == truth[k],
            }
        )

    async def _round(
        self, request: Request, model: Model, key: Key
    ) -> tuple[quiz.Round, str, Known]:
        name, seed, n = key
        try:
            real = await anyio.to_thread.run_sync(quiz.real, model.run, model.about.shape)
        except quiz.NoReal as why:
            raise unavailable(str(why)) from None
        except RunError as error:
            raise Refused(404, str(error)) from error

        def work(sampler: Sampler) -> quiz.Round:
            return quiz.deal(sampler, real, name, seed, n)

        dealt = await self._workshop.draw(request, model, work, "quiz")
        chances = np.round(dealt.probability.astype(float), 4).tolist()
        known = dealt.truth.tolist(), chances
        return dealt, real.source, self._rounds.put(key, known)


def _asked(request: Request) -> tuple[Model, Key]:
    model = questions.find_pictures(request)
    seed = whole(request, "seed", SEEDS)
    n = whole(request, "n", MOST, 1)
    return model, (model.name, seed or 0, n or 20)
