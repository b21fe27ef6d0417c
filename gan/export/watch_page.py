"""The watch view as one HTML file with a run inside, as much of it as fits, and nothing from elsewhere."""

from __future__ import annotations

import base64
import gzip
import json
import math
from collections.abc import Mapping

from gan.export import watch_html
from gan.export.watch_files import NOW, WatchFiles
from gan.runs import Run, RunError
from gan.runs.retention import prune_log_spaced

LIMIT_BYTES, LARGE_BYTES = 2_000_000, 4_000_000  # of a page; of one whose generator is large
SPARE_BYTES = 8_000  # sizes of files in a page are reckoned one by one
GENERATORS = 4  # for so many of them there is room in any case
PICTURES = 6  # through time, at least


def one_file(run: Run) -> str:
    """The page with a run inside, as much of it as fits. Raises RunError where there is nothing to show yet.

    At most LIMIT_BYTES, or LARGE_BYTES where GENERATORS of its generators take more than that, or as much as they take:
    the newest generator, D and PICTURES pictures always; then other generators, then other pictures.
    """
    watch = WatchFiles(run)
    watch.refresh(final=True)
    if not watch.now["samples"]["fixed"]:
        raise RunError(f"Run {run.id!r} has no pictures yet: let it train first.")
    page = watch_html.page(watch.now["title"], "page", "'none'", packed(_chosen(watch)))
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


def _chosen(watch: WatchFiles) -> dict[str, bytes]:
    """The files that fit into one page, with a `now.json` that names no others."""
    now, contents = watch.now, watch.contents
    generators, steps = dict(now["generators"]), now["samples"]["fixed"]
    sizes = {name: _text_bytes(data) for name, data in contents.items()}
    picture = {step: now["picture_url"].format(sort="fixed", step=step) for step in steps}
    optional = {*generators.values(), *picture.values()}
    newest = max(generators, default=None)
    large = GENERATORS * sizes.get(generators.get(newest, ""), 0)
    limit = LIMIT_BYTES if large <= LIMIT_BYTES else max(LARGE_BYTES, large)
    most = limit - SPARE_BYTES - len(watch_html.published("").encode())

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
