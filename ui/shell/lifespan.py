"""Start and end of the server: its sockets, PyTorch in the background, a frozen collector, saving at the end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import threading
import time
import webbrowser
from collections.abc import AsyncIterator
from types import FrameType
from typing import IO, Any

import anyio.to_thread
import streamlit as st
from starlette.types import ASGIApp, Receive, Scope, Send

from gan import runs
from gan.diagnostics import addresses
from gan.hosting import first_digits, malloc, torch_loader, trainers
from gan.runs import RunError
from ui.shell import arrivals, class_file, listening, log_lines, prefix
from ui.shell.connections import Connections, running_server

# What torch waits for at most: a first browser, and then for its page to be drawn.
BROWSER_SECONDS, PAGE_SECONDS = 20.0, 4.0
TRAINER_SECONDS = 20.0  # until PyTorch is loaded where runs are trained
# What an end takes at most: for open connections, for saving, until the process is gone.
DRAIN_SECONDS, SAVE_SECONDS, EXIT_SECONDS = 2.0, 7.5, 9.0
SEEN: set[str] = set()  # what was noticed of browsers: "browser" connected, "page" drawn
ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@contextlib.asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """What st.App does around serving. It also opens the browser, which Streamlit does for plain scripts only."""
    if listening.undelay() and not st.get_option("server.headless"):  # bound already: by `streamlit run`
        address = addresses.url(st.get_option("server.address") or "", st.get_option("server.port"), prefix.path())
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    malloc.give_back()
    server = running_server()
    connections = Connections(server) if server else None
    ending = Ending(server, connections, log_lines.shorten(asyncio.get_running_loop()))
    ending.listen()
    class_file.restore()
    tasks = [asyncio.create_task(job()) for job in (settle, arrivals.wait, class_file.keep)]
    if connections:
        tasks.append(asyncio.create_task(connections.sweep()))
    yield
    for task in tasks:
        task.cancel()
    await anyio.to_thread.run_sync(ending.finish)


class FirstPage:
    """ASGI middleware: notices the first browser, and the first question of a page that was drawn."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            SEEN.add("browser")
        elif scope["type"] == "http" and scope["path"].startswith("/api/runs/"):
            SEEN.add("page")
        await self.app(scope, receive, send)


async def settle() -> None:
    """Imports torch once the first page is up, where runs are trained, then here; freezes all that was imported.

    A full collection over torch and plotly takes a quarter of a second, during which all requests wait; frozen objects
    are not visited again. Python makes one when a quarter as many objects are new as the last one left: the second
    one leaves none, or else sessions that ended would stay in memory until there are hundreds of thousands of them.
    """
    listening.look()
    if warning := listening.warning():
        say(f"\n  {warning}\n")
    for what, patience in (("browser", BROWSER_SECONDS), ("page", PAGE_SECONDS)):
        deadline = time.monotonic() + patience
        while what not in SEEN and time.monotonic() < deadline:
            await asyncio.sleep(0.2)
    trainers.trainers().warm_up()  # first, as a press on Start waits for this one alone
    deadline = time.monotonic() + TRAINER_SECONDS
    while not (trainers.trainers().ready and _shows_pictures()) and time.monotonic() < deadline:
        await asyncio.sleep(0.2)
    torch_loader.warm_up(then=_remember_speed)
    while torch_loader.torch_state() == "loading":
        await asyncio.sleep(0.2)
    gc.collect()
    gc.freeze()
    gc.collect()


def _shows_pictures() -> bool:
    """Whether every run that was started has drawn something."""
    with contextlib.suppress(RunError):
        return all(runs.find(name).pictures("fixed") for name in trainers.trainers().active())
    return True


def _remember_speed() -> None:
    if not trainers.trainers().active():  # else the measurement and the training would slow each other
        first_digits.remember_speed()


def say(text: str, where: IO[str] | None = None) -> None:
    """Prints a line at once, to somebody or to nobody: who read it may have ended."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=where or sys.stdout, flush=True)


class Ending:
    """What a signal starts: training is saved at once, connections get a bounded time, the process exits with 0."""

    def __init__(self, server: Any | None, connections: Connections | None, log: log_lines.OneLine) -> None:
        self._server, self._connections, self._log = server, connections, log
        self._asked, self._saved = threading.Event(), threading.Event()
        self._late: list[str] = []

    def listen(self) -> None:
        """Takes the signals over from uvicorn; from any other server it takes nothing."""
        if threading.current_thread() is not threading.main_thread() or not self._server:
            return
        threading.Thread(target=self._save, name="save at the end", daemon=True).start()
        for number in ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP
                signal.signal(number, self._on_signal)

    def finish(self) -> None:
        """Waits until training is saved. After a signal the process ends here.

        Returning would let uvicorn raise the signal again, and a thread that is inside torch while the interpreter
        shuts down aborts the process.
        """
        if not self._asked.is_set():
            trainers.trainers().shutdown(SAVE_SECONDS)
            class_file.remove()
            return
        self._saved.wait()
        self._leave()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        assert self._server
        self._server.config.timeout_graceful_shutdown = DRAIN_SECONDS
        self._server.should_exit = True
        self._log.ending = True
        if self._connections:
            self._connections.drop_unfinished()
        self._asked.set()

    def _save(self) -> None:
        self._asked.wait()
        started = time.monotonic()
        if active := trainers.trainers().active():
            say(f"\n  Saving {', '.join(active)} …")
        self._late = trainers.trainers().shutdown(SAVE_SECONDS)
        self._saved.set()
        time.sleep(max(0.0, EXIT_SECONDS - (time.monotonic() - started)))
        self._leave()

    def _leave(self) -> None:
        class_file.remove()
        if self._late:
            say(f"  Not saved in time: {', '.join(self._late)}", sys.stderr)
        logging.shutdown()
        os._exit(1 if self._late else 0)
