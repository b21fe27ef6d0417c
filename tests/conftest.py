"""What all tests share: one thread for the maths, no PIN, and a Chromium where there is one."""

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from gan.runs import Run
    from tests.digits import World

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.pop("FORGER_PIN", None)
settings.register_profile("patient", deadline=None)  # a busy machine is no failure
settings.load_profile("patient")

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
NO_CHROMIUM = "no Chromium"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not CHROMIUM and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=NO_CHROMIUM))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.stats.get("skipped", [])
    if skipped := sum(NO_CHROMIUM in str(report.longrepr) for report in reports):
        terminalreporter.write_line(
            f"No Chromium here: {skipped} browser tests were skipped (apt install chromium)."
        )


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Headless Chromium for tests marked `browser`; closed before other modules use asyncio."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for the disk: what survives a power cut is not what these tests are about."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture(scope="session")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> "Run":
    """A tiny run of ten steps in one go, to compare others with."""
    from tests.engine import make, play

    run = make(tmp_path_factory.mktemp("unbroken"))
    play(run)
    return run


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> "World":
    """A few strokes, their evaluator and reference, to prove measures in."""
    from tests.digits import found

    return found(tmp_path_factory.mktemp("world"))
