"""The home page without a browser: what it shows, what can be pressed, who may press it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from gan import registry, runs
from gan.hosting import torch_loader
from ui.shared import access, presets
from ui.train import projector

ANYBODY = ("Projector mode", "Something not working?", "Ask for the wheel")  # what no role is needed for
ACTIONS = ("Pause", "Step", "Only D", "Only G", "Stop")


@pytest.fixture(autouse=True)
def data_is_here(monkeypatch):
    monkeypatch.setattr(registry, "missing", lambda card, root: [])


def button(at: AppTest, label: str):
    return next(b for b in at.button if b.label == label)


def labels(at: AppTest) -> list[str]:
    return [b.label for b in at.button]


def primary(at: AppTest) -> list[str]:
    return [b.label for b in at.button if b.proto.type == "primary"]


def words(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.warning, at.error, at.info, at.header)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def test_without_any_run_it_offers_the_form(open_page):
    at = open_page("train")
    assert "What should it learn?" in words(at)
    assert primary(at) == ["Start"]


def test_it_opens_with_a_finished_run_and_one_coloured_button(open_page, make_run):
    make_run("other", steps=50)
    make_run("lean-mnist", title="A shipped one")
    at = open_page("train")
    assert "A shipped one" in words(at)
    assert "a finished run" in words(at)
    assert primary(at) == ["Start training"]
    assert "detective" in words(at)


def test_one_press_starts_the_first_preset(open_page, make_run, trainers):
    make_run("lean-mnist")
    at = open_page("train")
    button(at, "Start training").click().run()
    assert not at.exception
    (started,) = trainers.started
    run = runs.find(started)
    assert run.config().model == "lean-resnet"
    assert at.query_params["run"] == started
    assert primary(at) == ["Pause"]


def test_it_says_how_many_threads_train_now(open_page, make_run):
    make_run("mine", steps=5, threads=3)
    assert "CPU, 3 threads\n" in words(open_page("train", run="mine"))
    run = make_run("open", steps=5, threads=0)
    assert "thread" not in words(open_page("train", run="open"))
    run.record("started", threads=1)
    assert "CPU, 1 thread (auto)" in words(open_page("train", run="open"))
    run.record("threads", 9, before=1, threads=2, why="due", paces=[40.0, 84.0])
    run.record("paused")
    assert "CPU, 2 threads (auto)" in words(open_page("train", run="open"))


def test_it_says_when_start_learns_other_data_than_the_run_on_screen(open_page, make_run, monkeypatch):
    make_run("lean-mnist")
    assert "MNIST is not here" not in words(open_page("train"))
    monkeypatch.setattr(registry, "missing", lambda card, root: [*card.facts.get("FILES", ())])
    assert "on Strokes; MNIST is not here: New run can get it" in words(open_page("train"))


def test_it_follows_what_is_being_trained(open_page, make_run, trainers):
    make_run("lean-mnist")
    make_run("mine", steps=5, title="Mine")
    trainers.alive["mine"] = "training"
    assert "Mine" in words(open_page("train"))
    assert "Mine" not in words(open_page("train", run="lean-mnist"))


def test_it_stays_with_a_run_that_has_ended(open_page, make_run, trainers):
    make_run("lean-mnist")
    make_run("mine", steps=5, title="Mine")
    trainers.alive["mine"] = "training"
    at = open_page("train")
    trainers.alive.clear()
    at.run()
    assert "Mine" in words(at)
    assert primary(at) == ["Resume"]


def test_a_link_that_leads_nowhere_says_so(open_page, make_run):
    make_run("mine", title="Mine")
    for wrong in ("nothing", "../../etc", "A B", ""):
        at = open_page("train", run=wrong)
        assert at.warning, wrong
        assert "Mine" in labels(at)
    button(at, "Mine").click().run()
    assert at.query_params["run"] == "mine"


def test_a_preset_that_is_not_there_says_so(open_page):
    at = open_page("train", preset="no-such-preset")
    assert "no-such-preset" in at.warning[0].value.replace("\\", "")


def test_unreadable_settings_are_told(open_page, make_run):
    run = make_run("mine")
    (run.path / "config.json").write_text("{")
    at = open_page("train", run="mine")
    assert "cannot be read" in at.warning[0].value


def test_controls_of_a_running_run(open_page, make_run, trainers):
    run = make_run("mine", steps=5)
    trainers.alive["mine"] = "training"
    at = open_page("train", run="mine")
    off = {label: button(at, label).disabled for label in ACTIONS}
    assert off == {"Pause": False, "Step": True, "Only D": True, "Only G": True, "Stop": False}
    button(at, "Pause").click().run()
    assert run.control().want == "pause"
    assert primary(at) == ["Resume"]
    for label, what in (("Step", "both"), ("Only D", "d"), ("Only G", "g")):
        button(at, label).click().run()
        assert run.control().asked[what] == 1
    button(at, "Resume").click().run()
    assert run.control().want == "run"
    button(at, "Stop").click().run()
    assert run.control().want == "stop"
    assert all(button(at, label).disabled for label in ACTIONS), "it is saving"


def test_rates_and_ratio_change_while_it_runs(open_page, make_run, trainers):
    run = make_run("mine", steps=5)
    trainers.alive["mine"] = "training"
    at = open_page("train", run="mine")
    at.select_slider[0].set_value(0.0001).run()
    assert (run.control().lr_g, run.control().lr_d) == (0.0001, None)
    at.selectbox[0].set_value(5).run()
    assert (run.control().d_steps, run.control().g_steps) == (5, None)
    run.record("ratio", step=1234, d_steps=5, g_steps=1)
    at.run()
    assert "in force since step 1,234" in words(at)
    assert at.select_slider[0].value == 0.0001


def test_a_stopped_run_goes_on(open_page, make_run, trainers):
    make_run("mine", steps=5)
    at = open_page("train", run="mine")
    assert primary(at) == ["Resume"]
    button(at, "Resume").click().run()
    assert trainers.started == ["mine"]


def test_a_run_that_diverged_goes_on_with_half_the_rates(open_page, make_run, trainers):
    run = make_run("mine", steps=5, error="… Go on from it with smaller learning rates.")
    at = open_page("train", run="mine")
    assert primary(at) == ["Resume with half the learning rates"]
    button(at, primary(at)[0]).click().run()
    assert (run.control().lr_g, run.control().lr_d) == (0.001, 0.001)
    assert trainers.started == ["mine"]


def test_any_other_failure_can_be_tried_again(open_page, make_run, trainers):
    make_run("mine", steps=5, error="The disk is full.")
    at = open_page("train", run="mine")
    button(at, "Try again").click().run()
    assert trainers.started == ["mine"]


def test_a_finished_run_can_be_trained_longer(open_page, make_run, trainers):
    run = make_run("mine")
    run.state(100).write_bytes(b"")
    at = open_page("train", run="mine")
    assert at.number_input[0].value == 200
    button(at, "Resume").click().run()
    assert run.control().budget == {"steps": 200.0}
    assert trainers.started == ["mine"]


def test_a_refusal_is_a_sentence_on_the_page(open_page, make_run, trainers):
    make_run("mine", steps=5)
    trainers.alive["mine"] = "paused"
    at = open_page("train", run="mine")
    trainers.alive["mine"] = "training"  # meanwhile somebody else resumed it
    button(at, "Step").click().run()
    assert "Only a paused run" in at.error[0].value


@pytest.mark.parametrize("status", ["training", "paused", "queued"])
def test_a_watcher_sees_everything_and_drives_nothing(open_page, make_run, trainers, monkeypatch, status):
    monkeypatch.setenv("FORGER_PIN", "483920")
    make_run("mine", steps=5, title="Mine")
    trainers.alive["mine"] = status
    at = open_page("train", run="mine")
    assert "Mine" in words(at)
    assert access.HOW_TO_DRIVE in words(at)
    assert [b for b in at.button if b.label not in ANYBODY or b.disabled] == []


@pytest.mark.parametrize("label", ["Resume", "Step", "Only D", "Only G", "Stop"])
def test_a_press_without_the_grant_is_refused(open_page, make_run, trainers, monkeypatch, label):
    run = make_run("mine", steps=5)
    trainers.alive["mine"] = "paused"
    at = open_page("train", run="mine")
    before = run.control()
    monkeypatch.setenv("FORGER_PIN", "483920")  # the buttons of this session are still enabled
    button(at, label).click().run()
    assert at.error[0].value == access.HOW_TO_DRIVE
    assert run.control() == before


def test_a_watcher_cannot_start(open_page, trainers, monkeypatch):
    at = open_page("train", preset="lean")
    monkeypatch.setenv("FORGER_PIN", "483920")
    button(at, "Start").click().run()
    assert access.HOW_TO_DRIVE in words(at)
    assert not trainers.started
    assert not runs.runs()
    assert not any(button.label.startswith("Start") for button in at.button)


def test_the_form_is_filled_by_a_link(open_page):
    at = open_page("train", preset="dcgan-16")
    assert at.selectbox(key="knob-model").value == "dcgan-16"
    button(at, "Choose: Forger and detective: dots on a ring").click().run()
    assert at.query_params["preset"] == "first-steps"
    assert at.selectbox(key="knob-model").value == "first-steps"


def test_the_form_is_filled_from_another_run(open_page, make_run):
    make_run("mine", seed=7, lr_g=0.0007)
    at = open_page("train", like="mine")
    assert at.number_input(key="knob-seed").value == 7
    assert at.selectbox(key="knob-lr_g").value == 0.0007
    assert "no run 'other'" in open_page("train", like="other").warning[0].value


def test_start_from_the_form(open_page, trainers):
    at = open_page("train", preset="lean")
    at.number_input(key="knob-seed").set_value(11)
    at.text_input(key="new-title").set_value("  Eleven ")
    at.number_input(key="new-amount").set_value(3)
    button(at, "Start").click().run()
    assert not at.exception
    run = runs.find(trainers.started[0])
    assert (run.config().seed, run.control().title) == (11, "Eleven")
    assert run.control().budget == {"steps": 3}
    assert at.query_params["run"] == run.id


def test_minutes_are_seconds_of_training(open_page, trainers):
    at = open_page("train", preset="lean")
    at.segmented_control(key="new-unit").set_value("minutes")
    at.number_input(key="new-amount").set_value(2)
    button(at, "Start").click().run()
    assert runs.find(trainers.started[0]).control().budget == {"seconds": 120.0}


def test_what_is_typed_survives_a_look_at_a_run(open_page, make_run):
    make_run("mine")
    at = open_page("train", preset="lean")
    at.number_input(key="knob-seed").set_value(11)
    at.number_input(key="new-amount").set_value(3)
    at.run()
    at.query_params.clear()
    at.query_params["run"] = "mine"
    at.run()
    at.query_params.clear()
    at.query_params["preset"] = "lean"
    at.run()
    assert at.number_input(key="knob-seed").value == 11
    assert at.number_input(key="new-amount").value == 3


def test_while_another_run_trains_the_choice_is_clear(open_page, make_run, trainers):
    run = make_run("mine", steps=5, title="Mine")
    trainers.alive["mine"] = "training"
    at = open_page("train", preset="lean")
    assert primary(at) == ["Stop it and start this one"]
    assert "“Mine” is being trained. Starting this one at once saves and stops it" in words(at)
    button(at, "Stop it and start this one").click().run()
    assert run.control().want == "stop"
    assert len(trainers.started) == 1
    assert "“Mine” was saved and stopped to make room" in words(at)
    button(at, "Resume it").click().run()
    assert (run.control().want, trainers.started[1:]) == ("run", ["mine"])
    assert "to make room" not in words(at)


def test_or_it_waits_its_turn(open_page, make_run, trainers):
    run = make_run("mine", steps=5)
    trainers.alive["mine"] = "training"
    at = open_page("train", preset="lean")
    button(at, "Start after it").click().run()
    assert run.control().want == "run"
    assert len(trainers.started) == 1


def test_a_start_does_not_wait_for_pytorch_where_the_trainers_alone_need_it(open_page, make_run, trainers, monkeypatch):
    make_run("lean-mnist")
    monkeypatch.setattr("gan.hardware.may_have_gpu", lambda: False)
    monkeypatch.setattr(torch_loader, "torch_state", lambda: "loading")
    at = open_page("train")
    button(at, "Start training").click().run()
    assert not at.exception
    assert len(trainers.started) == 1


def test_a_start_waits_for_pytorch_and_says_so(open_page, make_run, trainers, monkeypatch):
    make_run("lean-mnist")
    monkeypatch.setattr("gan.hardware.may_have_gpu", lambda: True)
    monkeypatch.setattr(torch_loader, "torch_state", lambda: "loading")
    at = open_page("train")
    button(at, "Start training").click().run()
    assert not at.exception
    assert "Loading PyTorch" in at.get("progress")[0].proto.text
    assert not trainers.started
    monkeypatch.setattr(torch_loader, "torch_state", lambda: "ready")
    at.run()
    assert len(trainers.started) == 1


def test_a_broken_pytorch_is_told(open_page, make_run, trainers, monkeypatch):
    make_run("lean-mnist")
    monkeypatch.setattr(torch_loader, "torch_state", lambda: "failed: libgomp.so.1 is not there")
    at = open_page("train")
    button(at, "Start training").click().run()
    assert "libgomp" in at.error[0].value
    assert not trainers.started


def test_a_title_is_text_and_nothing_else(open_page, make_run):
    make_run("mine", title="<b>x</b> :red[y] $z$ [a](http://b)")
    at = open_page("train", run="mine")
    assert "\\<b\\>x\\</b\\> :\u2060red\\[y\\] \\$z\\$ \\[a\\](http:\u2060//b)" in words(at)


def test_a_link_lays_settings_over_a_preset(open_page):
    at = open_page("train", preset="gan-2014", lr_g="0.01", loss="minimax", batch="-3", nonsense="1")
    draft = at.session_state["draft"]
    assert not at.exception
    assert (draft["lr_g"], draft["loss"]) == (0.01, "minimax")
    assert (draft["batch"], draft["lr_d"]) == (64, 2e-4), "what cannot be read stays the preset's"


def test_a_run_whose_data_were_changed_goes_on_when_its_owner_says_so(open_page, make_run, trainers):
    run = make_run("mine", steps=5, error="The classes are not those the run began with: kitten is new.")
    run.record("failed", step=5, text="…", ask="data")
    at = open_page("train", run="mine")
    button(at, "Resume with changed data").click().run()
    assert (trainers.started, trainers.accepted) == (["mine"], True)


def test_look_for_is_told_without_digits_for_other_data(open_page, make_run):
    make_run("mine", dataset="own-images", source="x")
    lean = presets.every()["lean"]
    assert "ten digits" in presets.look_for(lean, "mnist")
    assert "digit" not in presets.look_for(lean, "own-images")
    assert presets.look_for(presets.every()["first-steps"], "mnist") == presets.USUAL
    assert "nobody tells the forger what such a picture is" in words(open_page("train", run="mine"))


def test_the_layers_are_beside_the_form_and_what_does_not_fit_stops_the_start(open_page):
    at = open_page("train", preset="lean", model="own-dcgan", dataset="mnist")
    assert "10,129 parameters" in words(at)
    assert not button(at, "Start").disabled
    at.number_input(key="knob-stages").set_value(3).run()
    assert "G, layer 1: 28 × 28 cannot be halved 3 times" in words(at)
    assert button(at, "Start").disabled
    at.number_input(key="knob-stages").set_value(2).run()
    at.selectbox(key="knob-upsampling").set_value("pixel-shuffle").run()
    assert not button(at, "Start").disabled
    assert any("PixelShuffle" in element.value for element in at.get("html") if hasattr(element, "value"))


def test_the_layers_wait_for_pytorch(open_page, monkeypatch):
    monkeypatch.setattr(torch_loader, "torch_state", lambda: "loading")
    assert "once PyTorch is loaded" in words(open_page("train", preset="lean", dataset="mnist"))


def test_the_code_of_the_settings_is_shown_with_what_differs_from_the_preset(open_page):
    at = open_page("train", preset="lean", dataset="mnist")
    at.toggle(key="show-code").set_value(True).run()
    assert "that need PyTorch alone" in words(at)
    assert "they are marked" not in words(at)
    at.selectbox(key="knob-lr_g").set_value(0.01).run()
    assert "1 of them are not those of the preset: they are marked." in words(at)
    assert any("9_375" in block.proto.body for block in at.get("html")), "as many steps as the form says"


def test_the_projector_mode_opens_with_and_without_a_run(open_page, make_run):
    open_page("train", show="1")
    make_run("mine")
    open_page("train", show="poster", run="mine", **{"class": "<b>7b</b>"})


def test_only_who_drives_steers_from_the_projector(make_run, monkeypatch):
    run, said = make_run("mine"), {"show": SimpleNamespace(ask="play")}
    monkeypatch.setattr(st, "session_state", said)
    monkeypatch.setattr("ui.train.projector.trainers.status", lambda run: "training")
    monkeypatch.setenv("FORGER_PIN", "483920")
    projector._do(run)
    assert run.control().want == "run"
    assert said["trouble"] == access.HOW_TO_DRIVE
    monkeypatch.delenv("FORGER_PIN")
    projector._do(run)
    assert run.control().want == "pause"
