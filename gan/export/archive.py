"""The zip of an exported run: weights, settings, history, pictures, a script of its own."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from gan import datasets, files, images
from gan.config import RunConfig
from gan.datasets import DataError, Progress
from gan.export import figure, private, readme, script
from gan.runs import PICTURE_BYTES, Run, RunError
from gan.runs.retention import prune_log_spaced

GIF_FRAMES, GIF_BYTES = 120, 5_000_000
MIN_FRAMES = 40  # frames below which the pictures shrink instead
MAX_POINTS = 10_000  # of the real ones, for a run on points
HISTORY = ("config.json", "control.json", "data.json", "metrics.jsonl", "events.jsonl", "scores.jsonl")

Make = Callable[[], bytes | str | None]


def archive(run: Run, out: Path) -> Iterator[Progress]:
    """Writes the zip of `run` to `out`, telling before each file which it is and how far it got.

    `out` appears at the end, whole; a generator that is closed before leaves nothing. Works while the
    run is being trained. Raises RunError when there is no generator yet or `out` cannot be written.
    """
    parts = list(_parts(run))
    temp = out.with_name(f".{out.name}.{time.time_ns()}")
    try:
        with zipfile.ZipFile(temp, "w") as zipped:
            for done, (name, make) in enumerate(parts):
                yield Progress(done, len(parts), "files", name)
                if (content := make()) is not None:
                    entry = zipfile.ZipInfo(f"{run.id}/{name}", time.localtime()[:6])
                    entry.external_attr = 0o100644 << 16
                    zipped.writestr(entry, content, zipfile.ZIP_DEFLATED)
        temp.replace(out)
    except OSError as error:
        raise RunError(f"{out.name} cannot be written: {error.strerror or error}.") from error
    finally:
        temp.unlink(missing_ok=True)
    yield Progress(len(parts), len(parts), "files", f"{out.name} is ready")


def animation(run: Run, frames: int = GIF_FRAMES, most: int = GIF_BYTES) -> bytes | None:
    """The fixed grid over the steps as a GIF: at most `frames` pictures and `most` bytes.

    What is too large first loses frames, down to `MIN_FRAMES`, then gets smaller. None without pictures.
    """
    steps, scale = run.pictures("fixed"), 1.0
    while True:
        gone = set(prune_log_spaced(steps, frames))
        steps = [step for step in steps if step not in gone]
        pictures = [_sheet(run.picture("fixed", step)) for step in steps]
        sheets = [_scaled(sheet, scale) for sheet in pictures if sheet is not None]
        if not sheets:
            return None
        data = images.gif(sheets)
        if len(data) <= most:
            return data
        if len(steps) > MIN_FRAMES:
            frames = max(MIN_FRAMES, int(0.95 * len(steps) * most / len(data)))
        else:
            scale *= min(0.9, (most / len(data)) ** 0.5)


@dataclass(frozen=True)
class _Weights:
    """The newest weights as they were at one moment, and what their header says of the data."""

    raw: bytes
    step: int
    shape: tuple[int, ...]
    n_classes: int

    @classmethod
    def read(cls, run: Run) -> _Weights:
        """Raises RunError when there are none or the header is not one."""
        try:
            raw = run.read(run.weights())
        except files.Unreadable as error:
            raise RunError(f"The weights of run {run.id!r} cannot be read: {error}.") from None
        except OSError:
            raise RunError(f"Run {run.id!r} has no generator yet: let it train first.") from None
        try:
            header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])["__metadata__"]
            data = json.loads(header["data"])
            shape = tuple(int(n) for n in data["shape"])
            return cls(raw, int(header["step"]), shape, int(data["n_classes"]))
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(f"The weights of run {run.id!r} are damaged: {error}.") from error


def _parts(run: Run) -> Iterator[tuple[str, Make]]:
    """The files of the zip by name, each with what makes its content (None: left out)."""
    if trouble := run.trouble():
        raise RunError(f"Run {run.id!r} is not exported: {trouble}")
    config, weights = run.config(), _Weights.read(run)
    names = private.names(config)
    yield "README.txt", partial(readme.text, run, config, weights.step)
    if script.body(config):
        yield "gan.py", partial(_script, run, config, weights)
    yield "weights.safetensors", partial(_weights, weights.raw, config)
    for name in HISTORY:
        if (run.path / name).is_file():
            yield name, partial(_history, run, name, names)
    for step in run.pictures("fixed")[-1:]:
        yield f"samples/fixed-{step}.png", partial(_png, run.picture("fixed", step))
    for step in run.pictures("random")[-1:]:
        yield f"samples/random-{step}.png", partial(_png, run.picture("random", step))
    yield "samples/real.png", partial(_png, run.real_picture())
    yield "training.gif", partial(animation, run)
    yield "figure.png", partial(figure.figure, run)
    if weights.shape[1:] == (1, 1):
        yield "points.npy", partial(_points, config)


def _script(run: Run, config: RunConfig, weights: _Weights) -> str:
    control = run.control()
    title, (epoch, _) = control.title or run.id, readme.reached(run, weights.step)
    shape, n_classes, step = weights.shape, weights.n_classes, weights.step
    return script.source(config, shape, n_classes, control.in_force(config), title, step, epoch)


def _history(run: Run, name: str, names: Mapping[str, str]) -> bytes:
    return private.without(run.read(name), names)


def _weights(raw: bytes, config: RunConfig) -> bytes:
    """The weights, whose header says no more of a folder than the settings beside them do."""
    short = private.shortened(config)
    if short == config:
        return raw
    from gan import tensor_files

    return tensor_files.with_metadata(raw, {"config": short.to_dict()})


def _png(path: Path) -> bytes | None:
    sheet = _sheet(path)
    return None if sheet is None else images.png(sheet)


def _sheet(path: Path) -> images.Pixels | None:
    """A picture of the run; None when it is not there (it may just have been thinned out) or broken."""
    try:
        return images.decode(files.read(path, PICTURE_BYTES))
    except (OSError, ValueError):
        return None


def _scaled(sheet: images.Pixels, scale: float) -> images.Pixels:
    if scale == 1.0:
        return sheet
    height, width = (max(1, round(side * scale)) for side in sheet.shape[:2])
    return np.asarray(Image.fromarray(sheet).resize((width, height), Image.Resampling.BOX))


def _points(config: RunConfig) -> bytes | None:
    """The real points, float32 N,2: no data set outside this app has them."""
    try:
        data = datasets.open(config)
    except DataError:
        return None
    out = io.BytesIO()
    np.save(out, data.images[:MAX_POINTS, :, 0, 0])
    return out.getvalue()
