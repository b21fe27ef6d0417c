"""The watch view of a run as files that any server can hand out: curves in pieces, pictures, weights, and what it is.

All but `now.json` have names of their own content or of a step, and never change; `now.json` names those that count.
The page asks for it once a second (assets/watch/source.js); docs/publish.md has the format.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from gan import files, metrics, registry
from gan.config import RunConfig, knob_of, settings
from gan.diagnostics import score_text
from gan.diagnostics.run_words import RunWords
from gan.export import code, critic_program, page_weights, private, program, program_check
from gan.runs import ControlReader, Run, RunError, folder_status, scores
from gan.runs.log_reader import LogReader
from gan.sampler import Sampler, quiz

VERSION = 1
NOW = "now.json"
PIECES = 30  # of the log, after which they are one again
WEIGHTS_SECONDS = 5.0  # between two generators that are handed out
NETWORKS_SECONDS = 60.0  # between two D, and two measurements of directions
REAL_IMAGES = 40  # of the quiz
ACTIVE = ("training", "paused")


class WatchFiles:
    """The files of one run, kept up to date by `refresh`. For one thread.

    `contents` are those that `now` names, by name; a published folder, and a page that is one file, are copies of them.
    """

    def __init__(self, run: Run):
        self.run = run
        self.contents: dict[str, bytes] = {}
        self.now: dict[str, Any] = {}
        self._log = LogReader(run)
        self._words = RunWords(run, self._log)
        self._control = ControlReader(run.path)
        self._private = private.names(run.config().source)
        self._pieces: list[tuple[str, int]] = []  # name and last record of each
        self._generation = -1
        self._packed: dict[int, str] = {}  # snapshots and the newest generator: names by step
        self._networks: dict[str, Any] = {"program": None, "why": "This run has no generator yet.", "critic": None}
        self._view = ""
        self._before: dict[str, bytes] = {}
        self._weights_of = self._networks_of = 0  # when what they are of was written, ns
        self._weights_at, self._networks_at = -WEIGHTS_SECONDS, -NETWORKS_SECONDS

    def refresh(self, final: bool = False) -> None:
        """Takes in what is new; with `final` at once what is otherwise made at intervals.

        Raises RunError when the program's pictures are not PyTorch's.
        """
        status = folder_status(self.run)
        self._before, self.contents = self.contents, {}
        self._log.last()
        generation, events = self._log.generation, self._log.events
        place = f"pictures/{{sort}}-{{step}}-{generation}-{int(1000 * self.run.created()):x}.webp"
        fixed = self._add_pictures(place)
        self._add_generators(final or status not in ACTIVE)
        seq = self._add_pieces(generation)
        control = self._control.read().to_dict()
        words = {"control": control, "events": events, "about": self._words.about()}
        self.now = {
            "version": VERSION,
            "id": self.run.id,
            "title": control.get("title") or self.run.id,
            "status": status,
            "error": self.run.error() if status in ("failed", "stopped") else "",
            "place": 0,
            "generation": generation,
            "seq": seq,
            "pieces": self._pieces,
            "words": self._add("words", words, ".json"),
            "samples": {"fixed": fixed, "random": []},
            "picture_url": place,
            "real": self._add_real(),
            **self._words.health(seq),
            **self._networks,
            "generators": list(self._packed.items()),
            "view": self._view,
        }
        for name in [*self._packed.values(), *filter(None, [self._view, self._networks["program"]])]:
            self._keep(name)
        for name in (self._networks["critic"] or {}).values():
            self._keep(name)
        self.contents[NOW] = _json(self.now)

    # -- the log ---------------------------------------------------------------------------------------------------

    def _add_pieces(self, generation: int) -> int:
        """Names a piece of what is new; all of it in one piece from time to time. Returns the last record."""
        if generation != self._generation or len(self._pieces) > PIECES:
            self._generation, self._pieces = generation, []
        after = self._pieces[-1][1] if self._pieces else None
        series = self._log.series(after)
        if after is None or series["seq"] > after:
            piece = {name: series[name] for name in ("columns", "checks")}
            self._pieces.append((self._add("feed", piece, ".json"), series["seq"]))
        for name, _ in self._pieces:
            self._keep(name)
        return self._pieces[-1][1]

    def _add_pictures(self, place: str) -> list[int]:
        """The steps of the pictures of fixed noise that are here."""
        steps = []
        for step in self.run.pictures("fixed"):
            name = place.format(sort="fixed", step=step)
            try:
                self.contents[name] = self._before.get(name) or self.run.read(self.run.picture("fixed", step))
            except OSError:
                continue  # thinned out meanwhile
            steps.append(step)
        return steps

    def _add_real(self) -> str | None:
        """Keeps the picture of real images."""
        try:
            return self._add("pictures", self.run.read(self.run.real_picture()), ".webp")
        except OSError:
            return None

    # -- networks --------------------------------------------------------------------------------------------------

    def _add_generators(self, final: bool) -> None:
        """The newest generator and the snapshots as packed weights; beside them what PyTorch has to be asked for."""
        try:
            written = self.run.weights().stat().st_mtime_ns
        except OSError:
            return
        now = time.monotonic()
        if written != self._networks_of and (final or now - self._networks_at >= NETWORKS_SECONDS):
            self._networks_of, self._networks_at = written, now
            self._add_networks()
        if written == self._weights_of or (now - self._weights_at < WEIGHTS_SECONDS and not final):
            return
        self._weights_of, self._weights_at = written, now
        if self._networks["program"]:
            steps = self.run.snapshots()
            packed = {step: self._packed[step] for step in steps if step in self._packed}
            for step in steps:
                with contextlib.suppress(RunError):  # thinned out meanwhile
                    packed[step] = packed.get(step) or self._add_weights(step)[1]
            self._packed = dict(sorted({**packed, **dict([self._add_weights(None)])}.items()))

    def _add_weights(self, step: int | None) -> tuple[int, str]:
        """The step and the name of the newest generator, or of the snapshot of a step."""
        try:
            packed = page_weights.packed(self.run.read(self.run.weights(step)))
        except (OSError, ValueError) as error:
            raise RunError(f"The weights of run {self.run.id!r} cannot be read: {files.why(error)}.") from error
        return page_weights.step_of(packed), self._add("generator", packed, ".bin")

    def _add_networks(self) -> None:
        """The programs, D, and what only PyTorch can tell. Raises RunError where the program draws other pictures."""
        sampler = Sampler.load(self.run.path)
        content, why = None, ""
        if sampler.shape[1:] == (1, 1):
            why = "Its samples are points of the plane, which this page does not draw by itself."
        elif sampler.config.from_source:
            why = "It makes one picture from another, and this page has noise alone."
        else:
            try:
                content = program.generator(sampler.generator, sampler.z_dim, sampler.classes)
            except program.Unsupported as error:
                why = f"This page cannot draw by itself: {error}."
        if content:
            check(sampler, content)
        self._networks = {"program": content and self._add("program", content, ".json"), "why": why, "critic": None}
        view, real = _view(self.run, sampler, drawn=content is not None)
        if content and real is not None:
            try:
                critic, weights = critic_program.write(sampler, evaluator=False)
            except ValueError as error:
                view["quiz"] = f"this page cannot judge by itself: {error}"
            else:
                names = {
                    "program": self._add("critic", critic, ".json"),
                    "weights": self._add("critic", weights, ".bin"),
                }
                self._networks["critic"] = {**names, "real": self._add("real", real.tobytes(), ".bin")}
        self._view = self._add("view", view, ".json")

    # -- files -----------------------------------------------------------------------------------------------------

    def _add(self, kind: str, content: Any, ending: str) -> str:
        """Keeps a file under a name of its content, and returns that."""
        data = content if isinstance(content, bytes) else private.without(_json(content), self._private)
        name = f"{kind}/{hashlib.sha256(data).hexdigest()[:16]}{ending}"
        self.contents[name] = data
        return name

    def _keep(self, name: str) -> None:
        """Keeps a file that was there before."""
        if name not in self.contents:
            self.contents[name] = self._before[name]


def check(sampler: Sampler, content: Mapping[str, Any]) -> None:
    """Raises RunError where a generator's program with weights of 16 bits draws other pictures than PyTorch."""
    state = {name: value.numpy() for name, value in sampler.generator.state_dict().items()}
    try:
        difference = program_check.difference(sampler, content, page_weights.of_network(state, sampler.step))
    except ValueError as error:
        raise RunError(f"The page is not handed out: {error}.") from error
    if difference > program_check.MAX_DIFFERENCE:
        raise RunError(
            f"The page is not handed out: pictures of its program differ from PyTorch's by up to {difference} of 255."
        )


def _view(run: Run, sampler: Sampler, drawn: bool) -> tuple[dict[str, Any], Any]:
    """What the page says of a run beside its curves; and real images uint8 N,H,W,C for the quiz, None without."""
    config = run.config()
    real, source, why = None, "", ""
    try:
        images = quiz.real(run, sampler.shape)
        rows = np.random.default_rng(0).permutation(len(images.pictures))[:REAL_IMAGES]
        real, source = images.pictures[rows], images.source
    except quiz.NoReal as reason:
        why = str(reason)
    directions, hidden = _directions(sampler) if drawn else ([], "")
    view = {
        "z_dim": sampler.z_dim,
        "latent_dim": sampler.latent_dim,
        "shape": list(sampler.shape),
        "classes": sampler.classes,
        "names": list(sampler.names),
        "directions": directions,
        "directions_why": hidden,
        "quiz": why,
        "real_source": source,
        "settings": _settings(config),
        "code": _code(run, config),
        "report": _report(run),
    }
    return view, real


def _directions(sampler: Sampler) -> tuple[list[dict[str, Any]], str]:
    """Directions in z, or in w with zeros for z in front; or why there are none."""
    from gan.evaluation import evalnet
    from gan.latents import directions

    dataset = sampler.config.dataset
    try:
        evaluator = evalnet.load(dataset) if evalnet.about(dataset) else None
        measured = directions.of(sampler, evaluator).to_dict()["directions"]
    except (metrics.Unavailable, evalnet.EvalNetError, ValueError) as error:
        return [], str(error)
    return [{name: one[name] for name in ("name", "kind", "vector")} for one in measured], ""


def _settings(config: RunConfig) -> list[tuple[str, str]]:
    """The settings by their labels, choices by their titles."""
    values = config.to_dict()
    rows = []
    for name in settings(config.model, config.dataset):
        knob, value = knob_of(name), values[name]
        titled = knob.kind and value in registry.names(knob.kind)
        rows.append((knob.label, registry.card(knob.kind, value).title if titled else str(value)))
    return rows


def _code(run: Run, config: RunConfig) -> str:
    """The run as one PyTorch file, "" for one that cannot be."""
    title = run.control().title or run.id
    try:
        return code.source(
            config, *code.data_of(config, run), title, int(run.control().budget.get("steps", code.STEPS))
        )
    except (ValueError, LookupError):
        return ""


def _report(run: Run) -> dict[str, Any] | None:
    """The newest evaluation in words and numbers, None where there is none."""
    row = scores.newest(run)
    if row is None:
        return None
    catalogue = metrics.catalogue()
    lines = [
        (
            score.label,
            score.text(row.scores.get(key)),
            score.text(row.real.get(key)),
            score_text.BETTER_TEXTS.get(score.better, ""),
        )
        for key, score in catalogue.items()
        if key in row.scores
    ]
    return {
        "step": row.step,
        "n": row.n,
        "split": row.split,
        "findings": [dict(one) for one in row.verdict],
        "rows": lines,
    }


def _json(value: Any) -> bytes:
    return json.dumps(json.loads(files.dump(value)), ensure_ascii=False, separators=(",", ":")).encode()
