"""The life of the server: sockets without delay, torch in the background, a quiet collector, an end that saves."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import stat
import sys
import threading
import time
import webbrowser
from collections.abc import AsyncIterator
from pathlib import Path
from types import FrameType
from typing import Any

import anyio.to_thread
import streamlit as st
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from gan import hosts
from ui import access, memory

# Seconds torch waits for a first browser, and then for its page to be drawn.
ALONE, DRAWN = 20.0, 4.0
# Seconds for open connections, for saving, until the process is gone.
DRAIN, SAVE, LIMIT = 2.0, 7.5, 9.0
SEEN: set[str] = set()  # what was noticed of browsers: "browser" connected, "page" drawn
ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@contextlib.asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """What st.App does around serving. It also opens the browser, which Streamlit does for plain scripts only."""
    if undelay() and not st.get_option("server.headless"):  # bound already: by `streamlit run`
        address = f"http://localhost:{st.get_option('server.port')}"
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    memory.give_back()
    ending = Ending()
    ending.listen()
    background = asyncio.create_task(settle())
    yield
    background.cancel()
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


class Uploads:
    """ASGI middleware: only who drives may upload.

    Streamlit takes files from any session, with or without a widget, and keeps them in memory for as long as the
    session lives: a watcher could fill it until the system kills the server and what it trains.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            _, found, rest = scope["path"].partition("/_stcore/upload_file/")
            if found and not access.may_upload(rest.partition("/")[0]):
                refusal = JSONResponse({"error": access.HOW_TO_DRIVE}, 403)
                return await refusal(scope, receive, send)
        await self.app(scope, receive, send)
        return None


async def settle() -> None:
    """Imports torch once the first page is up, then lets the collector forget everything imported.

    A full collection over torch and plotly takes a quarter of a second with everybody waiting; frozen objects are
    not looked at again. Python makes one when a quarter as many objects are new as the last one left: the second
    one leaves none, or else sessions that ended would stay in memory until there are hundreds of thousands of them.
    """
    for what, patience in (("browser", ALONE), ("page", DRAWN)):
        deadline = time.monotonic() + patience
        while what not in SEEN and time.monotonic() < deadline:
            await asyncio.sleep(0.2)
    hosts.warm_up()
    while hosts.torch_state() == "loading":
        await asyncio.sleep(0.2)
    gc.collect()
    gc.freeze()
    gc.collect()


def undelay() -> int:
    """Sets TCP_NODELAY on every listening socket of this process, whose connections inherit it; returns how many.

    Without it an answer of `streamlit run` waits 40 ms for the browser's acknowledgement.
    """
    count = 0
    for path in Path("/dev/fd").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if not stat.S_ISSOCK(os.fstat(int(path.name)).st_mode):
                continue
            with socket.socket(fileno=os.dup(int(path.name))) as found:
                inet = found.family in (socket.AF_INET, socket.AF_INET6)
                if inet and found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    count += 1
    return count


class Ending:
    """What a signal starts: training is saved at once, connections get a bounded time, the process exits with 0."""

    def __init__(self) -> None:
        self._server: Any = None
        self._asked, self._saved = threading.Event(), threading.Event()
        self._late: list[str] = []

    def listen(self) -> None:
        """Takes the signals over from uvicorn; from any other server it takes nothing."""
        if threading.current_thread() is not threading.main_thread():
            return
        server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
        if not (hasattr(server, "should_exit") and hasattr(server, "config")):
            return
        self._server = server
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
            hosts.trainers().shutdown(SAVE)
            return
        self._saved.wait()
        self._leave()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._server.config.timeout_graceful_shutdown = DRAIN
        self._server.should_exit = True
        self._asked.set()

    def _save(self) -> None:
        self._asked.wait()
        started = time.monotonic()
        if active := hosts.trainers().active():
            print(f"\n  Saving {', '.join(active)} …", flush=True)
        self._late = hosts.trainers().shutdown(SAVE)
        self._saved.set()
        time.sleep(max(0.0, LIMIT - (time.monotonic() - started)))
        self._leave()

    def _leave(self) -> None:
        if self._late:
            print(f"  Not saved in time: {', '.join(self._late)}", file=sys.stderr, flush=True)
        logging.shutdown()
        sys.stdout.flush()
        os._exit(1 if self._late else 0)
