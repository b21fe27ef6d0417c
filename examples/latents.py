"""A finished generator in a notebook or a script: samples, the way from one to another, and a direction it has learned.

    python -m examples.latents [RUN] [OUT.png]

That is in the folder of the project; anywhere else after `pip install -e .`. It trains nothing.
"""

import sys
from pathlib import Path

import numpy as np

from gan import images
from gan.latents import directions
from gan.latents.interpolation import path
from gan.sampler import Sampler

run = Path(sys.argv[1] if len(sys.argv) > 1 else "checkpoints/lean-mnist")
out = Path(sys.argv[2] if len(sys.argv) > 2 else "latents.png")

# The newest EMA generator, on the CPU.
sampler = Sampler.load(run)
print(f"{run.name}, step {sampler.step}: z has {sampler.z_dim} numbers, a picture {sampler.shape} (C, H, W)")

# Samples, and what D says of them: above 0 it takes them for real.
z = np.random.default_rng(0).standard_normal((8, sampler.z_dim))  # 8,z_dim from N(0, 1)
samples = sampler.images(z)  # uint8 8,H,W,C
print("D's logits:", sampler.critic(samples).round(2))

# From the first sample to the second, on a turn: every frame is a typical sample.
walk = sampler.images(path(z[:2], 8))

# Directions are found in 1,024 pictures; `score` is R² on pictures kept aside.
found = directions.of(sampler).directions
for direction in found:
    print(f"{direction.name:12} {'' if direction.score is None else f'{direction.score:.2f}'}")
steps = np.linspace(-2, 2, 8)[:, None]  # in standard deviations of what the direction changes
bent = sampler.images(z[:1] + steps * found[0].vector)

out.write_bytes(images.png(images.grid(np.concatenate([samples, walk, bent]), columns=8)))
print(f"{out}: samples, a walk, and more and more {found[0].name}")
