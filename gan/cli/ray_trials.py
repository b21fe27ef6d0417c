"""The trials of a sweep on a Ray cluster: each a task, run folders come back as they would lie here.

Ray is no dependency of this project. A task gets the specification and what there is of its run, and returns the folder
packed; so nodes need this program and the data sets, and no common disk. Ray begins the tasks of a lost node anew.
"""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import tempfile
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gan import datasets, runs
from gan.cli import sweep_command
from gan.runs import RunError
from gan.runs import sweep as sweeps
from gan.runs.sweep import Sweep, Trial

RETRIES = 10  # of a trial whose node is lost
WAIT_SECONDS = 0.5
MISSING = "--ray needs a package that is not here: pip install ray. --processes N needs none."


def ends(sweep: Sweep, trials: Sequence[Trial], stop: threading.Event, address: str) -> Generator[tuple[Trial, str]]:
    """The trials as they end on the cluster at `address`, with why one failed. Raises RunError."""
    try:
        import ray
    except ImportError:
        raise RunError(MISSING) from None
    package = str(Path(runs.__file__).parents[1])
    try:
        ray.init(address=address, log_to_driver=False, runtime_env={"py_modules": [package]})
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise RunError(f"No Ray cluster answers at {address}: {error}") from error
    cpus, gpus = sweep.resources["cpus"], sweep.resources["gpus"]
    remote = ray.remote(num_cpus=cpus, num_gpus=gpus, max_retries=RETRIES)(train_packed)
    data = str(datasets.root().absolute())
    tasks = {
        remote.remote({**sweep.spec, "name": sweep.name}, trial.run_id, pack(runs.root() / trial.run_id), data): trial
        for trial in trials
    }
    try:
        while tasks and not stop.is_set():
            ready, _ = ray.wait([*tasks], num_returns=1, timeout=WAIT_SECONDS)
            for task in ready:
                yield tasks.pop(task), _fetched(ray, task)
    finally:
        for task in tasks:
            ray.cancel(task, force=True)
        ray.shutdown()


def _fetched(ray: Any, task: Any) -> str:
    """Puts the folder that a task returned in its place; returns why the trial failed, "" where it did not."""
    try:
        run_id, packed, why = ray.get(task)
    except ray.exceptions.RayError as error:
        return f"Ray gave it up: {str(error).strip().splitlines()[-1]}"
    if packed:
        unpack(packed, runs.made_root() / run_id)
    return str(why)


def train_packed(spec: dict[str, Any], run_id: str, packed: bytes, data: str) -> tuple[str, bytes, str]:
    """Trains one trial on this machine, in a folder of its own. Returns its id, its run packed, and why it failed."""
    with tempfile.TemporaryDirectory() as home, _environment(GAN_RUNS=home, **_here(data)):
        if packed:
            unpack(packed, Path(home) / run_id)
        sweep = sweeps.parse(spec)
        trial = next(trial for trial in sweep.trials if trial.run_id == run_id)
        why = sweep_command.attempt(sweep, trial, threading.Event())
        return run_id, pack(Path(home) / run_id), why


def _here(data: str) -> dict[str, str]:
    """The folder of data sets of the machine that asks, where this one has it, too; else its own holds."""
    return {"GAN_DATA": data} if Path(data).is_dir() else {}


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Environment variables for a while: a worker of Ray makes several trials."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def pack(folder: Path) -> bytes:
    """A run folder as a tar file in memory; b"" where there is none."""
    if not folder.is_dir():
        return b""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.add(folder, arcname=".")
    return content.getvalue()


def unpack(packed: bytes, folder: Path) -> None:
    """Puts a packed run folder in the place of what is there, in one move."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".import-{folder.name}-") as place:
        whole = Path(place) / "run"
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(whole, filter="data")
        if folder.exists():
            folder.rename(Path(place) / "before")
        shutil.move(whole, folder)
