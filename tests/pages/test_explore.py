"""The Explore page: which run it shows, what it hands to the explorer, what it says when there is nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from gan.runs import Run
from tests.pages.conftest import HOME, FakeTrainers, MakeRun, Open, components
from ui.shared import assets, explorer, generator_info


def told(at: AppTest) -> dict[str, Any]:
    """What the component is given."""
    [component] = components(at)
    data: dict[str, Any] = json.loads(component.proto.json)
    return data


def draws(run: Run) -> Run:
    """A run that looks as if it had a generator."""
    run.weights().write_bytes(b"")
    return run


def test_without_runs_it_points_to_train(open_page: Open) -> None:
    at = open_page("explore")
    assert "no run yet" in at.info[0].value
    assert at.button[0].label == "Go to Train"


def test_the_link_decides(open_page: Open, make_run: MakeRun) -> None:
    for name in ("one", "two"):
        draws(make_run(name))
    assert told(open_page("explore", run="one"))["id"] == "one"
    assert told(open_page("explore", run="two"))["id"] == "two"


def test_a_run_that_comes_along_begins_with_a_seed_that_was_chosen(open_page: Open, make_run: MakeRun) -> None:
    for name in ("lean-mnist", "mine"):
        draws(make_run(name))
    assert told(open_page("explore", run="mine"))["first"] == explorer.USUAL_SEED
    assert told(open_page("explore", run="lean-mnist"))["first"] != explorer.USUAL_SEED
    assert all((HOME / "checkpoints" / name).is_dir() for name in explorer._first_seeds())


def test_an_unknown_run_is_said_and_another_one_shown(open_page: Open, make_run: MakeRun) -> None:
    draws(make_run("one"))
    at = open_page("explore", run="gone")
    assert "gone" in at.warning[0].value
    assert told(at)["id"] == "one"


def test_a_run_that_can_draw_comes_before_a_newer_one_that_cannot(open_page: Open, make_run: MakeRun) -> None:
    draws(make_run("able"))
    make_run("fresh", steps=0)
    assert told(open_page("explore"))["id"] == "able"


def test_the_pages_of_a_session_agree_on_the_run(open_page: Open, make_run: MakeRun, trainers: FakeTrainers) -> None:
    for name in ("dcgan-deep-mnist", "one", "two"):
        draws(make_run(name))
    at = open_page("train")
    at.switch_page("../pages/explore.py").run()
    assert told(at)["id"] == "dcgan-deep-mnist"  # what Train shows first, too
    at.selectbox[0].select("one").run()
    at.query_params.clear()
    at.switch_page("../pages/train.py").run()
    assert "one" in str([element.value for element in at.markdown])
    at.switch_page("../pages/explore.py").run()
    assert told(at)["id"] == "one"
    trainers.alive["two"] = "training"
    at.switch_page("../pages/train.py").run()
    assert "two" in str([element.value for element in at.markdown])  # what trains
    at.switch_page("../pages/explore.py").run()
    assert told(at)["id"] == "one"  # what was chosen
    assert told(open_page("explore"))["id"] == "two"


def test_a_waiting_run_is_told_so_and_looked_at_again_until_it_trains(
    open_page: Open, make_run: MakeRun, trainers: FakeTrainers, monkeypatch: pytest.MonkeyPatch
) -> None:
    timers: list[Any] = []

    def fragment(draw: Any, run_every: Any = None) -> Any:
        timers.append(run_every)
        return draw

    draws(make_run("one", steps=50))
    monkeypatch.setattr(st, "fragment", fragment)
    trainers.alive["one"] = "queued"
    at = open_page("explore", run="one")
    assert at.selectbox[0].options == ["one · waiting"]
    assert timers[-1]
    del trainers.alive["one"]
    at = open_page("explore", run="one")
    assert at.selectbox[0].options == ["one · stopped"]
    assert timers[-1] is None


@pytest.mark.parametrize(("text", "step"), [("20", 20), ("21", None), ("x", None), ("-1", None)])
def test_a_link_may_name_a_snapshot(open_page: Open, make_run: MakeRun, text: str, step: int | None) -> None:
    run = draws(make_run("one"))
    for kept in (0, 20):
        run.weights(kept).write_bytes(b"")
    data = told(open_page("explore", run="one", step=text))
    assert data["steps"] == [0, 20]
    assert data["step"] == step


def test_picking_another_run_changes_the_address(open_page: Open, make_run: MakeRun) -> None:
    for name in ("one", "two"):
        draws(make_run(name))
    at = open_page("explore", run="one", seed="5")
    at.selectbox[0].select("two").run()
    assert told(at)["id"] == "two"
    assert dict(at.query_params) == {"run": "two"}


def test_picking_another_run_keeps_the_tab(open_page: Open, make_run: MakeRun) -> None:
    for name in ("one", "two"):
        draws(make_run(name))
    at = open_page("explore", run="one", seed="5", tab="quiz")
    at.selectbox[0].select("two").run()
    assert dict(at.query_params) == {"run": "two", "tab": "quiz"}


def test_the_tabs_are_the_scripts_that_are_there(open_page: Open, make_run: MakeRun) -> None:
    draws(make_run("one"))
    tabs = told(open_page("explore", run="one"))["tabs"]
    assert {*tabs} == {"draw", "quiz"}
    assert tabs == {name: assets.url(f"{name}/{name}.js") for name in tabs}


def test_a_generator_is_told_by_its_own_file(
    open_page: Open, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws(make_run("one"))
    data = told(open_page("explore", run="one"))
    assert (data["shape"], data["n_classes"], data["names"]) == (None, 0, [])  # nothing to read yet
    about = generator_info.About(5, 0, 100, (1, 28, 28), 2, ("cat", "dog"))
    monkeypatch.setattr(generator_info, "about", lambda run, step=None: about)
    data = told(open_page("explore", run="one"))
    assert (data["shape"], data["n_classes"], data["names"]) == ([1, 28, 28], 2, ["cat", "dog"])


def test_what_is_told_below_fits_the_data(open_page: Open, make_run: MakeRun) -> None:
    draws(make_run("digits"))
    draws(make_run("dots", dataset="ring", model="first-steps", z_dim=2))
    for run, words in (("digits", "what slant is"), ("dots", "bent sheet")):
        text = " ".join(it.value for it in open_page("explore", run=run).markdown)
        assert words in text


def test_points_are_told_by_the_data_set(open_page: Open, make_run: MakeRun) -> None:
    draws(make_run("dots", dataset="ring", model="first-steps", z_dim=2))
    data = told(open_page("explore", run="dots"))
    assert data["points"]
    assert data["z_dim"] == 2


def test_a_run_whose_settings_are_broken_is_a_sentence(open_page: Open, make_run: MakeRun) -> None:
    run = draws(make_run("torn"))
    (run.path / "config.json").write_text("{", encoding="utf-8")
    at = open_page("explore", run="torn")
    assert "Not available" in at.error[0].value
