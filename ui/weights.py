"""What a generator's file says of itself: the JSON header of a safetensors file, read without torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gan import files
from gan.runs import Run, RunError
from ui.kept import Kept

HEADER = 1 << 20  # bytes; ours are a few kB, so a longer one is no file of ours


@dataclass(frozen=True)
class About:
    """One published generator: the step it is from, what it takes and what it makes.

    `mtime` is the file's, in ns. `shape` is (C, H, W); (2, 1, 1) means points of the plane. `names` are the classes of
    its data, `n_classes` how many of them the generator can be asked for: 0 unless its run is conditional.
    """

    step: int
    mtime: int
    z_dim: int
    shape: tuple[int, int, int]
    n_classes: int
    names: tuple[str, ...]

    @property
    def is_points(self) -> bool:
        return self.shape[1:] == (1, 1)


LATELY: Kept[tuple[Path, int], About] = Kept(
    64
)  # of generators drawn as the newest, by run and step


def about(run: Run, step: int | None = None) -> About:
    """The header of the newest generator, or of the one of a step: a snapshot, or one in memory though replaced since.

    Raises RunError when there is none or it cannot be read.
    """
    path = run.weights(step)
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        if step is not None and (held := LATELY.get((run.path, step))):
            return held
        raise RunError(_absent(run, step)) from None
    except (OSError, ValueError, LookupError, TypeError, OverflowError) as error:
        raise RunError(f"The weights of run {run.id!r} cannot be read: {error}.") from error


@lru_cache(maxsize=256)
def _read(path: Path, mtime: int) -> About:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > HEADER:
            raise ValueError("the header is too long")
        told = {
            key: files.load(value)
            for key, value in files.load(file.read(length))["__metadata__"].items()
            if key in ("step", "config", "data")
        }
    data = told["data"]
    channels, height, width = data["shape"]
    if (z_dim := int(told["config"]["z_dim"])) < 1:
        raise ValueError("z has no numbers")
    return About(
        step=int(told["step"]),
        mtime=mtime,
        z_dim=z_dim,
        shape=(channels, height, width),
        n_classes=int(data["n_classes"]) if told["config"].get("conditional") else 0,
        names=tuple(data["names"]),
    )


def _absent(run: Run, step: int | None) -> str:
    if step is None:
        return f"Run {run.id!r} has no generator yet: it shows one as soon as its training begins."
    kept = run.snapshots()
    there = f"it has {', '.join(map(str, kept))}" if kept else "it has none yet"
    return f"Run {run.id!r} kept no generator at step {step}: {there}."
