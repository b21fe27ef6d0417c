"""Trains every healthy preset on MNIST under one budget, three seeds each, scores it, for docs/scoreboard.md.

    python -m tools.scoreboard [--seconds 120] [--seeds 0 1 2] [--only lean …] [--publish]

It is a sweep (`python -m gan sweep`): each run trains on one thread, as many at a time as there are cores, and is
scored as by `python -m gan eval`. Runs are kept under $GAN_RUNS (default: .bench/scoreboard) and not trained again, so
an interrupted command goes on. What is left out by --only stays on the page as it was. MNIST has to be under $GAN_DATA.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks._machine import describe
from benchmarks._report import BENCH, earlier, keep
from benchmarks._report import parser as command_line
from gan import hardware, metrics, registry
from gan.runs import Run, scores, sweep
from gan.runs.log_reader import LogReader
from gan.runs.scores import Scores

Rows = dict[str, list[dict[str, Any]]]  # of every preset, a run each
SHOWN = ("fd", "fd_pca", "classifier_score", "classes", "kl", "precision", "recall", "coverage", "diversity", "ct")


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="*", default=[])
    given = parser.parse_args()
    home = Path(os.environ.get("GAN_RUNS") or BENCH / "scoreboard")
    home.mkdir(parents=True, exist_ok=True)
    machine = describe()
    names = [name for name in _presets() if name in given.only or not given.only]
    trials = _swept(names, given.seeds, given.seconds, home)
    kept = earlier("scoreboard") or {} if given.only else {}
    rows: Rows = kept | {
        name: [_told(Run(home / trial.run_id)) for trial in trials if trial.preset == name] for name in names
    }
    page = _page(rows, given.seconds, given.seeds, machine)
    print(page)
    keep("scoreboard", page, rows, given.publish)


def _presets() -> list[str]:
    """The healthy presets that can learn MNIST, in their order."""
    told = {name: registry.load("presets", name) for name in registry.names("presets")}
    fitting = [n for n, t in told.items() if "scenario" not in t and "dataset" not in t["config"]]
    return sorted(fitting, key=lambda name: told[name]["order"])


def _swept(presets: Sequence[str], seeds: Sequence[int], seconds: float, home: Path) -> Sequence[sweep.Trial]:
    """Trains and scores every preset with every seed, but what was done before."""
    spec = {
        "name": f"scoreboard-{seconds:g}s",
        "preset": [*presets],
        "settings": {"dataset": "mnist", "threads": 1, "device": "cpu"},
        "seeds": [*seeds],
        "seconds": seconds,
        "eval": True,
    }
    file = home / "scoreboard.json"
    file.write_text(json.dumps(spec))
    command = [sys.executable, "-m", "gan", "sweep", str(file), "--processes", str(hardware.cores())]
    environment = {**os.environ, "GAN_RUNS": str(home), "OMP_NUM_THREADS": "1"}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return sweep.parse(spec).trials


def _told(run: Run) -> dict[str, Any]:
    """A run's evaluation, and what it took."""
    found, last = scores.newest(run), LogReader(run).last()
    assert found is not None
    return {**found.to_dict(), "images": last["images"], "trained": last["seconds"]}


def _page(rows: Rows, seconds: float, seeds: Sequence[int], machine: str) -> str:
    names = metrics.catalogue()
    any_row = Scores.from_dict(next(iter(rows.values()))[0])
    keys = [key for key in SHOWN if key in any_row.scores]
    head = ["Preset", "Images seen", "Seconds", *(names[key].label for key in keys)]
    table = [head, ["---"] * len(head)]
    order = sorted(rows, key=lambda name: statistics.mean(told["scores"]["fd"] for told in rows[name]))
    for name in order:
        found = [told["scores"] for told in rows[name]]
        table.append(
            [
                f"`{name}`",
                _spread([told["images"] for told in rows[name]], 0),
                _spread([told["trained"] for told in rows[name]], 0),
                *(_spread([one[key] for one in found if key in one], None, key) for key in keys),
            ]
        )
    real = [names[key].text(any_row.real.get(key)) for key in keys]
    table.append(["*real images*", "", "", *(f"*{text}*" for text in real)])
    judge = any_row.evaluator["name"] if any_row.evaluator else "no evaluator"
    return HEAD.format(
        seconds=seconds,
        seeds=", ".join(map(str, seeds)),
        machine=machine,
        cores=hardware.cores(),
        n=f"{any_row.n:,}",
        split=any_row.split,
        judge=judge,
        given=" ".join(map(str, seeds)),
        table="\n".join(f"| {' | '.join(row)} |" for row in table),
    )


def _spread(values: Sequence[float], digits: int | None, key: str = "") -> str:
    """Mean ± standard deviation; of one value the value."""

    def tell(value: float) -> str:
        return metrics.catalogue()[key].text(value) if digits is None else f"{value:,.{digits}f}"

    if not values:
        return "–"
    if len(values) == 1:
        return f"{tell(values[0])} (1 run)"
    return f"{tell(statistics.mean(values))} ± {tell(statistics.stdev(values))}"


HEAD = """# Scoreboard

Every healthy preset on MNIST, {seconds:g} seconds of training on one thread ({cores} runs at a time), seeds {seeds}:
mean ± standard deviation, the smallest Fréchet distance first. {n} samples of the EMA generator against {split};
{judge}. What each score means: `gan/metrics/`. Fréchet distances are less what equal laws would give. No number
here is an FID.

{table}

Made by `python -m tools.scoreboard --seconds {seconds:g} --seeds {given}` on: {machine}.
"""

if __name__ == "__main__":
    main()
