"""The light: every rule by a made log that shows just its sign, and by recorded runs, healthy and broken."""

from __future__ import annotations

import dataclasses
import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan import files, registry, runs
from gan.config import RunConfig
from gan.diagnostics import health
from gan.diagnostics.health import diagnose
from gan.diagnostics.health_log import Log, log_of
from gan.runs.log_reader import SCORES, LogReader
from gan.runs.scores import Scores

RECORDED = Path(__file__).parent / "recorded"
NAMES = tuple("0123456789")
EVEN = [0.1] * 10


def healthy(records: int = 100, checks: int = 4, **columns: Any) -> Log:
    """A log of a run that works, 20 steps a record; `columns` overwrite whole columns."""
    step = 20.0 * np.arange(1, records + 1)
    told: dict[str, Any] = {
        "step": step,
        "images": 32 * step,
        "d_loss": np.full(records, 1.2),
        "g_loss": np.full(records, 0.8),
        "d_real": np.full(records, 0.65),
        "d_fake": np.full(records, 0.35),
        "d_accuracy": np.full(records, 0.75),
        "grad_norm_d": np.full(records, 20.0),
        "grad_norm_g": np.full(records, 5.0),
        **{name: np.full(records, np.nan) for name in SCORES},
    }
    places = np.linspace(records // 4, records - 1, checks).astype(int)
    usual = {
        "classes": 10,
        "effective_classes": 9.5,
        "confident": 0.8,
        "fd": 50.0,
        "diversity": 1.0,
        "checkerboard": 0.01,
        "overfit": 0.05,
    }
    for name, value in usual.items():
        told[name][places] = columns.pop(name, value)
    shares = columns.pop("shares", [EVEN] * checks)
    span = columns.pop("d_range", [-5.0, 5.0])
    told |= columns
    lists = [
        {"seq": int(k), "step": int(step[k]), "shares": part, "d_range": span}
        for k, part in zip(places, shares, strict=True)
    ]
    return Log(told, lists, NAMES, 6000.0)


def name(log: Log) -> str:
    light = diagnose(log)
    return light.name if light else ""


def scored(finding: str, level: str, step: int) -> Scores:
    """An evaluation that found one thing."""
    verdict = ({"name": finding, "level": level, "text": "Precision 0.67; real images reach 0.85."},)
    return Scores(step, "average", 100, 0, "mnist", "test", None, {}, {}, verdict=verdict)


def without(*absent: int) -> list[float]:
    """Even shares but for the absent classes."""
    return [0.0 if k in absent else 1 / (10 - len(absent)) for k in range(10)]


def test_a_run_that_works_says_so():
    light = diagnose(healthy())
    assert light is not None
    assert (light.name, light.level, light.advice) == ("learning", "good", "")
    assert light.evidence == "All 10 classes appear, and 80 % of the samples are legible."
    young = diagnose(healthy(confident=0.5))
    assert young is not None
    assert (young.name, young.level) == ("forming", "wait"), "half of it is no success yet"


def test_an_evaluation_that_finds_a_fault_is_the_verdict_of_a_run_whose_log_shows_none():
    light, row = diagnose(healthy()), scored("partly unlike real ones", "warn", step=2000)
    told = health.with_scores(light, row)
    assert told is not None
    assert (told.name, told.level, told.title) == ("partly unlike real ones", "warn", "Some samples look unreal")
    assert health.with_scores(light, dataclasses.replace(row, step=1000)) == light, "of an earlier generator"
    trouble = diagnose(healthy(overfit=0.9))
    assert health.with_scores(trouble, row) == trouble


def test_nothing_is_said_before_the_first_record_and_of_points():
    assert diagnose(Log({})) is None
    assert diagnose(dataclasses.replace(healthy(), names=())) is None


@pytest.mark.parametrize(
    ("on_data", "covered", "name"),
    [(0.95, 0.99, "learning"), (0.95, 0.2, "one place"), (0.3, 0.99, "forming"), (0.95, 0.7, "forming")],
)
def test_dots_work_once_they_lie_on_the_data_and_cover_it(on_data, covered, name):
    steps = np.arange(20.0, 1020.0, 20.0)
    values = {"d_loss": 1.0, "g_loss": 1.0, "on_data": on_data, "covered": covered}
    columns = {"step": steps, **{key: np.full(50, value) for key, value in values.items()}}
    status = diagnose(Log(columns))
    assert status is not None
    assert status.name == name


def test_a_log_of_an_older_version_has_no_light():
    """No checkups though there should have been some: nobody looked, which is not fog."""
    log = healthy(records=200)
    bare = {key: v for key, v in log.columns.items() if key not in SCORES}
    assert diagnose(Log(bare, (), NAMES, 6000.0)) is None


@pytest.mark.parametrize(
    ("expected", "columns"),
    [
        ("divergence", {"grad_norm_g": np.full(100, 5000.0)}),
        ("divergence", {"grad_norm_d": np.full(100, 5000.0)}),
        ("divergence", {"d_range": [-500.0, 3.0]}),
        ("D not trained", {"d_loss": np.full(100, np.nan)}),
        ("G not trained", {"g_loss": np.full(100, np.nan)}),
        ("D winning", {"d_accuracy": np.full(100, 1.0), "d_fake": np.full(100, 1e-4)}),
        ("vanishing gradient", {"grad_norm_g": np.r_[np.full(15, 5.0), np.full(85, 1e-4)]}),
        ("D overfits", {"overfit": 0.9}),
        ("mode collapse", {"shares": [EVEN, EVEN, without(7), without(7)]}),
        ("mode collapse", {"effective_classes": [9.0, 9.0, 4.0, 4.0]}),
        ("mode collapse", {"diversity": [1.0, 1.0, 0.3, 0.3]}),
        ("rotating collapse", {"shares": [without(k) if k % 2 else EVEN for k in range(4)]}),
        ("checkerboard", {"checkerboard": 0.6}),
        ("fog", {"effective_classes": 3.0, "confident": 0.2}),
    ],
)
def test_each_sign_has_its_name(expected, columns):
    light = diagnose(healthy(**columns))
    assert light is not None
    assert light.name == expected
    assert light.level in ("warn", "bad")
    assert light.evidence.endswith(".")
    assert light.advice.endswith(".")
    assert 0 < light.step <= 2000


@pytest.mark.parametrize(
    "columns",
    [
        {"overfit": [0.9, 0.0, 0.9, 0.0]},
        {"shares": [EVEN, without(7), EVEN, EVEN]},
        {"effective_classes": [9.0, 4.0, 9.0, 9.0]},
        {"checkerboard": [0.9, 0.9, 0.0, 0.9]},
        {"d_accuracy": np.full(100, 1.0)},  # right, but not sure
        {"d_fake": np.full(100, 1e-4)},
        {"d_real": np.full(100, 0.9), "d_fake": np.full(100, 0.1)},  # 0.5 is no goal
    ],
)
def test_one_sign_alone_is_no_alarm(columns):
    assert name(healthy(**columns)) == "learning"


def test_fog_is_a_state_and_only_too_much_of_it_an_alarm():
    early = healthy(records=20, checks=1, effective_classes=1.0, confident=1.0, shares=[without(*range(9))])
    light = diagnose(early)
    assert light is not None
    assert (light.name, light.level) == ("fog", "wait")
    assert "6,000" in light.evidence
    assert "12,800 have passed, and the samples fill about 1 of 10 classes" in light.evidence
    unseen = diagnose(healthy(records=20, checks=0))
    assert unseen is not None
    assert (unseen.name, unseen.level, unseen.title) == ("fog", "wait", "Not measured yet")
    late = healthy(records=100, effective_classes=5.0, confident=0.2)
    assert (found := diagnose(late)) is not None
    assert (found.name, found.level) == ("fog", "warn")


def test_no_class_rule_is_armed_before_the_classes_were_there():
    shares = [without(*range(5, 10))] * 4
    young = healthy(effective_classes=4.0, shares=shares)
    assert name(dataclasses.replace(young, first_digits=1e9)) == "fog"
    assert name(dataclasses.replace(young, first_digits=None)) == "fog"
    one = healthy(effective_classes=1.0, shares=[without(*range(9))] * 4)
    assert name(one) == "fog", "a blot that EvalNet takes for a digit is no digit"
    same = healthy(effective_classes=1.0, shares=[without(*range(9))] * 4, diversity=0.1)
    assert name(same) == "mode collapse", "one picture over and over, long after digits were due"


def test_past_its_best_only_long_after_it():
    fd = np.r_[np.linspace(300, 40, 10), np.full(10, 90.0)]
    log = healthy(checks=20, fd=fd, shares=[EVEN] * 20)
    light = diagnose(log)
    assert light is not None
    assert light.name == "past its best"
    assert light.step < 0.7 * log.step
    near = np.r_[np.linspace(300, 2, 10), np.full(10, 8.0)]
    calm = name(healthy(checks=20, fd=near, shares=[EVEN] * 20))
    assert calm == "learning", "1,000 samples cannot tell 2 from 8"
    lucky = np.r_[np.linspace(300, 10, 10), np.full(10, 45.0)]
    of = {count: healthy(checks=20, fd=lucky, shares=[EVEN] * 20, samples=np.full(100, count)) for count in (250, 1000)}
    assert name(of[1000]) == "past its best"
    assert name(of[250]) == "learning", "250 samples cannot tell 10 from 45"
    assert name(healthy(checks=20, fd=np.linspace(300, 40, 20), shares=[EVEN] * 20)) == "learning"


def test_what_failed_tells_of_itself():
    log = dataclasses.replace(healthy(), error="G's loss stopped being a finite number at step 8.")
    assert name(log) == "divergence"
    assert diagnose(dataclasses.replace(healthy(), error="The disk is full.")) is None


def test_where_it_began_is_found_in_the_past():
    log = healthy(records=400, checks=8, shares=[EVEN] * 4 + [without(3)] * 4)
    light = diagnose(log)
    assert light is not None
    began = health.since(log, light)
    first, second = (log.checks[k]["step"] for k in (4, 5))
    assert first <= began <= second


def test_columns_that_are_missing_are_no_error():
    assert diagnose(Log({"step": np.arange(1.0, 900.0), "images": np.arange(1.0, 900.0)})) is not None


# -- losses without a probability ------------------------------------------------------------------


def of_loss(loss: str, **columns: Any) -> Log:
    """A log as a run with this loss writes it: null where the loss has no probability, or no threshold."""
    facts, absent = registry.card("losses", loss).facts, np.full(100, np.nan)
    nulls = {} if facts["PROBABILITY"] else {"d_real": absent, "d_fake": absent}
    nulls |= {} if facts["THRESHOLD"] is not None else {"d_accuracy": absent}
    log = healthy(**{"real_below_fake": np.full(100, 0.02), **columns, **nulls})
    return dataclasses.replace(log, probability=facts["PROBABILITY"], threshold=facts["THRESHOLD"])


STUCK = {"confident": 0.1, "effective_classes": 3.0}  # nothing to read
SAME = {"logit_real": np.full(100, 0.51), "logit_fake": np.full(100, 0.49)}


@pytest.mark.parametrize(
    ("loss", "expected", "columns"),
    [
        ("wasserstein", "critic untrained", {**STUCK, "real_below_fake": np.full(100, 0.5)}),
        ("relativistic", "critic untrained", {**STUCK, "real_below_fake": np.full(100, 0.7)}),
        ("wasserstein", "learning", {"real_below_fake": np.full(100, 0.5)}),  # balance, with digits to show for it
        ("wasserstein", "fog", {**STUCK, "real_below_fake": np.full(100, 0.2)}),
        ("least-squares", "stuck at one half", {**STUCK, **SAME}),
        ("least-squares", "learning", SAME),
        ("hinge", "fog", {**STUCK, **SAME, "real_below_fake": np.full(100, 0.5)}),
        ("wasserstein", "D winning", {**STUCK, "real_below_fake": np.zeros(100), "fd": [900.0, 500.0, 490.0, 495.0]}),
        ("least-squares", "D winning", {**STUCK, "real_below_fake": np.zeros(100), "fd": 500.0}),
        ("wasserstein", "fog", {**STUCK, "real_below_fake": np.zeros(100), "fd": [900.0, 700.0, 500.0, 400.0]}),
        ("wasserstein", "learning", {"real_below_fake": np.zeros(100), "fd": 50.0}),
        ("wasserstein", "penalty exploding", {"d_penalty": np.full(100, 5000.0)}),
        ("hinge", "learning", {"d_penalty": np.full(100, 20.0)}),
        ("wasserstein", "clipping saturated", {"clipped": np.full(100, 0.97)}),
        ("wasserstein", "learning", {"clipped": np.full(100, 0.6)}),
    ],
)
def test_each_sign_of_a_critic_has_its_name(loss, expected, columns):
    light = diagnose(of_loss(loss, **columns))
    assert light is not None
    assert light.name == expected
    assert (light.level in ("warn", "bad")) == (expected not in ("learning", "fog")) or expected == "fog"


@pytest.mark.parametrize("loss", registry.names("losses"))
@pytest.mark.parametrize("d_accuracy", [0.75, 1.0])
def test_every_loss_has_a_status(loss, d_accuracy):
    assert name(of_loss(loss, d_accuracy=np.full(100, d_accuracy))) == "learning"
    assert name(of_loss(loss, shares=[EVEN, EVEN, without(7), without(7)])) == "mode collapse"


@pytest.mark.parametrize("loss", registry.names("losses"))
def test_only_a_logit_that_stands_for_a_probability_can_be_too_large(loss):
    """A Wasserstein critic has any scale, and of a relativistic loss only differences count."""
    bounded = registry.card("losses", loss).facts["PROBABILITY"]
    assert name(of_loss(loss, d_range=[-500.0, 300.0])) == ("divergence" if bounded else "learning")
    assert name(of_loss(loss, grad_norm_d=np.full(100, 5000.0))) == "divergence"


@pytest.mark.parametrize("loss", registry.names("losses"))
def test_the_log_of_a_run_says_what_its_loss_has(tmp_path, loss):
    run = runs.create(RunConfig(dataset="mnist", loss=loss, device="cpu", threads=1), {}, run_id="one", home=tmp_path)
    probability = registry.card("losses", loss).facts["PROBABILITY"]
    belief = {"d_real": 0.9, "d_fake": 0.2} if probability else {"d_real": None, "d_fake": None}
    records = [
        {"seq": k, "step": 20 * (k + 1), "images": 640, "d_loss": 1.0, "g_loss": 1.0, **belief} for k in range(50)
    ]
    files.append(run.path / "metrics.jsonl", records)
    log = log_of(run, LogReader(run))
    assert log.probability == probability
    assert name(log) == "fog"


# -- recorded runs ---------------------------------------------------------------------------------


def recorded(path: Path) -> Log:
    told = json.loads(gzip.decompress(path.read_bytes()))
    columns = {k: np.array(v, float) for k, v in told["columns"].items()}  # null is NaN
    log = Log(columns, told["checks"], tuple(told["names"]), told["first_digits"], told["error"])
    preset = re.sub(r"(-\d)?\.json\.gz$", "", path.name)
    loss = registry.card("losses", RunConfig.from_dict(registry.load("presets", preset)["config"]).loss).facts
    return dataclasses.replace(log, probability=loss["PROBABILITY"], threshold=loss["THRESHOLD"])


def story(log: Log) -> list[str]:
    """The lights of a run from its first record on, each once where it changes."""
    found: list[str] = []
    for records in range(1, len(log) + 1, max(1, len(log) // 150)):
        light = diagnose(log.until(records))
        if light and light.level in ("warn", "bad") and light.name not in found[-1:]:
            found.append(light.name)
    return found


HEALTHY = sorted((RECORDED / "healthy").glob("*.json.gz"))
BROKEN = sorted((RECORDED / "broken").glob("*.json.gz"))


@pytest.mark.parametrize("path", HEALTHY, ids=lambda path: path.name.removesuffix(".json.gz"))
def test_no_false_alarm_from_the_first_step_on(path):
    log = recorded(path)
    assert len(log) > 10
    assert story(log) == []


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.name.removesuffix(".json.gz"))
def test_a_broken_run_is_named(path):
    scenario = path.name.removesuffix(".json.gz")
    expected = registry.load("presets", scenario)["scenario"]["light"]
    log = recorded(path)
    final = diagnose(log)
    assert final is not None
    assert final.name == expected
    assert expected in story(log) or log.error


def test_every_scenario_and_every_faithful_preset_was_recorded():
    scenarios = {n for n in registry.names("presets") if "scenario" in registry.load("presets", n)}
    assert {path.name.removesuffix(".json.gz") for path in BROKEN} == scenarios
    seen = [path.name.removesuffix(".json.gz").rsplit("-", 1)[0] for path in HEALTHY]
    faithful = ("lean", "gan-2014", "dcgan-16", "first-steps", "dcgan-tutorial", "gan-dropout")
    for preset in (*faithful, "lsgan", "sngan", "r3gan", "diffaugment-few"):
        assert seen.count(preset) >= 3, preset


@pytest.mark.parametrize(
    ("expected", "moved", "error"),
    [("identity", 0.005, 0.11), ("astray", 0.2, 0.15), ("learning", 0.11, 0.02), ("nearing", 0.06, 0.08)],
)
def test_a_translation_is_judged_beside_its_sources(expected, moved, error):
    """An idle D, a D that is always right and missing classes say nothing of it."""
    log = healthy(d_loss=np.full(100, np.nan), d_accuracy=np.full(100, 1.0), confident=0.0)
    places = np.flatnonzero(np.isfinite(log["fd"]))
    for column, value in (("moved", moved), ("pixel_error", error), ("source_error", 0.11)):
        log.columns[column][places] = value
    assert name(replace(log, from_source=True)) == expected


@pytest.mark.parametrize(("expected", "between"), [("noise ignored", 0.001), ("learning", 0.02)])
def test_answers_that_do_not_depend_on_the_noise_are_named(expected, between):
    log = healthy(confident=0.0)
    places = np.flatnonzero(np.isfinite(log["fd"]))
    for column, value in (("moved", 0.1), ("pixel_error", 0.03), ("source_error", 0.11), ("answers_apart", between)):
        log.columns[column][places] = value
    assert name(replace(log, from_source=True)) == expected


@pytest.mark.parametrize(
    ("expected", "digit", "spread"),
    [("learning", 0.95, 0.8), ("noise ignored", 0.95, 0.2), ("forming", 0.5, 0.2), ("fog", 0.1, 0.9)],
)
def test_words_are_judged_by_captions_that_were_held_out(expected, digit, spread):
    """A picture of one caption over and over is named only once digits are right."""
    log = healthy(confident=np.nan, effective_classes=np.nan)
    places = np.flatnonzero(np.isfinite(log["fd"]))
    for column, value in (("said_digit", digit), ("said_all", digit), ("said_spread", spread)):
        log.columns[column][places] = value
    assert name(log) == expected


@pytest.mark.parametrize(
    ("expected", "domain", "back"),
    [("identity", 0.04, 0.01), ("ignored source", 1.0, 0.12), ("learning", 0.97, 0.02), ("nearing", 0.6, 0.03)],
)
def test_a_translation_without_pairs_is_judged_both_ways(expected, domain, back):
    log = healthy(d_loss=np.full(100, np.nan), d_accuracy=np.full(100, 1.0), confident=0.0)
    places = np.flatnonzero(np.isfinite(log["fd"]))
    columns = {**log.columns}
    for column, value in (("domain", domain), ("domain_real", 0.99), ("cycle_error", back), ("strangers", 0.15)):
        columns[column] = np.full(len(log), np.nan)
        columns[column][places] = value
    told = replace(log, columns=columns, from_source=True, between_domains=True)
    assert name(told) == expected
    few = {**columns, "domain_real": columns["domain_real"] / 2}  # a judge that knows nothing says nothing
    assert name(replace(told, columns=few)) != "identity"
