"""The Compare page without a browser: which runs it shows, what it hands to the view, what differs."""

from __future__ import annotations

import json

import pytest

from gan import files, registry, runs
from gan.config import parser_of
from gan.hosting import jobs
from gan.runs import RunError
from tests.pages.conftest import HOME, components
from ui.compare import gallery
from ui.shared import commands


def told(at):
    """What the component is given: the runs in the order of their colours; [] without it."""
    found = components(at)
    return json.loads(found[0].proto.json)["runs"] if found else []


def ids(at):
    return [run["id"] for run in told(at)]


def labels(at):
    return [button.label for button in at.button]


def html(at):
    return "\n".join(str(block.proto.body) for block in at.get("html"))


def test_without_two_runs_it_says_what_is_needed(open_page, make_run):
    assert "It takes two runs" in open_page("compare").info[0].value
    make_run("one")
    at = open_page("compare")
    assert "It takes two runs" in at.info[0].value
    assert [{k: run[k] for k in ("id", "name", "points")} for run in told(at)] == []


def test_with_nothing_picked_it_explains_and_offers_the_newest(open_page, make_run):
    for name in ("old", "mid", "new"):
        make_run(name)
    at = open_page("compare")
    assert at.header[0].value == "One difference at a time"
    next(b for b in at.button if b.label == "Compare the two latest runs").click().run()
    assert not at.exception
    assert ids(at) == ["new", "mid"]
    assert at.query_params["runs"] == "new,mid"


def test_one_run_finds_others_that_differ_least(open_page, make_run):
    make_run("one")
    make_run("far", model="gan-2014", loss="minimax", batch=64)
    make_run("near", lr_g=0.001, title="Near *me*")
    make_run("twin")
    at = open_page("compare", runs="one")
    assert [label for label in labels(at) if ":" in label] == [
        "Near \\*me\\*: one setting differs",
        "far: 3 settings differ",
        "twin: the same settings",
    ]
    at.button(key="choose-near").click().run()
    assert ids(at) == ["one", "near"]


def test_two_runs_are_picked_by_their_pictures(open_page, make_run):
    for name in ("a", "b", "c"):
        make_run(name)
    at = open_page("compare")
    assert html(at).count('class="compare-thumb pixels"') == 3
    at.button(key="choose-b").click().run()
    assert at.header[0].value == "Compare it with …"
    at.button(key="choose-a").click().run()
    assert ids(at) == ["b", "a"]


def test_pairs_that_come_along_are_one_press_away(open_page, make_run):
    assert not [label for label in labels(open_page("compare")) if label.startswith("Compare: ")]
    for pair in gallery.READY:
        for name in pair.runs:
            if not (runs.root() / name).exists():
                make_run(name)
    at = open_page("compare")
    assert len([label for label in labels(at) if label.startswith("Compare: ")]) == len(gallery.READY)
    at.button(key="choose-lean-mnist-mini-stylegan-mnist").click().run()
    assert ids(at) == ["lean-mnist", "mini-stylegan-mnist"]


def test_every_pair_of_the_gallery_can_be_there():
    shipped = {path.name for path in (HOME / "checkpoints").iterdir() if path.is_dir()}
    assert all(shipped >= {*pair.runs} for pair in gallery.READY)


@pytest.mark.parametrize("pair", gallery.TO_START, ids=lambda pair: pair.vary)
def test_a_pair_to_start_fills_the_form(open_page, monkeypatch, pair):
    monkeypatch.setattr(registry, "missing", lambda card, root: [])
    at = open_page("compare")
    at.button(key=f"choose-start-{pair.vary}").click().run()
    assert not at.warning
    assert {name: at.query_params[name] for name in ("pair", "vary")} == {"pair": pair.preset, "vary": pair.vary}
    values = [parser_of(pair.vary)(at.query_params[which]) for which in "ab"]
    assert values == [parser_of(pair.vary)(text) for text in (pair.a, pair.b)]


def test_a_link_shows_its_runs_in_its_order(open_page, make_run):
    for name in ("a", "b", "c"):
        make_run(name, title="Same" if name != "c" else "Other", dataset="ring" if name == "b" else "mnist")
    at = open_page("compare", runs="c,a,b")
    assert [{k: run[k] for k in ("id", "name", "points")} for run in told(at)] == [
        {"id": "c", "name": "Other", "points": False},
        {"id": "a", "name": "Same (a)", "points": False},
        {"id": "b", "name": "Same (b)", "points": True},
    ]


def test_a_run_that_is_gone_or_unreadable_is_said(open_page, make_run):
    for name in ("a", "b", "torn"):
        run = make_run(name)
    (run.path / "config.json").write_text("{")
    at = open_page("compare", runs="a,gone,torn,b,<x>")
    assert ids(at) == ["a", "b"]
    assert [warning.value.split("'")[1] for warning in at.warning] == ["gone", "torn", r"\<x\>"]


def test_six_are_the_most(open_page, make_run):
    names = [f"run-{k}" for k in range(8)]
    for name in names:
        make_run(name)
    assert ids(open_page("compare", runs=",".join(names))) == names[:6]


def test_picking_changes_the_address(open_page, make_run):
    for name in ("a", "b", "c"):
        make_run(name)
    at = open_page("compare", runs="a,b")
    at.multiselect[0].set_value(["c", "a"]).run()
    assert not at.exception
    assert at.query_params["runs"] == "c,a"
    assert ids(at) == ["c", "a"]
    at.multiselect[0].set_value([]).run()
    assert "runs" not in at.query_params


@pytest.mark.parametrize(
    ("one", "other", "rows"),
    [
        ({}, {}, []),
        ({"lr_d": 0.001}, {"seed": 3}, ["Learning rate of D", "Seed"]),
        ({"model": "gan-2014", "width": 8}, {"model": "gan-2014", "width": 32}, []),  # not used
        ({"width": 8}, {"model": "gan-2014"}, ["Model", "Width"]),
    ],
)
def test_only_what_differs_and_is_used_is_listed(open_page, make_run, one, other, rows):
    make_run("a", **one)
    make_run("b", **other)
    at = open_page("compare", runs="a,b")
    found = html(at)
    assert [part.split("</th>")[0] for part in found.split("<tr><th>")[1:]] == rows
    assert rows or any("Nothing: the settings are the same" in m.value for m in at.markdown)
    if "Width" in rows:
        assert "<td>8</td><td>not used</td>" in found


def test_what_was_changed_live_is_a_difference(open_page, make_run):
    make_run("one")
    make_run("two").write_control(lr_g=0.01)
    at = open_page("compare", runs="one,two")
    assert not at.exception
    page = " ".join(str(found.proto.body) for found in at.get("html"))
    assert "Learning rate of G" in page
    assert "0.002, changed to 0.01" in page


# -- scores ----------------------------------------------------------------------------------------


def score(run, step=100, weights="average", n=10_000, **scores):
    row = {
        "step": step,
        "weights": weights,
        "n": n,
        "seed": 0,
        "dataset": "mnist",
        "split": "10,000 images of the test split",
        "evaluator": None,
        "scores": {"fd_pca": 9.0, "kl": 0.1, **scores},
        "real": {"fd_pca": 0.5},
    }
    files.append(run.path / "scores.jsonl", [row])


def generator(run, step=100):
    """A file that says of itself what a generator's does."""
    told = {
        "step": step,
        "config": run.config().to_dict(),
        "data": {"shape": [1, 28, 28], "n_classes": 10, "names": []},
    }
    header = json.dumps({"__metadata__": {k: json.dumps(v) for k, v in told.items()}}).encode()
    run.weights().write_bytes(len(header).to_bytes(8, "little") + header)


def captions(at):
    return " ".join(caption.value for caption in at.caption)


def test_scores_stand_side_by_side_with_what_real_images_get(open_page, make_run):
    for name, distance in (("a", 9.0), ("b", 4.0)):
        run = make_run(name)
        generator(run)
        score(run, fd_pca=distance)
    at = open_page("compare", runs="a,b")
    found = html(at)
    assert "Real images" in found
    assert '<td class="compare-best"><span' in found
    assert "10,000 generated images against 10,000 images of the test split" in captions(at)
    assert "no evaluator, pixels only" in captions(at)
    assert "★ marks the best" in captions(at)
    assert "another seed changes every number" in captions(at)
    assert "KL to the training shares" in found  # among all of them
    assert "Score it" not in labels(at)


def test_unequal_measures_are_not_compared(open_page, make_run):
    for name in ("a", "b"):
        score(make_run(name), n=10_000 if name == "a" else 500)
    at = open_page("compare", runs="a,b")
    assert "different numbers of images, so they cannot be compared" in captions(at)
    assert 'class="compare-best"' not in html(at)


def test_a_run_without_scores_can_be_scored(open_page, make_run, monkeypatch):
    asked = []

    def evaluate(run, step=None):
        asked.append((run.id, step))
        raise RunError("This run cannot be scored: no.")

    monkeypatch.setattr(commands, "evaluate", evaluate)
    for name in ("one", "dots"):
        generator(make_run(name, dataset="ring" if name == "dots" else "mnist"))
    make_run("bare")
    at = open_page("compare", runs="one,dots,bare")
    assert any("None of these runs has been scored yet" in m.value for m in at.markdown)
    assert "**dots** makes points of the plane" in captions(at)
    assert "**bare** has no generator" in captions(at)
    assert labels(at).count("Score it") == 1
    at.button(key="score-one-None").click().run()
    assert asked == [("one", None)]
    assert at.error[0].value == "This run cannot be scored: no."


def test_newer_weights_can_be_scored_again(open_page, make_run):
    for name in ("a", "b"):
        run = make_run(name)
        generator(run, step=100)
        score(run, step=100 if name == "a" else 60)
    at = open_page("compare", runs="a,b")
    assert labels(at).count("Score the latest") == 1
    assert any("step 60; its latest generator is of step 100" in m.value for m in at.markdown)


def test_the_weights_as_trained_have_a_table_of_their_own(open_page, make_run):
    for name in ("a", "b"):
        run = make_run(name)
        score(run, fd_pca=7.125)
        score(run, weights="raw", fd_pca=8.25)
    at = open_page("compare", runs="a,b")
    assert "7.125" in html(at)
    at = open_page("compare", runs="a,b", weights="Weights as trained")
    assert "8.250" in html(at)
    assert "7.125" not in html(at)


def test_an_evaluation_under_way_shows_how_far_it_is(open_page, make_run, monkeypatch):
    generator(make_run("a"))
    generator(make_run("b"))
    job = jobs.Job(250, 1000, "‰", "Drawing 10,000 images")
    monkeypatch.setattr(jobs, "job", {"eval a@newest": job}.get)
    at = open_page("compare", runs="a,b")
    assert labels(at).count("Score it") == 1
    assert "drawing 10,000 images" in str(at.get("progress")[0].proto)
    job.state, job.error = "failed", "This run cannot be scored: the disk is full."
    at = open_page("compare", runs="a,b")
    assert at.error[0].value == job.error
    assert labels(at).count("Score it") == 2


def test_a_watcher_cannot_score(open_page, make_run, monkeypatch):
    monkeypatch.setenv("FORGER_PIN", "1234")
    generator(make_run("a"))
    make_run("b")
    at = open_page("compare", runs="a,b")
    assert "Score it" not in labels(at)


# -- those that train ------------------------------------------------------------------------------


def test_both_of_a_pair_are_paused_continued_and_stopped(open_page, make_run, trainers):
    found = [make_run(name, steps=5) for name in ("a", "b")]
    make_run("done")
    trainers.alive = {"a": "training", "b": "training"}
    at = open_page("compare", runs="a,b,done")

    def wants():
        return [run.control().want for run in found]

    next(b for b in at.button if b.label == "Pause both").click().run()
    assert wants() == ["pause", "pause"]
    assert not at.exception
    next(b for b in at.button if b.label == "Resume").click().run()
    assert wants() == ["run", "run"]
    next(b for b in at.button if b.label == "Stop both").click().run()
    assert wants() == ["stop", "stop"]
    trainers.alive = {}
    assert not {"Pause both", "Stop both"} & {*labels(open_page("compare", runs="a,b,done"))}


def test_one_of_a_pair_may_rest(open_page, make_run, trainers):
    one, other = make_run("a", steps=5), make_run("b", steps=5)
    trainers.alive = {"a": "training", "b": "training"}
    one.write_control(want="pause")
    at = open_page("compare", runs="a,b")
    assert {"Pause both", "Resume", "Stop both"} <= {*labels(at)}
    next(b for b in at.button if b.label == "Pause both").click().run()
    assert other.control().want == "pause"
    assert "Pause both" not in labels(at)


def test_what_the_view_needs_to_draw_the_same_noise(open_page, make_run):
    run = make_run("a", z_dim=16)
    run.weights(40).write_bytes(b"")
    make_run("b", dataset="ring")
    one, other = told(open_page("compare", runs="a,b"))
    assert (one["z_dim"], one["snapshots"], one["points"]) == (16, [40], False)
    assert (other["snapshots"], other["points"]) == ([], True)
