"""The parser of guided lessons: every name in a file is looked up, and a mistake is told with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl

from gan import registry
from gan.config import check, parser_of, settings
from gan.runs.log_reader import COLUMNS, SCORES
from ui.learn.controls import CONTROLS
from ui.learn.guided_steps import BadLesson, Guided, Measure, Pick, Start, Step

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
ENTRY = re.compile(r"([a-z]+): (.+)\Z")
PAGES = ("train", "explore", "compare", "failures", "runs", "learn")
EVENTS = (
    *("started", "resumed", "paused", "continued", "stepped", "lr", "ratio", "threads", "budget"),
    *("stopped", "finished", "failed"),
)
LIGHTS = (
    *("mode collapse", "rotating collapse", "divergence", "penalty exploding", "vanishing gradient", "D winning"),
    *("D not trained", "G not trained", "D overfits", "stuck at one half", "past its best", "checkerboard", "copies"),
)
MAX_STEPS, MAX_STEP = 40, 10_000_000
MEASURES = {
    "first": "first COLUMN >= NUMBER until STEP",
    "value": "value COLUMN at STEP",
    "event": "event NAME",
    "light": "light NAME until STEP",
}
MEASURE = re.compile(
    r"(?P<kind>first|value|event|light) (?P<name>[\w ]+?)(?: (?P<op><=|>=) (?P<number>-?[\d.]+))?"
    r"(?: (?P<end>until|at) (?P<until>\d{1,8}))?\Z"
)
WORDS = ("never", "else", "right")
TEST = re.compile(r"(?P<op><|>=) (?P<number>-?[\d.]+)\Z")


class Misplaced(Exception):
    """What stands in a line where it cannot be."""

    def __init__(self, line: int, text: str):
        super().__init__(text)
        self.line = line


def parse(name: str, text: str, file: str = "lesson.md") -> Guided:
    """A lesson from its text. Raises BadLesson."""
    line = 0
    try:
        if not NAME.match(name):
            raise ValueError("a lesson's file has lower-case letters, digits and hyphens in its name.")
        parts = list(_parts(text))
        line, title, entries, _ = parts[0]
        head = {"minutes": "", "about": ""}
        for line, key, value in entries:  # noqa: B007 a mistake is in this line
            if key not in head:
                raise ValueError(f"a lesson has no {key!r}: there are minutes and about.{registry.nearest(key, head)}")
            head[key] = value
        line = parts[0][0]
        if not head["minutes"].isdecimal() or not head["about"]:
            raise ValueError("below the title stand 'minutes: NUMBER' and 'about: SENTENCE'.")
        if not 1 < len(parts) <= MAX_STEPS + 1:
            raise ValueError(f"a lesson has 1 to {MAX_STEPS} steps, each under a '## Heading'.")
        steps, page = [], ""
        for line, title_, entries, words in parts[1:]:
            step = Step(title_, words)
            for line, key, value in entries:  # noqa: B007
                _enter(step, key, value)
            _agree(step, page := step.page or page)
            steps.append(step)
        return Guided(name, title, int(head["minutes"]), head["about"], steps)
    except Misplaced as error:
        raise BadLesson(f"{file}, line {error.line}: {error}") from None
    except (ValueError, LookupError) as error:
        raise BadLesson(f"{file}, line {line}: {error}") from None


def _parts(text: str) -> Iterator[tuple[int, str, list[tuple[int, str, str]], str]]:
    """The head and each step: line, title, entries "key: value" with their lines, and the text after an empty line."""
    lines = text.splitlines()
    if not lines or not lines[0].startswith("# "):
        raise Misplaced(1, "a lesson begins with '# Title'.")
    starts = [0, *(k for k, line in enumerate(lines) if line.startswith("## "))]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        entries, at = [], start + 1
        while at < end and lines[at].strip():
            if not (match := ENTRY.match(lines[at].strip())):
                raise Misplaced(at + 1, f"{lines[at][:60]!r} is no 'key: value'; the text follows an empty line.")
            entries.append((at + 1, match[1], match[2].strip()))
            at += 1
        yield start + 1, lines[start].lstrip("# ").strip(), entries, "\n".join(lines[at:end]).strip()


def _enter(step: Step, key: str, value: str) -> None:
    """Takes one entry of a step. Raises ValueError, LookupError."""
    if key not in ENTRIES:
        raise ValueError(f"a step has no {key!r}: there are {', '.join(ENTRIES)}.{registry.nearest(key, ENTRIES)}")
    if key != "pick" and getattr(step, key):
        raise ValueError(f"{key} stands here twice.")
    ENTRIES[key](step, value)


def _page(step: Step, value: str) -> None:
    step.page, _, query = value.partition("?")
    if step.page not in PAGES:
        raise ValueError(f"there is no page {step.page!r}.{registry.nearest(step.page, PAGES)}")
    step.query = dict(parse_qsl(query, strict_parsing=bool(query)))
    if preset := step.query.get("preset"):
        _settings(preset, {name: text for name, text in step.query.items() if name != "preset"})


def _point(step: Step, value: str) -> None:
    if value not in CONTROLS:
        raise ValueError(f"there is nothing called {value!r} to point at.{registry.nearest(value, CONTROLS)}")
    step.point = CONTROLS[value]


def _run(step: Step, value: str) -> None:
    preset, _, query = value.partition("?")
    changes = dict(parse_qsl(query, strict_parsing=bool(query)))
    _settings(preset, changes)
    step.run = Start(preset, changes)


def _settings(preset: str, changes: dict[str, str]) -> None:
    if preset not in (known := registry.names("presets")):
        raise ValueError(f"there is no preset {preset!r}.{registry.nearest(preset, known)}")
    for name, text in changes.items():
        if name not in settings():
            raise ValueError(f"there is no setting {name!r}.{registry.nearest(name, settings())}")
        if wrong := check(name, parser_of(name)(text)):
            raise ValueError(wrong)


def _pick(step: Step, value: str) -> None:
    text, bar, test = (part.strip() for part in value.rpartition("|"))
    if not bar:
        step.picks.append(Pick(test, "else"))
    elif test in WORDS:
        step.picks.append(Pick(text, test))
    elif match := TEST.match(test):
        step.picks.append(Pick(text, "<" if match["op"] == "<" else ">=", float(match["number"])))
    else:
        raise ValueError(f"{test!r} is no condition: there are '< NUMBER', '>= NUMBER', {', '.join(WORDS)}.")


def _measure(step: Step, value: str) -> None:
    match = MEASURE.match(value)
    ends = {"first": "until", "value": "at", "light": "until", "event": None}
    if not match or match["end"] != ends[match["kind"]] or bool(match["op"]) != (match["kind"] == "first"):
        raise ValueError(f"{value!r} is no measure: there are {'; '.join(MEASURES.values())}.")
    kind, name, until = match["kind"], match["name"], int(match["until"] or 0)
    known = {"event": EVENTS, "light": LIGHTS}.get(kind) or columns()
    if name not in known:
        what = kind if kind in ("event", "light") else "column of metrics.jsonl"
        raise ValueError(f"there is no {what} {name!r}.{registry.nearest(name, known)}")
    if until > MAX_STEP:
        raise ValueError(f"a run has at most {MAX_STEP:,} steps.")
    step.measure = Measure(kind, name, match["op"] or "", float(match["number"] or 0), until)


ENTRIES: dict[str, Callable[[Step, str], None]] = {
    "page": _page,
    "point": _point,
    "run": _run,
    "ask": lambda step, value: setattr(step, "ask", value),
    "pick": _pick,
    "measure": _measure,
    "found": lambda step, value: setattr(step, "found", value),
    "never": lambda step, value: setattr(step, "never", value),
}


def columns() -> list[str]:
    """The columns that a log may have: those of every run, live scores, statistics of all games."""
    games = (registry.card("games", name).facts.get("STATISTICS", {}) for name in registry.names("games"))
    return [*dict.fromkeys((*COLUMNS, *SCORES, *(name for game in games for name in game)))]


def _agree(step: Step, page: str) -> None:
    """Raises ValueError where parts of a step do not go together; `page` is where the step takes place."""
    if step.point and page and step.point.page != page:
        raise ValueError(f"this step is on the page {page!r}, and what it points at is on {step.point.page!r}.")
    if bool(step.ask) != bool(step.picks) or len(step.picks) == 1:
        raise ValueError("a question (ask) has two to six answers (pick), and answers have a question.")
    if len(step.picks) > 6:
        raise ValueError("a question has at most six answers.")
    if (step.found or step.never) and not step.measure:
        raise ValueError("what was found is told of a measure, and there is none.")
    allowed = {"<", ">=", "never", "else"} if step.measure else {"else", "right"}
    if any(pick.op not in allowed for pick in step.picks):
        raise ValueError("with a measure answers have conditions, without one the right answer ends in '| right'.")
