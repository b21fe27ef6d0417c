"""The words of a run that a live view needs beside its log: what its numbers are called, and whether it is working."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gan import config as configs
from gan import registry
from gan.config import RunConfig
from gan.diagnostics import d_scale, health
from gan.diagnostics.health_log import log_of
from gan.runs import Run, RunError, known_data, scores
from gan.runs.log_reader import LogReader


class RunWords:
    """The words of one run, by its settings and the reader of its log. What has not changed is not worked out again."""

    def __init__(self, run: Run, log: LogReader):
        self._run = run
        self._log = log
        self._diagnosed: tuple[Any, dict[str, Any]] = (None, {})
        self._declared: dict[str, Any] | None = None

    def about(self) -> dict[str, Any]:
        """What the numbers of the log are, by the files of the run's game and loss.

        `statistics`: what each column that an update returned is called, its own name unless the game says; `d`: the
        scale of D's answer; `blind`: the losses, by column, of a D that cannot tell real from generated; `live`: of
        the settings that may change, what they are called on a chart, the event that records a change, and what they
        were at first.
        """
        if self._declared is None:
            self._declared = {"statistics": {}, "d": None, "blind": {}, "live": {}}
            with contextlib.suppress(RunError):  # the page tells of settings that cannot be read
                config = self._run.config()
                names = registry.card("games", config.game).facts.get("STATISTICS", {})
                knobs = {name: configs.knob_of(name) for name in configs.live()}
                self._declared = {
                    "statistics": names,
                    "d": asdict(d_scale.of_loss(config.loss)),
                    "blind": _blind(config),
                    "live": {
                        name: {"label": knob.short or knob.label, "event": knob.live, "first": getattr(config, name)}
                        for name, knob in knobs.items()
                    },
                }
        names = self._declared["statistics"]
        return {**self._declared, "statistics": {name: names.get(name, name) for name in self._log.statistics()}}

    def health(self, newest: int) -> dict[str, Any]:
        """`light`: whether it is working, in words; `classes` and `wanted`: what the coverage bars are called, and
        the shares that they should have."""
        error = self._run.error()
        key = newest, self._log.generation, error, self._scored()
        if self._diagnosed[0] != key:
            diagnosis: dict[str, Any] = {"light": None, "classes": [], "wanted": None}
            with contextlib.suppress(RunError):  # the page tells of settings that cannot be read
                log = log_of(self._run, self._log)
                health_light = health.with_scores(health.diagnose(log), scores.newest(self._run))
                if health_light is not None:
                    before = self._diagnosed[1].get("light") or {}
                    same = before.get("name") == health_light.name
                    began = before["step"] if same else health.since(log, health_light)
                    diagnosis["light"] = {**health_light.to_dict(), "step": began}
                diagnosis["classes"] = list(log.names)
                diagnosis["wanted"] = self._wanted(log.names)
            self._diagnosed = (key, diagnosis)
        return self._diagnosed[1]

    def _scored(self) -> int:
        """Changes with each evaluation."""
        try:
            return (self._run.path / "scores.jsonl").stat().st_size
        except OSError:
            return 0

    def _wanted(self, names: Sequence[str]) -> dict[str, Any]:
        """The shares that the classes of samples should have, and where those are from, in words."""
        config, known = self._run.config(), known_data.read(self._run.path)
        even = [1 / len(names)] * len(names) if names else []
        if config.conditional:
            return {"shares": even, "words": "each class is asked for equally often"}
        if config.balanced or known is None or known.names != tuple(names) or not known.images:
            return {"shares": even, "words": "if all were drawn equally often"}
        shares = [round(group.count / known.images, 5) for group in known.groups]
        return {"shares": shares, "words": "the shares in the training data"}


def _blind(config: RunConfig) -> dict[str, float]:
    """The losses of a D that cannot tell, as the file of the loss declares them; none where a setting moves them."""
    if config.from_source or getattr(config, "label_smoothing", False):
        return {}
    return dict(registry.card("losses", config.loss).facts.get("BLIND", {}))
