"""Health of a run: one status from its log, with its evidence and advice, by the first rule that reports.

Pure functions of a log. The rules are those of the run's game: gan/diagnostics/rules.py, translation_rules.py of pairs,
or unpaired_rules.py.
"""

from __future__ import annotations

import numpy as np

from gan.diagnostics import findings, rules, translation_rules, unpaired_rules
from gan.diagnostics.health_log import HealthStatus, Level, Log
from gan.runs.scores import Scores

LOOKBACK_POINTS = 100  # at which the past is diagnosed, to find where a finding began


def diagnose(log: Log) -> HealthStatus | None:
    """The status of a run by the first rule that reports; None before its first record."""
    if log.error:
        return _failed(log)
    if not len(log):
        return None
    own = unpaired_rules if log.between_domains else translation_rules if log.from_source else rules
    asked = own.ALWAYS + (own.AFTER_WARM_UP if log.step >= rules.WARM_UP_STEPS else ())
    status = next((finding for rule in asked for finding in rule(log)), None)
    return status or own.progress(log)


def with_scores(status: HealthStatus | None, row: Scores | None) -> HealthStatus | None:
    """The status of a run whose newest evaluation is `row`: what that found, where the log alone finds no fault.

    So a run has one verdict on every page. An evaluation of an earlier step says nothing.
    """
    fault = next((finding for finding in row.verdict if finding.get("level", "good") != "good"), None) if row else None
    if row is None or fault is None or status is None or status.level != "good" or row.step < status.step:
        return status
    level: Level = "bad" if fault["level"] == "bad" else "warn"
    name = findings.title(fault["name"])
    evidence = f"{fault['text']} {status.evidence}"
    return HealthStatus(fault["name"], level, name[:1].upper() + name[1:], evidence, "", row.step)


def since(log: Log, status: HealthStatus) -> int:
    """The step from which the log has had this status without a break, to a hundredth of its length."""
    steps = log["step"]
    began = status.step
    for records in np.unique(np.linspace(1, len(log), LOOKBACK_POINTS).astype(int))[::-1]:
        before = diagnose(log.until(records))
        if before is None or before.name != status.name:
            break
        began = min(before.step, int(steps[records - 1]))
    return began


def _failed(log: Log) -> HealthStatus | None:
    if "finite number" not in log.error:
        return None
    return HealthStatus(
        "divergence",
        "bad",
        "Training blew up",
        "A loss or gradient became infinite, and training stopped before it spoilt the generator.",
        "Resume from the last good state with half the learning rates.",
        log.step,
    )
