"""A published run behind nginx: many watchers of static files, while the run is trained on the same machine.

    python -m benchmarks.published [--clients 2000] [--rounds 3] [--seconds 10]

A `lean` run trains in the real server, `python -m gan publish` keeps a folder up to date, and nginx hands it out by the
configuration of docs/publish.md, with one worker. Clients that each keep a connection ask for `now.json` once a second.
Stretches without and with them in turn. Prints Markdown: answers and how long they took, the CPU time of nginx and of
the publisher, and what training keeps. Linux only; needs nginx.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks._machine import describe
from benchmarks._report import command, spread, table
from benchmarks._report import parser as command_line
from benchmarks._served import served, until
from gan import files
from gan.runs import Run
from tests.proxy import NGINX
from tests.serving import HOME, free_port

CONFIG = """
{user} worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
worker_rlimit_nofile {descriptors}; events {{ worker_connections {descriptors}; }}
http {{ access_log off; {server} }}
"""
SETTLE = 2.0  # seconds

Stretch = dict[str, Any]


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--clients", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    given = parser.parse_args()
    machine = describe()
    alone, watched = [], []
    with tempfile.TemporaryDirectory() as place, served(Path(place) / "home") as app:
        run, site = app.train("watched"), Path(place) / "site"
        with _publisher(app.folder / "runs", run, site) as publisher, _nginx(Path(place), site) as (port, worker):
            time.sleep(SETTLE)
            for _ in range(given.rounds):
                alone.append(_stretch(run, lambda: time.sleep(given.seconds)))
                before = _cpu(worker), _cpu(publisher)
                row = _stretch(run, lambda: _watched(port, given.clients, given.seconds))
                row |= {"nginx": _cpu(worker) - before[0], "publisher": _cpu(publisher) - before[1]}
                watched.append(row)
    print(_text(alone, watched, given.clients), f"\nMade by `{command()}`\non: {machine}")


def _text(alone: list[Stretch], watched: list[Stretch], clients: int) -> str:
    kept = [100 * with_["rate"] / without["rate"] for without, with_ in zip(alone, watched, strict=True)]
    rows = [
        ["answers, errors", f"{sum(row['answers'] for row in watched):,}, {sum(row['errors'] for row in watched)}"],
        ["median, ms", spread([row["median"] for row in watched], 1)],
        ["95 %, ms", spread([row["p95"] for row in watched], 1)],
        ["CPU of nginx, % of a core", spread([100 * row["nginx"] / row["seconds"] for row in watched], 1)],
        ["CPU of the publisher, % of a core", spread([100 * row["publisher"] / row["seconds"] for row in watched], 1)],
        ["training keeps, %", spread(kept)],
    ]
    return table([f"{clients:,} clients, once a second", "median (range)"], rows)


@contextlib.contextmanager
def _publisher(home: Path, run: Run, site: Path) -> Iterator[int]:
    """The process that publishes, once the folder is there."""
    arguments = [sys.executable, "-m", "gan", "publish", "--run", run.id, "--to", str(site)]
    with subprocess.Popen(arguments, env={**os.environ, "GAN_RUNS": str(home)}, stderr=subprocess.DEVNULL) as process:
        until((site / "now.json").exists, "the folder")
        yield process.pid
        process.terminate()


@contextlib.contextmanager
def _nginx(folder: Path, site: Path) -> Iterator[tuple[int, int]]:
    """The port of nginx, and its worker's process, with the server of the docs."""
    port = free_port()
    text = (HOME / "docs/publish.md").read_text(encoding="utf-8")
    server = text[text.index("server {") :].partition("```")[0]
    server = re.sub(r"root [^;]+;", f"root {site};", re.sub(r"listen \d+;", f"listen 127.0.0.1:{port};", server))
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    user = "user root;" if os.getuid() == 0 else ""
    conf = folder / "nginx.conf"
    conf.write_text(CONFIG.format(user=user, folder=folder, descriptors=min(limit, 8192), server=server))
    with subprocess.Popen([NGINX, "-p", folder, "-e", folder / "error.log", "-c", conf]) as process:
        until((folder / "nginx.pid").exists, "nginx")
        time.sleep(0.5)
        yield port, int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
        process.terminate()


def _stretch(run: Run, act: Callable[[], Stretch | None]) -> Stretch:
    """What is found while something is done, and the images that are trained a second meanwhile."""
    before = len(_log(run))
    began = time.perf_counter()
    found = act() or {}
    rows = _log(run)[before:]
    rate = (rows[-1]["images"] - rows[0]["images"]) / (rows[-1]["seconds"] - rows[0]["seconds"])
    return {**found, "rate": rate, "seconds": time.perf_counter() - began}


def _log(run: Run) -> list[dict[str, Any]]:
    return [*files.lines(run.path / "metrics.jsonl")]


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# -- clients, a process of their own -----------------------------------------------------------------


def _watched(port: int, clients: int, seconds: float) -> Stretch:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_clients, args=(port, clients, seconds, there))
    process.start()
    told: Stretch = here.recv()
    process.join()
    return told


def _clients(port: int, count: int, seconds: float, answer: Connection) -> None:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    waits, errors = asyncio.run(_all(port, count, seconds))
    ordered = sorted(waits)
    p95 = 1000 * ordered[int(0.95 * len(ordered))]
    answer.send({"answers": len(waits), "errors": errors, "median": 1000 * statistics.median(waits), "p95": p95})


async def _all(port: int, count: int, seconds: float) -> tuple[list[float], int]:
    waits: list[float] = []
    ended = await asyncio.gather(
        *(_client(port, k / count, seconds, waits) for k in range(count)), return_exceptions=True
    )
    return waits, sum(isinstance(end, BaseException) for end in ended)


async def _client(port: int, late: float, seconds: float, waits: list[float]) -> None:
    """Asks once a second, and reads each answer to its end."""
    await asyncio.sleep(late)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(int(seconds)):
        began = time.perf_counter()
        writer.write(b"GET /now.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        await reader.readexactly(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))  # type: ignore[index]
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(max(0.0, began + 1 - time.perf_counter()))
    writer.close()


if __name__ == "__main__":
    main()
