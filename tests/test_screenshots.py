"""The pictures of every page and of a lesson: all are there, and they are small."""

from __future__ import annotations

import pytest

from tests.serving import HOME
from tools import lesson_pictures, screenshots
from ui.learn.guided_lessons import lesson


def test_every_page_has_a_picture():
    shown = {view.address.partition("?")[0].strip("/") or "train" for view in screenshots.VIEWS}
    assert shown == {path.stem for path in (HOME / "pages").glob("[!_]*.py")}


@pytest.mark.parametrize("view", screenshots.VIEWS, ids=lambda view: view.name)
def test_its_sheet_is_there_and_told_of(view):
    picture = screenshots.PLACE / f"{view.name}.webp"
    assert 5_000 < picture.stat().st_size < 120_000
    assert f"pictures/pages/{picture.name}" in screenshots.DOCS.read_text(encoding="utf-8")


def test_nothing_else_lies_there_and_all_of_it_is_small():
    found = {path.name: path.stat().st_size for path in screenshots.PLACE.iterdir()}
    assert {*found} == {f"{view.name}.webp" for view in screenshots.VIEWS}
    assert sum(found.values()) < 800_000
    assert screenshots.DOCS.read_text(encoding="utf-8") == screenshots.page()


def test_every_step_of_a_lesson_is_shown():
    steps = [step.title for step in lesson(lesson_pictures.LESSON).steps]
    assert lesson_pictures.DOCS.read_text(encoding="utf-8") == lesson_pictures.page_of(lesson_pictures.LESSON, steps)
    found = {path.name: path.stat().st_size for path in lesson_pictures.PLACE.iterdir()}
    assert {*found} == {f"{number}.webp" for number, _ in enumerate(steps, 1)}
    assert all(5_000 < size < 120_000 for size in found.values())
