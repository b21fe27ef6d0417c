"""What is told of few training images, and what is offered."""

from __future__ import annotations

import pytest

from gan.config import preset
from gan.diagnostics.few_pictures import expectation, fitting_run, remedies

LEAN = preset("lean")[0].replace(dataset="own-images")


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (20, ["20 pictures are fewer than the batch of 32", "learn each of them by heart"]),
        (48, ["48 pictures are few", "learn each of them by heart"]),
        (400, ["400 pictures are few", "the likeness first, and copies"]),
    ],
)
def test_few_pictures_are_told_what_to_expect(count, words):
    told = expectation(count, LEAN.batch)
    assert all(word in told for word in words)
    assert remedies(LEAN, count)


def test_of_many_nothing_is_said():
    assert expectation(60_000, 32) == expectation(0, 32) == ""
    assert remedies(LEAN, 60_000) == remedies(LEAN, 0) == []


def test_what_is_offered_are_settings_that_differ():
    found = remedies(LEAN, 48, (1, 28, 28))
    changed = LEAN.replace(**{name: value for remedy in found for name, value in remedy.changes.items()})
    assert (changed.translation, changed.width, changed.start_from) == (3, 8, fitting_run(LEAN, None))
    assert found[0].flags == "--translation 3"
    assert remedies(changed, 48, (1, 28, 28)) == []


def test_only_a_generator_of_such_pictures_is_offered():
    assert fitting_run(LEAN, (1, 28, 28)) in ("lean-mnist", "lean-strokes")
    assert fitting_run(LEAN, (3, 28, 28)) == ""
    assert fitting_run(LEAN.replace(width=24), (1, 28, 28)) == ""
