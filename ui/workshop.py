"""What the routes that compute share: the generators in memory and the threads that use them.

Pictures are drawn by a thread of their own, so that whoever drags never waits for what takes long: that is
done by another one, a piece at a time.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from starlette.requests import Request

from gan import hardware, hosts
from gan.runs import Run, RunError
from ui import questions, weights
from ui.kept import Kept
from ui.questions import Model, Refused
from ui.turns import PLACES, Full, Replaced, Turns

if TYPE_CHECKING:
    from gan.sampler import Sampler

T = TypeVar("T")
DRAWING, STUDYING = 1 / 2, 1 / 3  # of a thread's time while somebody trains
REST = 30  # ms that a page rests between pictures while somebody trains: 20 a second are enough
KEPT = 8  # generators in memory: the newest ones, and those of a time slider being dragged


class Samplers:
    """The last few generators; a file that was replaced is read anew. Safe to use from several threads.

    Whoever asks for the step of one that was the newest, and is no snapshot, holds it: a few such stay longer.
    """

    def __init__(self, most: int = KEPT):
        self._kept: Kept[tuple[Path, int, int], Sampler] = Kept(most)
        self._held: Kept[tuple[Path, int, int], Sampler] = Kept(most)

    def get(self, run: Run, step: int | None) -> Sampler:
        """The sampler of a run's newest generator, or that of a step. Raises RunError: weights gone or broken."""
        from gan.sampler import Sampler

        about = weights.about(run, step)  # first: a file replaced in between is read again
        key = run.path, about.step, about.mtime
        sampler = self._kept.get(key) or self._held.get(key)
        if sampler is None:
            sampler = Sampler.load(run.path, step)
        self._kept.put(key, sampler)
        if step is None:
            weights.LATELY.put((run.path, about.step), about)
        elif not run.weights(step).exists():
            self._held.put(key, sampler)
        return sampler


class Workshop:
    """Has a generator work for a request, in turn with the others."""

    def __init__(self, torch_state: Callable[[], str] = hosts.torch_state, places: int = PLACES):
        self._torch_state = torch_state
        self._samplers = Samplers()
        self._drawing = Turns("render", places, DRAWING)
        self._aside = Turns("study", places, STUDYING)

    async def draw(
        self, request: Request, model: Model, work: Callable[[Sampler], T], slot: str = ""
    ) -> T:
        """What `work` makes of the generator, soon. A newer question of the user for the same `slot` replaces it."""
        return await self._ask(self._drawing, request, model, work, slot)

    def rest(self) -> dict[str, str]:
        """A header that tells a page how long to rest before its next question; none while nothing trains."""
        return {"X_Rest": str(REST)} if hosts.trainers().active() else {}

    async def study(
        self, request: Request, model: Model, work: Callable[[Sampler], T], slot: str = ""
    ) -> T:
        """The same for what may take a while: a piece of at most about a tenth of a second where it can be cut."""
        return await self._ask(self._aside, request, model, work, slot)

    def piece(self, model: Model, work: Callable[[Sampler], T], asker: str) -> T:
        """For the thread of a job: a piece of it, in turn with what others study. Waits. Raises Refused."""
        while True:
            with contextlib.suppress(Full):
                return self._aside.ask(lambda: self._work(model, work), asker).result()
            time.sleep(0.1)

    async def _ask(
        self, turns: Turns, request: Request, model: Model, work: Callable[[Sampler], T], slot: str
    ) -> T:
        """Raises Refused, and ClientDisconnect when nobody waits any more."""
        self.check_torch()
        token = questions.user(request)
        host = request.client.host if request.client else ""
        try:
            piece = turns.ask(
                lambda: self._work(model, work), token or f"@{host}", slot if token else ""
            )
            return await questions.wait(request, piece)
        except Full:
            text = "Too many pictures are asked for at this moment; try again."
            raise Refused(503, text, retry=1) from None
        except Replaced:
            raise Refused(409, "A newer question of yours has taken this one's place.") from None

    def check_torch(self) -> None:
        """Raises Refused until PyTorch is there, and starts to load it."""
        state = self._torch_state()
        if state == "no":
            hosts.warm_up()
        if state.startswith("failed"):
            raise Refused(500, f"PyTorch cannot be loaded, so nothing can be drawn: {state[8:]}")
        if state != "ready":
            text = "PyTorch is still being loaded; the picture comes in a few seconds."
            raise Refused(503, text, retry=1)

    def _work(self, model: Model, work: Callable[[Sampler], T]) -> T:
        hardware.use_threads(1)  # the rest is the trainer's
        try:
            return work(self._samplers.get(model.run, model.step))
        except RunError as error:
            raise Refused(409, str(error)) from error
