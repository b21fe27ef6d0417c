"""The training loop and what it writes: log, sample grids, live scores, checkpoints."""
