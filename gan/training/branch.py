"""A branch: a new run that continues from a step of another one, with other settings if wanted.

It continues from the full state of that step where there is one, bit for bit as the run itself; else from the published
networks: G and its EMA both start from the EMA generator, D from its weights then, with fresh optimizers. D may also be
initialised anew. The new run starts with a copy of the history up to there. PyTorch is loaded only to make one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gan import hardware, runs
from gan.config import ConfigError, RunConfig, knob_of
from gan.runs import Run, RunError, spent
from gan.runs.branching import FRESH_D_TEXT, ORIGIN_TEXTS, Origin, changeable
from gan.runs.history import RunHistory, in_force


def branch(
    run: Run,
    step: int,
    budget: Mapping[str, float],
    changes: Mapping[str, Any] | None = None,
    fresh_d: bool = False,
    title: str = "",
    run_id: str = "",
) -> Run:
    """Makes a run beside `run` that continues from its `step`; does not train.

    `budget` is a total that includes the steps before. `changes` are settings named by `changeable`; live settings are
    otherwise those in force at that step. `fresh_d` initialises D anew. An event "branched" names the source. Raises
    RunError with a sentence: when nothing of that step is stored, a setting cannot be changed, or the folder cannot be
    written.
    """
    origin, tensors, about = _read(run, step)
    history = RunHistory.of(run, step)
    config = _settled(run.config(), in_force(run, step), changes or {})
    if origin == "networks":
        tensors, counts = _networks(tensors), history.counts(run.config(), about)
    else:
        counts = {**about, "in_force": in_force(run, step)}
    if spent(budget, step, counts["epoch"], counts["seconds"]) >= 1:
        raise RunError(f"The branch begins at step {step:,}: give it a budget beyond that.")
    if fresh_d:
        tensors = _with_fresh_d(run, config, tensors)
    text = ORIGIN_TEXTS[origin].format(step=step) + (f" {FRESH_D_TEXT}" if fresh_d else "")
    source = {"from": run.id, "what": origin, "fresh_d": fresh_d, "changes": dict(changes or {})}

    def fill(made: Run) -> None:
        from gan import tensor_files

        history.copy_to(made, fixed=config.seed == run.config().seed)
        log = made.path / "metrics.jsonl"
        place = {"offset": log.stat().st_size if log.exists() else 0}
        tensor_files.write_tensors(made.state(step), tensors, {**counts, **place, "config": config.to_dict()})
        seconds = round(counts["seconds"], 3)
        made.record("branched", step, seconds, counts["epoch"], **source, text=text, budget=dict(budget))

    name = title or _title(run, step, changes or {}, fresh_d)
    return runs.create(config, budget, name, run_id, history.preset, run.path.parent, fill)


def _title(run: Run, step: int, changes: Mapping[str, Any], fresh_d: bool) -> str:
    """What a branch is called: where it is from, and what is different about it; at most 120 characters."""
    knobs = {name: knob_of(name) for name in changes}
    words = [f"{knob.short or knob.label} {changes[name]}" for name, knob in knobs.items()]
    words += ["fresh D"] if fresh_d else []
    change = f", from step {step:,}" + (f": {', '.join(words)}" if words else "")
    return (run.control().title or run.id)[: 120 - len(change)] + change[:120]


def _read(run: Run, step: int) -> tuple[Origin, dict[str, Any], dict[str, Any]]:
    """The origin, tensors and header of the best file of that step that can be read."""
    from gan import tensor_files

    paths: list[tuple[Origin, Path]] = [
        ("state", run.state(step)),
        ("networks", run.weights(step)),
        ("networks", run.weights()),
    ]
    broken: tensor_files.CorruptFile | None = None
    for origin, path in paths:
        try:
            tensors, about = tensor_files.read_tensors(path) if path.is_file() else ({}, {})
        except tensor_files.CorruptFile as error:
            broken = broken or error
            continue
        if about.get("step") == step:
            return origin, tensors, about
    if broken:
        raise RunError(str(broken)) from broken
    there = ", ".join(f"{k:,}" for k in sorted({*run.states(), *run.snapshots()})) or "nothing"
    raise RunError(f"Run {run.id!r} kept nothing of step {step:,} to branch from; there is {there}.")


def _settled(config: RunConfig, live: Mapping[str, Any], changes: Mapping[str, Any]) -> RunConfig:
    """The settings of a branch; a device that is not on this machine gives way to one that is."""
    if bound := [name for name in changes if name not in changeable()]:
        raise RunError(f"A branch keeps the networks and the data of its run, so it cannot change {', '.join(bound)}.")
    try:
        wanted = config.replace(**{**live, **changes})
        try:
            return hardware.resolve(wanted)
        except ConfigError:
            if "device" in changes:
                raise
            anywhere = wanted.replace(device="auto", threads=0)
            return hardware.resolve(anywhere)
    except ConfigError as error:
        raise RunError(" ".join(error.problems)) from error


def _networks(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """A state made of published networks: G starts as its EMA, optimizers are fresh."""
    prefix = "G_ema." if any(name.startswith("G_ema.") for name in tensors) else "G."
    ema = {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
    others = {name: t for name, t in tensors.items() if not name.startswith(prefix)}
    both = {f"G.{name}": t for name, t in ema.items()} | {f"G_ema.{name}": t.clone() for name, t in ema.items()}
    return {**others, **both}


def _with_fresh_d(run: Run, config: RunConfig, tensors: Mapping[str, Any]) -> dict[str, Any]:
    """A state with D as initialised in a new run, and without D's optimizer."""
    from gan import registry, tensor_files

    try:
        data = tensor_files.read_tensors(run.weights())[1]["data"]
        networks = registry.load("games", config.game).networks
        D = networks(config, tuple(data["shape"]), data["n_classes"], config.seed)["D"]
    except (LookupError, TypeError, ValueError, tensor_files.CorruptFile) as error:
        raise RunError(f"The weights of {run.id!r} do not say what D has to be like.") from error
    others = {name: t for name, t in tensors.items() if not name.startswith(("D.", "opt_d."))}
    return {**others, **{f"D.{name}": t for name, t in D.state_dict().items()}}
