"""Forger's engine: models, losses, data, the training loop, and the latent tools. No browser anywhere in it."""

import os

# Threads of torch that wait for each other sleep instead of spinning. Read when torch is first imported. With another
# program on the cores, spinning ends training: two threads made 16 images/s of `lean`, sleeping ones 200 to 300. On a
# quiet machine there is no difference (medians of three: 3,726 sleeping, 3,778 spinning).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"
