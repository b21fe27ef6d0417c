"""The table of scores: which is best, when comparing is fair, what is said beside the numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gan import metrics
from gan.metrics import Score
from gan.runs.scores import Scores
from ui.compare import score_table
from ui.compare.score_table import Column

RULER: dict[str, Any] = {"name": "EvalNet-64 for mnist (99.50 %, 1a2b3c4d)", "accuracy": 0.995, "sha256": "1a2b"}
SPLIT = "10,000 images of the test split"


def scored(**changes: Any) -> Scores:
    scores = {"fd": 20.0, "precision": 0.5, "density": 0.8, "classes": 10.0}
    told = Scores(
        step=1200,
        weights="average",
        n=10_000,
        seed=0,
        dataset="mnist",
        split=SPLIT,
        evaluator=RULER,
        scores=scores,
        real={"fd": 0.6, "precision": 0.85, "density": 0.92},
    )
    return replace(told, **changes)


A = Column("A", scored())
B = Column("B", scored(scores={"fd": 30.0, "precision": 0.6, "density": 1.1, "classes": 10.0}))


def cells(columns, key: str) -> list[str]:
    """The cells of one score's row."""
    _, row = score_table.table(columns, [key]).split("<tr>")[1:]
    return [part.split("</td>")[0] for part in row.split("<td")[1:]]


def starred(columns, key: str) -> list[bool]:
    return ["★" in cell for cell in cells(columns, key)]


def test_every_score_there_is_can_be_judged():
    for score in metrics.catalogue().values():
        assert score_table.best(score, [1.0, 2.0]) <= {0, 1}


@pytest.mark.parametrize(
    ("better", "values", "best"),
    [
        ("lower", [3.0, 2.0, None], {1}),
        ("higher", [3.0, 2.0, None], {0}),
        ("one", [1.3, 0.8, 2.0], {1}),
        ("one", [0.5, 1.4], {1}),
        ("", [3.0, 2.0], set()),
        ("lower", [None, 2.0], set()),  # only one has it
        ("lower", [None, None], set()),
        ("lower", [2.0, 2.0], set()),  # nothing to choose
        ("lower", [2.0, 2.00001, 3.0], {0, 1}),  # as they are shown
        ("higher", [-0.5, -2.0], {0}),
    ],
)
def test_which_is_best(better, values, best):
    assert score_table.best(Score("FD", better), values) == best


def test_the_best_is_bold_and_has_a_mark():
    assert starred([A, B], "fd") == [True, False, False]  # lower
    assert starred([A, B], "precision") == [False, True, False]  # higher
    assert starred([A, B], "density") == [False, True, False]  # nearest to 1
    assert starred([A, B], "classes") == [False, False, False]  # the same
    assert 'class="compare-best"' in cells([A, B], "fd")[0]
    assert 'aria-label="best"' in cells([A, B], "fd")[0]


def test_real_images_have_a_column_and_are_never_best():
    *_, real = cells([A, B], "fd")
    assert 'class="compare-real"' in real
    assert "0.600" in real
    assert "Real images" in score_table.table([A, B], ["fd"])


def test_a_run_without_scores_has_a_column_too():
    found = score_table.table([A, Column("C", None)], ["fd"])
    assert "not scored yet" in found
    assert [cell.count("–") for cell in cells([A, Column("C", None)], "fd")] == [0, 1, 0]
    assert starred([A, Column("C", None)], "fd") == [False, False, False]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"n": 1000}, "numbers of images"),
        ({"dataset": "strokes"}, "data sets"),
        ({"split": "100 images kept out"}, "data sets"),
        ({"evaluator": None}, "evaluators"),
        ({"real": {"fd": 0.7}}, "versions of the measures"),
        ({"evaluator": {**RULER, "name": "another", "sha256": "other"}}, "evaluators"),
    ],
)
def test_what_was_measured_otherwise_is_not_compared(change, word):
    other = Column("B", scored(scores=B.scores.scores if B.scores else {}, **change))
    assert word in score_table.unfair([A, other])
    assert not any(starred([A, other], "fd"))
    said = [told.split(":")[0] for told in score_table.rulers([A, other])]
    assert said == ["A", "B"] or word == "versions of the measures"
    assert score_table.unfair([A, B]) == ""
    assert score_table.unfair([A, Column("C", None)]) == ""


def test_another_floor_stands_in_the_cells():
    other = Column("B", scored(dataset="strokes", real={"fd": 9.0}))
    found = cells([A, other], "fd")
    assert len(found) == 2
    assert "real 0.600" in found[0]
    assert "real 9.000" in found[1]


def test_a_score_that_came_later_has_its_floor_too():
    newer = Column("B", scored(real={"fd": 0.6, "precision": 0.85, "density": 0.92, "kl": 0.002}))
    assert score_table.unfair([A, newer]) == ""
    assert "0.0020" in cells([A, newer], "kl")[-1]


def test_it_says_with_what_was_measured():
    (ruler,) = score_table.rulers([A, B, Column("C", None)])
    for part in ("10,000 generated images", SPLIT, "mnist", RULER["name"]):
        assert part in ruler
    plain = Column("P", scored(evaluator=None))
    assert "no evaluator, pixels only" in score_table.rulers([plain])[0]


def test_the_first_table_and_the_rest_have_every_score_once():
    first, rest = score_table.keys([A, Column("C", None)])
    assert first == ["fd", "precision"]
    assert rest == ["classes", "density"]


def test_it_says_what_is_missing_and_what_has_to_be_known():
    odd = Column("<B>", scored(why={"copying": "there is no test split"}, notes=("Few images.",)))
    assert score_table.reasons([A, odd]) == [
        "copying: not available because there is no test split.",
        "<B>: Few images.",
    ]


def test_nothing_that_was_typed_is_markup():
    found = score_table.table([Column("<b>x</b>", scored(verdict=({"name": "<i>", "text": ""},)))], ["fd"])
    assert "<b>x" not in found
    assert "<i>" not in found
    assert "&lt;b&gt;x" in found
