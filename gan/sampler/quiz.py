"""Quiz rounds: real and generated pictures in an order decided by a seed, and the source of the real ones."""

from __future__ import annotations

import contextlib
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gan import datasets, images, registry
from gan.config import RunConfig
from gan.datasets import DataError, strokes
from gan.registry import Card
from gan.runs import Run

if TYPE_CHECKING:
    from gan.sampler import Sampler

Arguments = tuple[tuple[str, Any], ...]  # of a data set's `load`, by name

MAX_REAL_IMAGES = 1000  # real images of a data set in memory
MAX_QUICK_BYTES = 100 << 20  # bytes of a data set that are read within a fraction of a second


class NoReal(Exception):
    """There are no real images to ask about; a sentence that goes on after "not available because"."""


@dataclass(frozen=True, eq=False)
class Real:
    """Real images, uint8 N,H,W,C, and in words where they come from."""

    pictures: NDArray[np.uint8]
    source: str


@dataclass(frozen=True, eq=False)
class Round:
    """n pictures, uint8 n,H,W,C; `truth` (n) tells which are real, `scores` (n) are D's: above 0 it says real."""

    step: int
    pictures: NDArray[np.uint8]
    truth: NDArray[np.bool_]
    scores: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Hand:
    """What a round is dealt from: `truth` (n) tells which are real; `real` uint8 k,H,W,C; `z` float32 n - k,z_dim."""

    truth: NDArray[np.bool_]
    real: NDArray[np.uint8]
    z: NDArray[np.float32]


def hand(real: Real, name: str, seed: int, n: int, z_dim: int) -> Hand:
    """A round of the model `name`: half of it real, the odd one by chance. Decided by (name, seed, n)."""
    rng = np.random.default_rng([zlib.crc32(name.encode()), seed, n])
    count = n // 2 + (n % 2 and int(rng.integers(2)))
    truth = rng.permutation(np.arange(n) < count)
    z = rng.standard_normal((n - count, z_dim), dtype=np.float32)
    rows = rng.choice(len(real.pictures), count, replace=count > len(real.pictures))
    return Hand(truth, real.pictures[rows], z)


def deal(sampler: Sampler, real: Real, name: str, seed: int, n: int) -> Round:
    """That round, with the generated pictures drawn and all of them judged."""
    dealt = hand(real, name, seed, n, sampler.z_dim)
    pictures = np.empty((n, *real.pictures.shape[1:]), np.uint8)
    pictures[dealt.truth] = dealt.real
    if len(dealt.z):
        pictures[~dealt.truth] = sampler.images(dealt.z)
    return Round(sampler.step, pictures, dealt.truth, sampler.critic(pictures))


def real(run: Run, shape: tuple[int, int, int]) -> Real:
    """Images of `shape` (C,H,W) of the test split where the data are here and quickly read, else those the run shows.

    Raises NoReal, and RunError when the run's settings cannot be read.
    """
    config = run.config()
    card = registry.card("datasets", config.dataset)
    if card.facts.get("POINTS"):
        raise NoReal("points of the plane are no pictures")
    with contextlib.suppress(DataError):
        pictures = _held_out(card.name, config.image_size, datasets.root(), _arguments(config))
        if len(pictures) and pictures.shape[1:] == (*shape[1:], shape[0]):
            return Real(pictures, f"{card.title}: images of the test split, which no training has seen")
    return Real(_shown(run, shape), f"{card.title}: images of the training split, those that the run keeps")


def _is_quick(card: Card, root: Path) -> bool:
    """Whether a data set can be read in well under a second, and nothing has to be fetched or made."""
    if card.name == "strokes":
        return strokes.is_kept(root)
    files = [registry.find_file(root, name, card.facts.get("FOLDERS", ())) for name in card.facts.get("FILES", ())]
    there = [file for file in files if file]
    return bool(files) and there == files and sum(file.stat().st_size for file in there) < MAX_QUICK_BYTES


def _arguments(config: RunConfig) -> Arguments:
    return tuple(datasets.arguments(config, registry.load("datasets", config.dataset)).items())


@lru_cache(maxsize=4)
def _held_out(dataset: str, side: int, root: Path, arguments: Arguments = ()) -> NDArray[np.uint8]:
    """Some images of the test split, uint8 N,H,W,C; none where there is no such split. Raises DataError."""
    if not _is_quick(registry.card("datasets", dataset), root):
        raise DataError(f"{dataset} is not here, or would take long to read.")
    data = registry.load("datasets", dataset).load(root, **dict(arguments))
    if data.test is None:
        return np.empty((0, 1, 1, 1), np.uint8)
    held_out = data.test.take(np.arange(min(MAX_REAL_IMAGES, len(data.test))))
    held_out = held_out.resized(side) if side else held_out
    return np.ascontiguousarray(held_out.images.transpose(0, 2, 3, 1))


def _shown(run: Run, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """The real images of the run's picture of them. Raises NoReal."""
    try:
        sheet = images.decode(run.read(run.real_picture()))
        return images.tiles(sheet, shape)
    except (OSError, ValueError) as error:
        raise NoReal(f"the run keeps no picture of real images ({error})") from error
