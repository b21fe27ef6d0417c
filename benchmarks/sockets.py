"""Idle sockets beyond the limit of descriptors, beside a run that is trained in the server: does it go on?

    python -m benchmarks.sockets [--limit 1024] [--sockets 1500] [--seconds 20]

Prints Markdown: steps of the run before and while the sockets are open, lines of the server log, and whether others
are served meanwhile and afterwards. Linux only.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks._machine import describe
from benchmarks._report import parser as command_line
from benchmarks._report import table
from benchmarks._served import Served, served
from gan.runs import Run
from gan.runs.log_reader import LogReader

HOLD = """
import socket, sys, time
port, count, seconds = sys.stdin.readline().split()
held = [socket.create_connection(("127.0.0.1", int(port)), timeout=5) for _ in range(int(count))]
print("open", flush=True)
time.sleep(float(seconds))
"""  # in a process with descriptors of its own


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--limit", type=int, default=1024)
    parser.add_argument("--sockets", type=int, default=1500)
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    holder = subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    resource.setrlimit(resource.RLIMIT_NOFILE, (given.limit, given.limit))
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "home") as app:
        rows = _try(app, holder, given)
    print(f"On {describe()}:\n\n{table(['What', f'{given.sockets} sockets, limit {given.limit}'], rows)}")


def _try(app: Served, holder: subprocess.Popen[str], given: argparse.Namespace) -> list[list[str]]:
    run = app.train("long")
    time.sleep(5)
    before = _pace(run, given.seconds / 2)
    lines = len(app.app.log.read_text().splitlines())
    assert holder.stdin
    assert holder.stdout
    print(urlsplit(app.url).port, given.sockets, given.seconds, file=holder.stdin, flush=True)
    holder.stdout.readline()
    answers: list[float] = []
    began, first = time.monotonic(), _steps(run)
    while time.monotonic() - began < given.seconds - 1:
        answers.append(_ask(app.url))
        time.sleep(0.5)
    during = (_steps(run) - first) / (time.monotonic() - began)
    holder.wait(30)
    afterwards = [_ask(app.url) for _ in range(10)]
    added = len(app.app.log.read_text().splitlines()) - lines
    return [
        ["steps a second before; meanwhile", f"{before:.1f}; {during:.1f}"],
        ["lines in the server's log", str(added)],
        ["slowest answer meanwhile; afterwards, s", f"{max(answers):.2f}; {max(afterwards):.2f}"],
        ["the run is", "trained" if not run.error() else run.error()],
    ]


def _steps(run: Run) -> float:
    return LogReader(run).last().get("step", 0.0)


def _pace(run: Run, seconds: float) -> float:
    first = _steps(run)
    time.sleep(seconds)
    return (_steps(run) - first) / seconds


def _ask(url: str) -> float:
    """Seconds that an answer takes; infinity for none."""
    began = time.monotonic()
    try:
        with urllib.request.urlopen(f"{url}/api/runs", timeout=10) as answer:
            answer.read()
    except OSError:
        return float("inf")
    return time.monotonic() - began


if __name__ == "__main__":
    main()
