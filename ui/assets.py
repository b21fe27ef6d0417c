"""GET /assets/…: scripts and styles, compressed once, kept by browsers for ever under the hash of their content."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import mimetypes
import re
import threading
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

FOLDER = Path(__file__).parent.parent / "assets"
FOREVER = "public, max-age=31536000, immutable"
TEXT = (".js", ".css", ".svg", ".json", ".html")  # worth compressing
SIBLING = re.compile(rb'"\./([\w.-]+)"')  # how one script names another: "./series.js"


@dataclass(frozen=True)
class Asset:
    """A file as it is sent; `packed` is its gzip form, b"" where that would not be smaller."""

    body: bytes
    packed: bytes
    version: str
    kind: str


class Shelf:
    """The files of `folder` and Plotly's script, each read, stamped and compressed when it is first asked for.

    Scripts name each other as "./other.js"; such a name gets the hash of the other file, so that a browser that
    keeps everything for ever still never mixes two versions. When a file in `folder` changes, all are read anew.
    """

    def __init__(self, folder: Path = FOLDER):
        self._folder = folder
        self._kept: dict[str, Asset] = {}
        self._stamp: dict[str, int] = {}
        self._guard = threading.RLock()

    def url(self, name: str) -> str:
        """Where a browser finds it. Raises FileNotFoundError."""
        return f"/assets/{name}?v={self.get(name).version}"

    def get(self, name: str) -> Asset:
        """The file of that name. Raises FileNotFoundError."""
        with self._guard:
            stamp = {path.name: path.stat().st_mtime_ns for path in self._folder.iterdir()}
            if stamp != self._stamp:
                self._stamp, self._kept = stamp, {}
            if name not in self._kept:
                self._kept[name] = self._read(name)
            return self._kept[name]

    def _read(self, name: str) -> Asset:
        path = _plotly() if name == "plotly.min.js" else self._folder / name
        if path.name != name or not path.is_file():
            raise FileNotFoundError(name)
        body = path.read_bytes()
        if path.suffix == ".js" and path.parent == self._folder:
            body = SIBLING.sub(lambda found: f'"{self.url(found[1].decode())}"'.encode(), body)
        packed = gzip.compress(body, 6, mtime=0) if path.suffix in TEXT else b""
        kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(name)[0]
        return Asset(
            body,
            packed if len(packed) < len(body) else b"",
            hashlib.sha256(body).hexdigest()[:12],
            kind or "application/octet-stream",
        )


def serve(request: Request) -> Response:
    """The route. The right ?v= makes the answer immutable; otherwise a browser asks again."""
    try:
        asset = SHELF.get(request.path_params["name"])
    except OSError:  # not there, or no name that a file could have
        return JSONResponse(
            {"error": f"There is no asset {request.path_params['name'][:80]!r}."}, 404
        )
    right = request.query_params.get("v") == asset.version
    headers = {"Cache-Control": FOREVER if right else "no-cache", "Vary": "Accept-Encoding"}
    body = asset.body
    if asset.packed and "gzip" in request.headers.get("accept-encoding", ""):
        body = asset.packed
        headers["Content-Encoding"] = "gzip"  # also tells Streamlit's middleware to let it pass
    return Response(body, headers=headers, media_type=asset.kind)


def routes() -> list[Route]:
    return [Route("/assets/{name:path}", serve)]


def url(name: str) -> str:
    """Where a browser finds a file of assets/, or "plotly.min.js". Raises FileNotFoundError."""
    return SHELF.url(name)


def _plotly() -> Path:
    spec = importlib.util.find_spec("plotly")  # without the second that importing it takes
    if spec is None or spec.origin is None:
        raise FileNotFoundError("plotly.min.js")
    return Path(spec.origin).parent / "package_data" / "plotly.min.js"


SHELF = Shelf()
