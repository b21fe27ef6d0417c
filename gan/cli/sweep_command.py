"""`python -m gan sweep`: the trials of a sweep, one after another, in several processes, or on a Ray cluster.

All of them leave the same run folders. A trial that ended is not made again, one that began goes on from its last
checkpoint, and one that fails costs only itself.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from gan import config as configs
from gan import hardware, registry, runs
from gan.cli import flags, run_choice
from gan.cli.flags import Usage
from gan.cli.progress import follow, interruptible, show_progress
from gan.config import ConfigError
from gan.runs import Run, RunError, results, scores
from gan.runs import sweep as sweeps
from gan.runs.sweep import Sweep, Trial

INTERRUPTED = 130  # exit code
PAUSED_SECONDS, WAIT_SECONDS = 0.05, 0.2
Ended = tuple[Trial, str]  # a trial, and why it failed or ""


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "spec", type=Path, metavar="SPEC.json", help="preset, settings, seeds and budget: docs/sweeps.md"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--processes", type=flags.count(1, 1024), metavar="N", help="train N trials at a time, each in its own process"
    )
    where.add_argument("--ray", metavar="ADDRESS", help="train on a Ray cluster, auto or HOST:PORT")
    parser.add_argument(
        "--only", metavar="RUN", help="train this run of the sweep alone, as a cluster's scheduler asks"
    )
    parser.add_argument("--json", action="store_true", help="print JSON: a list of trials")


def sweep(args: argparse.Namespace) -> int:
    """Trains every run of a sweep: settings times seeds. Ctrl-C saves, and the same command goes on."""
    try:
        wanted = sweeps.read(args.spec)
    except sweeps.SpecError as error:
        raise Usage(f"{args.spec}: {error}") from None
    if args.only:
        return _only(wanted, args)
    sweeps.store(wanted)
    trials = [trial for trial in wanted.trials if not is_done(wanted, trial)]
    if already := len(wanted.trials) - len(trials):
        print(f"{wanted.name}: {already} of {len(wanted.trials)} trials had ended before.", file=sys.stderr)
    failures: dict[str, str] = {}
    with interruptible() as stop, contextlib.closing(_ends(wanted, trials, stop, args)) as ends:
        for k, (trial, why) in enumerate(ends, already + 1):
            if why:
                failures[trial.run_id] = why
            end = why or runs.folder_status(Run(runs.root() / trial.run_id), held=False)
            print(f"{k} of {len(wanted.trials)}: {trial.run_id}: {end}", file=sys.stderr)
    rows = sweeps.rows(wanted)
    for row in rows:
        if why := failures.get(row["run"], ""):
            row |= {"status": "failed", "why": why}
    print(json.dumps(rows, indent=2)) if args.json else _print(wanted, rows)
    if stop.is_set():
        print(f"Stopped and saved. The same command goes on: python -m gan sweep {args.spec}", file=sys.stderr)
        return INTERRUPTED
    return 1 if failures else 0


def is_done(sweep: Sweep, trial: Trial) -> bool:
    """Whether a trial has had its budget, and its scores where the sweep wants them."""
    try:
        run = runs.find(trial.run_id)
        if run.control().budget != sweep.budget or runs.folder_status(run) != "finished":
            return False
    except RunError:
        return False
    return not sweep.evaluated or _scored(run)


def _scored(run: Run) -> bool:
    evaluated = scores.newest(run)
    return evaluated is not None and evaluated.step >= results.row(run)["step"]


def train(sweep: Sweep, trial: Trial, stop: threading.Event, spare: int = 0) -> None:
    """Trains one trial from where it stands, and scores it where the sweep wants that.

    `spare` cores are left to others. Returns early when `stop` is set, with everything saved. Raises RunError,
    ConfigError, registry.Unknown: whatever keeps this trial from its end.
    """
    config, facts = configs.preset(trial.preset)
    config = config.replace(**{**sweep.fixed, **trial.settings})
    run = Run(runs.root() / trial.run_id)
    if (run.path / "config.json").exists():
        own, wanted = run.config().to_dict(), config.to_dict()
        if other := [name for name in wanted if wanted[name] not in (own.get(name), run_choice.LEFT_OPEN.get(name))]:
            raise RunError(f"A run {run.id!r} is there already, with another {', '.join(other)}: name the sweep anew.")
        run.write_control(want="run", budget=dict(sweep.budget))
    else:
        title = f"{configs.title_of(facts, config).partition(':')[0]}: {trial.title}"
        run = run_choice.make(config, sweep.budget, title, trial.run_id, trial.preset)
    from gan.training.loop import train as ticks_of

    with contextlib.closing(ticks_of(run, spare=spare)) as ticks:
        for tick in ticks:
            show_progress(run, tick)
            if stop.is_set():
                return
            if tick.paused:
                stop.wait(PAUSED_SECONDS)
    if sweep.evaluated and runs.folder_status(run, held=False) == "finished" and not _scored(run):
        from gan.evaluation.evaluate import evaluate

        follow(evaluate(run))


def attempt(sweep: Sweep, trial: Trial, stop: threading.Event, spare: int = 0) -> str:
    """`train`; returns why it failed, "" where it did not."""
    try:
        train(sweep, trial, stop, spare)
    except (RunError, ConfigError, registry.Unknown, OSError) as error:
        return str(error)
    return ""


def _only(sweep: Sweep, args: argparse.Namespace) -> int:
    trial = next((trial for trial in sweep.trials if trial.run_id == args.only), None)
    if trial is None:
        raise Usage(f"--only {args.only}: not one of {', '.join(trial.run_id for trial in sweep.trials)}.")
    share = max(1, hardware.cores() // (args.processes or 1))
    with interruptible() as stop:
        train(sweep, trial, stop, spare=hardware.cores() - share)
    return INTERRUPTED if stop.is_set() else 0


def _ends(sweep: Sweep, trials: Sequence[Trial], stop: threading.Event, args: argparse.Namespace) -> Generator[Ended]:
    """The trials as they end."""
    if args.ray:
        from gan.cli import ray_trials

        yield from ray_trials.ends(sweep, trials, stop, args.ray)
        return
    if args.processes:
        yield from _side_by_side(trials, stop, args.spec, args.processes)
        return
    for trial in trials:
        why = attempt(sweep, trial, stop)
        if stop.is_set():
            return
        yield trial, why


def _side_by_side(trials: Sequence[Trial], stop: threading.Event, spec: Path, processes: int) -> Iterator[Ended]:
    """`processes` trials at a time, each in a process of its own: also one that is killed costs only itself."""
    with ThreadPoolExecutor(processes) as pool:
        waiting = {pool.submit(_in_a_process, trial, stop, spec, processes): trial for trial in trials}
        try:
            for end in as_completed(waiting):
                why = end.result()
                if not stop.is_set():
                    yield waiting[end], why
        finally:
            if not all(end.done() for end in waiting):  # the caller goes: an error, or a second Ctrl-C
                stop.set()


def _in_a_process(trial: Trial, stop: threading.Event, spec: Path, processes: int) -> str:
    """Trains one trial in a process; returns why it failed, "" where it did not."""
    if stop.is_set():
        return ""
    command = [sys.executable, "-m", "gan", "sweep", str(spec), "--only", trial.run_id, "--processes", str(processes)]
    with tempfile.TemporaryFile() as errors:
        # A session of its own: a Ctrl-C in the terminal reaches this process alone, which passes it on once.
        process = subprocess.Popen(command, stdout=errors, stderr=errors, start_new_session=True)
        try:
            while process.poll() is None:
                if stop.wait(WAIT_SECONDS):
                    process.send_signal(signal.SIGTERM)
                    process.wait()
        except BaseException:
            process.terminate()
            raise
        errors.seek(0)
        said = errors.read().decode("utf-8", errors="replace").strip().splitlines()
    if process.returncode in (0, INTERRUPTED):
        return ""
    if process.returncode < 0:
        return f"its process was killed by {signal.Signals(-process.returncode).name}."
    return said[-1].partition("python -m gan: ")[2] or said[-1] if said else f"it ended with {process.returncode}."


def _print(sweep: Sweep, rows: Sequence[dict[str, Any]]) -> None:
    """The trials as a table, the failed ones with why."""
    measured = [name for name in ("eval_fd", "live_fd") if any(name in row for row in rows)]
    shown = ["run", "status", "step", *sweep.varied, *measured[:1]]
    texts = [shown, *([_cell(row.get(name)) for name in shown] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for line in texts:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
    for row in rows:
        if row["status"] == "failed":
            print(f"\n{row['run']} failed: {row.get('why', '')}")


def _cell(value: Any) -> str:
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
