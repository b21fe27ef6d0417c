"""The server's log: what clients do wrong, and a shortage of descriptors, is a line without a traceback, now and then.

Frames that are no messages, chunks that are none, connections that go away in the middle: each made uvicorn or
Streamlit write a traceback, as often as somebody liked.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any

import h11
from starlette.requests import ClientDisconnect
from starlette.websockets import WebSocketDisconnect

from gan.files import NO_DESCRIPTORS

LOGGERS = ("uvicorn.error", "streamlit.web.server.starlette.starlette_websocket", "asyncio", "forger")
FAULTS = (ClientDisconnect, WebSocketDisconnect, h11.ProtocolError, ConnectionError)
NO_MESSAGE = "DecodeError"  # of protobuf
TEXT_FRAME = "A client sent text over a websocket, which takes binary messages only."
INVALID_REQUEST = "Invalid HTTP request received."
AT_THE_END = "Cancel %s running task(s)"
EVERY_SECONDS = 30.0  # between two lines that say the same
FULL = "No more browsers can be served at once: the limit of open descriptors is reached (ulimit -n)."
SHORTAGE = (
    "No file or connection can be opened at this moment: the limit of open descriptors is reached. Training waits "
    "and goes on; raise the limit (ulimit -n) if this comes often."
)


class OneLine(logging.Filter):
    """Shortens records of what is not this program's fault, and lets each through once in a while."""

    def __init__(self) -> None:
        super().__init__()
        self.ending = False
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if self.ending and (isinstance(error, asyncio.CancelledError) or str(record.msg).startswith(AT_THE_END)):
            return False
        if text := _in_a_line(record, error):
            record.msg, record.args, record.exc_info, record.exc_text = text, (), None, None
            return self._is_due(text)
        return True

    def _is_due(self, text: str) -> bool:
        now = time.monotonic()
        due = now - self._last.get(text, -EVERY_SECONDS) >= EVERY_SECONDS
        if due:
            if len(self._last) > 100:
                self._last.clear()
            self._last[text] = now
        return due


def shorten(loop: asyncio.AbstractEventLoop) -> OneLine:
    """Puts the filter before the loggers of the server, and before what the event loop itself reports."""
    one_line = OneLine()
    for name in LOGGERS:
        logger = logging.getLogger(name)
        for old in [f for f in logger.filters if type(f).__name__ == OneLine.__name__]:
            logger.removeFilter(old)
        logger.addFilter(one_line)

    def report(loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        if _is_shortage(context.get("exception")):
            logging.getLogger("forger").warning(SHORTAGE)
        else:
            loop.default_exception_handler(dict(context))

    loop.set_exception_handler(report)
    return one_line


def _in_a_line(record: logging.LogRecord, error: BaseException | None) -> str:
    """What a record says of others' faults; "" for any other record."""
    if _is_shortage(error) or record.msg == SHORTAGE:
        return SHORTAGE
    if record.msg in (INVALID_REQUEST, TEXT_FRAME, FULL):
        return str(record.msg)
    if isinstance(error, FAULTS) or type(error).__name__ == NO_MESSAGE:
        return f"A client sent what is no message, or left in the middle of one ({type(error).__name__})."
    return ""


def _is_shortage(error: BaseException | None) -> bool:
    return isinstance(error, OSError) and error.errno in NO_DESCRIPTORS
