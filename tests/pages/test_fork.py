"""Fork here on Train: from the kept step nearest to the one on show, with a word about what trains meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gan import registry, runs
from gan.runs import Run
from gan.training import branch as branching
from tests.pages.conftest import FakeTrainers, MakeRun, Open
from tests.pages.test_report import publish
from tests.pages.test_runs import button, text
from ui.train import fork


@pytest.fixture
def run(make_run: MakeRun) -> Run:
    """A finished run with generators of the steps 0, 20 and 60, and the newest of step 100."""
    found = make_run("one", title="One")
    for step in (0, 20, 60, None):
        publish(found, step)
    return found


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was branched: stands in for gan.training.branch."""
    told: list[Any] = []

    def branch(run: Run, *given: Any) -> Run:
        told.append(given)
        return runs.create(run.config(), {"steps": 1}, run_id=f"new-{len(told)}")

    monkeypatch.setattr(registry, "missing", lambda card, root: [])
    monkeypatch.setattr(branching, "branch", branch)
    return told


def opened(open_page: Open, step: int) -> AppTest:
    at = open_page("train", run="one")
    at.session_state[fork.ASKED] = ("one", step)
    at.run()
    assert not at.exception
    return at


def test_it_begins_at_the_kept_step_nearest_to_the_one_on_show(open_page: Open, run: Run, asked: list[Any]) -> None:
    at = opened(open_page, 50)
    assert "You look at step 50; kept was step 60." in text(at)
    button(at, "Start the fork").click().run()
    assert asked == [(60, {"steps": 2060}, {}, False)]
    assert at.query_params["runs"] == "one,new-1"


def test_beyond_its_end_a_run_has_no_future_so_a_twin_trains_along(
    open_page: Open, run: Run, asked: list[Any], trainers: FakeTrainers
) -> None:
    at = opened(open_page, 100)
    assert "From step 100." in text(at)
    box = next(box for box in at.selectbox if box.label == "What is different")
    box.set_value("d_steps").run()
    next(box for box in at.selectbox if box.label == "D updates per step").set_value(3).run()
    button(at, "Start the fork").click().run()
    assert asked == [(100, {"steps": 2100}), (100, {"steps": 2100}, {"d_steps": 3}, False)]
    assert trainers.started == ["new-1", "new-2"]
    assert at.query_params["runs"] == "new-1,new-2"


def test_what_trains_goes_on_and_is_named(
    open_page: Open, run: Run, make_run: MakeRun, asked: list[Any], trainers: FakeTrainers
) -> None:
    make_run("two", steps=5, title="Two")
    trainers.alive["two"] = "training"
    assert "“Two” is being trained and goes on." in text(opened(open_page, 20))
