"""Guided lessons: those that come along, a teacher's own, and what is refused, with the line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gan import registry
from gan.config import RunConfig, parser_of
from gan.runs.control import LARGEST
from tests.asgi import Client
from tests.test_docs import PAGES
from ui.api import routes
from ui.learn import guided_lessons
from ui.learn.controls import CONTROLS
from ui.learn.guided_parser import EVENTS, LIGHTS, parse
from ui.learn.guided_steps import BadLesson, Guided
from ui.shared import presets

NAMES = list(guided_lessons.paths())
[EXAMPLE] = re.findall(r"^```markdown\n(.*?)^```", PAGES["lessons.md"], re.MULTILINE | re.DOTALL)


def lesson(name: str) -> Guided:
    return guided_lessons.lesson(name)


def test_there_are_a_tour_of_ten_steps_and_six_lessons_of_ten_minutes() -> None:
    assert (NAMES[0], len(lesson("tour").steps), len(NAMES)) == ("tour", 10, 7)
    assert {lesson(name).minutes for name in NAMES} == {10}
    assert guided_lessons.lessons()[1] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_asks_starts_what_trains_and_measures_within_its_budget(name: str) -> None:
    steps = lesson(name).steps
    assert any(step.ask for step in steps)
    assert all(step.text for step in steps)
    for step in steps:
        if step.run:
            values = presets.settings(step.run.preset)
            RunConfig.from_dict({**values, **{k: parser_of(k)(v) for k, v in step.run.changes.items()}})
            budget = presets.every()[step.run.preset].budget.get("steps", LARGEST["steps"])
            assert step.measure
            assert step.measure.until <= budget
        if step.ask and not step.measure:
            assert [pick.op for pick in step.picks].count("right") == 1, step.title
        if step.measure and step.ask:
            assert any(pick.op in ("<", ">=", "else") for pick in step.picks)
            assert step.found


@pytest.mark.parametrize("name", LIGHTS)
def test_a_light_that_can_be_measured_is_one_of_the_light(name: str) -> None:
    rules = Path(registry.HOME, "diagnostics", "rules.py").read_text()
    assert f'"{name}"' in rules


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_that_can_be_measured_is_documented(name: str) -> None:
    assert f"`{name}`" in PAGES["run-folder.md"]


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_is_documented(name: str) -> None:
    assert f"`{name}`" in PAGES["lessons.md"]


def test_the_lesson_of_the_docs_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "3-mine.md").write_text(EXAMPLE)
    monkeypatch.setenv("GAN_PLUGINS", str(tmp_path))
    assert list(guided_lessons.paths()) == [*NAMES, "mine"]
    told = Client(routes.routes()).get("/api/lessons/mine").json()
    assert (told["title"], [step["title"] for step in told["steps"]]) == (
        "Too fast",
        ["Guess, then start", "Look at the gradients"],
    )
    assert told["steps"][0]["run"] == {"preset": "lean", "changes": {"lr_g": "0.05"}}
    assert told["steps"][0]["point"]["selector"] == CONTROLS["start"].selector


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ("# Too fast", "Too fast", 1, "begins with '# Title'"),
        ("minutes: 10", "minuets: 10", 2, "Did you mean minutes"),
        ("minutes: 10", "minutes: ten", 1, "minutes: NUMBER"),
        ("page: train?preset=lean\n", "page: trian?preset=lean\n", 6, "no page 'trian'"),
        ("page: train?preset=lean\n", "page: train?preset=leen\n", 6, "no preset 'leen'"),
        ("point: start", "point: strat", 7, "nothing called 'strat'"),
        ("point: start", "point: shuffle", 14, "on 'explore'"),
        ("run: lean?", "run: leen?", 8, "Did you mean lean"),
        ("lr_g=0.05", "lrg=0.05", 8, "no setting 'lrg'"),
        ("lr_g=0.05", "lr_g=50", 8, "not between"),
        ("lr_g=0.05", "lr_g=x", 8, "x"),
        ("value classes at 600", "value clases at 600", 13, "no column of metrics.jsonl 'clases'"),
        ("value classes at 600", "value classes until 600", 13, "is no measure"),
        ("value classes at 600", "first classes at 600", 13, "is no measure"),
        ("value classes at 600", "light gloom until 600", 13, "no light 'gloom'"),
        ("value classes at 600", "event gone", 13, "no event 'gone'"),
        ("value classes at 600", "value classes at 99999999", 13, "at most 10,000,000"),
        ("measure: value classes at 600\n", "", 13, "there is none"),
        ("| < 2", "| ~ 2", 10, "no condition"),
        ("| < 2", "| right", 14, "answers have conditions"),
        ("pick: G\n", "", 22, "two to six answers"),
        ("ask: G takes", "aks: G takes", 9, "Did you mean ask"),
        ("found: At", "At", 14, "follows an empty line"),
        ("run: lean?", "point: start\nrun: lean?", 8, "twice"),
    ],
)
def test_a_mistake_is_refused_with_its_line(old: str, new: str, line: int, why: str) -> None:
    assert old in EXAMPLE
    with pytest.raises(BadLesson, match=re.escape(why)) as caught:
        parse("mine", EXAMPLE.replace(old, new, 1), "mine.md")
    assert str(caught.value).startswith(f"mine.md, line {line}: "), str(caught.value)


@pytest.mark.parametrize("name", ["nothing", "..%2ftour", "TOUR"])
def test_a_lesson_that_is_not_there_is_a_sentence(name: str) -> None:
    answer = Client(routes.routes()).get(f"/api/lessons/{name}")
    assert (answer.status_code, "error" in answer.json()) == (404, True)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"# A\n" + b"x" * 70_000, b"", b"# A\nminutes: 10\nabout: x\n"])
def test_a_file_that_is_none_is_told_and_costs_no_other(tmp_path: Path, monkeypatch, content: bytes) -> None:
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "mine.md").write_bytes(content)
    monkeypatch.setenv("GAN_PLUGINS", str(tmp_path))
    good, bad = guided_lessons.lessons()
    assert (len(good), len(bad)) == (7, 1)
    assert "mine.md" in bad[0]
    assert Client(routes.routes()).get("/api/lessons/mine").status_code == 409
