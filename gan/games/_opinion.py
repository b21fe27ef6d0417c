"""What D's logits say of a batch, as statistics of the log."""

from __future__ import annotations

from types import ModuleType

from torch import Tensor

from gan.games import Stats


def opinion(loss: ModuleType, real_logits: Tensor, fake_logits: Tensor) -> Stats:
    """What D's logits say of both batches; probabilities and accuracy only where the loss gives them a meaning."""
    real, fake = real_logits.detach(), fake_logits.detach()
    statistics = {
        "logit_real": real.mean(),
        "logit_fake": fake.mean(),
        "real_below_fake": (real < fake).float().mean(),
    }
    if getattr(loss, "ESTIMATE", False):
        statistics["estimate"] = statistics["logit_real"] - statistics["logit_fake"]
    if loss.PROBABILITY:
        statistics |= {"d_real": real.sigmoid().mean(), "d_fake": fake.sigmoid().mean()}
    if (threshold := loss.THRESHOLD) is not None:
        statistics["d_accuracy"] = ((real > threshold).float().mean() + (fake < threshold).float().mean()) / 2
    return statistics
