"""A class outlives a server that was killed: who drove still does, the question and its picks are there."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path

import pytest

import bootstrap
from ui.shared.door import door
from ui.shared.stage import Scene, stage
from ui.shell import class_file

TEACHER, PHONE = "t" * 43, b"p" * 32


@pytest.fixture(autouse=True)
def open_to_a_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    monkeypatch.setenv("FORGER_PIN", "483920")
    monkeypatch.delenv(class_file.MADE_PIN, raising=False)
    another_process(monkeypatch)


def another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "forger_process", raising=False)


def kept_once() -> Path:
    async def once() -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(class_file.keep(), 0.2)

    asyncio.run(once())
    return class_file.path()


def test_the_next_process_finds_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    door().remember(TEACHER, drives=True)
    stage().show(Scene("train", {"run": "mine"}, "quality", 20))
    stage().pick(question := stage().ask("More?", ["Yes", "No"]), 1, PHONE)
    assert kept_once().stat().st_mode & 0o777 == 0o600
    told = stage().told()

    another_process(monkeypatch)
    class_file.restore()
    assert door().drives(TEACHER)
    assert not door().drives("s" * 43)
    assert {**stage().told(), "seq": 0} == {**told, "seq": 0}
    stage().pick(question, 0, PHONE)
    assert stage().told()["question"]["counts"] == [1, 0]
    assert stage().ask("And now?", ["Yes", "No"]) > question


@pytest.mark.parametrize("why", ["another PIN", "yesterday", "a broken file", "nobody may drive"])
def test_a_class_that_is_over_stays_so(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    door().remember(TEACHER, drives=True)
    path = kept_once()
    if why == "another PIN":
        monkeypatch.setenv("FORGER_PIN", "1")
    elif why == "yesterday":
        os.utime(path, (0, 0))
    elif why == "a broken file":
        path.write_text(json.dumps({"door": {"secret": "x", "drivers": []}}))
    else:
        door().remember(TEACHER, drives=False)
        kept_once()
    another_process(monkeypatch)
    class_file.restore()
    assert not door().drives(TEACHER)


def test_a_pin_that_was_made_up_is_taken_up_until_the_class_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(kept_once().stem.rpartition("-")[2])
    assert bootstrap.left_pin(port) == ""  # the operator's own is written nowhere
    monkeypatch.setenv(class_file.MADE_PIN, "1")
    kept_once()
    assert bootstrap.left_pin(port) == "483920"
    class_file.remove()
    assert bootstrap.left_pin(port) == ""
