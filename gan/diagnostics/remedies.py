"""Remedies for a status of the health light: other settings for the same run from the start, each with its reason.

Reads settings and facts only; nothing here loads PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gan.config import ConfigError, RunConfig, loss_conflict
from gan.diagnostics.few_pictures import Remedy

MAX_OFFERED = 3  # offered at once
PAIRED: dict[str, Any] = {"loss": "relativistic", "r1": 0.3, "r2": 0.3}


def remedies(status: str, config: RunConfig) -> list[Remedy]:
    """What is worth a try with a run of this status (the name of a HealthStatus), the likeliest first.

    Without what its settings have already, and what they cannot be combined with.
    """
    candidates = OF_STATUS[status](config) if status in OF_STATUS else iter(())
    return [remedy for remedy in candidates if _possible(config, remedy.changes)][:MAX_OFFERED]


def _possible(config: RunConfig, changes: Mapping[str, Any]) -> bool:
    if all(getattr(config, name) == value for name, value in changes.items()):
        return False
    try:
        return not loss_conflict(config.replace(**changes))
    except ConfigError:
        return False


def _slower(config: RunConfig, *names: str) -> Remedy:
    whose = " and ".join(name[-1].upper() for name in names)
    text = f"Half the learning rate of {whose}: steps that do not overshoot."
    return Remedy(f"half the learning rate of {whose}", text, {name: getattr(config, name) / 2 for name in names})


def _r1(config: RunConfig) -> Remedy:
    text = "A penalty on D's slope at real pictures, so that D cannot grow steeper without end."
    return Remedy("a stronger R1" if config.r1 else "R1", text, {"r1": max(0.3, 3 * config.r1)})


def _noise() -> Remedy:
    text = "D sees all pictures through noise that fades, so that it cannot tell them apart without effort."
    return Remedy("instance noise", text, {"instance_noise": 0.2})


def _paired() -> Remedy:
    text = "D compares pairs of a real and a generated picture, and is kept flat at both: no class can be dropped."
    return Remedy("relativistic pairs, R1 and R2", text, PAIRED)


def _d_wins(config: RunConfig) -> Iterator[Remedy]:
    yield _r1(config)
    yield _slower(config, "lr_d")
    yield _noise()


def _collapse(config: RunConfig) -> Iterator[Remedy]:
    if not config.batch_norm:
        text = "BatchNorm in G keeps the pictures of a batch apart."
        yield Remedy("BatchNorm", text, {"batch_norm": True})
    yield Remedy(
        "minibatch deviation",
        "D is shown how much the pictures of a batch differ, and finds copies out.",
        {"minibatch_deviation": True},
    )
    yield _paired()
    yield Remedy("packing", "D judges two pictures at once, and sees when both are the same.", {"packing": 2})
    yield _slower(config, "lr_g")


def _vanishing(config: RunConfig) -> Iterator[Remedy]:
    text = "Where D is sure, this loss gives G its steepest slope."
    yield Remedy("the non-saturating loss", text, {"loss": "non-saturating", "d_steps": 1})
    yield _r1(config)
    yield _noise()


def _diverging(config: RunConfig) -> Iterator[Remedy]:
    yield _slower(config, "lr_g", "lr_d")
    yield _r1(config)


def _overfits(config: RunConfig) -> Iterator[Remedy]:
    text = "D sees every picture shifted and with a square covered: each of them is many, and none is learned by heart."
    yield Remedy("shifts and cutout", text, {"translation": 3, "cutout": 7})
    if config.n_images:
        yield Remedy("all training images", "The more there are, the less can be learned by heart.", {"n_images": 0})
    yield _r1(config)


def _restless(config: RunConfig) -> Iterator[Remedy]:
    yield _r1(config)
    yield _slower(config, "lr_g", "lr_d")
    yield Remedy("a longer average", "What you see is the EMA of more of G's past.", {"ema_decay": 0.999})


def _weak_critic(config: RunConfig) -> Iterator[Remedy]:
    text = "More updates of D in a step bring it closer to the best critic there is, whose slope G can trust."
    yield Remedy(f"{max(3, config.d_steps)} updates of D", text, {"d_steps": max(3, config.d_steps)})
    if config.lr_d < config.lr_g:
        yield Remedy("a D as quick as G", "D learns too slowly to keep up.", {"lr_d": config.lr_g})
    yield from _unclipped(config)


def _unclipped(config: RunConfig) -> Iterator[Remedy]:
    if config.weight_clipping:
        text = "The penalty holds D's slope at 1 without cutting its weights: all of them go on learning."
        yield Remedy("a gradient penalty for clipping", text, {"weight_clipping": 0.0, "gradient_penalty": 10.0})
        wider = min(0.1, 10 * config.weight_clipping)
        yield Remedy("a wider clip", "Weights have room, and D more than one slope.", {"weight_clipping": wider})


def _unbounded(config: RunConfig) -> Iterator[Remedy]:
    penalties = [name for name in ("gradient_penalty", "r1", "r2") if getattr(config, name)]
    if penalties:
        smaller = {name: getattr(config, name) / 10 for name in penalties}
        yield Remedy("a tenth of the penalty", "A smaller weight does not throw D about.", smaller)
    else:
        text = "It holds D's slope between real and generated pictures at 1."
        yield Remedy("a gradient penalty", text, {"gradient_penalty": 1.0})
    yield _slower(config, "lr_d")


def _undecided(config: RunConfig) -> Iterator[Remedy]:
    if config.lr_d < config.lr_g:
        yield Remedy("a D as quick as G", "D learns too slowly to keep up.", {"lr_d": config.lr_g})
    text = "D works only on the pictures that it is not yet sure about."
    yield Remedy("the hinge loss", text, {"loss": "hinge"})
    yield Remedy("three updates of D", "D gets time to learn what tells them apart.", {"d_steps": 3})


OF_STATUS: Mapping[str, Callable[[RunConfig], Iterator[Remedy]]] = {
    "divergence": _diverging,
    "D winning": _d_wins,
    "vanishing gradient": _vanishing,
    "mode collapse": _collapse,
    "rotating collapse": _restless,
    "past its best": _restless,
    "D overfits": _overfits,
    "copies": _overfits,
    "critic untrained": _weak_critic,
    "clipping saturated": _unclipped,
    "penalty exploding": _unbounded,
    "stuck at one half": _undecided,
}
