"""The watch view as one HTML file: scripts and styles inside, a worker made of text, and nothing from elsewhere.

Scripts in a file that is opened from a disk cannot import each other, so modules are put one after the other: each
becomes a function's body, what it exports an object, an import the names taken out of such an object.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path

from gan.export.watch_files import NOW, WatchFiles
from gan.runs import Run, RunError
from gan.runs.retention import prune_log_spaced

FOLDER = Path(__file__).parents[2] / "assets"
SCRIPT, WORKER = "watch/main.js", "engine/worker.js"
STYLES = ("base/tokens.css", "base/components.css", "watch/watch.css")
IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const) (\w+))", re.MULTILINE)
COMMENT = re.compile(r"^[ \t]*(?://.*|/\*\*(?:(?!\*/)[\s\S])*\*/)\n", re.MULTILINE)  # one that has its lines to itself
MODULE_WORDS = re.compile(r"^(?:import|export)\b|\bimport\.meta\b", re.MULTILINE)
LIMIT_BYTES = 2_000_000  # of a page, unless its generator is large
SPARE_BYTES = 8_000  # sizes of files in a page are reckoned one by one
GENERATORS = 4  # for so many of them there is room in any case
PICTURES = 6  # through time, at least
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
<main id="watch"></main>
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


def published(title: str) -> str:
    """The page beside whose address the files of a run lie: it asks for them."""
    return _page(title, "", "'self'")


def one_file(run: Run) -> str:
    """The page with a run inside, as much of it as fits. Raises RunError where there is nothing to show yet.

    At most LIMIT_BYTES, or four times its generator where that is more: the newest generator, D and PICTURES pictures
    always; then other generators, then other pictures.
    """
    watch = WatchFiles(run)
    watch.refresh(final=True)
    if not watch.now["samples"]["fixed"]:
        raise RunError(f"Run {run.id!r} has no pictures yet: let it train first.")
    page = _page(watch.now["title"], packed(_chosen(watch)), "'none'")
    for word in ("http://", "https://"):
        if word in page:
            raise RunError(f"The page is not handed out: it names an address outside itself ({word}…).")
    return page


def packed(contents: Mapping[str, bytes]) -> str:
    """Files as one text: base64 of gzip of the length of an index (uint32), the index, and their bytes."""
    places, at = {}, 0
    for name, data in contents.items():
        places[name] = (at, len(data))
        at += len(data)
    index = json.dumps(places).encode()
    whole = len(index).to_bytes(4, "little") + index + b"".join(contents.values())
    return base64.b64encode(gzip.compress(whole, 6, mtime=0)).decode()


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


def _page(title: str, data: str, connect: str) -> str:
    return PAGE.format(
        policy=POLICY.format(connect=connect),
        title=html.escape(title),
        style="\n".join((FOLDER / name).read_text(encoding="utf-8") for name in STYLES),
        worker=bundle(WORKER),
        data=data,
        script=bundle(SCRIPT),
    )


def _chosen(watch: WatchFiles) -> dict[str, bytes]:
    """The files that fit into one page, with a `now.json` that names no others."""
    now, contents = watch.now, watch.contents
    generators, steps = dict(now["generators"]), now["samples"]["fixed"]
    sizes = {name: _text_bytes(data) for name, data in contents.items()}
    picture = {step: now["picture_url"].format(sort="fixed", step=step) for step in steps}
    optional = {*generators.values(), *picture.values()}
    newest = max(generators, default=None)
    large = GENERATORS * sizes.get(generators.get(newest, ""), 0)
    most = max(LIMIT_BYTES, large) - SPARE_BYTES - len(published("").encode())

    def total(chosen: list[int], shown: list[int]) -> int:
        names = [*(generators[step] for step in chosen), *(picture[step] for step in shown)]
        return sum(size for name, size in sizes.items() if name not in optional) + sum(sizes[name] for name in names)

    chosen, shown = [newest] if newest is not None else [], _spaced(steps, PICTURES)
    middle = math.log1p(newest or 0) / 2
    for step in sorted({*generators} - {newest}, key=lambda step: abs(math.log1p(step) - middle)):
        if total([*chosen, step], shown) <= most:
            chosen.append(step)
    count = len(steps)
    while count > PICTURES and total(chosen, _spaced(steps, count)) > most:
        count -= 1
    shown = _spaced(steps, max(count, PICTURES))
    names = {name for name in contents if name not in optional} - {NOW}
    names |= {generators[step] for step in chosen} | {picture[step] for step in shown}
    reduced = {
        **now,
        "generators": [(step, generators[step]) for step in sorted(chosen)],
        "samples": {"fixed": shown, "random": []},
    }
    return {NOW: json.dumps(reduced).encode(), **{name: contents[name] for name in sorted(names)}}


def _spaced(steps: list[int], count: int) -> list[int]:
    gone = set(prune_log_spaced(steps, count))
    return [step for step in steps if step not in gone]


def _text_bytes(data: bytes) -> int:
    """About how long a file is in a page."""
    return 4 * len(gzip.compress(data, 6)) // 3 + 64
