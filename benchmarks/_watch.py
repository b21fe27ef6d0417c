"""People who watch a run, without their browsers: the session, the questions and the pictures of a live page each.

A viewer opens the websocket that a page opens and answers its timers, asks for the run's curves as often as
assets/charts/run-feed.js does, and fetches every new picture. Whoever has the watch page asks its own route, without a
session. They are one process of their own: thirty browsers would need the machine that is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

EVERY = {"training": 1.0, "paused": 1.0, "queued": 1.0, "stopped": 3.0}  # as in assets/charts/run-feed.js
DONE = 10.0
COME = 2.0  # seconds within which all of them have come
CPU_MS = "their CPU, ms"

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.contextmanager
def people(module: str, url: str, run: str, *counts: int) -> Iterator[Callable[[], Counter[str]]]:
    """Clients of `module`, a process of their own until the block ends. Yields what tells what has come to them."""
    with subprocess.Popen(
        [sys.executable, "-m", module, url, run, *map(str, counts)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        stdin, stdout = process.stdin, process.stdout

        def seen() -> Counter[str]:
            stdin.write("\n")
            stdin.flush()
            return Counter(json.loads(stdout.readline()))

        try:
            yield seen
        finally:
            stdin.close()  # they leave


def viewers(
    url: str, run: str, count: int, watch_pages: int = 0
) -> contextlib.AbstractContextManager[Callable[[], Counter[str]]]:
    """As many viewers until the block ends, and watch pages, which have no session."""
    return people("benchmarks._watch", url, run, count, watch_pages)


class Viewer:
    """One who looks at `run`; `seen` counts what came."""

    def __init__(self, url: str, run: str, seen: Counter[str]):
        self.url, self.run, self.seen = url, run, seen
        self._place = urlsplit(url)
        self._timers: dict[str, asyncio.Task[None]] = {}

    async def watch(self, wait: float) -> None:
        """Comes after `wait` seconds, and stays until cancelled."""
        await asyncio.sleep(wait)
        async with self._session() as page:
            try:
                await asyncio.gather(self._page(page), self._follow())
            finally:
                self._stop([*self._timers])

    async def watch_page(self, wait: float) -> None:
        """The same from the watch page, which has no session and asks for the run that is followed."""
        await asyncio.sleep(wait)
        await self._follow(watch_page=True)

    def _session(self) -> connect:
        """The websocket that a page opens."""
        return connect(
            f"ws://{self._place.netloc}/_stcore/stream",
            origin=Origin(self.url),
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
        )

    async def _page(self, page: ClientConnection) -> None:
        await self._rerun(page)
        async for told in page:
            assert isinstance(told, bytes)
            self.seen["bytes"] += len(told)
            message = ForwardMsg.FromString(told)
            match message.WhichOneof("type"):
                case "script_finished":
                    self.seen["page runs"] += 1
                case "auto_rerun":
                    timer = message.auto_rerun
                    self._stop([timer.fragment_id])
                    again = self._again(page, timer.fragment_id, timer.interval)
                    self._timers[timer.fragment_id] = asyncio.create_task(again)
                case "new_session" if not message.metadata.run.fragment_ids:
                    self._stop([*self._timers])
                case "stop_auto_rerun":
                    self._stop(message.stop_auto_rerun.fragment_ids)

    def _stop(self, fragments: Iterable[str]) -> None:
        for fragment in fragments:
            if timer := self._timers.pop(fragment, None):
                timer.cancel()

    async def _again(self, page: ClientConnection, fragment: str, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._rerun(page, fragment)

    async def _rerun(self, page: ClientConnection, fragment: str = "") -> None:
        ask = BackMsg()
        ask.rerun_script.query_string = f"run={self.run}"
        ask.rerun_script.fragment_id = fragment
        ask.rerun_script.is_auto_rerun = bool(fragment)
        await page.send(ask.SerializeToString())

    async def _follow(self, watch_page: bool = False) -> None:
        path = f"/api/watch?held={self.run}&" if watch_page else f"/api/runs/{self.run}/series?"
        query = ""
        async with line_to(self._place.hostname or "", self._place.port or 80) as line:
            while True:
                told = json.loads(await self._get(line, path + query))
                self.seen["answers"] += 1
                for sort, steps in (told["samples"] or {}).items():
                    if steps:
                        at = f"/api/runs/{self.run}/samples/{sort}/{steps[-1]}.webp"
                        await self._get(line, f"{at}?g={told['generation']}")
                        self.seen["pictures"] += 1
                query = f"after={told['seq']}&known={told['known']}"
                await asyncio.sleep(EVERY.get(told["status"], DONE))

    async def _get(self, line: Line, path: str) -> bytes:
        reader, writer = line
        head = f"GET {path} HTTP/1.1\r\nHost: {self._place.netloc}\r\nAccept-Encoding: gzip\r\n\r\n"
        writer.write(head.encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        body = await reader.readexactly(int(answer.split("content-length: ")[1].split("\r\n")[0]))
        self.seen["bytes"] += len(body)
        self.seen["errors"] += " 200 " not in answer.split("\r\n")[0]
        return gzip.decompress(body) if "content-encoding: gzip" in answer else body


@contextlib.asynccontextmanager
async def line_to(host: str, port: int) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def tell(seen: Counter[str], come: Sequence[Callable[[float], Awaitable[None]]], within: float) -> None:
    """Lets all of `come` come within so many seconds. At every line of input, until its end, prints what was seen."""
    tasks = [asyncio.ensure_future(one(k * within / len(come))) for k, one in enumerate(come)]
    while await asyncio.to_thread(sys.stdin.readline):
        seen["gone"] = sum(task.done() for task in tasks)
        seen[CPU_MS] = round(1000 * time.process_time())
        for task in tasks:
            if task.done() and (error := task.exception()):
                print(repr(error), file=sys.stderr, flush=True)
        print(json.dumps(seen), flush=True)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _main(url: str, run: str, count: int, watch_pages: int) -> None:
    seen: Counter[str] = Counter()
    come: list[Callable[[float], Awaitable[None]]] = [Viewer(url, run, seen).watch for _ in range(count)]
    come += [Viewer(url, run, seen).watch_page for _ in range(watch_pages)]
    await tell(seen, come, COME)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
