"""Forger's engine: models, losses, data, the training loop, and the latent tools. No browser anywhere in it."""

import fcntl
import os
import sys

# Threads of torch that wait for each other spin a little, then sleep. Read when torch is first imported. With other
# programs on the cores endless spinning nearly ends training; sleeping at once costs half the speed on a quiet machine:
# python -m benchmarks.threads.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")


def _open_standard_streams() -> None:
    """Puts /dev/null in the place of a standard stream that was closed, as `>&-` and some schedulers do.

    Else the next file that is opened gets its number, and whatever is printed goes into that file. A shell's own script
    may have got it already: so output that cannot be written to counts as closed, too.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            closed = mode == "w" and fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
            os.fstat(number)
        except OSError:
            closed = True
        if closed:
            if (opened := os.open(os.devnull, os.O_RDWR)) != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
        if getattr(sys, name) is None:  # what has its number though it was closed is something else's
            setattr(sys, name, open(number if closed else os.devnull, mode, closefd=not closed))  # noqa: SIM115


_open_standard_streams()

__version__ = "0.1.0"
