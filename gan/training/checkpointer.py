"""Saves a state of the run now and then, so that a killed process loses little."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from gan.games import Game
from gan.runs import Run
from gan.training.checkpoint import save_state
from gan.training.metrics_log import MetricsLog

SAVE_SECONDS = 20.0  # a killed process loses at most so much


class Checkpointer:
    """An observer of the loop that saves the game and its log; `more()` is what else a checkpoint keeps."""

    def __init__(self, run: Run, game: Game, log: MetricsLog, more: Callable[[], dict[str, Any]]):
        self.run, self.game, self.log, self.more = run, game, log, more
        self._saved_at = time.perf_counter()

    def after_step(self) -> None:
        """Saves when the last state is old."""
        if time.perf_counter() - self._saved_at > SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Saves now, after the whole log. Raises Diverged and OSError."""
        self.log.flush()
        save_state(self.run, self.game, {**self.log.state_dict(), **self.more()}, self.log.pending_rows())
        self._saved_at = time.perf_counter()
