"""What the watch view says of a run beside its curves: shapes, directions, settings, code, report card."""

from __future__ import annotations

from typing import Any

import numpy as np

from gan import files, metrics, registry
from gan.config import RunConfig, knob_of, settings
from gan.diagnostics import findings, score_text
from gan.export import code, private
from gan.runs import Run, scores
from gan.sampler import Sampler, quiz

REAL_IMAGES = 40  # of the quiz


def view(run: Run, sampler: Sampler, drawn: bool) -> tuple[dict[str, Any], Any]:
    """What the page says of a run beside its curves; and real images uint8 N,H,W,C for the quiz, None without."""
    config = run.config()
    real, source, why = None, "", ""
    try:
        images = quiz.real(run, sampler.shape)
        rows = np.random.default_rng(0).permutation(len(images.pictures))[:REAL_IMAGES]
        real, source = images.pictures[rows], images.source
    except quiz.NoReal as reason:
        why = str(reason)
    directions, hidden = _directions(sampler) if drawn else ([], "")
    view = {
        "z_dim": sampler.z_dim,
        "latent_dim": sampler.latent_dim,
        "shape": list(sampler.shape),
        "classes": sampler.classes,
        "names": list(sampler.names),
        "directions": directions,
        "directions_why": hidden,
        "quiz": why,
        "real_source": source,
        "settings": _settings(config),
        "code": _code(run, config),
        "report": _report(run),
    }
    return view, real


def as_json(run: Run, view: dict[str, Any]) -> bytes:
    """A view as it is sent, without paths of this machine."""
    return private.without(files.dump(view).encode(), private.names(run.config()))


def _directions(sampler: Sampler) -> tuple[list[dict[str, Any]], str]:
    """Directions in z, or in w with zeros for z in front; or why there are none."""
    from gan.evaluation import evalnet
    from gan.latents import directions

    dataset = sampler.config.dataset
    try:
        evaluator = evalnet.load(dataset) if evalnet.about(dataset) else None
        measured = directions.of(sampler, evaluator).to_dict()["directions"]
    except (metrics.Unavailable, evalnet.EvalNetError, ValueError) as error:
        return [], str(error)
    return [{name: one[name] for name in ("name", "kind", "vector")} for one in measured], ""


def _settings(config: RunConfig) -> list[tuple[str, str]]:
    """The settings by their labels, choices by their titles."""
    values = config.to_dict()
    rows = []
    for name in settings(config.model, config.dataset):
        knob, value = knob_of(name), values[name]
        titled = knob.kind and value in registry.names(knob.kind)
        rows.append((knob.label, registry.card(knob.kind, value).title if titled else str(value)))
    return rows


def _code(run: Run, config: RunConfig) -> str:
    """The run as one PyTorch file, "" for one that cannot be."""
    title = run.control().title or run.id
    try:
        return code.source(
            config, *code.data_of(config, run), title, int(run.control().budget.get("steps", code.STEPS))
        )
    except (ValueError, LookupError):
        return ""


def _report(run: Run) -> dict[str, Any] | None:
    """The newest evaluation in words and numbers, None where there is none."""
    row = scores.newest(run)
    if row is None:
        return None
    catalogue = metrics.catalogue()
    lines = [
        (
            score.label,
            score.text(row.scores.get(key)),
            score.text(row.real.get(key)),
            score_text.BETTER_TEXTS.get(score.better, ""),
        )
        for key, score in catalogue.items()
        if key in row.scores
    ]
    return {
        "step": row.step,
        "n": row.n,
        "split": row.split,
        "findings": [{**one, "name": findings.title(one["name"])} for one in row.verdict],
        "rows": lines,
    }
