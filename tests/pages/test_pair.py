"""The form that starts a pair, without a browser: what a link fills in, what Start makes, where it leads."""

from __future__ import annotations

import pytest

from gan import registry, runs
from gan.config import RunConfig
from tests.pages.conftest import components
from ui.shared import access


@pytest.fixture(autouse=True)
def data_is_here(monkeypatch):
    monkeypatch.setattr(registry, "missing", lambda card, root: [])


def button(at, label):
    return next(b for b in at.button if b.label == label)


def widget(at, label):
    found = [w for kind in (at.selectbox, at.number_input, at.toggle) for w in kind]
    return next(w for w in found if w.label == label)


def words(at):
    kinds = (at.markdown, at.caption, at.warning, at.error, at.info, at.header)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def link(at):
    return {name: at.query_params[name] for name in ("pair", "vary", "a", "b")}


def made(trainers) -> list[RunConfig]:
    return [runs.find(name).config() for name in trainers.started]


def test_it_is_one_press_away_with_or_without_runs(open_page, make_run):
    at = open_page("compare")
    button(at, "Start a pair").click().run()
    assert not at.exception
    assert at.header[0].value == "Same seed, one difference"
    make_run("a")
    make_run("b")
    at = open_page("compare", runs="a,b")
    button(at, "Start a pair").click().run()
    assert at.header[0].value == "Same seed, one difference"
    button(at, "Back").click().run()
    assert "pair" not in at.query_params
    assert at.query_params["runs"] == "a,b"
    assert components(at)


def test_it_opens_with_ten_times_the_learning_rate_of_d(open_page):
    at = open_page("compare", pair="lean")
    assert widget(at, "A: Learning rate of D").value == 0.001
    assert widget(at, "B: Learning rate of D").value == 0.01
    assert link(at) == {"pair": "lean", "vary": "lr_d", "a": "0.001", "b": "0.01"}


def test_start_makes_two_runs_and_opens_compare_on_both(open_page, trainers):
    at = open_page("compare", pair="lean", vary="loss", a="hinge", b="minimax")
    button(at, "Start both").click().run()
    assert not at.exception
    one, other = made(trainers)
    assert (one.loss, other.loss) == ("hinge", "minimax")
    assert one.replace(loss="minimax") == other
    assert at.query_params["runs"] == ",".join(trainers.started)
    assert "pair" not in at.query_params
    titles = [runs.find(name).control().title for name in trainers.started]
    assert titles == ["Loss: Hinge · The lean one", "Loss: Minimax · The lean one"]
    assert runs.find(trainers.started[0]).control().budget == {"steps": 9375}
    assert runs.find(trainers.started[0]).events()[0]["preset"] == "lean"


@pytest.mark.parametrize(
    ("vary", "a", "b", "read"),
    [
        ("ema_decay", "0.9", "0.0", (0.9, 0.0)),
        ("reuse_fake", "true", "no", (True, False)),
        ("batch", "64", "8", (64, 8)),
        ("lr_g", "0.0007", "0.05", (0.0007, 0.05)),  # not among those that are offered
    ],
)
def test_a_link_fills_it(open_page, trainers, vary, a, b, read):
    at = open_page("compare", pair="lean", vary=vary, a=a, b=b)
    button(at, "Start both").click().run()
    assert not at.exception
    assert tuple(getattr(config, vary) for config in made(trainers)) == read


def test_the_address_follows_what_is_picked(open_page):
    at = open_page("compare", pair="lean")
    widget(at, "The one difference").set_value("seed").run()
    assert not at.exception
    assert link(at) == {"pair": "lean", "vary": "seed", "a": "0", "b": "1"}
    widget(at, "B: Seed").set_value(7).run()
    assert link(at)["b"] == "7"
    widget(at, "Both start from").set_value("gan-2014").run()
    assert not at.exception
    assert link(at)["pair"] == "gan-2014"
    assert link(at)["vary"] == "seed"
    again = open_page("compare", **link(at))
    assert link(again) == link(at)


def test_coming_back_from_another_page_finds_it_as_the_link_says(open_page):
    at = open_page("compare", pair="gan-2014", vary="seed", a="0", b="7")
    before = link(at)
    at.switch_page("../pages/runs.py").run()
    at.switch_page("../pages/compare.py")
    for name, value in before.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    assert link(at) == before
    assert widget(at, "B: Seed").value == 7


def test_a_difference_that_the_next_preset_does_not_have_gives_way(open_page):
    at = open_page("compare", pair="lean", vary="width")
    widget(at, "Both start from").set_value("gan-2014").run()
    assert not at.exception
    assert link(at)["vary"] == "lr_d"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"pair": "<b>no"}, r"no preset '\<b\>no'"),
        ({"pair": "lean", "vary": "device"}, "'device' is no setting"),
        ({"pair": "lean", "vary": "lr_d", "b": "much"}, "'much' is no value for Learning rate of D"),
        ({"pair": "lean", "vary": "lr_d", "b": "9"}, "'9' is no value"),
        ({"pair": "lean", "vary": "loss", "a": "nix"}, "'nix' is no value for Loss"),
    ],
)
def test_what_a_link_says_wrongly_is_the_usual(open_page, query, said):
    at = open_page("compare", **query)
    assert said in " ".join(warning.value for warning in at.warning)
    assert link(at)["pair"] == "lean"
    assert not button(at, "Start both").disabled


def test_two_equal_values_are_no_pair(open_page):
    at = open_page("compare", pair="lean", vary="lr_d", a="0.002", b="0.002")
    assert "A and B are the same" in words(at)
    assert button(at, "Start both").disabled


def test_a_second_difference_is_said(open_page):
    at = open_page("compare", pair="lean", vary="model", b="dcgan-16")
    assert "second difference" in words(at)  # the side changes with it


def test_another_run_is_asked_for_the_device(open_page, make_run, trainers):
    make_run("busy", steps=5, title="A *long* one")
    trainers.alive["busy"] = "training"
    at = open_page("compare", pair="lean")
    assert r"A \*long\* one" in words(at)
    button(at, "Start after it").click().run()
    assert len(trainers.started) == 2
    assert runs.find("busy").control().want == "run"
    trainers.alive = {"busy": "training"}
    at = open_page("compare", pair="lean")
    button(at, "Stop it and start the pair").click().run()
    assert runs.find("busy").control().want == "stop"
    assert len(trainers.started) == 4


def test_data_that_is_not_here_and_a_watcher_cannot_start(open_page, monkeypatch):
    monkeypatch.setattr(registry, "missing", lambda card, root: ["a file"])
    at = open_page("compare", pair="lean")
    assert "not here yet" in words(at)
    assert button(at, "Start both").disabled
    monkeypatch.setattr(registry, "missing", lambda card, root: [])
    monkeypatch.setenv("FORGER_PIN", "1234")
    at = open_page("compare", pair="lean")
    assert access.HOW_TO_DRIVE in words(at)
    assert not any(button.label.startswith("Start") for button in at.button)
