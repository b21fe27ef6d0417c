"""Processes that torchrun started to train one run together: `torchrun --nproc-per-node N -m gan train …`."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

from gan import datasets, hardware, runs
from gan.cli.flags import Usage
from gan.runs import RunError

if TYPE_CHECKING:
    from gan.training.crew import GlooCrew
    from gan.training.crew import Leader as Leader


def launched() -> bool:
    """Whether torchrun started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1 and "RANK" in os.environ


@contextlib.contextmanager
def joined(args: argparse.Namespace) -> Iterator[Leader]:
    """Joins the other processes. The first one gets a Leader to train with; the others train here and end with it.

    After a process was lost torchrun starts all of them again: then the run goes on. Raises Usage, RunError.
    """
    if not args.run:
        raise Usage("several processes need --run ID: torchrun starts them again by it when one is lost.")
    from gan.training import crew as crews

    crew = crews.GlooCrew()
    try:
        if crew.rank:
            _follow(crew)
            _leave(crew)
        again = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") != "0"
        args.resume = args.resume or (again and (runs.root() / args.run / "config.json").exists())
        leader = crews.Leader(crew)
        try:
            yield leader
        finally:
            leader.dismiss()
    finally:
        crew.close()


def spare(leader: Leader | None) -> int:
    """Cores that process 0 leaves to the others, if there are any."""
    return hardware.cores() - max(1, hardware.cores() // leader.crew.count) if leader else 0


def _leave(crew: GlooCrew) -> NoReturn:
    """Ends this process, its work done, at once: in its own end PyTorch's threads abort about one in ten."""
    crew.close()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _follow(crew: GlooCrew) -> None:
    from gan.training.follower import follow

    try:
        follow(crew)
    except RuntimeError as error:
        raise RunError(f"Process {crew.rank} lost the others: {str(error).splitlines()[0]}") from error
    except datasets.DataError as error:
        raise RunError(f"Process {crew.rank} cannot train: {error}") from error
