"""The report of a run without a browser: its time machine, its scores, whether it copies, branching, by whom."""

from __future__ import annotations

import json
import sys
import types
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gan import files, images, registry, runs
from gan.datasets import Data, Decision, LeftOut, Progress, Reading
from gan.hosting import jobs
from gan.hosting.jobs import Job
from gan.runs import Run, RunError, enlarged, known_data, scores
from gan.runs.scores import Scores, Which
from gan.training import branch as branching
from tests.pages.conftest import FakeTrainers, MakeRun, Open, components
from tests.pages.test_runs import button, text
from ui.shared import compatibility

DIGITS = tuple("0123456789")
GOOD = {"name": "no fault found", "text": "None of these measures finds a fault."}
FOUND = {"fd": 343.4, "precision": 0.52, "classes": 10.0, "ct": 29.7, "near_copies": 0.001}


@pytest.fixture
def run(make_run: MakeRun) -> Run:
    """A finished run with generators of the steps 0, 20 and 60, and the newest of step 100."""
    found = make_run("one", title="One")
    for step in (0, 20, 60, None):
        publish(found, step)
    return found


def publish(run: Run, step: int | None, shape: tuple[int, ...] = (1, 28, 28)) -> None:
    """The header of a file of weights; the tensors are missing."""
    about = {
        "step": 100 if step is None else step,
        "config": run.config().to_dict(),
        "data": {"shape": shape, "n_classes": 10, "names": DIGITS},
    }
    told = {key: json.dumps(value) for key, value in about.items()}
    header = json.dumps({"__metadata__": told}).encode()
    run.weights(step).write_bytes(len(header).to_bytes(8, "little") + header)


def score(run: Run, step: int = 100, weights: Which = "average", **more: Any) -> None:
    """Keeps an evaluation."""
    told: dict[str, Any] = {
        "evaluator": {"name": "EvalNet-64 for mnist", "accuracy": 0.9953, "sha256": "7"},
        "scores": FOUND,
        "real": {"fd": 0.6, "precision": 0.85, "classes": 10.0},
        "shares": (0.19, *(0.1,) * 8, 0.01),
        "names": DIGITS,
        "verdict": (GOOD,),
        "seconds": 21.0,
    }
    split = "10,000 images of the test split"
    scores.keep(run, Scores(step, weights, 10_000, 0, "mnist", split, **(told | more)))


def given(at: AppTest) -> dict[str, Any]:
    """What the component that draws is given."""
    component = components(at)[-1]  # the film is before it
    data: dict[str, Any] = json.loads(component.proto.json)
    return data


def html(at: AppTest) -> str:
    return "\n".join(str(block.proto.body) for block in at.get("html"))


# -- the way there ---------------------------------------------------------------------------------


def test_the_menu_leads_to_the_report_and_back(open_page: Open, run: Run) -> None:
    at = open_page("runs")
    at.menu_button(key="menu-one").click("report").run()
    assert at.query_params["report"] == "one"
    assert at.title[0].value == "One"
    assert [block.value for block in at.header] == [
        *("Time machine", "Report card", "Is it copying?"),
        *("Settings", "What was done", "On disk"),
    ]
    button(at, "All runs").click().run()
    assert "report" not in at.query_params
    assert at.menu_button(key="menu-one")


def test_a_link_to_a_run_that_is_gone_says_so(open_page: Open, run: Run) -> None:
    at = open_page("runs", report="<b>gone</b>")
    assert "There is no run '\\<b\\>gone" in at.warning[0].value
    button(at, "All runs").click().run()
    assert at.menu_button(key="menu-one")


def test_titles_and_ids_are_never_markup(open_page: Open, run: Run) -> None:
    run.write_control(title="# <img src=x> " + "long" * 30)
    at = open_page("runs", report="one")
    assert at.title[0].value.startswith("\\# \\<img src=x\\>")
    assert "<img src=x>" not in html(at)


def test_an_unreadable_run_has_a_report_too(open_page: Open, run: Run) -> None:
    (run.path / "config.json").write_text("{")
    at = open_page("runs", report="one")
    assert "cannot be read" in at.error[0].value
    assert "together" in html(at)


def test_the_report_tells_what_differs_from_the_preset(open_page: Open, make_run: MakeRun) -> None:
    run = make_run("two", lr_g=0.0005)
    events = run.path / "events.jsonl"
    events.write_text(events.read_text().replace('"preset": ""', '"preset": "lean"'))
    run.write_control(d_steps=3)
    told: dict[str, Any] = {"from": "one", "text": "Both networks were kept."}
    run.record("branched", 7, **told)
    run.record("threads", 9, before=2, threads=1, why="slow", paces=[40.0, 84.0])
    run.record("threads", 9, before=1, threads=2, why="due", paces="odd")
    at = open_page("runs", report="two")
    words = text(at)
    assert "has no generator yet" in at.info[0].value
    assert "instead of Strokes" not in words  # the preset leaves the data open
    assert "<th>Learning rate of G</th><td>0.0005</td><td>instead of 0.002</td>" in words
    assert "<th>D updates per step</th><td>3</td><td>instead of 1</td>" in words
    assert "<td>started on ?, ? threads</td>" in words
    assert "<td>forked from one. Both networks were kept.</td>" in words
    slow = "1 thread instead of 2: 2.1 times as fast at this moment, because training had slowed down"
    assert f"<td>{slow}</td>" in words
    assert "<td>2 threads instead of 1</td>" in words


def test_a_model_card_is_shown_as_text(open_page: Open, run: Run) -> None:
    assert "Model card" not in [block.value for block in open_page("runs", report="one").header]
    (run.path / "card.md").write_text("**Data.** MNIST <script>alert(1)</script>")
    at = open_page("runs", report="one")
    [card] = [block for block in at.markdown if "**Data.**" in block.value]
    assert not card.allow_html


# -- time machine ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "step", "snapshot", "told"),
    [
        ("", 100, None, ""),
        ("20", 20, 20, ""),
        ("100", 100, None, ""),
        ("50", 60, 60, "Nothing was kept of step 50: this is step 60."),
        ("9" * 30, 100, None, "Nothing was kept of step 9999999999999999: this is step 100."),
        ("*x*", 100, None, "Nothing was kept of step \\*x\\*"),
    ],
)
def test_a_link_may_name_the_step(
    open_page: Open, run: Run, asked: str, step: int, snapshot: int | None, told: str
) -> None:
    at = open_page("runs", report="one", **({"step": asked} if asked else {}))
    assert given(at)["steps"] == [0, 20, 60, 100]
    assert (given(at)["id"], given(at)["step"], given(at)["live"]) == ("one", snapshot, False)
    assert told in text(at)


def test_with_one_generator_there_is_nothing_to_slide(open_page: Open, make_run: MakeRun) -> None:
    publish(make_run("two"), None)
    at = open_page("runs", report="two")
    assert given(at)["steps"] == [100]
    assert "Only the latest generator was kept, that of step 100" in text(at)
    assert given(at)["step"] is None


def test_live_scores_are_those_seen_nearest_to_the_step(open_page: Open, run: Run) -> None:
    assert "Live scores: not available because" in text(open_page("runs", report="one"))
    looks = [
        {"step": 30, "fd": 812.3, "classes": 7, "shares": [0.1] * 10, "diversity": None},
        {"step": 90, "fd": 400.1, "classes": 9, "shares": [1, 0]},
        {"step": "many", "fd": 1.0},
    ]
    files.append(run.path / "metrics.jsonl", looks)
    told = html(open_page("runs", report="one", step="20"))
    assert "<dt>Distance to real (FD)</dt><dd>812<small>" in told
    assert "<dt>Classes present</dt><dd>7<small>" in told
    assert "Diversity" not in told
    assert told.count("<li title=") == 10
    at = open_page("runs", report="one")
    assert "step 90" in text(at)
    assert '<li title="1: generated 0.0 %">' in html(at)


def test_one_generator_has_one_distance(open_page: Open, run: Run) -> None:
    looks = [{"step": 90, "fd": 400.1, "classes": 9, "shares": [1, 0]}]
    files.append(run.path / "metrics.jsonl", looks)
    score(run, scores={"fd": 343.4})
    at = open_page("runs", report="one")
    assert "<dt>Distance to real (FD)</dt><dd>343<small>" in html(at)
    assert "<dt>Classes present</dt><dd>9<small>" in html(at)
    assert "Scores that stand in the report card, too, come from there" in text(at)


def test_points_are_drawn_but_not_scored(open_page: Open, make_run: MakeRun) -> None:
    run = make_run("dots", dataset="ring", model="first-steps")
    publish(run, None, (2, 1, 1))
    at = open_page("runs", report="dots")
    assert given(at)["points"]
    assert "not available because the samples are points" in text(at)
    assert "Score this generator" not in [b.label for b in at.button]


# -- scoring ---------------------------------------------------------------------------------------


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Stands in for gan.evaluation.evaluate; what it was asked."""
    asked: list[Any] = []

    def evaluate(run: Run, step: int | None = None, weights: str = "average") -> Any:
        asked.append((run.id, step, weights))
        yield Progress(1, 2, "images", "Drawing")
        if step == 20:
            raise RunError("This run cannot be scored: no.")
        score(run, 100 if step is None else step)

    monkeypatch.setitem(sys.modules, "gan.evaluation.evaluate", types.SimpleNamespace(evaluate=evaluate))
    return asked


def ended(key: str) -> Job:
    job = jobs.job(key)
    assert job
    assert job.thread
    job.thread.join(10)
    return job


def test_one_press_scores_the_generator_on_screen(open_page: Open, run: Run, judge: list[Any]) -> None:
    at = open_page("runs", report="one", step="60")
    assert "has not been scored yet" in text(at)
    button(at, "Score this generator").click().run()
    ended(compatibility.score_job("one", 60))
    at.run()
    assert judge == [("one", 60, "average")]
    assert "343.400" in html(at)
    assert button(at, "Score it again")
    at = open_page("runs", report="one")
    assert "Scored so far: step 60." in text(at)
    button(at, "Score this generator").click().run()
    ended(compatibility.score_job("one"))
    assert judge[-1] == ("one", None, "average")


def test_why_it_could_not_be_scored_is_said(open_page: Open, run: Run, judge: list[Any]) -> None:
    at = open_page("runs", report="one", step="20")
    button(at, "Score this generator").click().run()
    ended(compatibility.score_job("one", 20))
    at.run()
    assert "cannot be scored: no" in at.error[0].value


def test_an_evaluation_under_way_shows_how_far_it_is(
    open_page: Open, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while another step is on screen: there is one at a time."""
    job = Job(done=5_000, total=10_000, text="Drawing 10,000 images")
    key = compatibility.score_job("one", 60)
    monkeypatch.setattr(jobs, "job", lambda asked: job if asked == key else None)
    at = open_page("runs", report="one")
    [bar] = at.get("progress")
    assert (bar.proto.value, bar.proto.text) == (50, "Scoring … Drawing 10,000 images")
    assert "Score this generator" not in [b.label for b in at.button]


# -- report card -----------------------------------------------------------------------------------


def test_the_card_says_it_in_words_then_in_numbers(open_page: Open, run: Run) -> None:
    faults = (
        {"name": "missing classes", "text": "Missing (under 1 %): *4*."},
        {"name": "blurred", "text": "Edges have 40 %."},
    )
    score(
        run,
        verdict=faults,
        prior=(0.1,) * 10,
        notes=("Trained on 500 images only.",),
        why={"copying": "the training images are not here"},
        scores={"fd": 343.4, "kd": 7.0},
    )
    at = open_page("runs", report="one")
    assert [block.value for block in at.warning] == [
        "**Missing classes.** Missing (under 1\N{NO-BREAK SPACE}%): \\*4\\*.",
        "**Blurred.** Edges have 40\N{NO-BREAK SPACE}%.",
    ]
    assert all(block.icon for block in at.warning)
    told, words = html(at), text(at).replace("\\", "")
    assert '<th class="fake">generated</th><th class="real">real</th>' in told
    row = "<th>FD-EvalNet64</th><td>343.400</td><td>0.600</td><td>↓ <span>lower is better</span></td>"
    assert row in told
    assert "<th>KD-EvalNet64</th><td>7.000</td><td>–</td>" in told
    assert "10,000 images of step 100 against 10,000 images of the test split" in words
    assert "EvalNet-64 for mnist, which classifies 99.53\N{NO-BREAK SPACE}% of real test images" in words
    assert "Took 21 s" in words
    assert "Trained on 500 images only." in words
    assert "Copying: not available because the training images are not here." in words
    assert '<li title="0: generated 19.0 %, training images 10.0 %">' in told
    assert "training images</p>" in told


def test_both_kinds_of_weights_have_a_column(open_page: Open, run: Run) -> None:
    score(run, 60)
    score(run, 60, "raw", scores={"fd": 500.0, "precision": 0.4})
    told = html(open_page("runs", report="one", step="60"))
    assert '<th class="fake">generated, EMA</th><th class="fake">as trained</th>' in told
    assert "<th>FD-EvalNet64</th><td>343.400</td><td>500.000</td><td>0.600</td>" in told


def test_the_evaluation_of_a_generator_that_was_replaced_is_still_shown(open_page: Open, run: Run) -> None:
    """A run that trains on has another newest generator as soon as it is scored."""
    score(run, 20, scores={"fd": 900.0})
    assert "Scored so far: step 20." in text(open_page("runs", report="one"))
    score(run, 90, nearest=sheet(run, 90))
    at = open_page("runs", report="one")
    assert "343.400" in html(at)
    assert "Of step 90. The run has trained on since" in text(at)
    assert html(at).count('<img class="fake"') == 24
    assert "Scored so far: step 20, 90." in text(open_page("runs", report="one", step="60"))


def test_nothing_wrong_is_not_praise(open_page: Open, run: Run) -> None:
    score(run)
    at = open_page("runs", report="one")
    assert at.success[0].value.startswith("**No fault found.**")
    assert at.success[0].icon
    assert "generated, in %</p>" in html(at)  # without the shares of the training images


def test_several_evaluations_make_a_curve(open_page: Open, run: Run) -> None:
    score(run)
    assert not open_page("runs", report="one").get("plotly_chart")
    score(run, 20, scores={"fd": 900.0})
    score(run, 20, scores={"fd": 800.0})
    score(run, 60, "raw", scores={"fd": 1.0})
    [chart] = open_page("runs", report="one").get("plotly_chart")
    fake, real = json.loads(chart.proto.spec)["data"]
    assert (fake["x"], fake["y"]) == ([20, 100], [800.0, 343.4])
    assert real["y"] == [0.6, 0.6]


def test_junk_among_the_evaluations_harms_nothing(open_page: Open, run: Run) -> None:
    (run.path / "scores.jsonl").write_text('{"step": 100}\n[]\n{"step": 100, "weig')
    assert "has not been scored yet" in text(open_page("runs", report="one"))


# -- copying ---------------------------------------------------------------------------------------


def sheet(run: Run, step: int = 100, side: int = 5) -> dict[str, Any]:
    """The picture of pairs that an evaluation leaves, and what it tells of it."""
    grey = np.repeat(np.arange(48, dtype=np.uint8), side * side).reshape(48, side, side, 1)
    place = scores.nearest_picture(run, step)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(images.webp(images.grid(grey, columns=12)))
    return {"distances": [k + 0.5 for k in range(24)], "rows": [*range(24)], "held_out": 11.01}


@pytest.mark.parametrize(
    ("ct", "verdict", "words"),
    [
        (29.7, (GOOD,), "No sign of copying, which is not a proof that there is none."),
        (-9.0, ({"name": "copies", "text": "Copies."},), "It looks like copying."),
        (-4.0, (GOOD,), "Nearer to the training images than real pictures are"),
    ],
)
def test_what_to_conclude_is_said(open_page: Open, run: Run, ct: float, verdict: Any, words: str) -> None:
    score(run, scores=FOUND | {"ct": ct}, verdict=verdict, nearest=sheet(run))
    at = open_page("runs", report="one")
    told = text(at).replace("\\", "")
    assert words in told
    assert f"C_T is {ct:.1f}" in told
    assert "no copying" not in told.lower()
    assert html(at).count('<img class="fake"') == html(at).count('<img class="real"') == 24
    assert "<figcaption>0.5</figcaption>" in html(at)
    assert "11.0 (median)" in told


def test_pictures_that_are_gone_are_said(open_page: Open, run: Run) -> None:
    score(run, nearest=sheet(run))
    path = scores.nearest_picture(run, 100)
    for junk in (b"junk", images.webp(np.zeros((3, 3, 1), np.uint8))):
        path.write_bytes(junk)
        assert "missing or cannot be read" in text(open_page("runs", report="one"))
    path.unlink()
    assert "missing or cannot be read" in text(open_page("runs", report="one"))


def test_without_training_images_there_is_a_reason(open_page: Open, run: Run) -> None:
    score(run, scores={"fd": 1.0}, why={"copying": "the training images are *not* here"})
    told = text(open_page("runs", report="one"))
    assert "Not available because the training images are \\*not\\* here." in told


# -- branching -------------------------------------------------------------------------------------


@pytest.fixture
def branches(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Stands in for gan.training.branch: what it was asked."""
    asked: list[Any] = []

    def branch(run: Run, *given: Any) -> Run:
        asked.append((run.id, *given))
        return runs.create(run.config(), {"steps": 1}, run_id="new")

    monkeypatch.setattr(registry, "missing", lambda card, root: [])
    monkeypatch.setattr(branching, "branch", branch)
    return asked


def rate(at: AppTest, who: str) -> Any:
    return next(slider for slider in at.select_slider if slider.label == f"Learning rate of {who}")


def test_a_branch_starts_where_the_slider_stands(
    open_page: Open, run: Run, branches: list[Any], trainers: FakeTrainers
) -> None:
    run.record("lr", 40, lr_g=0.001, lr_d=0.003)
    at = open_page("runs", report="one", step="20")
    assert "Of step 20 both networks are there" in text(at)
    assert [box.value for box in at.selectbox] == ["lr_g"]
    assert rate(at, "G").value == 0.002
    button(at, "Start the fork").click().run()
    assert branches == [("one", 20, {"steps": 2020}, {}, False)]
    assert trainers.started == ["new"]
    assert at.query_params["runs"] == "one,new"  # both futures, on the Compare page


def test_what_is_picked_is_changed(open_page: Open, run: Run, branches: list[Any]) -> None:
    run.state(60).write_bytes(b"")
    run.record("lr", 40, lr_g=0.001, lr_d=0.003)
    at = open_page("runs", report="one", step="60")
    assert "The full state of step 60 is there" in text(at)
    assert rate(at, "G").value == 0.001
    assert "halve" not in text(at)
    at.selectbox[0].set_value("lr_d").run()
    assert rate(at, "D").value == 0.003
    rate(at, "D").set_value(0.0005)
    at.button_group[0].set_value("a fresh one")
    at.number_input[0].set_value(500)
    button(at, "Start the fork").click().run()
    assert branches == [("one", 60, {"steps": 560}, {"lr_d": 0.0005}, True)]


def test_rates_that_halve_are_said_to(open_page: Open, make_run: MakeRun, branches: list[Any]) -> None:
    publish(make_run("two", half_life=2.0), None)
    assert "both halve every 2 epochs" in text(open_page("runs", report="two"))


def test_a_branch_that_cannot_be_made_says_so(open_page: Open, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "missing", lambda card, root: [])
    at = open_page("runs", report="one")
    button(at, "Start the fork").click().run()
    assert not at.exception
    assert any("weights.safetensors" in block.value for block in at.error)


def test_without_its_data_a_run_cannot_branch(open_page: Open, run: Run) -> None:
    at = open_page("runs", report="one")
    assert any("its data are missing" in block.value for block in at.info)
    assert "Start the fork" not in [b.label for b in at.button]


def test_a_watcher_sees_everything_and_changes_nothing(
    open_page: Open, run: Run, branches: list[Any], judge: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    score(run, 60, nearest=sheet(run, 60))
    for label in ("Score it again", "Start the fork"):
        at = open_page("runs", report="one", step="60")
        with monkeypatch.context() as patch:
            patch.setenv("FORGER_PIN", "1234")
            button(at, label).click().run()  # drawn while everybody could drive
            assert not at.exception
    monkeypatch.setenv("FORGER_PIN", "1234")
    assert branches == judge == []
    at = open_page("runs", report="one", step="60")
    assert "343.400" in html(at)
    assert '<img class="fake"' in html(at)
    assert given(at)["step"] == 60
    assert {"Score it again", "Start the fork"}.isdisjoint(button.label for button in at.button)


# -- data --------------------------------------------------------------------------------------------


def test_what_it_learned_from_is_told(open_page: Open, run: Run) -> None:
    images = np.zeros((5, 1, 8, 8), np.uint8)
    reading = Reading((LeftOut("a.heic", "HEIC"),), 1, ("1 file left out: HEIC.",), (Decision("", "grey", "Grey."),))
    data = Data(images, np.array([0, 0, 0, 1, 1], np.int64), ("cat", "dog"), reading=reading)
    known_data.write(run.path, known_data.describe(data), reading=known_data.how_read(data))
    assert known_data.read_how(run.path) == reading
    files.append(run.path / "metrics.jsonl", [{"seq": 100, "step": 101, "copied": 0.4}])
    told = text(open_page("runs", report="one")).replace("\\", "")
    assert "5 grey pictures of 8 × 8 in 2 classes (cat: 3, dog: 2)." in told
    assert "1 file left out: HEIC." in told
    assert "40\N{NO-BREAK SPACE}% of the samples were nearly identical to a training image" in told


# -- as training data ------------------------------------------------------------------------------


def test_fakes_as_training_data_are_measured_for_runs_with_classes_and_shown_as_kept(
    open_page: Open, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled = make_run("labelled", conditional=True)
    publish(labelled, None)
    enlarged.save(labelled, 7, {"real": {100: [0.8, 0.9]}, "real and fakes": {100: [0.7]}, "real, moved": {100: [0.9]}})
    at = open_page("runs", report="labelled")
    assert "As training data" in [block.value for block in at.header]
    assert "85.0 % (80.0 to 90.0)" in html(at)
    assert any("fakes hurt (-15.0 points" in block.value.replace("\\", "") for block in at.markdown)
    began = []
    monkeypatch.setattr(jobs, "start_job", lambda key, work: began.append(key))
    button(at, "Measure again").click().run()
    assert began == ["enlarge labelled"]
