"""The scale of D's answer under a loss: a probability, a score between 0 and 1, or a score without bounds.

Read from the facts that the file of the loss declares (see gan/losses), so nothing here loads torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan import registry

ORDER = "share of real images that D scores lower than a generated one"


@dataclass(frozen=True)
class Scale:
    """How to show what D says of a picture.

    probability: the sigmoid of a logit may be shown as a share, 0 to 1. threshold: the logit above which D takes a
    picture for real, None where only differences mean something. note: what has to be said beside such a number, ""
    for a probability that the loss itself fits.
    """

    probability: bool
    threshold: float | None
    note: str

    def shares(self, logits: NDArray[Any]) -> list[float] | None:
        """What D says of each as shares of certainty that it is real, from logits (N); None for a score."""
        if not self.probability:
            return None
        values: list[float] = np.round(1 / (1 + np.exp(-logits.astype(np.float64))), 4).tolist()
        return values


def of_loss(name: str) -> Scale:
    """The scale under the loss of this name. Raises registry.Unknown."""
    card = registry.card("losses", name)
    probability, threshold = bool(card.facts.get("PROBABILITY")), card.facts.get("THRESHOLD")
    if not probability:
        facts = "D gives a score, not a probability"
        facts += "." if threshold is not None else ", and only the order of its scores means something."
    elif not card.facts.get("CALIBRATED"):
        facts = "this is a score between 0 and 1, not a calibrated probability."
    else:
        return Scale(probability, threshold, "")
    return Scale(probability, threshold, f"{card.title} loss: {facts}")
