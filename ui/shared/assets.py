"""GET /assets/…: scripts, styles and pictures, compressed once, kept by browsers for ever under the folder's hash."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import mimetypes
import os
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parents[2] / "assets"
LOOK_SECONDS = 1.0  # between two looks for files that changed
FOREVER = "public, max-age=31536000, immutable"
TEXT = (".js", ".css", ".svg", ".json", ".html")  # worth compressing
HASH = re.compile(r"[0-9a-f]{12}")
SHARED = ("base/tokens.css", "base/components.css")  # in the page and in every shadow root
PLOTLY = ("plotly", "package_data")  # whose plotly.min.js is served as a file of the folder


@dataclass(frozen=True)
class Asset:
    """A file as it is sent; `packed` is its gzip form, b"" where that would not be smaller."""

    body: bytes
    packed: bytes
    kind: str
    tag: str


class Assets(StaticFiles):
    """The files of `folder` and Plotly's script, at /assets/<hash>/path, where the hash is that of all of them.

    Scripts import each other by relative addresses, so all that a page loads has one hash, and a browser that keeps
    everything for ever never mixes two versions. Without the hash, or with an old one, a file is there too, but is
    asked for again each time. Files are read and compressed when first asked for, anew once any of them has changed.
    """

    def __init__(self, folder: Path = FOLDER, look_seconds: float = LOOK_SECONDS):
        super().__init__(directory=folder, packages=[PLOTLY])
        self._folder = folder
        self._held: dict[str, Asset] = {}
        self._stamps: dict[str, tuple[int, int]] = {}
        self._version = ""
        self._look_seconds, self._looked = look_seconds, -math.inf
        self._guard = threading.RLock()

    def url(self, name: str) -> str:
        """The address of a file, from the app's root, by its path inside the folder. Raises FileNotFoundError."""
        self.get(name)
        return f"assets/{self.version()}/{name}"

    def version(self) -> str:
        """Twelve hexadecimal digits that change, a second later at most, when a file comes, goes or changes."""
        with self._guard:
            if time.monotonic() - self._looked >= self._look_seconds:
                self._look()  # costs milliseconds, and every page that is drawn asks
            return self._version

    def _look(self) -> None:
        with self._guard:
            files = {path.relative_to(self._folder).as_posix(): path for path in _files(self._folder)}
            files["plotly.min.js"] = Path(self.lookup_path("plotly.min.js")[0])
            stamps = {name: _stamp(path) for name, path in files.items()}
            if stamps != self._stamps:
                contents = [(name, hashlib.sha256(path.read_bytes()).hexdigest()) for name, path in files.items()]
                self._version = hashlib.sha256(json.dumps(contents).encode()).hexdigest()[:12]
                self._stamps, self._held = stamps, {}
            self._looked = time.monotonic()

    def get(self, name: str) -> Asset:
        """The file of that path. Raises FileNotFoundError."""
        with self._guard:
            self.version()
            if name not in self._held:
                self._look()  # lest a newer file be kept as one of this version
                self._held[name] = self._read(name)
            return self._held[name]

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The answer for a path below /assets; a sentence where there is none."""
        if scope["method"] not in ("GET", "HEAD"):
            return JSONResponse({"error": f"An asset does not answer {scope['method']}."}, 405, {"Allow": "GET, HEAD"})
        first, _, rest = path.partition(os.sep)
        version, name = (first, rest) if HASH.fullmatch(first) else ("", path)
        try:
            asset = await to_thread.run_sync(self.get, name)
        except (OSError, ValueError):  # not there, or no name that a file could have
            return JSONResponse({"error": f"There is no asset {name[:80]!r}."}, 404)
        asked = Headers(scope=scope)
        body, tag = asset.body, asset.tag
        headers = {"Cache-Control": FOREVER if version == self._version else "no-cache", "Vary": "Accept-Encoding"}
        if asset.packed and "gzip" in asked.get("accept-encoding", ""):
            body, tag = asset.packed, f"{tag}-gzip"
            headers["Content-Encoding"] = "gzip"  # also tells Streamlit's middleware to let it pass
        headers["ETag"] = f'"{tag}"'
        answer = Response(body, headers=headers, media_type=asset.kind)
        return NotModifiedResponse(answer.headers) if self.is_not_modified(answer.headers, asked) else answer

    def _read(self, name: str) -> Asset:
        full_path, stat = self.lookup_path(name)
        path = Path(full_path)
        hidden = any(part.startswith(".") for part in Path(name).parts)
        outside = not path.is_relative_to(self._folder.resolve()) and name != "plotly.min.js"
        if stat is None or hidden or outside or not path.is_file():
            raise FileNotFoundError(name)
        body = path.read_bytes()
        packed = gzip.compress(body, 6, mtime=0) if path.suffix in TEXT else b""
        kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(name)[0]
        return Asset(
            body,
            packed if len(packed) < len(body) else b"",
            kind or "application/octet-stream",
            hashlib.sha256(body).hexdigest()[:12],
        )


def routes() -> list[Mount]:
    """The one route: everything below /assets."""
    return [Mount("/assets", ASSETS)]


def url(name: str) -> str:
    """Where a browser finds a file of assets/, or "plotly.min.js", from the app's root. Raises FileNotFoundError."""
    return ASSETS.url(name)


def styles(*names: str) -> str:
    """The text of style sheets for a page or a component, behind what all share: tokens and components."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in (*SHARED, *names))


def _files(folder: Path) -> list[Path]:
    """Every file below a folder but hidden ones, in one order."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in paths if not any(p.startswith(".") for p in path.relative_to(folder).parts))


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size


ASSETS = Assets()
