"""Forger's engine: models, losses, data, the training loop, and the latent tools. No browser anywhere in it."""

__version__ = "0.1.0"
