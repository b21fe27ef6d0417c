"""Who may drive: the PIN, the grant in the server's session, guessing, and that every command asks."""

from __future__ import annotations

import hmac
import inspect
import sys
import time
import types
from typing import Any

import pytest
import streamlit as st

from gan import runs
from gan.config import RunConfig
from ui import access, commands
from ui.access import NotAllowed

PIN = "483920"
COMMANDS = [
    function
    for name, function in inspect.getmembers(commands, inspect.isfunction)
    if function.__module__ == commands.__name__ and not name.startswith("_")
]


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A session of its own, and a door nobody has tried."""
    state: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", state)
    monkeypatch.setitem(sys.modules, "forger_access", types.ModuleType("forger_access"))
    return state


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORGER_PIN", PIN)


def test_alone_everybody_drives():
    assert access.can_drive()
    access.require_driver()


@pytest.mark.usefixtures("open_app")
def test_open_one_watches_until_the_pin_is_given():
    assert not access.can_drive()
    assert not access.unlock("000000")
    with pytest.raises(NotAllowed, match="PIN"):
        access.require_driver()
    assert access.unlock(f" {PIN} ")
    access.require_driver()
    access.lock()
    assert not access.can_drive()


@pytest.mark.usefixtures("open_app")
@pytest.mark.parametrize("forged", [True, "yes", PIN, PIN.encode(), b"", b"\0" * 32, None, 1])
def test_a_grant_cannot_be_made_up(session, forged):
    session[access.GRANT] = forged
    assert not access.can_drive()


def test_another_pin_ends_the_grant(monkeypatch):
    monkeypatch.setenv("FORGER_PIN", PIN)
    assert access.unlock(PIN)
    monkeypatch.setenv("FORGER_PIN", "111111")
    assert not access.can_drive()


@pytest.mark.usefixtures("open_app")
def test_one_session_does_not_open_another(session, monkeypatch):
    assert access.unlock(PIN)
    monkeypatch.setattr(st, "session_state", {})
    assert not access.can_drive()


@pytest.mark.usefixtures("open_app")
def test_guessing_slows_down_for_everybody(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for _ in range(access.FREE):
        assert not access.unlock("wrong")
    waits = []
    for _ in range(8):
        monkeypatch.setattr(st, "session_state", {})  # a new session waits as long
        with pytest.raises(NotAllowed, match=r"in \d+ s"):
            access.unlock(PIN)  # nor is the right one looked at
        waits.append(access.door().wait(now, near=True))
        now += waits[-1]
        assert not access.unlock("wrong")
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
    now += 60
    assert access.unlock(PIN)
    assert not access.unlock("wrong"), "the right PIN clears the count"


@pytest.mark.usefixtures("open_app")
def test_guesses_from_the_network_do_not_lock_out_who_sits_at_the_machine(monkeypatch):
    guesser, teacher = (types.SimpleNamespace(ip_address=ip) for ip in ("192.168.0.7", None))
    monkeypatch.setattr(st, "context", guesser)
    for _ in range(access.FREE):
        assert not access.unlock("wrong")
    with pytest.raises(NotAllowed):
        access.unlock(PIN)
    monkeypatch.setattr(st, "context", teacher)
    assert access.unlock(PIN)
    monkeypatch.setattr(st, "context", guesser)
    with pytest.raises(NotAllowed):
        access.unlock(PIN)  # the teacher's right PIN does not give the guesser new guesses


def test_only_who_drives_may_upload(monkeypatch):
    names = iter(["teacher", "teacher"])
    monkeypatch.setattr(access, "_session", lambda: next(names))
    assert access.may_upload("anybody"), "alone"
    monkeypatch.setenv("FORGER_PIN", PIN)
    assert not access.may_upload("teacher")
    assert access.unlock(PIN)
    assert access.may_upload("teacher")
    assert not access.may_upload("student")
    assert not access.may_upload("")
    monkeypatch.setenv("FORGER_PIN", "1")
    assert not access.may_upload("teacher"), "another PIN ends it"
    monkeypatch.setenv("FORGER_PIN", PIN)
    access.lock()
    assert not access.may_upload("teacher")


@pytest.mark.usefixtures("open_app")
def test_a_quiet_while_forgives(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for _ in range(access.FREE - 1):
        access.unlock("wrong")
    now += access.FORGET + 1
    for _ in range(access.FREE):
        assert not access.unlock("wrong")


def test_the_pin_is_compared_in_constant_time(monkeypatch):
    monkeypatch.setenv("FORGER_PIN", PIN)
    compared: list[tuple[int, int]] = []
    real = hmac.compare_digest

    def watched(a, b):
        compared.append((len(a), len(b)))
        return real(a, b)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    access.unlock("1")
    access.unlock("a much longer guess than the PIN is")
    assert compared == [(32, 32), (32, 32)], "digests of one length, whatever was typed"


def test_the_door_outlives_a_reload():
    assert access.door() is access.door()
    assert sys.modules["forger_access"].door is access.door()


def test_there_are_commands():
    assert {"start", "pause", "resume", "stop", "delete"} <= {c.__name__ for c in COMMANDS}


@pytest.mark.usefixtures("open_app")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.__name__)
def test_every_command_refuses_a_watcher(command, tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("GAN_DATA", str(tmp_path / "data"))
    run = runs.create(RunConfig(dataset="mnist"), {"steps": 1}, run_id="mine")
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    given = {
        "run": run,
        "step": 0,
        "config": run.config(),
        "wanted": [("A", run.config()), ("B", run.config())],
        "budget": {"steps": 2},
        "lr_g": 0.001,
        "lr_d": 0.001,
        "d_steps": 2,
        "g_steps": 1,
        "what": "both",
        "title": "Mine",
        "name": "mnist",
        "data": b"zip",
    }
    wanted = [
        name
        for name, p in inspect.signature(command).parameters.items()
        if p.default is inspect.Parameter.empty
    ]
    with pytest.raises(NotAllowed):
        command(**{name: given[name] for name in wanted})
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before, "and touches nothing"


@pytest.mark.usefixtures("open_app")
def test_a_wrong_pin_is_counted_once_however_often_the_page_is_drawn(monkeypatch):
    from streamlit.testing.v1 import AppTest

    monkeypatch.undo()
    monkeypatch.setenv("FORGER_PIN", PIN)
    monkeypatch.setitem(sys.modules, "forger_access", types.ModuleType("forger_access"))

    def page() -> None:
        from ui import frame

        frame.draw()

    at = AppTest.from_function(page).run()
    at.text_input(key="pin").set_value("000000").run()
    assert any("not the PIN" in caption.value for caption in at.caption)
    for _ in range(2 * access.FREE):
        at.run()
    at.text_input(key="pin").set_value(PIN).run()
    assert not at.exception
    assert [button.label for button in at.button] == ["Hand the wheel back"]
    at.button[0].click().run()
    assert at.text_input(key="pin").value == ""
