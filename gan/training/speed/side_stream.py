"""An executor that runs evaluation beside training: on CUDA in a thread with its own stream, elsewhere inline.

The work gets copies (`Game.snapshot`), made in the order of training: what it finds does not depend on how long it
takes, and training waits for the copies only. On a CPU both would share the same cores, and nothing would be won. CUDA
was not measured.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Protocol, TypeVar

import torch

from gan.hardware import use_threads

Result = TypeVar("Result")


class Executor(Protocol):
    """Carries out work, one piece after the other."""

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Begins `work` when everything is in place that training has asked of the device so far."""

    def close(self) -> None:
        """Waits for what has begun; the rest is left out."""


def executor_for(device: torch.device) -> Executor:
    """The executor for evaluation beside training on this device."""
    return SideStreamExecutor(CudaStream(device)) if device.type == "cuda" else InlineExecutor()


class InlineExecutor:
    """Does the work before it goes on; what the work raises is raised there."""

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        done: Future[Result] = Future()
        done.set_result(work())
        return done

    def close(self) -> None:
        pass


class Stream(Protocol):
    """A queue of work of the device."""

    def wait_for_training(self) -> None:
        """Holds what comes next until the device has done what the calling thread has asked of it so far."""

    def run(self, work: Callable[[], Result]) -> Result:
        """Does the work here, and returns when the device is done with it."""


class SideStreamExecutor:
    """Does the work in a thread of its own, on `stream`; what the work raises is the future's."""

    def __init__(self, stream: Stream):
        self.stream = stream
        count = torch.get_num_threads()
        self.pool = ThreadPoolExecutor(1, "side stream", initializer=partial(use_threads, count))

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        self.stream.wait_for_training()
        there = partial(self.stream.run, work)
        try:
            return self.pool.submit(there)
        except RuntimeError:  # Python is about to end, and starts nothing in threads any more
            return InlineExecutor().submit(there)

    def close(self) -> None:
        self.pool.shutdown(cancel_futures=True)


class CudaStream:
    """A CUDA stream beside the one that trains. Run on no machine yet: written after PyTorch's notes on CUDA semantics
    (docs.pytorch.org/docs/stable/notes/cuda.html)."""

    def __init__(self, device: torch.device):
        self.stream = torch.cuda.Stream(device)

    def wait_for_training(self) -> None:
        self.stream.wait_stream(torch.cuda.current_stream(self.stream.device))

    def run(self, work: Callable[[], Result]) -> Result:
        try:
            with torch.cuda.stream(self.stream):
                return work()
        finally:
            self.stream.synchronize()  # nothing reads the copies any more: their memory may be given back
