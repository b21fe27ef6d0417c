"""The Compare page without a browser: which runs it shows, what it hands to the view, what differs."""

from __future__ import annotations

import json

import pytest


def told(at):
    """What the component is given: the runs in the order of their colours; [] without it."""
    found = at.get("bidi_component")
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
    assert at.subheader[0].value == "One difference at a time"
    next(b for b in at.button if b.label == "The two newest").click().run()
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
    at.button(key="beside-near").click().run()
    assert ids(at) == ["one", "near"]


def test_a_link_shows_its_runs_in_its_order(open_page, make_run):
    for name in ("a", "b", "c"):
        make_run(
            name,
            title="Same" if name != "c" else "Other",
            dataset="ring" if name == "b" else "mnist",
        )
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
    assert [part.split("</th>")[0] for part in found.split("<tr><th>")[2:]] == rows
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
