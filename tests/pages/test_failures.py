"""The page Failures: nothing gives a case away before the light tells, and nothing is stopped without a word."""

from __future__ import annotations

import pytest
import streamlit as st

from gan import registry, runs
from gan.config import preset
from gan.diagnostics.health_log import HealthStatus
from ui.failures import outcomes, prediction, repair
from ui.shared import presets

CASES = list(presets.scenarios())
BAD = HealthStatus("divergence", "bad", "Training is blowing up", "Too large.", "Halve them.", 140)


def texts(at):
    return "\n".join([*(m.value for m in at.markdown), *(c.value for c in at.caption)])


@pytest.mark.parametrize("name", CASES)
def test_the_question_offers_three_or_four_answers_with_the_right_one(name):
    scenario = presets.scenarios()[name].scenario
    assert scenario
    found = outcomes.answers(scenario)
    assert scenario.light in found
    assert {*scenario.answers} <= {*outcomes.OUTCOMES}
    assert 3 <= len(found) <= 4


@pytest.mark.parametrize("name", CASES)
def test_nothing_gives_a_case_away_before_it_has_run(open_page, name):
    told = registry.load("presets", name)
    for at in (open_page("failures"), open_page("failures", case=name)):
        shown = texts(at)
        assert told["scenario"]["setup"] in shown
        assert told["look_for"] not in shown
        assert told["scenario"]["change"] not in shown
        assert told["title"] not in shown


def test_it_runs_once_an_answer_was_picked_and_says_what_it_stops(open_page, make_run, trainers):
    at = open_page("failures", case="broken-giant-steps")
    assert at.button(key="run-case").disabled
    other = make_run("other", steps=5, title="Another")
    trainers.alive["other"] = "training"
    at.session_state[prediction.PICKED] = "broken-giant-steps"
    at.run()
    assert "“Another” is being trained" in texts(at)
    at.button(key="run-case").click().run()
    assert other.control().want == "stop"
    assert at.query_params["case"] == "broken-giant-steps"
    run = at.query_params["run"]
    assert presets.name_of(runs.find(run)) == "broken-giant-steps"
    assert prediction.PICKED not in at.session_state


def test_a_case_runs_at_once_for_who_does_not_want_to_guess(open_page, make_run, trainers):
    other = make_run("other", steps=5, title="Another")
    trainers.alive["other"] = "training"
    at = open_page("failures")
    assert "“Another” is being trained" in texts(at)
    at.button(key="run-broken-giant-steps").click().run()
    assert other.control().want == "stop"
    assert presets.name_of(runs.find(at.query_params["run"])) == "broken-giant-steps"


def test_a_watcher_picks_and_does_not_run(open_page, monkeypatch):
    monkeypatch.setenv("FORGER_PIN", "483920")
    at = open_page("failures", case="broken-giant-steps")
    at.session_state[prediction.PICKED] = "broken-giant-steps"
    at.run()
    assert "run-case" not in [button.key for button in at.button]


def test_a_case_that_was_started_elsewhere_is_one_press_away(open_page, trainers, monkeypatch):
    config, told = preset("broken-giant-steps")
    made = runs.create(config.replace(device="cpu", threads=1), told["budget"], preset="broken-giant-steps")
    trainers.alive[made.id] = "training"
    monkeypatch.setenv("FORGER_PIN", "483920")  # for who only watches, too
    at = open_page("failures")
    at.button(key="go-to-case").click().run()
    assert at.query_params["run"] == made.id


@pytest.mark.parametrize("page", ["failures", "train"])
def test_the_fix_is_told_once_the_light_tells(open_page, trainers, monkeypatch, page):
    config, told = preset("broken-giant-steps")
    made = runs.create(config.replace(device="cpu", threads=1), told["budget"], preset="broken-giant-steps")
    trainers.alive[made.id] = "training"
    monkeypatch.setattr(repair, "light", lambda run: None)
    at = open_page(page, run=made.id)
    assert told["scenario"]["change"] not in texts(at)
    monkeypatch.setattr(repair, "light", lambda run: BAD)
    at = open_page(page, run=made.id)
    assert told["scenario"]["change"] in texts(at)
    at.button(key="repair").click().run()
    fixed, broken = at.query_params["runs"].split(",")
    assert broken == made.id
    assert told["scenario"]["change"] in repair.mended([runs.find(fixed), made])
    assert not repair.mended([made])


def test_a_run_that_has_what_mends_its_preset_is_not_broken():
    config, about = preset("broken-no-batchnorm")
    config = config.replace(device="cpu", threads=1)
    broken = runs.create(config, about["budget"], preset="broken-no-batchnorm")
    case = repair.case_of(broken)
    assert case is not None
    assert case.name == "broken-no-batchnorm"
    mended = config.replace(**about["scenario"]["repair"])
    assert repair.case_of(runs.create(mended, about["budget"], preset="broken-no-batchnorm")) is None


def test_what_the_view_tells_is_kept(monkeypatch):
    told = type("Told", (), {"picked": "broken-mine"})()
    monkeypatch.setattr(st, "session_state", {prediction.KEY: told})
    prediction.keep()
    assert st.session_state[prediction.PICKED] == "broken-mine"
