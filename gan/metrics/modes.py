"""Modes: how many of the thousand numbers of stacked digits are drawn, and how evenly.

EvalNet reads each channel by itself; the three digits together are the mode of a picture. Modes found count those that
are read at least once among 26,000 pictures, as in the literature. A reading is a guess even where there is nothing to
read, so sure modes count only pictures of whose every digit EvalNet is sure (probability above 0.9). The KL divergence
compares the shares of the modes with those of the training images; at 26,000 pictures of equal law it is 0.019.
Metz et al. (2017, arXiv:1611.02163); Srivastava et al., "VEEGAN" (2017, arXiv:1705.07761).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gan.metrics import MetricInputs, NotMeant
from gan.metrics.classes import divergence, shares

SCORES = {
    "modes": {"label": "Modes found", "better": "higher", "digits": 0, "report": 61, "compare": 61},
    "modes_sure": {"label": "Modes found in sure readings", "better": "higher", "digits": 0, "report": 62},
    "modes_kl": {"label": "KL of the modes", "better": "lower", "digits": 3, "report": 63, "compare": 63},
}
STACKED = True  # meant for stacked digits, and for no other data
N_IMAGES = 26_000  # that the literature counts in
SURE = 0.9  # probability above which a digit counts as read for certain


def codes(digits: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The mode of each row of digits N,C, each below `count`: the number that the digits write, N."""
    return np.asarray(digits @ count ** np.arange(digits.shape[1])[::-1])


def prior(digits: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """The shares of all modes (count**C,) where each channel is drawn by itself from digits N,C of real images."""
    whole = np.ones(1)
    for channel in digits.T:
        whole = np.outer(whole, shares(channel, count)).ravel()
    return whole


def counted(modes: NDArray[np.int64], prior: NDArray[np.float64]) -> dict[str, float]:
    """How many different modes there are, and the KL divergence of their shares from `prior`."""
    values = shares(modes, len(prior))
    return {"modes": float((values > 0).sum()), "modes_kl": divergence(values, prior)}


def expected(prior: NDArray[np.float64], n: int) -> float:
    """How many different modes n images have on average whose modes are drawn by `prior`."""
    return float((1 - (1 - prior) ** n).sum())


def measure(inputs: MetricInputs) -> dict[str, float]:
    chances, usual = inputs.fake.channels, inputs.real.modes
    if chances is None or usual is None:
        raise NotMeant
    modes, sure = codes(chances.argmax(2), chances.shape[2]), (chances.max(2) > SURE).all(1)
    return {**counted(modes, usual), "modes_sure": float(len(np.unique(modes[sure])))}
