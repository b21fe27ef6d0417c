"""The rows of scores.jsonl: written, read back, passed over when they are none, and shown as a table."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan import metrics
from gan.diagnostics import score_text
from gan.runs import Run, scores
from gan.runs.scores import Scores

WHOLE: dict[str, Any] = {
    "step": 500,
    "weights": "average",
    "n": 10_000,
    "seed": 0,
    "dataset": "strokes",
    "split": "10,000 images of the test split",
    "evaluator": {"name": "EvalNet-64 for strokes (99.91 %, 3d10d242)", "accuracy": 0.9991, "sha256": "3d"},
    "scores": {"fd": 12.5, "precision": 0.61, "ct": 1.25, "near_copies": 0.01},
    "real": {"fd": -1.2, "precision": 0.88},
    "shares": (0.25, 0.75),
    "names": ("0", "1"),
    "why": {"kernel": "nobody knows"},
    "verdict": ({"name": "copies", "level": "bad", "text": "They are."},),
    "notes": ("Trained on 500 images only.",),
    "nearest": {"distances": [1.5, 2.0], "rows": [3, 4], "held_out": 9.5},
    "seconds": 12.0,
    "time": 1.7e9,
}


def row(**changes) -> Scores:
    return Scores(**{**WHOLE, **changes})


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


def written(run, *lines):
    (run.path / "scores.jsonl").write_text("".join(line + "\n" for line in lines))


def text(**changes):
    return json.dumps(row(**changes).to_dict())


def test_a_row_is_read_as_it_was_kept(run):
    for kept in (row(), row(step=900, weights="raw", evaluator=None, nearest=None, seed=None)):
        scores.keep(run, kept)
        assert scores.rows(run)[-1] == kept
    assert [s.step for s in scores.rows(run)] == [500, 900]


def test_without_evaluations_there_are_none(run):
    assert scores.rows(run) == []
    assert scores.newest(run) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("step", -1),
        ("step", 1.5),
        ("step", True),
        ("step", "5"),
        ("weights", "both"),
        ("n", None),
        ("seed", 0.5),
        ("dataset", 7),
        ("split", None),
        ("evaluator", "EvalNet"),
        ("evaluator", {"name": "x"}),
        ("scores", None),
        ("scores", [1]),
        ("scores", {"fd": None}),
        ("scores", {"fd": "low"}),
        ("real", {"fd": 1e99}),
        ("shares", [0.5]),
        ("shares", "ab"),
        ("shares", {"0": 1}),
        ("names", [1, 2]),
        ("why", {"kernel": None}),
        ("why", ["kernel"]),
        ("verdict", ["copies"]),
        ("verdict", [{"name": "copies"}]),
        ("verdict", {"name": "x"}),
        ("notes", "one"),
        ("notes", [None]),
        ("nearest", []),
        ("nearest", {"distances": [1]}),
        ("seconds", None),
        ("time", "now"),
    ],
)
def test_a_line_with_a_wrong_part_is_passed_over(field, value, run):
    broken = json.dumps({**row().to_dict(), field: value})
    written(run, text(step=1), broken, text(step=2))
    assert [s.step for s in scores.rows(run)] == [1, 2]
    with pytest.raises(ValueError, match="no evaluation"):
        Scores.from_dict(json.loads(broken))


@pytest.mark.parametrize("line", ["", "{", "[]", "7", "null", '"x"', "{}", "[" * 5000, '{"step": 3}', "NaN"])
def test_a_broken_line_is_passed_over(line, run):
    written(run, text(step=1), line, text(step=2))
    with (run.path / "scores.jsonl").open("a") as file:
        file.write(text(step=3)[:-9])  # torn: still being written
    assert [s.step for s in scores.rows(run)] == [1, 2]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from([f.name for f in dataclasses.fields(Scores)])


@given(st.dictionaries(FIELDS, JSON, max_size=4))
def test_whatever_a_line_says_it_is_passed_over_or_can_be_shown(changes):
    try:
        found = Scores.from_dict({**json.loads(text()), **changes})
    except ValueError:
        return
    assert score_text.text(found, metrics.catalogue())
    assert Scores.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_a_field_of_a_later_version_is_passed_over(run):
    written(run, json.dumps({**row().to_dict(), "mood": "good"}))
    assert scores.rows(run) == [row()]


def test_the_newest_is_that_of_the_last_step_and_of_it_the_last_made(run):
    for step, time in ((5, 1.0), (9, 2.0), (9, 4.0), (5, 8.0)):
        scores.keep(run, row(step=step, time=time))
    scores.keep(run, row(step=12, time=9.0, weights="raw"))
    newest = scores.newest(run)
    assert newest is not None
    assert (newest.step, newest.time) == (9, 4)
    five, raw = scores.newest(run, 5), scores.newest(run, weights="raw")
    assert five is not None
    assert five.time == 8
    assert raw is not None
    assert raw.step == 12
    assert scores.newest(run, 7) is None


def test_the_picture_lies_with_the_samples(run):
    assert scores.nearest_picture(run, 7) == run.path / "samples" / "nearest" / "7.webp"


# -- the table -------------------------------------------------------------------------------------


def test_the_table_has_real_beside_generated_and_all_one_has_to_know():
    told = score_text.text(row(), metrics.catalogue())
    lines = told.splitlines()
    assert lines[0] == "step 500, EMA weights, 10,000 images of seed 0, 1 run"
    assert lines[1] == (
        "against 10,000 images of the test split of strokes; EvalNet-64 for strokes (99.91 %, 3d10d242)"
    )
    (fd,) = (line for line in lines if line.startswith("FD-EvalNet64 "))
    assert fd.split() == ["FD-EvalNet64", "12.500", "-1.200", "lower", "is", "better"]
    (ct,) = (line for line in lines if line.startswith("Copying"))
    assert ct.split() == ["Copying:", "C_T", "1.2", "–"]
    assert "FID" not in told
    assert "0 25.0 %  1 75.0 %" in told
    assert "kernel: not available because nobody knows." in told
    assert "Trained on 500 images only." in told
    assert lines[-1] == "Found: copies. They are."


def test_the_table_of_images_from_elsewhere_names_no_step():
    told = score_text.text(row(seed=None, evaluator=None, shares=(), names=()), metrics.catalogue())
    assert told.startswith("10,000 images\nagainst 10,000 images of the test split of strokes; no ")
    assert "no evaluator: pixels only" in told
    assert "Shares" not in told
