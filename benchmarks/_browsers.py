"""What browsers ask while people explore and watch, without the browsers: Explore in a session, and the watch page.

What is asked, and how often, is what Chromium asked in ten seconds of dragging (benchmarks/crowd.py counts it): while a
slider moves nothing is sent for a movement. All are one process of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.asyncio.client import ClientConnection

from benchmarks._watch import Line, Viewer, line_to, people, tell

COME = 4.0  # seconds within which all of them have come
LOOK = 1.0  # s between two looks for newer weights: LOOK in assets/explore/explorer.js
STAGE = 2.5  # EVERY in assets/base/stage.js
DRAGGED, RESTED = 2.0, 1.0  # s of a hand: when it rests, D is asked anew
AGED = 1.5  # as in assets/explore/directions.js
FEED = 1.0  # PAUSES in assets/charts/run-feed.js


def browsers(
    url: str, run: str, exploring: int, watching: int
) -> contextlib.AbstractContextManager[Callable[[], Counter[str]]]:
    """So many until the block ends."""
    return people("benchmarks._browsers", url, run, exploring, watching)


class Browser(Viewer):
    """One browser; `seen` counts requests by their kind, and `refused` those that were."""

    async def explore(self, wait: float) -> None:
        """The page Explore: its session, a picture of the server's, then weights, D and EvalNet for the page itself."""
        await asyncio.sleep(wait)
        async with self._session() as page:
            await asyncio.gather(self._page(page), self._stage(), self._hand())

    async def watch(self, wait: float) -> None:
        """The watch page: the feed, its pictures, and what is said of the run."""
        await asyncio.sleep(wait)
        query, view = "held=", ""
        async with self._lines() as line:
            await self._ask(line, "/watch")
            while True:
                _, told = await self._json(line, f"/api/watch?{query}", "feed")
                for step in (told["samples"] or {}).get("fixed", [])[-1:]:
                    await self._ask(line, "/" + told["picture_url"].format(sort="fixed", step=step), "picture")
                if told["view"] != view:
                    view = told["view"]
                    await self._ask(line, f"/{view}", "view")
                query = f"held={self.run}&after={told['seq']}&known={told['known']}"
                await asyncio.sleep(FEED)

    async def _rerun(self, page: ClientConnection, fragment: str = "") -> None:
        ask = BackMsg()
        ask.rerun_script.query_string = f"run={self.run}"
        ask.rerun_script.page_name = "explore"
        ask.rerun_script.fragment_id = fragment
        ask.rerun_script.is_auto_rerun = bool(fragment)
        await page.send(ask.SerializeToString())

    async def _stage(self) -> None:
        async with self._lines() as line:
            while True:
                await self._ask(line, "/api/stage", "stage")
                await asyncio.sleep(STAGE)

    async def _hand(self) -> None:
        model, z = f"/api/models/{self.run}", np.zeros((15, 100), np.float32)
        async with self._lines() as line:
            await self._ask(line, f"{model}/images?kind=z", "first picture", z.tobytes())
            shown = await self._held(line, f"{model}/program?", {})
            _, found = await self._json(line, f"{model}/directions", "directions")
            await self._held(line, f"{model}/judge?networks=e", {})
            judge: dict[str, Any] = {}
            measured, rested, k = found.get("step", 0), 0, 0
            while True:
                await asyncio.sleep(LOOK)
                k += 1
                before = shown
                shown = await self._held(line, f"{model}/program?", shown)
                if k % (DRAGGED + RESTED) >= DRAGGED or shown is not before:
                    judge = await self._held(line, f"{model}/judge?networks=d", judge)
                    rested = k
                if rested == k and shown["step"] >= AGED * max(1, measured):
                    _, found = await self._json(line, f"{model}/directions", "directions")
                    measured = found.get("step", shown["step"])

    async def _held(self, line: Line, path: str, held: dict[str, Any]) -> dict[str, Any]:
        """What the page holds afterwards: newer weights where there are any."""
        known = f"&after={held['step']}&g={held['generation']}" if held else ""
        kind = path.split("?")[0].rpartition("/")[2]
        status, told = await self._json(line, (path + known).replace("?&", "?"), kind)
        if status != 200:
            return held
        await self._ask(line, f"/{told['weights']}", f"{kind} weights")
        return told

    def _lines(self) -> Any:
        return line_to(self._place.hostname or "", self._place.port or 80)

    async def _json(self, line: Line, path: str, kind: str) -> tuple[int, dict[str, Any]]:
        status, body = await self._ask(line, path, kind)
        return status, json.loads(body) if body else {}

    async def _ask(self, line: Line, path: str, kind: str = "page", body: bytes = b"") -> tuple[int, bytes]:
        """Status and body. What is refused counts as such, and is asked again a second later where that may help."""
        reader, writer = line
        head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: {self._place.netloc}\r\n"
        head += f"Accept-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
        while True:
            writer.write(head.encode() + body)
            answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            status = int(answer.split(maxsplit=2)[1])
            length = int(answer.split("content-length: ")[1].split("\r\n")[0]) if "content-length: " in answer else 0
            told = await reader.readexactly(length)
            self.seen[kind] += 1
            self.seen["bytes"] += length
            if status < 400:
                return status, gzip.decompress(told) if "content-encoding: gzip" in answer else told
            self.seen["refused"] += 1
            print(status, path, told[:200], file=sys.stderr, flush=True)
            if status != 503:
                return status, b""
            await asyncio.sleep(1)


async def _main(url: str, run: str, exploring: int, watching: int) -> None:
    seen: Counter[str] = Counter()
    come: list[Callable[[float], Awaitable[None]]] = [Browser(url, run, seen).explore for _ in range(exploring)]
    come += [Browser(url, run, seen).watch for _ in range(watching)]
    await tell(seen, come, COME)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
