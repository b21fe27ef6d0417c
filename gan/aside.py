"""Looking while training goes on: on CUDA in a thread and on a stream of its own, elsewhere at once.

Whoever looks is given copies (`Players.frozen`), made in the order of training: what is seen does not depend on how
long the looking takes, and training waits for the copies only. On a CPU both would share the same cores, and nothing
would be won. CUDA was not measured.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Protocol, TypeVar

import torch

from gan.hardware import use_threads

Seen = TypeVar("Seen")


class Aside(Protocol):
    """Carries out work, one piece after the other."""

    def do(self, work: Callable[[], Seen]) -> Future[Seen]:
        """Begins `work` when everything is in place that training has asked of the device so far."""

    def close(self) -> None:
        """Waits for what has begun; the rest is left out."""


def open(device: torch.device) -> Aside:
    """Where work is done beside training on this device."""
    return Beside(CudaStream(device)) if device.type == "cuda" else AtOnce()


class AtOnce:
    """Does the work before it goes on; what the work raises is raised there."""

    def do(self, work: Callable[[], Seen]) -> Future[Seen]:
        done: Future[Seen] = Future()
        done.set_result(work())
        return done

    def close(self) -> None:
        pass


class Stream(Protocol):
    """A queue of work of the device."""

    def wait_for_training(self) -> None:
        """Holds what comes next until the device has done what the calling thread has asked of it so far."""

    def run(self, work: Callable[[], Seen]) -> Seen:
        """Does the work here, and returns when the device is done with it."""


class Beside:
    """Does the work in a thread of its own, on `stream`; what the work raises is the future's."""

    def __init__(self, stream: Stream):
        self.stream = stream
        count = torch.get_num_threads()
        self.pool = ThreadPoolExecutor(1, "aside", initializer=partial(use_threads, count))

    def do(self, work: Callable[[], Seen]) -> Future[Seen]:
        self.stream.wait_for_training()
        there = partial(self.stream.run, work)
        try:
            return self.pool.submit(there)
        except RuntimeError:  # Python is about to end, and starts nothing in threads any more
            return AtOnce().do(there)

    def close(self) -> None:
        self.pool.shutdown(cancel_futures=True)


class CudaStream:
    """A CUDA stream beside the one that trains. Run on no machine yet: written after PyTorch's notes on CUDA semantics
    (docs.pytorch.org/docs/stable/notes/cuda.html)."""

    def __init__(self, device: torch.device):
        self.stream = torch.cuda.Stream(device)

    def wait_for_training(self) -> None:
        self.stream.wait_stream(torch.cuda.current_stream(self.stream.device))

    def run(self, work: Callable[[], Seen]) -> Seen:
        try:
            with torch.cuda.stream(self.stream):
                return work()
        finally:
            self.stream.synchronize()  # nothing reads the copies any more: their memory may be given back
