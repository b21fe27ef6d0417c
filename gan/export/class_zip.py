"""The zip of a class: each of its runs as one page that opens without a network, and an index that leads to them.

A run of which no page can be made is listed with the reason. Nothing in it comes from elsewhere or goes anywhere.
"""

from __future__ import annotations

import base64
import contextlib
import html
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from gan import files
from gan.datasets import Progress
from gan.export import watch_page
from gan.runs import Run, RunError
from gan.runs.log_reader import newest

MAX_BYTES = 200_000_000  # of pages in one zip; for a run after that the index says so
THUMB_BYTES = 300_000  # of the last grid of a run, as a picture of the index
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }}
ul {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 1.5rem; padding: 0; }}
li {{ list-style: none; }}
img {{ width: 100%; image-rendering: pixelated; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{about}</p>
<ul>
{entries}
</ul>
</body>
</html>
"""
ABOUT = "Unpack the zip, then open a run: pictures through time, curves, its generator, a quiz. It needs no network."


def pack(runs: Sequence[Run], out: Path, title: str) -> Iterator[Progress]:
    """Writes the zip to `out`, telling before each run which it is and how far it got."""
    entries, size = list[str](), 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for done, run in enumerate(runs):
            yield Progress(done, len(runs), "runs", run.id)
            page, why = "", "left out: the zip is full"
            if size < MAX_BYTES:
                try:
                    page = watch_page.one_file(run)
                except RunError as error:
                    why = str(error)
            if page:
                zipped.writestr(f"{run.id}.html", page)
                size += len(page)
            entries.append(_entry(run, "" if page else why))
        zipped.writestr("index.html", PAGE.format(title=html.escape(title), about=ABOUT, entries="\n".join(entries)))


def _entry(run: Run, why: str) -> str:
    """A run in the index; `why` where there is no page of it."""
    name = html.escape(run.control().title or run.id)
    step = int(newest(run).get("step", 0))
    steps = run.pictures("fixed")
    picture = ""
    with contextlib.suppress(OSError, ValueError, IndexError):  # none yet, thinned out just now, or too large
        content = files.read(run.picture("fixed", steps[-1]), THUMB_BYTES)
        picture = f'<img alt="" src="data:image/webp;base64,{base64.b64encode(content).decode()}">'
    if why:
        return f"<li>{picture}<b>{name}</b><br>step {step:,}<br>{html.escape(why)}</li>"
    return f'<li><a href="{run.id}.html">{picture}<b>{name}</b></a><br>step {step:,}</li>'
