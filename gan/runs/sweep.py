"""A sweep: many runs that differ in some settings and in seeds, each a run folder with a name of its own.

A specification says which; the same one names the same runs, so a sweep that was interrupted goes on by itself.
"""

from __future__ import annotations

import itertools
import json
import math
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from gan import config as configs
from gan import files, registry
from gan.runs import results
from gan.runs.errors import RunError
from gan.runs.run import ID, Run, made_root, root

BUDGETS = ("steps", "epochs", "seconds")
METHODS = ("grid", "list", "random")
FIELDS = (*BUDGETS, "name", "preset", "settings", "seeds", "method", "trials", "eval", "resources")
RESOURCES = {"cpus": 1.0, "gpus": 0.0}  # that a trial takes on a cluster, unless the specification says otherwise
MAX_TRIALS = 10_000
ENDING = ".sweep.json"  # of the specification that is stored beside the runs
MAX_BYTES = 1 << 20


class SpecError(ValueError):
    """A specification that cannot be; the message says what is wrong with it."""


@dataclass(frozen=True)
class Trial:
    """One run of a sweep: its id, its preset, and what it has beside that; the seed is among `settings`."""

    run_id: str
    preset: str
    settings: Mapping[str, Any]

    @property
    def title(self) -> str:
        """The settings in words: `lr_g 0.001, seed 0`."""
        return ", ".join(f"{name} {_text(value)}" for name, value in self.settings.items())


@dataclass(frozen=True)
class Sweep:
    """A sweep that was read: its name, the presets it starts from, the budget of each trial, and the trials."""

    name: str
    spec: Mapping[str, Any]
    presets: tuple[str, ...]
    budget: Mapping[str, float]
    fixed: Mapping[str, Any]  # settings that all trials have, and the presets have not
    trials: tuple[Trial, ...]
    evaluated: bool  # whether each run is scored at its end
    resources: Mapping[str, float]

    @property
    def varied(self) -> list[str]:
        """What its trials differ in, in order: the preset where there are several, settings, and the seed."""
        names = dict.fromkeys(("preset",) if len(self.presets) > 1 else ())
        names |= dict.fromkeys(name for trial in self.trials for name in trial.settings if name != "seed")
        return [*names, "seed"]


def read(path: Path) -> Sweep:
    """The sweep of a file; without a `name` it is called as the file. Raises SpecError, OSError."""
    try:
        spec = files.load(files.read(path, MAX_BYTES))
    except ValueError as error:
        raise SpecError(f"{path} is no JSON: {error}") from None
    return parse(spec, path.name.removesuffix(".json").removesuffix(".sweep"))


def parse(spec: Any, name: str = "") -> Sweep:
    """The sweep of a specification. Raises SpecError."""
    if not isinstance(spec, dict):
        raise SpecError("A sweep is a JSON object with preset, settings, seeds and a budget.")
    if unknown := [key for key in spec if key not in FIELDS]:
        raise SpecError(f"{unknown[0]}: a sweep has no such field; there are {', '.join(FIELDS)}.")
    stem = re.sub(r"[^a-z0-9]+", "-", str(spec.get("name", name)).lower()).strip("-")
    if not ID.match(stem) or len(stem) > 40:
        raise SpecError("name: a sweep is called by at most 40 letters, digits and hyphens.")
    presets, facts = _presets(spec)
    evaluated, resources = spec.get("eval", False), {**RESOURCES, **_object(spec, "resources")}
    if not isinstance(evaluated, bool):
        raise SpecError("eval: true, to score every run at its end, or false.")
    if {*resources} != {*RESOURCES} or not all(files.is_number(v) and v >= 0 for v in resources.values()):
        raise SpecError("resources: cpus and gpus that one trial takes on a cluster, numbers.")
    seeds = spec.get("seeds", [0])
    if not isinstance(seeds, list) or not seeds or configs.check("seed", seeds[0]):
        raise SpecError("seeds: a list of whole numbers, at least one.")
    settings = spec.get("settings", {})
    if not isinstance(settings, dict | list):
        raise SpecError("settings: an object, of each setting a list of values, or one value for all trials.")
    fixed = {k: v for k, v in settings.items() if not isinstance(v, dict | list)} if isinstance(settings, dict) else {}
    combinations = [*_combinations(spec, fixed, stem)]
    trials = [{**chosen, "seed": seed} for chosen in combinations for seed in seeds]
    if len(presets) * len(trials) > MAX_TRIALS:
        raise SpecError(f"{len(presets) * len(trials):,} trials are more than a sweep may have, {MAX_TRIALS:,}.")
    for setting in dict.fromkeys(name for trial in [fixed, *trials] for name in trial):
        if setting not in configs.settings():
            raise SpecError(f"{setting}: no such setting; there are {', '.join(configs.settings())}.")
    made = tuple(
        Trial(_run_id(stem, {"preset": preset, **trial} if len(presets) > 1 else trial), preset, trial)
        for preset in presets
        for trial in trials
    )
    most, often = Counter(trial.run_id for trial in made).most_common(1)[0]
    if often > 1:
        raise SpecError(f"Two trials would be the same run, {most}: name each value and each seed once.")
    return Sweep(
        stem, dict(spec), presets, _budget(spec, facts[0] if len(facts) == 1 else {}), fixed, made, evaluated, resources
    )


def _presets(spec: Mapping[str, Any]) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """The presets that trials start from, and what their files say."""
    named = spec.get("preset", "lean")
    presets = named if isinstance(named, list) and named else [named]
    if not all(isinstance(preset, str) for preset in presets):
        raise SpecError("preset: the name of a preset, or a list of names.")
    try:
        return tuple(presets), [configs.preset(preset)[1] for preset in presets]
    except registry.Unknown as error:
        raise SpecError(str(error)) from None


def _budget(spec: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, float]:
    budget = {unit: spec[unit] for unit in BUDGETS if unit in spec}
    if len(budget) > 1 or not all(files.is_number(total) and total > 0 for total in budget.values()):
        raise SpecError("steps, epochs, seconds: one of them, more than 0, says how long each trial trains.")
    if not budget and not facts:
        raise SpecError("steps, epochs, seconds: several presets need one budget for all.")
    return budget or dict(facts["budget"])


def _object(spec: Mapping[str, Any], field: str) -> dict[str, Any]:
    if not isinstance(value := spec.get(field, {}), dict):
        raise SpecError(f"{field}: an object, by name.")
    return value


def _combinations(spec: Mapping[str, Any], fixed: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """The settings of each trial but for its seed."""
    settings = spec.get("settings", {})
    method = spec.get("method", "list" if isinstance(settings, list) else "grid")
    if method not in METHODS:
        raise SpecError(f"method: {method!r} is not one of {', '.join(METHODS)}.")
    if method == "list" and isinstance(settings, list):
        if not settings or not all(isinstance(chosen, dict) for chosen in settings):
            raise SpecError('settings: with "method": "list" a list of objects, the settings of each trial.')
        yield from settings
        return
    values = {key: several for key, several in _object(spec, "settings").items() if key not in fixed}
    if method == "random":
        yield from _drawn(values, spec.get("trials"), name)
        return
    if not all(isinstance(several, list) and several for several in values.values()):
        raise SpecError("settings: of each setting a list of values, or one value for all trials.")
    if method == "list" and len({*map(len, values.values())}) > 1:
        raise SpecError('settings: with "method": "list" the lists are read side by side, so all have one length.')
    together = zip(*values.values(), strict=True) if method == "list" else itertools.product(*values.values())
    yield from (dict(zip(values, chosen, strict=True)) for chosen in together)


def _drawn(values: Mapping[str, Any], count: Any, name: str) -> Iterator[dict[str, Any]]:
    """Random settings. Each draw is named by its place, so more trials leave the earlier ones as they are."""
    if type(count) is not int or not 0 < count <= MAX_TRIALS:
        raise SpecError('trials: with "method": "random", how many settings are drawn, a whole number.')
    for k in range(count):
        yield {setting: _draw(setting, one, f"{name}/{setting}/{k}") for setting, one in values.items()}


def _draw(setting: str, values: Any, key: str) -> Any:
    draw = random.Random(key)
    if isinstance(values, list) and values:
        return draw.choice(values)
    bounds = dict(values) if isinstance(values, dict) else {}
    low, high, log = bounds.pop("low", None), bounds.pop("high", None), bounds.pop("log", False)
    if bounds or not files.is_number(low) or not files.is_number(high) or not (low > 0 if log else True) or low > high:
        raise SpecError(f'settings: {setting} is drawn from a list, or from {{"low": …, "high": …, "log": true}}.')
    value = math.exp(draw.uniform(math.log(low), math.log(high))) if log else draw.uniform(low, high)
    return round(value) if type(low) is type(high) is int else float(f"{value:.3g}")


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)


def _run_id(name: str, settings: Mapping[str, Any]) -> str:
    """The id of a trial: the sweep's name, the preset where there are several, and the settings, or a checksum of
    these where that is too long."""
    own = "-".join(
        value if key == "preset" else f"{key}-{_text(value)}" for key, value in settings.items() if key != "seed"
    )
    own = re.sub(r"[^a-z0-9]+", "-", own.lower().replace(".", "p")).strip("-")  # 0.5 and 5 are told apart
    parts = [part for part in (name, own, f"s{settings['seed']}") if part]
    if len(run_id := "-".join(parts)) <= 64:
        return run_id
    text = json.dumps({key: value for key, value in settings.items() if key != "seed"}, sort_keys=True)
    return f"{name}-{blake2b(text.encode(), digest_size=5).hexdigest()}-s{settings['seed']}"


# -- beside the runs ---------------------------------------------------------------------------------------------------


def store(sweep: Sweep, home: Path | None = None) -> None:
    """Writes the specification beside the runs, so that pages can show what belongs together. Raises RunError."""
    text = json.dumps({**sweep.spec, "name": sweep.name}, indent=2) + "\n"
    try:
        files.replace(made_root(home) / f"{sweep.name}{ENDING}", text.encode())
    except OSError as error:
        raise RunError(f"The sweep cannot be written: {error.strerror or error}.") from error


def stored(home: Path | None = None) -> list[Sweep]:
    """The sweeps beside the runs, by name; what is no specification is passed over."""
    folder, sweeps = home or root(), []
    for name in sorted(files.names(folder)):
        if name.endswith(ENDING) and not name.startswith("."):
            try:
                sweeps.append(read(folder / name))
            except (SpecError, OSError, configs.ConfigError):
                continue
    return sweeps


def rows(sweep: Sweep, home: Path | None = None) -> list[dict[str, Any]]:
    """A row for each trial: `run`, `status` ("waiting" before it begins), `step`, the varied settings, scores.

    A failed one has `why`.
    """
    return [_row(sweep, trial, Run((home or root()) / trial.run_id)) for trial in sweep.trials]


def _row(sweep: Sweep, trial: Trial, run: Run) -> dict[str, Any]:
    row: dict[str, Any] = {"run": run.id, "status": "waiting", "step": 0}
    row |= {name: trial.preset if name == "preset" else trial.settings.get(name) for name in sweep.varied}
    if not (run.path / "config.json").exists():
        return row
    known = results.row(run)
    row |= {"status": known["status"], "step": known["step"], **results.final_scores(run)}
    return {**row, "why": run.error()} if row["status"] == "failed" else row
