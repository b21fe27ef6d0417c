"""Firefox for tests, where it is installed, spoken to by WebDriver BiDi (W3C), which needs no driver of its own.

As with Chromium (tests/browser.py) a test waits for what is to be seen, and fails if a script of ours did.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.serving import free_port

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
SECONDS = 90.0  # a busy machine takes long to import torch
MAX_BYTES = 64 << 20
FIND = """const find = (selector, root = document) => root.querySelector(selector) ?? [...root.querySelectorAll("*")]
  .reduce((found, { shadowRoot }) => found ?? (shadowRoot && find(selector, shadowRoot)), null);"""
PREFERENCES = """user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
"""


class Firefox:
    """One window with one page. `errors` are those of scripts on it."""

    def __init__(self, socket: ClientConnection):
        self._socket = socket
        self._numbers = itertools.count(1)
        self.errors: list[str] = []
        self.command("session.new", capabilities={})
        self.command("session.subscribe", events=["log.entryAdded"])
        self._page = self.command("browsingContext.getTree")["contexts"][0]["context"]

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a command. What the page logs meanwhile is kept where it is an error."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._socket.recv(SECONDS))
            if told.get("method") == "log.entryAdded" and told["params"]["type"] == "javascript":
                self.errors.append(str(told["params"]["text"]))
            if told.get("id") == number:
                assert told["type"] == "success", told
                result: dict[str, Any] = told["result"]
                return result

    def goto(self, url: str, width: int = 1440, height: int = 900) -> None:
        """Opens an address and waits until it is loaded."""
        size = {"width": width, "height": height}
        self.command("browsingContext.setViewport", context=self._page, viewport=size)
        self.command("browsingContext.navigate", context=self._page, url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, a string, number or null; in it `find(selector)` looks into shadow roots, too."""
        told = self.command(
            "script.callFunction",
            functionDeclaration=f"() => {{ {FIND} return {expression}; }}",
            target={"context": self._page},
            awaitPromise=True,
        )
        assert told["type"] == "success", told
        return told["result"].get("value")

    def until(self, expression: str) -> Any:
        """Waits for an expression to be true and returns it."""
        end = time.monotonic() + SECONDS
        while not (found := self.evaluate(expression)):
            assert time.monotonic() < end, f"never: {expression}\n{self.evaluate('document.body.innerText')}"
            time.sleep(0.05)
        return found


@contextlib.contextmanager
def firefox(folder: Path) -> Iterator[Firefox]:
    """A headless Firefox with a profile of its own in `folder`."""
    assert FIREFOX
    (folder / "user.js").write_text(PREFERENCES)
    port = free_port()
    command = [FIREFOX, "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        with _connected(port, process) as socket:
            found = Firefox(socket)
            yield found
            assert not found.errors
    finally:
        process.terminate()
        process.wait(20)


def _connected(port: int, process: subprocess.Popen[bytes]) -> ClientConnection:
    end = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError, WebSocketException):
            return connect(f"ws://127.0.0.1:{port}/session", max_size=MAX_BYTES, compression=None)
        time.sleep(0.1)
    raise RuntimeError("Firefox does not answer.")
