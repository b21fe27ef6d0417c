"""The stage: what the teacher shows to the class, and the question that is put to it. It changes no run.

The scene says where the teacher is: a page with its query, and of a run on that page the chart and the moment that are
on show. Watchers follow it unless they look around by themselves. A question has two to six answers, of which every
browser picks one; a pick may be changed until the right answer is told.

Every value comes from a browser: texts are bounded here, and pages show them as text only.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cachetools import LRUCache

from gan.hosting.process import singleton

MAX_PICKS = 500  # browsers whose pick is kept
MAX_TEXT, MAX_OPTION, OPTIONS = 300, 120, range(2, 7)  # characters, and how many answers a question has
WORD = re.compile(r"[a-z0-9_-]{1,64}\Z")
MAX_QUERY, MAX_VALUE = 24, 1_000


class NoScene(ValueError):
    """What a browser sent is no scene, question or pick; the message says why."""


@dataclass(frozen=True)
class Scene:
    """A page of the app by its file's name, its query, a chart by its id, and a step where the past is on show."""

    page: str
    query: dict[str, str]
    panel: str = ""
    step: int | None = None

    @classmethod
    def read(cls, told: Any) -> Scene:
        """A scene as a browser tells it. Raises NoScene."""
        match told:
            case {"page": str(page), "query": dict(query)} if WORD.match(page) and len(query) <= MAX_QUERY:
                pass
            case _:
                raise NoScene("A scene has the name of a page and its query.")
        for name, value in query.items():
            if not (WORD.match(name) and isinstance(value, str) and len(value) <= MAX_VALUE):
                raise NoScene(f"{str(name)[:20]!r} is no part of a page's address.")
        panel, step = told.get("panel", ""), told.get("step")
        if not (panel == "" or (isinstance(panel, str) and WORD.match(panel))):
            raise NoScene("The id of a chart has letters, digits and hyphens.")
        if not (step is None or (type(step) is int and 0 <= step < 1 << 53)):
            raise NoScene("The step on show is a whole number.")
        return cls(page, dict(query), panel, step)


@dataclass(frozen=True)
class Question:
    """A text with its answers; `right` is the place of the right one once it is told. `id` tells questions apart."""

    id: int
    text: str
    options: tuple[str, ...]
    right: int | None = None
    picks: LRUCache[bytes, int] = field(default_factory=lambda: LRUCache(MAX_PICKS), compare=False)  # by browser

    def counts(self) -> list[int]:
        """How many browsers picked each answer."""
        picks = [*self.picks.values()]
        return [picks.count(k) for k in range(len(self.options))]


class Stage:
    """The process's stage. Safe to share between threads; `told` gives the same object until something changes."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._scene: Scene | None = None
        self._question: Question | None = None
        self._asked = int(time.time())  # the id of the last question: none that a browser knows from an earlier process
        self.follows = True  # whether the class follows what the teacher shows
        self._told: dict[str, Any] = {"seq": 0, "follows": True, "scene": None, "question": None}

    def told(self) -> dict[str, Any]:
        """What every browser is told: {"seq", "follows", "scene", "question"}, null where there is none."""
        with self._guard:
            return self._told

    def show(self, scene: Scene | None) -> None:
        """The teacher shows this, None nothing; nothing, too, while the class does not follow."""
        with self._guard:
            scene = scene if self.follows else None
            if scene != self._scene:
                self._scene = scene
                self._tell()

    def let_follow(self, yes: bool) -> None:
        """Whether the class follows from now on; without that there is no scene."""
        with self._guard:
            self.follows, self._scene = yes, None  # the teacher's browser says what it shows once it hears of that
            self._tell()

    def ask(self, text: str, options: list[str]) -> int:
        """Puts a question to the class in place of the one before; returns its id. Raises NoScene."""
        text, options = " ".join(text.split()), [" ".join(option.split()) for option in options]
        if not 0 < len(text) <= MAX_TEXT:
            raise NoScene(f"A question has 1 to {MAX_TEXT} characters.")
        if len(options) not in OPTIONS or not all(0 < len(option) <= MAX_OPTION for option in options):
            raise NoScene(f"A question has 2 to 6 answers of 1 to {MAX_OPTION} characters.")
        with self._guard:
            now = self._question
            if now and now.right is None and (now.text, now.options) == (text, tuple(options)):
                return now.id
            self._asked += 1
            self._question = Question(self._asked, text, tuple(options))
            self._tell()
            return self._asked

    def pick(self, question: int, option: int, browser: bytes) -> None:
        """Notes what one browser picked. Raises NoScene where that question is over, or has no such answer."""
        with self._guard:
            asked = self._question
            if asked is None or asked.id != question or asked.right is not None:
                raise NoScene("This question is over.")
            if not 0 <= option < len(asked.options):
                raise NoScene(f"The question has {len(asked.options)} answers.")
            asked.picks[browser] = option
            self._tell()

    def answer(self, question: int, right: int) -> None:
        """Tells the right answer, which ends the picking. Raises NoScene."""
        with self._guard:
            asked = self._question
            if asked is None or asked.id != question:
                raise NoScene("This question is over.")
            if not 0 <= right < len(asked.options):
                raise NoScene(f"The question has {len(asked.options)} answers.")
            self._question = replace(asked, right=right)
            self._tell()

    def end_question(self) -> None:
        """Takes the question off the stage."""
        with self._guard:
            self._question = None
            self._tell()

    def kept(self) -> dict[str, Any]:
        """What is on the stage and who picked what, as JSON that `restore` takes in a later process."""
        with self._guard:
            asked = self._question
            picks = {browser.hex(): pick for browser, pick in asked.picks.items()} if asked else {}
            return {"told": self._told, "picks": picks}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Shows what an earlier process kept. Raises NoScene, KeyError, TypeError, ValueError."""
        scene, asked = kept["told"]["scene"], kept["told"]["question"]
        shown = Scene.read(scene) if scene else None
        question = Question(asked["id"], asked["text"], tuple(asked["options"]), asked["right"]) if asked else None
        with self._guard:
            self.follows, self._scene, self._question = bool(kept["told"]["follows"]), shown, question
            if question:
                self._asked = max(self._asked, question.id)
                question.picks.update({bytes.fromhex(browser): pick for browser, pick in kept["picks"].items()})
            self._tell()

    def _tell(self) -> None:
        scene, asked = self._scene, self._question
        self._told = {"seq": self._told["seq"] + 1, "follows": self.follows, "scene": None, "question": None}
        if scene:
            self._told["scene"] = {"page": scene.page, "query": scene.query, "panel": scene.panel, "step": scene.step}
        if asked:
            said = {"id": asked.id, "text": asked.text, "options": [*asked.options], "counts": asked.counts()}
            self._told["question"] = {**said, "right": asked.right}


def stage() -> Stage:
    """The process's one stage."""
    return singleton("stage", Stage)
