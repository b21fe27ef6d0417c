"""The JSON header of a generator's safetensors file, read without torch."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cachetools import LRUCache

from gan import files, registry
from gan.config import declared
from gan.runs import Run, RunError

WORDS = "words"  # the conditioning that tells captions
MAX_HEADER_BYTES = 1 << 20  # ours are a few kB, so a longer one is no file of ours


@dataclass(frozen=True)
class About:
    """One published generator: the step it is from, what it takes and what it makes.

    `mtime` is the file's, in ns. `shape` is (C, H, W); (2, 1, 1) means points of the plane. `names` are the classes of
    its data, `n_classes` how many of them the generator can be asked for: 0 unless its run is conditional. `layers`
    are the names of the layers that each take a style, and `w_dim` is its length; () and 0 for a model without styles.
    `vocabulary` has the words of the captions that it was trained with, `sheet` those that a grid shows, a row each and
    with {} for the class; () without.
    """

    step: int
    mtime: int
    z_dim: int
    shape: tuple[int, int, int]
    n_classes: int
    names: tuple[str, ...]
    w_dim: int = 0
    layers: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    sheet: tuple[str, ...] = ()

    @property
    def is_points(self) -> bool:
        return self.shape[1:] == (1, 1)


_NEWEST: LRUCache[tuple[Path, int], About] = LRUCache(64)  # of generators that were the newest, by run and step
_LOCK = threading.Lock()


def remember(run: Run, about: About) -> None:
    """Keeps the header of a newest generator, so that `about` knows it by its step once it has been replaced."""
    with _LOCK:
        _NEWEST[run.path, about.step] = about


def about(run: Run, step: int | None = None) -> About:
    """The header of the newest generator, or of the one of a step: a snapshot, or one in memory though replaced since.

    Raises RunError when there is none or it cannot be read.
    """
    path = run.weights(step)
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        with _LOCK:
            if step is not None and (replaced := _NEWEST.get((run.path, step))):
                return replaced
        raise RunError(_absent(run, step)) from None
    except (OSError, ValueError, LookupError, TypeError, OverflowError) as error:
        raise RunError(f"The weights of run {run.id!r} cannot be read: {files.why(error)}.") from error


@lru_cache(maxsize=256)
def _read(path: Path, mtime: int) -> About:
    with files.opened(path) as file:
        length = int.from_bytes(file.read(8), "little")
        if length > MAX_HEADER_BYTES:
            raise ValueError("the header is too long")
        metadata = {
            key: files.load(value)
            for key, value in files.load(file.read(length))["__metadata__"].items()
            if key in ("step", "config", "data")
        }
    data = metadata["data"]
    channels, height, width = data["shape"]
    if (z_dim := int(metadata["config"]["z_dim"])) < 1:
        raise ValueError("z has no numbers")
    return About(
        step=int(metadata["step"]),
        mtime=mtime,
        z_dim=z_dim,
        shape=(channels, height, width),
        n_classes=int(data["n_classes"]) if metadata["config"].get("conditional") else 0,
        names=tuple(data["names"]),
        **_captions(metadata["config"]),
        **_styles(metadata["config"]),
    )


def _captions(config: dict[str, Any]) -> dict[str, Any]:
    """The words of the captions of a run's data, where its networks are told them, and the captions of a grid."""
    if not config.get("conditional") or config.get("conditioning") != WORDS:
        return {}
    try:
        facts = registry.card("datasets", config["dataset"]).facts
        return {"vocabulary": tuple(facts["VOCABULARY"]), "sheet": tuple(facts["SHEET"])}
    except (LookupError, registry.Unknown):
        return {}


def _styles(config: dict[str, Any]) -> dict[str, Any]:
    """How long w is and which layers take one each, as the model's file says; nothing of a model that is not here."""
    try:
        model = registry.canonical("models", config["model"])
        facts = registry.card("models", model).facts
        if "W_DIM" not in facts:
            return {}
        default = declared("models", model)[0][facts["W_DIM"]].default
        return {"w_dim": int(config.get(facts["W_DIM"], default)), "layers": tuple(facts["LAYERS"])}
    except (LookupError, registry.Unknown):
        return {}


def _absent(run: Run, step: int | None) -> str:
    if step is None:
        return f"Run {run.id!r} has no generator yet: it shows one as soon as its training begins."
    steps = run.snapshots()
    there = f"it has {', '.join(map(str, steps))}" if steps else "it has none yet"
    return f"Run {run.id!r} kept no generator at step {step}: {there}."
