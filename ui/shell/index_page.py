"""GET / and /<page>: Streamlit's own page, with a script of ours that comes before Streamlit's.

The script (assets/shell/connection.js) tells Streamlit's where the server is. That one cannot know whether /learn is a
page or the folder that a proxy puts the app in, so it first asks /learn/_stcore/health and /learn/_stcore/host-config,
which Streamlit answers by 404 on purpose: were they found, /learn would be taken for the app's root and the main page
shown. It also says what is in the way where the page gets no connection, since then nothing else of ours is loaded.
"""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from streamlit import file_util

from ui.shared import assets
from ui.shared.navigation import PAGES

HEAD = "<head>"
SCRIPT = "shell/connection.js"


def names() -> list[str]:
    """The pages by the last part of their addresses; "" is the home page."""
    return ["", *sorted(path.stem for path in PAGES.glob("[!_]*.py"))]


def routes() -> list[BaseRoute]:
    """A route for each page. Without Streamlit's index.html there is none, and Streamlit guesses."""
    index = Path(file_util.get_static_dir()) / "index.html"
    if not index.is_file():
        return []
    text = index.read_text(encoding="utf-8")

    def page(_: Request) -> Response:
        script = f'<script type="module" src="{assets.url(SCRIPT)}"></script>'
        return HTMLResponse(text.replace(HEAD, HEAD + script, 1), headers={"Cache-Control": "no-cache"})

    def without_slash(request: Request) -> Response:  # by a relative address: Streamlit's would lose a proxy's folder
        name, query = request.url.path.rstrip("/").rpartition("/")[2], request.url.query
        return RedirectResponse(f"../{name}" + (f"?{query}" if query else ""))

    return [
        *(Route(f"/{name}", page) for name in names()),
        *(Route(f"/{name}/", without_slash) for name in names() if name),
    ]
