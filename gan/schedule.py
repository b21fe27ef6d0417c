"""How both learning rates fall while a run trains: not at all, by half-lives, or by inverse time."""

from __future__ import annotations


def decayed(step: int, epoch: float, decay_steps: int, half_life: float) -> float:
    """What both learning rates are multiplied by, 1.0 to 0.0, after `step` steps and `epoch` passes over the data.

    Inverse-time decay is 1/(1 + step/decay_steps): a half after decay_steps, a quarter after three times as many, and
    never quite over, so it needs to know no budget (after Robbins & Monro, "A Stochastic Approximation Method", 1951).
    Exponential decay is 0.5^(epoch/half_life). Where both are asked for they multiply; 0 stands for none.
    """
    inverse = 1 / (1 + step / decay_steps) if decay_steps else 1.0
    return inverse * (0.5 ** (epoch / half_life) if half_life else 1.0)


def words(decay_steps: int, half_life: float) -> str:
    """The same for people; "" where nothing decays."""
    inverse = f"both are divided by 1 + steps / {decay_steps:,}" if decay_steps else ""
    exponential = f"both halve every {half_life:g} epochs" if half_life else ""
    return " and ".join(filter(None, (inverse, exponential)))
