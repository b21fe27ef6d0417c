"""Who may drive: the PIN, the grant of a browser, guessing, and that every command asks."""

from __future__ import annotations

import hmac
import inspect
import sys
import time
import types
from collections.abc import Callable

import pytest
import streamlit as st

from gan import runs
from gan.config import RunConfig
from gan.diagnostics.few_pictures import Remedy
from ui.shared import access, commands, guessing
from ui.shared.access import NotAllowed

PIN = "483920"
COMMANDS = [
    function
    for name, function in inspect.getmembers(commands, inspect.isfunction)
    if function.__module__ == commands.__name__ and not name.startswith("_")
]


Come = Callable[..., None]


@pytest.fixture(autouse=True)
def come(monkeypatch: pytest.MonkeyPatch) -> Come:
    """A door nobody has tried; what is called comes as another browser, from `ip` (None: this machine)."""
    monkeypatch.delitem(sys.modules, "forger_process", raising=False)

    def come_(name: str = "teacher", ip: str | None = None, **headers: str) -> None:
        cookies = {access.COOKIE: cookie(name)} if name else {}
        context = types.SimpleNamespace(ip_address=ip, headers=headers, cookies=cookies)
        monkeypatch.setattr(st, "context", context)

    come_()
    return come_


def cookie(name: str) -> str:
    return name.ljust(43, "_")


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
@pytest.mark.parametrize("forged", ["", "yes", PIN, "x" * 42, "x" * 43, "../" * 15])
def test_a_grant_cannot_be_made_up(monkeypatch, forged):
    assert access.unlock(PIN)
    context = types.SimpleNamespace(ip_address=None, headers={}, cookies={access.COOKIE: forged})
    monkeypatch.setattr(st, "context", context)
    assert not access.can_drive()
    assert not access.may_upload(forged)


def test_another_pin_ends_the_grant(monkeypatch):
    monkeypatch.setenv("FORGER_PIN", PIN)
    assert access.unlock(PIN)
    monkeypatch.setenv("FORGER_PIN", "111111")
    assert not access.can_drive()


@pytest.mark.usefixtures("open_app")
def test_the_grant_is_the_browsers_in_every_tab_and_no_others(come):
    assert access.unlock(PIN)
    come("student")
    assert not access.can_drive()
    come("teacher", ip="10.1.2.3")
    assert access.can_drive()


@pytest.mark.usefixtures("open_app")
def test_a_browser_without_cookies_is_told_why_it_cannot_drive(come):
    come("")
    with pytest.raises(NotAllowed, match="cookie"):
        access.unlock(PIN)
    assert not access.can_drive()


@pytest.mark.usefixtures("open_app")
def test_the_wheel_is_lent_to_one_phone_for_a_while_and_taken_back(monkeypatch, come):
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for name in ("first", "second", "first"):
        come(name)
        access.ask_for_wheel()
        with pytest.raises(NotAllowed):
            access.lend(1)
    assert access.asked_as() == 1
    come("teacher")
    assert access.unlock(PIN)
    assert access.asking() == [1, 2]
    access.lend(2)
    assert (access.asking(), access.loan()) == ([1], (2, 120.0))
    come("second")
    access.require_driver()
    assert access.driver() == "phone 2"
    assert not access.may_upload(cookie("second"))
    for forbidden in (access.require_pin, access.take_back, lambda: access.lend(1)):
        with pytest.raises(NotAllowed, match="gave the PIN"):
            forbidden()
    come("first")
    assert not access.can_drive()
    come("teacher")
    assert (access.can_drive(), access.driver()) == (True, "")
    access.take_back()
    access.lend(1)
    come("second")
    assert not access.can_drive()
    come("first")
    assert access.can_drive()
    now += 121.0
    assert not access.can_drive()


@pytest.mark.usefixtures("open_app")
def test_few_numbers_are_kept_and_whoever_has_the_wheel_keeps_its_own(come):
    access.unlock(PIN)
    come("first")
    access.ask_for_wheel()
    come("teacher")
    access.lend(1)
    for k in range(100):
        come(f"phone-{k}")
        access.ask_for_wheel()
    assert len(access.asking()) < 61
    come("first")
    assert access.steering() == 1
    access.leave_wheel()
    assert not access.can_drive()


@pytest.mark.usefixtures("open_app")
def test_a_lent_wheel_neither_deletes_nor_brings_files(monkeypatch, come, tmp_path):
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    run = runs.create(RunConfig(), {"steps": 5}, run_id="mine")
    come("phone")
    access.ask_for_wheel()
    come()
    access.unlock(PIN)
    access.lend(1)
    come("phone")
    commands.raise_budget(run, {"steps": 9})
    assert run.control().by == "phone 1"
    given = (
        (commands.delete, run),
        (commands.rename, run, "Mine"),
        (commands.open_zip, b"", "x.zip"),
        (commands.keep_upload, b""),
        (commands.remove_uploads,),
        (commands.get_data, "mnist"),
        (commands.read_data, RunConfig()),
    )
    for command, *arguments in given:
        with pytest.raises(NotAllowed, match="gave the PIN"):
            command(*arguments)
    come()
    commands.raise_budget(run, {"steps": 10})
    assert run.control().by == ""


def test_a_session_is_that_of_one_browser():
    door = access.door()
    door.meet("session", cookie("teacher"))
    assert door.may_return("session", cookie("teacher"))
    assert not door.may_return("session", cookie("student"))
    assert not door.may_return("session", "")
    assert door.may_return("another", cookie("student"))


@pytest.mark.parametrize(("pin", "refused"), [("", False), ("1234", False), (" ", True), ("\t \n", True)])
def test_a_blank_pin_is_refused(monkeypatch, pin, refused):
    monkeypatch.setenv("FORGER_PIN", pin)
    assert bool(access.pin_problem()) == refused


def wrong(times: int = guessing.FREE_GUESSES["near"]) -> None:
    for _ in range(times):
        assert not access.unlock("wrong")


@pytest.mark.usefixtures("open_app")
@pytest.mark.parametrize("ip", [None, "192.168.0.7"])
def test_guessing_slows_down_whatever_the_browser_says_it_is(monkeypatch, come, ip):
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    come(ip=ip)
    wrong()
    waits = []
    for k in range(8):
        come(f"another-{k}", ip=ip)
        with pytest.raises(NotAllowed, match=r"in \d+ s"):
            access.unlock(PIN)  # nor is the right one looked at
        waits.append(access.door().guesses.wait(guessing.network_keys(ip or ""), now))
        now += waits[-1]
        wrong(1)
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
    now += 60
    assert access.unlock(PIN)
    wrong(1)


@pytest.mark.usefixtures("open_app")
@pytest.mark.parametrize("teacher", [None, "192.168.0.9", "10.0.0.1", "2001:db8::1"])
@pytest.mark.parametrize("guesser", ["192.168.0.7", "2001:db8:1::7"])
def test_guesses_of_one_hold_up_nobody_else(come, guesser, teacher):
    come("student", ip=guesser)
    wrong()
    come("teacher", ip=teacher)
    assert access.unlock(PIN)
    come("student", ip=guesser)
    with pytest.raises(NotAllowed):
        access.unlock(PIN)  # the teacher's right PIN does not give the guesser new guesses


@pytest.mark.usefixtures("open_app")
@pytest.mark.parametrize("ip", ["192.168.0.{}", "2001:db8:0:{}::1", "::ffff:192.168.0.{}"])
def test_many_addresses_of_one_network_do_not_give_many_guesses(come, ip):
    for k in range(guessing.FREE_GUESSES["network"]):
        come(ip=ip.format(k + 1))
        wrong(1)
    come(ip=ip.format(99))
    with pytest.raises(NotAllowed):
        access.unlock(PIN)
    come(ip="172.16.0.1")
    assert access.unlock(PIN)


@pytest.mark.usefixtures("open_app")
def test_addresses_that_are_made_up_do_not_try_every_pin(come):
    for k in range(guessing.FREE_GUESSES["elsewhere"]):
        come(ip=f"10.{k // 256}.{k % 256}.1")
        wrong(1)
    come(ip="172.16.0.1")
    with pytest.raises(NotAllowed):
        access.unlock(PIN)
    come("near")
    assert access.unlock(PIN)


@pytest.mark.usefixtures("open_app")
@pytest.mark.parametrize("header", access.FORWARDED)
def test_whoever_comes_through_a_tunnel_is_not_near(come, header):
    come("far", **{header: "unknown"})
    wrong()
    with pytest.raises(NotAllowed):
        access.unlock(PIN)
    come("near")
    assert access.unlock(PIN)


def test_only_who_drives_may_upload(monkeypatch, come):
    assert access.may_upload(""), "alone"
    monkeypatch.setenv("FORGER_PIN", PIN)
    assert not access.may_upload(cookie("teacher"))
    assert access.unlock(PIN)
    assert access.may_upload(cookie("teacher"))
    assert not access.may_upload(cookie("student"))
    assert not access.may_upload("")
    monkeypatch.setenv("FORGER_PIN", "1")
    assert not access.may_upload(cookie("teacher")), "another PIN ends it"
    monkeypatch.setenv("FORGER_PIN", PIN)
    access.lock()
    assert not access.may_upload(cookie("teacher"))


@pytest.mark.usefixtures("open_app")
def test_a_quiet_while_forgives(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for _ in range(guessing.FREE_GUESSES["near"] - 1):
        access.unlock("wrong")
    now += guessing.FORGET_SECONDS + 1
    for _ in range(guessing.FREE_GUESSES["near"]):
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
    assert sys.modules["forger_process"].door is access.door()


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
        "folder": str(tmp_path / "site"),
        "content": b"zip",
        "remedy": Remedy("R1", "A penalty.", {"r1": 0.3}),
    }
    parameters = inspect.signature(command).parameters.items()
    needed = [name for name, p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    with pytest.raises(NotAllowed):
        command(**{name: given[name] for name in needed})
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before, "and touches nothing"


@pytest.mark.usefixtures("open_app")
def test_a_wrong_pin_is_counted_once_however_often_the_page_is_drawn(monkeypatch):
    from streamlit.testing.v1 import AppTest

    monkeypatch.undo()
    monkeypatch.setattr(access, "_browser", lambda: cookie("teacher"))
    monkeypatch.setenv("FORGER_PIN", PIN)
    monkeypatch.delitem(sys.modules, "forger_process", raising=False)

    def page() -> None:
        from ui.shell import frame

        frame.render()

    at = AppTest.from_function(page).run()
    at.text_input(key="pin").set_value("000000").run()
    assert any("Wrong PIN" in caption.value for caption in at.caption)
    for _ in range(2 * guessing.FREE_GUESSES["near"]):
        at.run()
    at.text_input(key="pin").set_value(PIN).run()
    assert not at.exception
    assert [button.label for button in at.button] == ["Stop driving"]
    at.button[0].click().run()
    assert at.text_input(key="pin").value == ""
