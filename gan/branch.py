"""A branch: a new run that goes on from a step of another one, with other settings if wanted.

It goes on from the best that was kept of that step: the full state, bit for bit as the run itself did; else the
generator that people saw, as G and as its average, and D as it was then, both with fresh optimizers. D may also begin
anew. The new run begins with the log and the pictures up to there, and counts on. PyTorch is loaded only to make one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from gan import hardware, runs
from gan.config import ConfigError, RunConfig
from gan.past import LIVE, Past, in_force
from gan.runs import Run, RunError, spent

Kept = Literal["state", "networks"]
FREE = (  # what a branch may change: neither the shapes of the networks nor the data
    *(*LIVE, "half_life", "decay_steps", "r1", "loss", "seed", "beta1", "beta2"),
    *("ema_decay", "reuse_fake", "log_every", "device", "threads", "precision"),
)
WORDS: dict[Kept, str] = {
    "state": "The full state of step {step:,} was kept: the branch goes on exactly as the run itself.",
    "networks": "Of step {step:,} both networks were kept, G as its running average, but not what their optimizers "
    "had gathered: the branch goes on from there, though not number for number as the run did.",
}
ANEW = "D begins anew and has to learn its trade first; G stays as it was."


def kept(run: Run, step: int) -> Kept:
    """What a branch from `step` goes on from: "state" or "networks"."""
    return "state" if step in run.states() else "networks"


def words(run: Run, step: int) -> str:
    """The same in a sentence."""
    return WORDS[kept(run, step)].format(step=step)


def branch(
    run: Run,
    step: int,
    budget: Mapping[str, float],
    changes: Mapping[str, Any] | None = None,
    fresh_d: bool = False,
    title: str = "",
    run_id: str = "",
) -> Run:
    """Makes a run beside `run` that goes on from its `step`; nothing trains yet.

    `budget` is a total that counts the steps before, too. `changes` are settings named in FREE; learning rates and
    ratio are else those with which the run itself went on. `fresh_d` lets D begin anew. An event "branched" tells
    where the new run comes from. Raises RunError with a sentence: when nothing was kept of that step, a change cannot
    be made, the folder cannot be written.
    """
    origin, tensors, about = _read(run, step)
    past = Past.of(run, step)
    config = _settled(run.config(), in_force(run, step), changes or {})
    if origin == "networks":
        tensors, counts = _networks(tensors), past.counts(run.config(), about)
    else:
        counts = {**about, "in_force": in_force(run, step)}
    if spent(budget, step, counts["epoch"], counts["seconds"]) >= 1:
        raise RunError(f"The branch begins at step {step:,}: give it a budget beyond that.")
    if fresh_d:
        tensors = _with_fresh_d(run, config, tensors)
    text = WORDS[origin].format(step=step) + (f" {ANEW}" if fresh_d else "")
    told = {"from": run.id, "what": origin, "fresh_d": fresh_d, "changes": dict(changes or {})}

    def fill(made: Run) -> None:
        from gan import state

        past.retell(made, fixed=config.seed == run.config().seed)
        log = made.path / "metrics.jsonl"
        place = {"offset": log.stat().st_size if log.exists() else 0}
        state.write_tensors(made.state(step), tensors, {**counts, **place})
        seconds = round(counts["seconds"], 3)
        made.record("branched", step, seconds, counts["epoch"], **told, text=text)

    name = title or f"{run.control().title or run.id}, from step {step:,}"
    return runs.create(config, budget, name, run_id, past.preset, run.path.parent, fill)


def _read(run: Run, step: int) -> tuple[Kept, dict[str, Any], dict[str, Any]]:
    """The best of that step that can be read: its tensors and what they say of themselves."""
    from gan import state

    paths: list[tuple[Kept, Path]] = [
        ("state", run.state(step)),
        ("networks", run.weights(step)),
        ("networks", run.weights()),
    ]
    broken: RunError | None = None
    for origin, path in paths:
        try:
            tensors, about = state.read_tensors(path) if path.is_file() else ({}, {})
        except state.Broken as error:
            broken = broken or error
            continue
        if about.get("step") == step:
            return origin, tensors, about
    if broken:
        raise broken
    there = ", ".join(f"{k:,}" for k in sorted({*run.states(), *run.snapshots()})) or "nothing"
    raise RunError(
        f"Run {run.id!r} kept nothing of step {step:,} to branch from; there is {there}."
    )


def _settled(config: RunConfig, live: Mapping[str, Any], changes: Mapping[str, Any]) -> RunConfig:
    """The settings of a branch; a device that is not on this machine gives way to one that is."""
    if bound := [name for name in changes if name not in FREE]:
        raise RunError(
            f"A branch keeps the networks and the data of its run, so it cannot change {', '.join(bound)}."
        )
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
    """A state of published networks: G is its own average, and no optimizer remembers anything."""
    average = {
        f"average.{name[2:]}": t.clone() for name, t in tensors.items() if name.startswith("G.")
    }
    return {**tensors, **average}


def _with_fresh_d(run: Run, config: RunConfig, tensors: Mapping[str, Any]) -> dict[str, Any]:
    """A state whose D is as untrained as one of a new run, and whose optimizer has not seen it yet."""
    from gan import models, state

    try:
        data = state.read_tensors(run.weights())[1]["data"]
        _, D = models.build(config, tuple(data["shape"]), data["n_classes"], config.seed, "cpu")
    except (LookupError, TypeError, ValueError) as error:
        raise RunError(f"The weights of {run.id!r} do not tell what D has to judge.") from error
    others = {name: t for name, t in tensors.items() if not name.startswith(("D.", "opt_d."))}
    return {**others, **{f"D.{name}": t for name, t in D.state_dict().items()}}
