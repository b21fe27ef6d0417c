"""Forger's engine: models, losses, data, the training loop, and the latent tools. No browser anywhere in it."""

import os

# Threads of torch that wait for each other spin a little, then sleep. Read when torch is first imported. With other
# programs on the cores endless spinning nearly ends training; sleeping at once costs half the speed on a quiet machine:
# python -m benchmarks.threads.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

__version__ = "0.1.0"
