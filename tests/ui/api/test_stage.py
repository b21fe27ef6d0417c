"""The stage over HTTP: who sets it, who picks, what is refused, and that the series tells it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from gan import runs
from gan.config import RunConfig
from tests.asgi import Client
from ui.api import routes
from ui.shared import door

TEACHER, PHONES = "t" * 43, ["a" * 43, "b" * 43]
SCENE = {"page": "train", "query": {"run": "one"}, "panel": "classes", "step": 40}
ASK = {"text": "Has it  collapsed?", "options": ["Yes", "No", "Not yet"]}


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process in which the PIN was given in the teacher's browser."""
    monkeypatch.delitem(sys.modules, "forger_process", raising=False)
    monkeypatch.setenv("FORGER_PIN", "1234")
    door.door().remember(TEACHER, drives=True)


@pytest.fixture(scope="module")
def client() -> Client:
    return Client(routes.routes())


def post(client: Client, url: str, body: Any, browser: str = TEACHER, kind: str = "application/json") -> httpx.Response:
    headers = {"Cookie": f"x=y; {door.COOKIE}={browser}", "Content-Type": kind}
    return client.request("POST", url, headers, json.dumps(body).encode())


def test_the_teacher_shows_and_everybody_is_told(client: Client, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    runs.create(RunConfig(dataset="mnist", device="cpu", threads=1), {"steps": 9}, run_id="one")
    before = client.get("/api/runs/one/series").json()
    assert post(client, "/api/stage", {"scene": SCENE}).json()["scene"] == SCENE
    assert client.get("/api/stage").json()["scene"] == SCENE
    after = client.get(f"/api/runs/one/series?after=-1&known={before['known']}").json()
    assert (after["stage"]["scene"], after["events"]) == (SCENE, None)
    again = client.get(f"/api/runs/one/series?after=-1&known={after['known']}").json()
    assert again["stage"] is None, "nothing new"
    assert post(client, "/api/stage", {"scene": None}).json()["scene"] is None


def test_each_phone_picks_once_and_may_change_its_mind_until_the_answer_is_told(client: Client) -> None:
    question = post(client, "/api/stage", {"ask": ASK}).json()["question"]
    assert (question["text"], question["right"]) == ("Has it collapsed?", None)
    assert post(client, "/api/stage", {"ask": ASK}).json()["question"]["id"] == question["id"], "asked already"
    pick = {"question": question["id"], "pick": 0}
    for phone in PHONES:
        assert post(client, "/api/stage/pick", pick, phone).status_code == 200
    told = post(client, "/api/stage/pick", {**pick, "pick": 2}, PHONES[0]).json()
    assert told["question"]["counts"] == [1, 0, 1]
    told = post(client, "/api/stage", {"answer": {"question": question["id"], "right": 2}}).json()
    assert told["question"]["right"] == 2
    assert post(client, "/api/stage/pick", pick, PHONES[1]).status_code == 409
    assert post(client, "/api/stage", {"ask": None}).json()["question"] is None


@pytest.mark.parametrize("browser", [*PHONES, "", "t" * 42, "x" * 43])
@pytest.mark.parametrize("body", [{"scene": SCENE}, {"ask": ASK}, {"answer": {"question": 1, "right": 0}}, {}])
def test_a_watcher_sets_nothing(client: Client, browser: str, body: dict[str, Any]) -> None:
    answer = post(client, "/api/stage", body, browser)
    assert (answer.status_code, answer.json()["error"]) == (403, door.HOW_TO_DRIVE)
    assert client.get("/api/stage").json()["seq"] == 0


def test_a_server_that_is_not_open_has_no_stage(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORGER_PIN")
    assert post(client, "/api/stage", {"scene": SCENE}).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        *([], 1, {"scene": {}}, {"scene": {**SCENE, "page": "../x"}}, {"scene": {**SCENE, "query": {"run": 1}}}),
        *({"scene": {**SCENE, "step": -1}}, {"scene": {**SCENE, "step": True}}, {"scene": {**SCENE, "panel": "<b>"}}),
        *({"scene": {**SCENE, "query": {"run": "x" * 1001}}}, {"ask": 1}, {"ask": {"text": "", "options": ["a", "b"]}}),
        *({"ask": {"text": "x", "options": ["a"]}}, {"ask": {"text": "x", "options": ["a", 1]}}),
        *({"answer": {"question": 7, "right": 0}}, {"answer": 1}),
    ],
)
def test_what_is_no_scene_question_or_answer_changes_nothing(client: Client, body: Any) -> None:
    assert post(client, "/api/stage", body).status_code == 400
    assert client.get("/api/stage").json()["seq"] == 0


def test_another_sites_page_can_send_neither(client: Client) -> None:
    for url, body in (("/api/stage", {"scene": SCENE}), ("/api/stage/pick", {"question": 1, "pick": 0})):
        assert post(client, url, body, kind="text/plain").status_code == 415
        assert post(client, url, "x" * 9000).status_code == 413


@pytest.mark.parametrize("body", [{}, {"question": 1}, {"question": "1", "pick": 0}, {"question": 1, "pick": 9}])
def test_a_pick_without_a_question_is_refused(client: Client, body: dict[str, Any]) -> None:
    assert post(client, "/api/stage/pick", body, PHONES[0]).status_code in (400, 409)
    assert post(client, "/api/stage/pick", body, "").status_code == 403
