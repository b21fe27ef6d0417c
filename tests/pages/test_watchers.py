"""What a watcher is given: every page, and on none of them anything that could not be pressed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pages.conftest import FakeTrainers, MakeRun, Open

PLACES: list[tuple[str, dict[str, str]]] = [
    ("train", {}),
    ("train", {"run": "one"}),
    ("train", {"run": "busy"}),
    ("train", {"preset": "lean"}),
    ("train", {"preset": "lean", "dataset": "own-images"}),
    ("train", {"like": "one"}),
    ("compare", {}),
    ("compare", {"runs": "one,busy"}),
    ("compare", {"pair": "lean"}),
    ("runs", {}),
    ("runs", {"report": "one"}),
    ("learn", {}),
    ("explore", {"run": "one"}),
    ("failures", {}),
    ("failures", {"case": "broken-giant-steps"}),
]


@pytest.mark.parametrize(("page", "query"), PLACES)
def test_a_watcher_has_no_dead_button(
    open_page: Open, make_run: MakeRun, trainers: FakeTrainers, monkeypatch: pytest.MonkeyPatch, page: str, query: Any
) -> None:
    make_run("one").weights().write_bytes(b"")
    make_run("busy", steps=5)
    trainers.alive["busy"] = "training"
    monkeypatch.setenv("FORGER_PIN", "1234")
    at = open_page(page, **query)
    kinds = (at.button, at.text_input, at.number_input, at.selectbox, at.toggle, at.button_group)
    dead = [widget.label for kind in kinds for widget in kind if widget.disabled]
    assert dead == []
