"""Pages without a browser: a folder of small runs, and trainers that only remember what was asked."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from gan import files, images, runs
from gan.config import RunConfig
from gan.hosting import torch_loader
from gan.hosting import trainers as hosting_trainers
from gan.runs import Run

HOME = Path(__file__).parents[2]
MakeRun: TypeAlias = Callable[..., Run]
Open: TypeAlias = Callable[..., AppTest]


def components(at: AppTest) -> list[Any]:
    """The components of the page itself: what stands over every page is left out."""
    return [found for found in at.get("bidi_component") if found.proto.component_name != "forger_guide"]


class FakeTrainers:
    """What gan.hosting.trainers.Trainers tells, as the test sets it: run id -> status of a living thread."""

    def __init__(self) -> None:
        self.alive: dict[str, str] = {}
        self.started: list[str] = []

    def warm_up(self) -> None:
        pass

    def start(self, *together: Run, accept: bool = False) -> None:
        self.accepted = accept
        self.started += [run.id for run in together]
        self.alive |= {run.id: "training" for run in together}

    def active(self) -> list[str]:
        return list(self.alive)

    def place(self, run: Run) -> int:
        return int(self.alive.get(run.id) == "queued")

    def status(self, run: Run) -> str:
        told = self.alive.get(run.id) or runs.folder_status(run)
        return "paused" if told == "training" and run.control().want == "pause" else told

    def failure(self, run_id: str) -> str:
        return ""


@pytest.fixture(scope="session", autouse=True)
def packages_read_once() -> Iterator[None]:
    """Streamlit looks for components in every installed package for each page that is opened: 0.1 s each time."""
    once = functools.cache(manifest_scanner.scan_component_manifests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty folders for runs and data; returns the one for runs."""
    monkeypatch.setenv("GAN_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("GAN_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("FORGER_PIN", raising=False)
    return tmp_path / "runs"


@pytest.fixture
def trainers(monkeypatch: pytest.MonkeyPatch) -> FakeTrainers:
    """Trainers without threads, and new runs without torch."""

    def new_run(config: RunConfig, budget: Mapping[str, float], title: str = "", preset: str = "") -> Run:
        settled = config.replace(device="cpu", threads=1)
        return runs.create(settled, budget, title=title, preset=preset)

    fake = FakeTrainers()
    monkeypatch.setattr(hosting_trainers, "trainers", lambda: fake)
    monkeypatch.setattr(hosting_trainers, "new_run", new_run)
    monkeypatch.setattr(torch_loader, "torch_state", lambda: "ready")
    monkeypatch.setattr(torch_loader, "warm_up", lambda: None)
    return fake


@pytest.fixture
def make_run() -> MakeRun:
    """Makes a run that has trained for `steps` of a budget of 100 steps."""

    def make(run_id: str, steps: int = 100, title: str = "", error: str = "", **config: Any) -> Run:
        settled = RunConfig.from_dict({"dataset": "mnist", "device": "cpu", "threads": 1, **config})
        run = runs.create(settled, {"steps": 100}, title=title, run_id=run_id)
        rows = [{"seq": k, "step": k + 1, "seconds": float(k), "d_loss": 1.0, "g_loss": 1.0} for k in range(steps)]
        files.append(run.path / "metrics.jsonl", rows)
        sheet = images.grid(np.zeros((4, 28, 28, 1), np.uint8))
        for sort in ("fixed", "random"):
            run.picture(sort, 0).write_bytes(images.webp(sheet))
        run.record("started")
        if steps:
            run.record("finished" if steps >= 100 else "stopped", step=steps, seconds=float(steps))
        if error:
            (run.path / "error.txt").write_text(error, encoding="utf-8")
        return run

    return make


@pytest.fixture
def open_page(trainers: FakeTrainers) -> Open:
    """Draws a page of pages/ in its frame, with a query, as a fresh session does."""

    def open_(name: str, **query: str) -> AppTest:
        at = AppTest.from_file(str(HOME / "ui" / "main.py"), default_timeout=20)
        if name != "train":
            at.switch_page(f"../pages/{name}.py")
        for key, value in query.items():
            at.query_params[key] = value
        at.run()
        assert not at.exception, at.exception
        return at

    return open_
