"""A sweep on the Runs page, without a browser: which runs, which score over which setting, and on to Compare."""

from __future__ import annotations

import json

from gan import files
from gan.runs import sweep
from ui.runs import sweep_view

SPEC = {"preset": "lean", "settings": {"lr_g": [0.01, 0.5]}, "seeds": [0], "steps": 100}


def test_a_sweep_is_a_table_and_a_chart_and_leads_to_compare(open_page, make_run, monkeypatch):
    parsed = sweep.parse(SPEC, "rates")
    sweep.store(parsed)
    for trial, fd in zip(parsed.trials, (9.0, 4.0), strict=True):
        run = make_run(trial.run_id, **trial.settings)
        files.append(run.path / "metrics.jsonl", [{"seq": 100, "step": 100, "fd": fd}])
    at = open_page("runs")
    next(button for button in at.button if button.label == "rates (2)").click().run()
    assert at.query_params[sweep_view.LINK] == "rates"
    assert "2 runs of lean: 2 finished." in [caption.value for caption in at.caption]
    assert list(at.dataframe[0].value["Run"]) == ["rates-lr-g-0p01-s0", "rates-lr-g-0p5-s0"]
    assert (at.selectbox(key="sweep-setting").value, at.selectbox(key="sweep-score").value) == ("lr_g", "live_fd")
    [dots] = json.loads(at.get("plotly_chart")[0].proto.spec)["data"]
    assert json.loads(at.get("plotly_chart")[0].proto.spec)["layout"]["xaxis"]["type"] == "log"
    assert [point[0] for point in dots["customdata"]] == [0, 1]
    assert next(button for button in at.button if button.label == "Compare").disabled
    monkeypatch.setattr(sweep_view, "_table", lambda *_: [0, 1])
    next(button for button in at.run().button if button.label == "Compare").click().run()
    assert at.query_params["runs"] == "rates-lr-g-0p01-s0,rates-lr-g-0p5-s0"


def test_a_sweep_that_is_not_there_is_said(open_page):
    at = open_page("runs", sweep="none")
    assert [warning.value for warning in at.warning] == ["There is no sweep of that name here."]
