"""What all tests share: one thread for the maths, no PIN, and a Chromium where there is one."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from gan.runs import Run
    from tests.digits import World
    from tests.serving import Server

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.pop("FORGER_PIN", None)
# A busy machine is no failure, and the same code passes or fails each time; `--hypothesis-profile=search` draws anew.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("same")

# The first has no windows, toolbars and menus of its own, which cost a fifth of what pages cost.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), "")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
NO_CHROMIUM = "no Chromium"
LONGEST_ID = 100  # characters of one parameter in a test's id


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Id of a parameter, None for pytest's own: a file's content is not an id, and may hold the time it was made."""
    long = (isinstance(val, bytes) and len(val) > 16) or (isinstance(val, str) and len(val) > LONGEST_ID)
    return argname if long else None  # which pytest numbers


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a test in a browser waits half of its time."""
    from gan.hardware import cores

    return cores() + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not CHROMIUM and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=NO_CHROMIUM))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.stats.get("skipped", [])
    if skipped := sum(NO_CHROMIUM in str(report.longrepr) for report in reports):
        terminalreporter.write_line(f"No Chromium here: {skipped} browser tests were skipped (apt install chromium).")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """No test leaves other threads of torch, or another folder, to those after it."""
    folder = Path.cwd()
    yield
    os.chdir(folder)
    set_threads = getattr(sys.modules.get("torch"), "set_num_threads", None)
    if set_threads and sys.modules["torch"].get_num_threads() != int(os.environ["OMP_NUM_THREADS"]):
        set_threads(int(os.environ["OMP_NUM_THREADS"]))


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Headless Chromium for tests marked `browser`; closed before other modules use asyncio."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def common_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple["Server", Path]]:
    """One server for all files that need no other: each costs seconds, torch included. And its folder of runs."""
    from tests.serving import server

    folder = tmp_path_factory.mktemp("common")
    (folder / "runs").mkdir()
    with server(folder) as found:
        yield found, folder / "runs"


@pytest.fixture(scope="module")
def common(common_server: tuple["Server", Path]) -> Iterator[tuple["Server", Path]]:
    """The common server for one file of tests, which names its runs as no other does; they are gone after it."""
    yield common_server
    for run in common_server[1].iterdir():
        shutil.rmtree(run, ignore_errors=True)


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder of $GAN_PLUGINS, laid out as gan/: what a test writes there is a choice, and gone after it."""
    from gan import registry

    home = tmp_path / "plugins"
    for kind in registry.KINDS:
        (home / kind).mkdir(parents=True)
    monkeypatch.setenv("GAN_PLUGINS", str(home))
    before = {*sys.modules}
    yield home
    for name in {*sys.modules} - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(home)):
            del sys.modules[name]
    for kind in registry.KINDS:
        if package := sys.modules.get(f"gan.{kind}"):
            package.__path__[:] = [path for path in package.__path__ if not path.startswith(str(home))]


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
