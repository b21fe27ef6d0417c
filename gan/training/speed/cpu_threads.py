"""A tuner of the number of CPU threads: compares counts while it trains, since the load of the machine changes.

With a core each, two threads are faster than one. Beside a busy program they can be far slower, because they wait for
each other at the end of every operation. Only the measured pace of the steps shows which count is best.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

from gan.config import RunConfig
from gan.hardware import cores

WINDOW_SECONDS, STRETCH_SECONDS = 0.5, 0.2  # seconds over which the pace is taken: as it goes on, and to compare
N_PAIRS = 3  # of stretches in a comparison
MORE_RATIO, FEWER_RATIO = 1.1, 0.98  # how much faster more threads have to be, and fewer, to be taken
CLEAR_RATIO = 1.4  # fewer threads that are so much faster need no further pair
FALLEN_RATIO = 0.7  # of the usual pace calls for fewer threads
USUAL_WEIGHT = 0.1  # share of the newest window in the usual pace
FIRST_SECONDS, SOON_SECONDS = 5.0, 1.0  # seconds to the first comparison: from one thread, and from several
# Seconds between comparisons: at first, and where they change nothing or do not last.
OFTEN_SECONDS, SELDOM_SECONDS = 10.0, 40.0
MAX_SHARE = 0.03  # of the time that regular comparisons may cost

Result = TypeVar("Result")
# Yields threads; is sent the seconds and updates of the step made.
Making = Generator[int, tuple[float, int], Result]


@dataclass(frozen=True)
class Switch:
    """Other threads from now on, and the paces before and now, in updates a second."""

    before: int
    threads: int
    why: str  # "slow": the pace had fallen; "due": it was time to compare
    paces: tuple[float, float]


def choose(config: RunConfig, last: int = 1, spare: int = 0) -> Threads:
    """The number that `config` names, for good; else the best at any moment, beginning with `last`.

    `spare` cores are left to others, as far as there are more. Beside a device other than the CPU one is, and the
    number stays: the pace does not depend on it.
    """
    if config.threads:
        return Threads((config.threads,))
    elsewhere = config.device != "cpu"
    most = max(1, cores() - max(spare, int(elsewhere)))
    return Threads((most,)) if elsewhere else Threads(steps(most), last)


def steps(most: int) -> tuple[int, ...]:
    """The numbers that are tried: 1, 2, 4, … and `most`."""
    return (*(1 << k for k in range((most - 1).bit_length())), most)


class Threads:
    """A tuner that decides the number of threads of the next step.

    Its only clock is the duration of steps, so that the same durations lead to the same decisions. `choices` ascend;
    of a single one nothing is ever compared. Begins with the largest that is not above `last`.
    """

    def __init__(self, choices: tuple[int, ...], last: int = 1):
        self._choices = choices
        self._place = max((k for k, count in enumerate(choices) if count <= last), default=0)
        self._seconds = 0.0
        self._switch: Switch | None = None
        self.next = self.settled
        self._plan = self._plan_steps()
        next(self._plan)

    @property
    def settled(self) -> int:
        """The number in use; `next` is another one while that is tried."""
        return self._choices[self._place]

    def took(self, seconds: float, updates: int) -> Switch | None:
        """Takes the duration of the step with `next` threads. Returns the switch if that decided for one."""
        self._switch = None
        if len(self._choices) > 1:
            self._seconds += seconds
            self.next = self._plan.send((seconds, updates))
        return self._switch

    def _plan_steps(self) -> Making[None]:
        """Goes on until there is reason to compare, takes what is faster, and so on."""
        usual, wait, pause = 0.0, SOON_SECONDS if self._place else FIRST_SECONDS, OFTEN_SECONDS
        upward, switched = False, -2 * SELDOM_SECONDS
        top = len(self._choices) - 1
        while True:
            why, usual = yield from self._go_on(usual, wait)
            upward = self._place == 0 or (upward and why == "due" and self._place < top)
            began, now = self._seconds, self._place
            other = 0 if why == "slow" else now + (1 if upward else -1)
            low = FALLEN_RATIO * usual if why == "due" else 0.0
            paces = yield from self._compare(now, other, low)
            if paces[1] > paces[0] * (MORE_RATIO if upward else FEWER_RATIO):
                self._place = other
                self._switch = Switch(self._choices[now], self.settled, why, paces)
                pause = OFTEN_SECONDS if began - switched > 2 * SELDOM_SECONDS else min(2 * pause, SELDOM_SECONDS)
                switched = self._seconds
                further = 0 < other < top or (why == "slow" and top > 1)
            else:
                pause, upward, further = min(2 * pause, SELDOM_SECONDS), not upward, False
            pace = paces[self._place == other]
            usual = pace if why == "slow" else max(usual, pace)  # a fall meanwhile shows next
            lost = (self._seconds - began) * (1 - min(paces) / max(paces))
            wait = 0.0 if further else max(pause, lost / MAX_SHARE)

    def _go_on(self, usual: float, wait: float) -> Making[tuple[str, float]]:
        """Steps with the settled number for `wait` seconds, or until the pace falls. Which, and the usual pace."""
        until = self._seconds + wait
        while True:
            pace = yield from self._pace(self.settled, WINDOW_SECONDS)
            if self._place and pace < FALLEN_RATIO * usual:
                return "slow", usual
            usual = usual + USUAL_WEIGHT * (pace - usual) if usual else pace
            if self._seconds >= until:
                return "due", usual

    def _compare(self, now: int, other: int, low: float) -> Making[tuple[float, float]]:
        """The paces with two of the choices, taken in turn: of the pair in the middle.

        One pair is enough where fewer threads are clearly faster, or where several have become slower than `low`.
        """
        pairs: list[tuple[float, float]] = []
        for k in range(N_PAIRS):
            paces = {}
            for place in (other, now) if k % 2 == 0 else (now, other):
                paces[place] = yield from self._pace(self._choices[place], STRETCH_SECONDS)
            pairs.append((paces[now], paces[other]))
            clear = paces[min(now, other)] > CLEAR_RATIO * paces[max(now, other)]
            if clear or (now and paces[now] < low):
                return pairs[-1]
        return sorted(pairs, key=lambda pair: pair[1] / pair[0])[N_PAIRS // 2]

    def _pace(self, count: int, span: float) -> Making[float]:
        """Updates a second with `count` threads over `span` seconds, two steps at least; the first one warms up."""
        if count != self.next:
            yield count
        steps, updates, seconds = 0, 0, 0.0
        while seconds < span or steps < 2:
            took, made = yield count
            steps, updates, seconds = steps + 1, updates + made, seconds + took
        return updates / seconds
