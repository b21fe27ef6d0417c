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

from gan import files
from gan.diagnostics.run_words import RunWords
from gan.export import critic_program, page_weights, private, program, program_check, watch_about, watch_html
from gan.runs import ControlReader, Run, RunError, folder_status
from gan.runs.log_reader import LogReader
from gan.sampler import Sampler

VERSION = 1
NOW = "now.json"
PIECES = 30  # of the log, after which they are one again
WEIGHTS_SECONDS = 5.0  # between two generators that are handed out
NETWORKS_SECONDS = 60.0  # between two D, and two measurements of directions
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
        config = run.config()
        self._private, self._from_source = private.names(config), config.from_source
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
            "from_source": self._from_source,
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
        content, why = None, watch_html.undrawn(sampler.shape[1:] == (1, 1), sampler.config.from_source)
        if not why:
            try:
                content = program.generator(sampler.generator, sampler.z_dim, sampler.classes)
            except program.Unsupported as error:
                why = f"This page cannot draw by itself: {error}."
        if content:
            check(sampler, content)
        self._networks = {"program": content and self._add("program", content, ".json"), "why": why, "critic": None}
        view, real = watch_about.view(self.run, sampler, drawn=content is not None)
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


def _json(value: Any) -> bytes:
    return json.dumps(json.loads(files.dump(value)), ensure_ascii=False, separators=(",", ":")).encode()
