"""control.json: what the driver wants, also when the file was edited by hand."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan import runs
from gan.config import RunConfig
from gan.runs.control import STEPS, UNITS, Control, ControlReader

RATES = st.none() | st.floats(1e-6, 1.0)
COUNTS = st.none() | st.integers(0, 10)
CONTROLS = st.builds(
    Control,
    want=st.sampled_from(["run", "pause", "stop"]),
    title=st.text(max_size=20),
    budget=st.dictionaries(st.sampled_from(UNITS), st.integers(1, 10**9) | st.floats(0.1, 1e9)),
    lr_g=RATES,
    lr_d=RATES,
    d_steps=COUNTS,
    g_steps=COUNTS,
    asked=st.fixed_dictionaries({what: st.integers(0, 99) for what in STEPS}),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*UNITS, *STEPS, "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)
FIELDS = [*Control().to_dict()]


@pytest.fixture
def run(tmp_path):
    return runs.create(RunConfig(), {"steps": 10}, run_id="one", home=tmp_path)


@given(CONTROLS)
def test_wishes_survive_json(control):
    assert Control.from_dict(json.loads(json.dumps(control.to_dict()))) == control


@given(st.dictionaries(st.sampled_from([*FIELDS, "newer"]), JSON))
def test_what_cannot_be_used_is_left_out(values):
    told = Control.from_dict(values)
    assert told.want in ("run", "pause", "stop")
    assert isinstance(told.title, str)
    assert all(unit in UNITS and 0 < total < 1e15 for unit, total in told.budget.items())
    for rate in (told.lr_g, told.lr_d):
        assert rate is None or 1e-6 <= rate <= 1
    for count in (told.d_steps, told.g_steps):
        assert count is None or 0 <= count <= 10
    assert set(told.asked) == set(STEPS)
    assert all(type(count) is int for count in told.asked.values())
    assert runs.spent(told.budget, 1, 1.0, 1.0) >= 0
    assert Control.from_dict(told.to_dict()) == told


def test_one_odd_value_does_not_take_the_others_along():
    told = Control.from_dict({"want": "pause", "lr_g": "fast", "lr_d": 0.1, "asked": {"d": 2}})
    assert told == Control(want="pause", lr_d=0.1, asked={"both": 0, "d": 2, "g": 0})


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "\xff"])
def test_a_broken_file_is_the_plain_default_for_who_asks_and_no_news_at_the_desk(run, text):
    desk = ControlReader(run.path)
    run.write_control(want="pause")
    assert desk.read().want == "pause"
    (run.path / "control.json").write_text(text, encoding="latin-1")
    assert run.control() == Control(title="one", budget={"steps": 10})
    assert desk.read().want == "pause"
    (run.path / "control.json").unlink()
    assert desk.read().want == "pause"
    run.write_control(want="stop")
    assert desk.read().want == "stop"


def test_the_desk_reads_only_what_was_replaced(run, monkeypatch):
    desk = ControlReader(run.path)
    first = desk.read()
    monkeypatch.setattr(Control, "read", None)
    assert desk.read() is first


def test_steps_asked_for_add_up_and_other_wishes_stay(run):
    run.write_control(want="pause", lr_g=0.1)
    run.ask_step("d")
    run.ask_step("d")
    run.ask_step("both")
    assert run.control().asked == {"both": 1, "d": 2, "g": 0}
    assert (run.control().want, run.control().lr_g) == ("pause", 0.1)


def test_a_wish_that_cannot_be_written_is_said(run):
    (run.path / "control.json").unlink()
    (run.path / "control.json").mkdir()
    with pytest.raises(runs.RunError, match=r"Run 'one' cannot be written: "):
        run.write_control(want="stop")
