"""The real server for measurements: trains a run when told to, without the browser that would press Start."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan import datasets
from gan.runs import Run
from tests.serving import HOME, Server, children, server

WITHIN = """
import json, pathlib, sys, threading, time

def obey(wishes=pathlib.Path(__file__).parent / "wishes"):
    while "ui.shell.lifespan" not in sys.modules:
        time.sleep(0.05)
    from gan import config, datasets, registry
    from gan.hosting import torch_loader, trainers
    while True:
        for wish in wishes.iterdir():
            wish.unlink()
            wanted = config.preset("lean")[0]
            if registry.missing(registry.card("datasets", wanted.dataset), datasets.root()):
                wanted = wanted.replace(dataset="strokes")
            trainers.trainers().start(trainers.new_run(wanted, {"epochs": 10_000}, run_id=wish.name))
        if torch_loader.torch_state() == "ready" and not (told := wishes.with_name("modules.json")).exists():
            torch_loader.wait()
            told.write_text(json.dumps(list(sys.modules)))
        time.sleep(0.05)

if "streamlit" in " ".join(sys.orig_argv):
    threading.Thread(target=obey, daemon=True).start()
"""  # Python runs sitecustomize.py by itself
PATIENCE = 60.0
FINISHED = "finished"  # a run


@dataclass
class Served:
    """A server in a folder of its own."""

    app: Server
    folder: Path

    @property
    def url(self) -> str:
        return self.app.url

    def resident(self) -> float:
        """MB in memory of it and of the process that trains: their own, and their share of pages that they share."""
        pid, shares = self.app.process.pid, []
        for process in (Path(f"/proc/{pid}"), *children(pid)):
            with contextlib.suppress(OSError):  # ended just now
                told = (process / "smaps_rollup").read_text()
                shares.append(int(told.split("\nPss:")[1].split()[0]))
        return sum(shares) / 1000

    def busy(self) -> float:
        """Seconds that it has kept a core busy; training has a process of its own."""
        told = Path(f"/proc/{self.app.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")

    def modules(self) -> list[str]:
        """What it has imported, once PyTorch is there."""
        path = self.folder / "modules.json"
        until(path.exists, "PyTorch to be loaded")
        time.sleep(0.5)
        found: list[str] = json.loads(path.read_text())
        return found

    def train(self, run_id: str) -> Run:
        """A new, long run of `lean` as the app starts it, of MNIST where that is; returns once it trains."""
        (self.folder / "wishes" / run_id).touch()
        log = self.folder / "runs" / run_id / "metrics.jsonl"
        until(log.exists, "the first record")
        return Run(log.parent)

    def stop(self, run: Run) -> None:
        """Returns once all is saved."""
        run.write_control(want="stop")
        until(lambda: run.events()[-1]["event"] == "stopped", "the end")
        time.sleep(0.5)


@contextlib.contextmanager
def served(folder: Path, **environment: str) -> Iterator[Served]:
    """Serves the data sets that are here, and a finished run, in a new `folder` until the block ends."""
    (folder / "wishes").mkdir(parents=True)
    shutil.copytree(HOME / "checkpoints" / "lean-mnist", folder / "runs" / FINISHED)
    (folder / "sitecustomize.py").write_text(WITHIN)
    data = str(datasets.root().resolve())
    places: Any = {"GAN_DATA": data, "PYTHONPATH": str(folder), **environment}
    with server(folder, **places) as app:
        yield Served(app, folder)


def until(true: Callable[[], object], what: str) -> None:
    """Waits for something. Raises TimeoutError."""
    for _ in range(round(PATIENCE / 0.05)):  # a halted process loses no patience
        if true():
            return
        time.sleep(0.05)
    raise TimeoutError(f"Waited a minute for {what}.")
