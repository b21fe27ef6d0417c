"""The watch view as HTML: one page with its scripts and styles inside, and a worker made of text.

Scripts in a file that is opened from a disk cannot import each other, so modules are put one after the other: each
becomes a function's body, what it exports an object, an import the names taken out of such an object.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "assets"
SCRIPT, WORKER = "watch/main.js", "engine/worker.js"
STYLES = ("base/tokens.css", "base/components.css", "guide/answers.css", "watch/watch.css")
IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const) (\w+))", re.MULTILINE)
COMMENT = re.compile(r"^[ \t]*(?://.*|/\*\*(?:(?!\*/)[\s\S])*\*/)\n", re.MULTILINE)  # one that has its lines to itself
MODULE_WORDS = re.compile(r"^(?:import|export)\b|\bimport\.meta\b", re.MULTILINE)
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:; worker-src blob:; "
    "style-src 'unsafe-inline'; img-src 'self' blob: data:; connect-src {connect}; base-uri 'none'; form-action 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<main id="watch" data-from="{source}"></main>
<script type="text/plain" id="worker">
{worker}
</script>
<script type="text/plain" id="run">{data}</script>
<script>
{script}
</script>
</body>
</html>
"""


def live() -> str:
    """The page of a server of ours, which asks its routes for a run."""
    return page("Forger", "routes", "'self'")


def published(title: str) -> str:
    """The page beside whose address the files of a run lie: it asks for them."""
    return page(title, "folder", "'self'")


def page(title: str, source: str, connect: str, data: str = "") -> str:
    """The page; `source` is where its script finds a run: "routes", a "folder", or the page itself with `data`."""
    return PAGE.format(
        policy=POLICY.format(connect=connect),
        title=html.escape(title),
        style="\n".join((FOLDER / name).read_text(encoding="utf-8") for name in STYLES),
        source=source,
        worker=bundle(WORKER),
        data=data,
        script=bundle(SCRIPT),
    )


def undrawn(points: bool, from_source: bool) -> str:
    """Why the page cannot draw what a generator makes, "" where it may be able to."""
    if points:
        return "Its samples are points of the plane, which this page does not draw by itself."
    return "It makes one picture from another, and this page has noise alone." if from_source else ""


def bundle(entry: str, folder: Path = FOLDER) -> str:
    """A module of `folder` and all that it imports, as one script. Raises ValueError for what cannot be bundled."""
    bodies: dict[str, str] = {}
    _collect((folder / entry).resolve(), folder.resolve(), bodies, ())
    return "\n".join(['"use strict";', "const modules = {};", *bodies.values()])


def _collect(path: Path, folder: Path, bodies: dict[str, str], above: tuple[Path, ...]) -> None:
    """Adds a module behind those that it imports."""
    name = path.relative_to(folder).as_posix()
    if path in above:
        raise ValueError(f"{name} imports itself by way of {above[-1].name}")
    if name in bodies:
        return
    text = path.read_text(encoding="utf-8")
    for _, other in IMPORT.findall(text):
        _collect((path.parent / other).resolve(), folder, bodies, (*above, path))

    def names_of(match: re.Match[str]) -> str:
        other = (path.parent / match[2]).resolve().relative_to(folder).as_posix()
        return f"const {{{match[1].replace(' as ', ': ')}}} = modules[{json.dumps(other)}];\n"

    text = COMMENT.sub("", text)
    names = ", ".join(EXPORT.findall(text))
    body = EXPORT.sub("", IMPORT.sub(names_of, text))
    if rest := MODULE_WORDS.search(body):
        raise ValueError(f"{name} has {rest[0]!r} in a form that no bundle has")
    if "</script" in body.lower():
        raise ValueError(f"{name} would end the script that it stands in")
    bodies[name] = f"(() => {{\n{body}\nmodules[{json.dumps(name)}] = {{ {names} }};\n}})();"
