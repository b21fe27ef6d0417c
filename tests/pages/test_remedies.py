"""Beside a run in trouble: what helps, at one press, and the comparison of both."""

from __future__ import annotations

from gan import files, registry, runs
from gan.runs import Run


def with_records(run: Run, d_fake: float) -> Run:
    """40 records of 20 steps in which D is right every time."""
    told = {"d_loss": 0.1, "g_loss": 5.0, "d_accuracy": 1.0, "d_fake": d_fake, "images": 640}
    files.append(run.path / "metrics.jsonl", [{"seq": k, "step": 20 * (k + 1), **told} for k in range(40)])
    return run


def remedies(at) -> list[str]:
    return [button.label for button in at.button if (button.key or "").startswith("light-remedy-")]


def test_one_press_runs_the_same_with_r1_and_shows_both(open_page, make_run, monkeypatch):
    monkeypatch.setattr(registry, "missing", lambda card, root: [])
    run = with_records(make_run("mine", steps=0, title="Mine", loss="non-saturating", seed=7), d_fake=1e-4)
    at = open_page("train", run="mine")
    assert remedies(at)[0] == "R1"
    (said,) = [caption.value for caption in at.caption if "The same run with" in caption.value]
    assert "D wins every round" in said
    next(button for button in at.button if button.label == "R1").click().run()
    assert not at.exception, at.exception
    (made,) = [each for each in runs.runs() if each.id != run.id]
    assert made.config() == run.config().replace(r1=0.3)
    assert made.control().title == "With R1: Mine"
    assert at.query_params["runs"] == f"{made.id},{run.id}"


def test_a_run_that_is_well_is_left_alone(open_page, make_run):
    with_records(make_run("mine", steps=0, loss="non-saturating"), d_fake=0.4)
    assert remedies(open_page("train", run="mine")) == []
