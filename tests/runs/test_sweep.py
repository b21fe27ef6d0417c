"""Specifications of sweeps: the same one names the same runs, and one that cannot be is refused in a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gan.runs import ID, sweep
from tests.engine import make, play, tiny

pytestmark = pytest.mark.usefixtures("quick_disk")
GRID: dict[str, Any] = {
    "preset": "first-steps",
    "settings": {"lr_g": [0.5, 5], "batch_norm": [True, False]},
    "seeds": [0, 3],
}


def names(**spec) -> list[str]:
    return [trial.run_id for trial in sweep.parse({"steps": 9, **spec}, "my sweep").trials]


def test_a_grid_has_each_value_with_each_other_and_each_seed():
    trials = sweep.parse({**GRID, "steps": 9}, "my sweep").trials
    assert len(trials) == 8
    assert trials[1].settings == {"lr_g": 0.5, "batch_norm": True, "seed": 3}
    assert trials[1].title == "lr_g 0.5, batch_norm true, seed 3"
    assert trials[1].run_id == "my-sweep-lr-g-0p5-batch-norm-true-s3"
    fixed = sweep.parse({**GRID, "settings": {**GRID["settings"], "batch": 4}, "steps": 9}, "my sweep")
    assert (fixed.trials, fixed.fixed) == (trials, {"batch": 4})
    assert trials[4].run_id == "my-sweep-lr-g-5-batch-norm-true-s0"


def test_several_presets_are_trials_of_one_budget():
    found = sweep.parse(
        {"preset": ["lean", "mini-stylegan"], "seeds": [1], "settings": {"r1": [1, 2]}, "steps": 9}, "a"
    )
    assert [trial.run_id for trial in found.trials] == [
        "a-lean-r1-1-s1",
        "a-lean-r1-2-s1",
        "a-mini-stylegan-r1-1-s1",
        "a-mini-stylegan-r1-2-s1",
    ]
    assert found.varied == ["preset", "r1", "seed"]
    assert [row["preset"] for row in sweep.rows(found)] == ["lean", "lean", "mini-stylegan", "mini-stylegan"]


def test_a_list_is_read_side_by_side_or_as_whole_trials():
    side = names(method="list", settings={"lr_g": [0.1, 0.2], "lr_d": [0.3, 0.4]})
    assert side == names(settings=[{"lr_g": 0.1, "lr_d": 0.3}, {"lr_g": 0.2, "lr_d": 0.4}])
    assert side == ["my-sweep-lr-g-0p1-lr-d-0p3-s0", "my-sweep-lr-g-0p2-lr-d-0p4-s0"]


def test_random_draws_keep_their_places_when_there_are_more():
    settings = {"lr_g": {"low": 1e-5, "high": 0.1, "log": True}, "batch": {"low": 4, "high": 64}, "loss": ["hinge"]}
    few = sweep.parse({"method": "random", "trials": 5, "settings": settings, "steps": 9}, "a").trials
    many = sweep.parse({"method": "random", "trials": 40, "settings": settings, "steps": 9}, "a").trials
    assert many[:5] == few
    assert all(1e-5 <= t.settings["lr_g"] <= 0.1 and type(t.settings["batch"]) is int for t in many)
    assert 10 < sum(t.settings["lr_g"] < 1e-3 for t in many) < 30


def test_long_names_become_checksums_that_stay():
    one, other = names(
        settings={"instance_noise_steps": [100, 200], "half_life_steps": [1e-5], "weight_clipping": [0.01]}
    )
    assert ID.match(one)
    assert one != other
    assert one == "my-sweep-7faea0f866-s0"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ([], "A sweep is a JSON object"),
        ({"lr_g": [1]}, "lr_g: a sweep has no such field"),
        ({"preset": "leann"}, "lean"),
        ({"preset": ["lean", 3]}, "a list of names"),
        ({"preset": ["lean", "lean"], "steps": 9}, "the same run"),
        ({"preset": ["lean", "dcgan-16"]}, "one budget"),
        ({"settings": {"lr": [1]}}, "lr: no such setting"),
        ({"settings": {"lr_g": []}}, "of each setting a list"),
        ({"settings": {"lr": 1}}, "lr: no such setting"),
        ({"settings": 1}, "settings: an object"),
        ({"settings": {"lr_g": [1, 1]}}, "Two trials would be the same run, x-lr-g-1-s0"),
        ({"seeds": []}, "seeds"),
        ({"seeds": ["a"]}, "seeds"),
        ({"steps": 1, "seconds": 1}, "one of them"),
        ({"steps": -1}, "more than 0"),
        ({"method": "bayes"}, "'bayes' is not one of grid, list, random"),
        ({"method": "list", "settings": {"lr_g": [1, 2], "lr_d": [1]}}, "one length"),
        ({"method": "random", "settings": {"lr_g": [1]}}, "trials"),
        ({"method": "random", "trials": 2, "settings": {"lr_g": {"low": 0, "high": 1, "log": True}}}, "lr_g is drawn"),
        ({"seeds": [*range(10_001)]}, "10,001 trials are more"),
        ({"resources": {"cpu": 1}}, "cpus and gpus"),
        ({"name": "é"}, "name"),
    ],
)
def test_what_cannot_be_is_said(spec, said):
    with pytest.raises(sweep.SpecError, match=said):
        sweep.parse(spec, "x")


def test_a_stored_sweep_is_read_again_with_the_state_of_its_runs(tmp_path):
    spec = {"preset": "first-steps", "settings": {"lr_g": [0.5, 0.25]}, "seeds": [1], "steps": 9}
    whole = sweep.parse(spec, "mine")
    sweep.store(whole, tmp_path)
    (tmp_path / "odd.sweep.json").write_text(json.dumps({"steps": "no"}))
    [again] = sweep.stored(tmp_path)
    assert again.trials == whole.trials
    play(make(tmp_path, tiny(lr_g=0.5, seed=1), 9, whole.trials[0].run_id))
    first, second = sweep.rows(again, tmp_path)
    assert first.items() >= {"run": "mine-lr-g-0p5-s1", "status": "finished", "step": 9, "lr_g": 0.5}.items()
    assert second == {"run": "mine-lr-g-0p25-s1", "status": "waiting", "step": 0, "lr_g": 0.25, "seed": 1}
