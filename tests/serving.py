"""A real server process for tests: `streamlit run app.py` on a free port, with run and data folders of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).parent.parent


@dataclass
class Server:
    """Where it listens, and the process behind it."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self, number: int = signal.SIGTERM, timeout: float = 20.0) -> int:
        """Sends a signal, waits, returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout)


@contextlib.contextmanager
def server(
    folder: Path, *arguments: str, port: int = 0, host: str = "localhost", **environment: str
) -> Iterator[Server]:
    """Serves the app with runs and data under `folder` until the block ends; the log is folder/server.log.

    `arguments` are further ones of `streamlit run`; without a `port` it is a free one.
    """
    port = port or free_port()
    log = folder / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    paths = {"GAN_RUNS": str(folder / "runs"), "GAN_DATA": str(folder / "data")}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--server.port", str(port), *arguments],
            cwd=HOME,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **paths, **environment},
        )
    found = Server(f"http://{host}:{port}", process, log)
    try:
        _wait(found)
        yield found
    finally:
        if process.poll() is None:
            trainers = children(process.pid)
            process.kill()
            process.wait()
            _wait_for(trainers)


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def children(pid: int) -> list[Path]:
    """The processes that one has started, as folders of /proc; [] where there is none."""
    ids = [(task / "children").read_text().split() for task in Path(f"/proc/{pid}/task").glob("*")]
    return [Path("/proc", each) for some in ids for each in some]


def _wait_for(processes: list[Path], seconds: float = 20.0) -> None:
    """Until trainers have saved, as they do without their server: the folder is theirs until then."""
    deadline = time.monotonic() + seconds
    while any(each.exists() for each in processes) and time.monotonic() < deadline:
        time.sleep(0.02)


def _wait(found: Server, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found.process.poll() is not None:
            break
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{found.url}/api/health", timeout=2):
            return
        time.sleep(0.1)
    raise RuntimeError(f"The server did not answer:\n{found.log.read_text()}")
