"""The results of a run as one flat row: where it stands, its settings, its newest scores; for tables of many runs."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

from gan.runs import scores
from gan.runs.errors import RunError
from gan.runs.log_reader import SCORES, LogReader, newest
from gan.runs.run import Run, folder_status


def row(run: Run) -> dict[str, Any]:
    """What identifies a run, and how far it is; a run that cannot be read has its trouble for a title."""
    try:
        config = run.config().to_dict()
    except RunError as error:
        return {"id": run.id, "title": str(error), "status": "failed", "step": 0}
    last = newest(run)
    return {
        "id": run.id,
        "title": run.control().title,
        "status": folder_status(run),
        "step": int(last.get("step", 0)),
        "seconds": last.get("seconds", 0.0),
        **{key: config[key] for key in ("dataset", "model", "loss", "seed")},
    }


def final_scores(run: Run) -> dict[str, float]:
    """The newest scores of a run: `live_…` of its log, `eval_…` of its newest evaluation with the step of that."""
    return dict(_final_scores(run, *(_version(run.path / name) for name in ("metrics.jsonl", "scores.jsonl"))))


def _version(path: Path) -> tuple[int, int]:
    """What is another one as soon as a file has changed."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=1024)
def _final_scores(run: Run, _log: tuple[int, int], _scores: tuple[int, int]) -> dict[str, float]:
    columns = LogReader(run).columns()
    live = {name: [v for v in columns.get(name, ()) if math.isfinite(v)] for name in SCORES}
    values = {f"live_{name}": float(numbers[-1]) for name, numbers in live.items() if numbers}
    if evaluated := scores.newest(run):
        values |= {"eval_step": evaluated.step, **{f"eval_{name}": v for name, v in evaluated.scores.items()}}
    return values


def whole_row(run: Run) -> dict[str, Any]:
    """`row`, every setting, and `final_scores`; values are numbers, truths and texts."""
    try:
        settings = run.config().to_dict()
    except RunError:
        return row(run)
    plain = {k: v if isinstance(v, bool | int | float | str) else str(v) for k, v in settings.items()}
    return {**row(run), **plain, **final_scores(run)}
