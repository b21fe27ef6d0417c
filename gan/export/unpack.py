"""The zip of an exported run, opened again as a run: every file is checked, and it is there whole or not at all."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from gan import files, images, runs
from gan.config import RunConfig
from gan.export import private, run_zip
from gan.export.run_zip import PICTURE, PICTURE_BYTES, Refused
from gan.runs import Run, RunError
from gan.runs.log_reader import newest

CHUNK_BYTES, MAX_HEADER_BYTES = 1 << 20, 16 << 20
MAX_SIDE, MAX_CHANNELS, MAX_CLASSES = 512, 4, 10_000  # of the pictures that a generator makes
ALIKE = (
    "dataset",
    "model",
    "game",
    "z_dim",
    "width",
    "conditional",
    "conditioning",
)  # settings by which networks fit their run
PREFIX, STALE_SECONDS = ".import-", 3600
TEXT = "Opened from a zip, which has no state of the optimizers: it can be branched from, but not trained on."


def unpack(source: Path, run_id: str = "", home: Path | None = None) -> Run:
    """Makes a run of the zip `source`; without `run_id` it has the id it had, and a number behind where that is taken.

    Nothing but the files that a run's zip has is taken, and of these only what can be read: settings and weights have
    to fit each other, pictures are encoded anew. Raises RunError with a sentence, and then nothing is left behind.
    """
    if run_id and not runs.ID.match(run_id):
        raise RunError(f"{run_id!r} is not a run id: lower-case letters, digits and hyphens, at most 64.")
    if not source.is_file():
        raise RunError(f"{source} is a folder, not a zip." if source.is_dir() else f"There is no file {source}.")
    try:
        folder = runs.made_root(home)
        _sweep(folder)
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=folder) as temp, source.open("rb") as file:
            return _placed(_filled(file, Path(temp), source.stem), folder, run_id)
    except Refused as why:
        raise RunError(f"{source.name} {why}") from why
    except OSError as error:
        raise RunError(f"{source.name} cannot be opened as a run: {error.strerror or error}.") from error


def _filled(file: IO[bytes], temp: Path, stem: str) -> Run:
    """The run of a zip, below `temp`. Raises RunError, Refused, OSError."""
    zipped, inside, entries = run_zip.entries(file)
    made = Run(temp / _id_of(inside or stem))
    for part in ("samples/fixed", "samples/random", "snapshots"):
        (made.path / part).mkdir(parents=True)
    with zipped:
        for part, entry in entries.items():
            if match := PICTURE.match(part):
                path = made.real_picture() if match[3] else made.path / "samples" / match[1] / f"{match[2]}.webp"
                _copy_picture(zipped, entry, path)
            else:
                _copy(zipped, entry, made.path / part)
    _check(made)
    return made


def _copy(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, to: Path) -> None:
    """Unpacks one file, and looks whether it is what its ending says. Raises Refused, OSError."""
    with run_zip.unpacked(zipped, entry) as packed, to.open("wb") as file:
        shutil.copyfileobj(packed, file, CHUNK_BYTES)
    if to.suffix == ".jsonl" and to.stat().st_size and next(files.lines(to, to.stat().st_size), None) is None:
        raise Refused(f"is damaged: {to.name} has no record that can be read.")
    if to.suffix == ".json":
        try:
            if not isinstance(files.load(to.read_bytes()), dict):
                raise ValueError("it holds no JSON object")
        except ValueError as error:
            raise Refused(f"is damaged: {to.name} cannot be read ({error}).") from error


def _copy_picture(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, to: Path) -> None:
    """Reads one picture, and encodes it anew as the run folder has it. Raises Refused, OSError."""
    with run_zip.unpacked(zipped, entry) as packed:
        content = packed.read(PICTURE_BYTES + 1)
    try:
        sheet = images.decode(content)
    except (OSError, ValueError) as error:
        raise Refused(f"is damaged: {PurePosixPath(entry.filename).name} is no picture that can be read.") from error
    files.replace(to, images.webp(sheet), durable=False)


def _check(made: Run) -> None:
    """Looks at settings, wishes and weights as they are read later, and notes where the run is from.

    Raises RunError, Refused, OSError.
    """
    from gan.sampler import Sampler

    config = made.config()
    _check_header(made)
    weights = Sampler.load(made.path)
    _forget_place(made, config)
    if other := [name for name in ALIKE if getattr(weights.config, name) != getattr(config, name)]:
        raise Refused(f"is not taken: its weights and its config.json differ in {', '.join(other)}.")
    control = made.control()
    control = control.replace(want="run", title=" ".join(control.title.split())[:120] or made.id)
    text = json.dumps(control.to_dict(), indent=2, ensure_ascii=False)
    files.replace(made.path / "control.json", f"{text}\n".encode())
    if not made.events():
        made.record("created", preset="")
    last = newest(made)
    seconds, epoch = (float(last[k]) if files.is_number(last.get(k)) else 0.0 for k in ("seconds", "epoch"))
    made.record("imported", weights.step, seconds, epoch, text=TEXT)


def _forget_place(made: Run, config: RunConfig) -> None:
    """Keeps the last part of the paths of its pictures only: a zip from elsewhere names no folder of this machine."""
    from gan import tensor_files

    short = private.shortened(config)
    named = {name: getattr(short, name) for name in private.SOURCES if getattr(short, name)}
    if short != config:
        settings = made.path / "config.json"
        text = json.dumps({**files.load(settings.read_bytes()), **named}, indent=2, ensure_ascii=False)
        files.replace(settings, f"{text}\n".encode())
    tensors, about = tensor_files.read_tensors(made.weights())
    if any(about["config"].get(name, "") not in ("", named.get(name, "")) for name in private.SOURCES):
        about["config"] |= {name: named.get(name, "") for name in private.SOURCES}
        tensor_files.write_tensors(made.weights(), tensors, about)


def _check_header(made: Run) -> None:
    """Looks how large the pictures of a generator are, before its networks are built. Raises Refused, OSError."""
    with made.weights().open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        head = file.read(min(length, MAX_HEADER_BYTES))
    try:
        about = files.load(head)["__metadata__"]
        data, step = files.load(about["data"]), files.load(about["step"])
        if not (type(step) is int and step >= 0 and files.is_number(step)):
            raise ValueError("an impossible step")
        limits = zip(data["shape"], (MAX_CHANNELS, MAX_SIDE, MAX_SIDE), strict=True)
        if not all(type(n) is int and 0 < n <= most for n, most in limits):
            raise ValueError("impossible sizes")
        if type(data["n_classes"]) is not int or not 0 <= data["n_classes"] <= MAX_CLASSES:
            raise ValueError("impossible classes")
        if not isinstance(data["names"], list) or not all(isinstance(name, str) for name in data["names"]):
            raise ValueError("impossible names of classes")
    except (ValueError, LookupError, TypeError) as error:
        raise Refused(f"is damaged: weights.safetensors has no header that can be used ({error}).") from error


def _placed(made: Run, folder: Path, run_id: str) -> Run:
    """Moves a run to where runs are; it appears there whole. Raises RunError where the wanted id is taken."""
    for name in [run_id] if run_id else _ids(made.id):
        place = folder / name
        try:
            place.mkdir()
        except FileExistsError:
            continue
        try:
            made.path.rename(place)  # over the empty folder that holds the name
        except OSError:
            place.rmdir()
            raise
        return Run(place)
    raise RunError(f"A run {run_id or made.id!r} is there already; choose another id.")


def _ids(run_id: str) -> Iterator[str]:
    yield run_id
    for k in range(2, 10_000):
        yield f"{run_id[: 63 - len(str(k))]}-{k}"


def _id_of(name: str) -> str:
    """A run id made from any name."""
    text = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-")
    return text if runs.ID.match(text) else "run"


def _sweep(folder: Path) -> None:
    """Removes what killed imports have left."""
    for old in folder.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
