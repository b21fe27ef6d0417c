"""A run whose data, settings or control.json were changed by hand says so, and is never another run in silence."""

from __future__ import annotations

import dataclasses
import json
import shutil

import numpy as np
import pytest

from gan.datasets import Data
from gan.runs import RunError, known_data
from gan.training.loop import train
from tests.engine import event, happened, kept, make, pictures, play, rows, same, tiny, until

pytestmark = pytest.mark.usefixtures("quick_disk")
CLASSES = np.repeat([0, 1], 5)


def classes(*names: str, numbers: np.ndarray = CLASSES, data: Data | None = None) -> Data:
    return dataclasses.replace(data or pictures(), labels=numbers.astype(np.int64), names=names)


@pytest.fixture
def conditional(tmp_path):
    """A run that was told cat and dog, stopped at step 4 of 10."""
    run = make(tmp_path, tiny(model="lean-resnet", conditional=True))
    until(run, 4, classes("cat", "dog"))
    return run


# -- data ------------------------------------------------------------------------------------------


def test_a_run_knows_what_it_learned_from(tmp_path):
    run = make(tmp_path, steps=3)
    play(run)
    record = known_data.read(run.path)
    assert record is not None
    assert (record.images, record.shape, record.names) == (10, (1, 8, 8), ())
    assert "changed" not in happened(run)


def test_a_renamed_class_keeps_its_number_and_the_run_goes_on_as_it_would_have(conditional, tmp_path):
    shutil.copytree(conditional.path, tmp_path / "other")
    play(dataclasses.replace(conditional, path=tmp_path / "other"), classes("cat", "dog"))
    play(conditional, classes("dog", "kitten", numbers=1 - CLASSES))
    assert event(conditional, "changed")["text"] == "cat is called kitten now, and keeps its number."
    assert same(kept(conditional), kept(dataclasses.replace(conditional, path=tmp_path / "other")))
    record = known_data.read(conditional.path)
    assert record is not None
    assert record.names == ("kitten", "dog")


def test_classes_that_cannot_be_told_apart_are_asked_about(conditional):
    rng = np.random.default_rng(1)
    images = pictures().images.copy()
    images[:5] = rng.integers(0, 256, (5, 1, 8, 8))
    new = classes("kitten", "dog", data=Data(images))
    with pytest.raises(RunError, match="the pictures of cat are gone, and kitten is new"):
        play(conditional, new)
    assert "kitten" in conditional.error()
    assert conditional.events()[-1]["ask"] == "data"
    list(train(conditional, new, accept=True))
    assert happened(conditional)[-1] == "finished"
    assert conditional.error() == ""


def test_added_pictures_are_told_and_training_goes_on(tmp_path):
    run = make(tmp_path, steps=6)
    until(run, 3)
    play(run, pictures(count=12))
    assert event(run, "changed")["text"] == "all pictures: 2 added; 12 pictures, 10 before."
    assert happened(run)[-1] == "finished"


def test_a_coloured_picture_is_told_in_words(tmp_path):
    run = make(tmp_path, steps=6)
    until(run, 3)
    with pytest.raises(RunError, match="learned grey pictures of 8 × 8, and what is there now are colour"):
        play(run, pictures(channels=3))


def test_of_a_run_of_an_earlier_version_the_weights_tell(conditional):
    (conditional.path / "data.json").unlink()
    with pytest.raises(RunError, match="kitten is new"):
        play(conditional, classes("kitten", "dog"))
    play(conditional, classes("cat", "dog"))


# -- settings --------------------------------------------------------------------------------------


def change(run, **values):
    path = run.path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_settings_that_were_changed_are_named_and_refused_unless_asked_for(tmp_path):
    run = make(tmp_path, steps=6)
    until(run, 3)
    change(run, seed=2, beta1=0.9, width=8)
    with pytest.raises(RunError, match=r"changed since: seed 0 -> 2, beta1 0\.5 -> 0\.9, width 4 -> 8\."):
        play(run)
    assert run.events()[-1]["ask"] == "settings"
    assert run.states(), "nothing was taken away"
    change(run, width=4)
    list(train(run, pictures(), accept=True))
    assert event(run, "changed")["what"] == "settings"
    run.write_control(budget={"steps": 8})
    play(run)  # from now on these are the settings
    assert happened(run).count("changed") == 1


# -- control.json ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"want": "run", "budgeT": {"steps": 6}}', "'budgeT' that nobody knows; perhaps 'budget' is meant"),
        ('{"want": "run", "budget": {"steps": 6', "control.json cannot be read"),
        ('{"want": "run", "budget": {"stepz": 6}}', "the budget (stepz) is no number above 0"),
        ('{"want": "run", "budget": {}}', "the budget is no number above 0"),
        ("", "control.json cannot be read"),
    ],
)
def test_a_damaged_budget_is_said_and_the_last_good_one_holds(tmp_path, text, told):
    run = make(tmp_path, steps=4)
    until(run, 2)
    run.write_control(budget={"steps": 6})
    until(run, 3)
    (run.path / "control.json").write_text(text)
    assert run.control().budget == {"steps": 6}
    play(run)
    assert rows(run)[-1]["step"] == 6
    assert any(told in e["text"] for e in run.events() if e["event"] == "complaint")
    assert [e["budget"] for e in run.events() if "budget" in e] == [{"steps": 4}, {"steps": 6}]
    run.write_control(want="run")
    assert json.loads((run.path / "control.json").read_text())["budget"] == {"steps": 6}


def test_damage_while_it_trains_changes_nothing_but_is_said(tmp_path):
    run = make(tmp_path, steps=6)
    ticks = train(run, pictures())
    for tick in ticks:
        if tick.step == 2:
            (run.path / "control.json").write_text("{")
    assert rows(run)[-1]["step"] == 6
    assert "what it said before stays in force" in event(run, "complaint")["text"]


def test_without_any_word_on_the_length_it_does_not_train_for_ever(tmp_path):
    run = make(tmp_path, steps=6)
    events = run.path / "events.jsonl"
    events.write_text(events.read_text().replace('"budget"', '"other"'))
    (run.path / "control.json").write_text('{"want": "run"}')
    with pytest.raises(RunError, match="no longer says how long"):
        play(run)
