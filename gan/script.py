"""One plain PyTorch script for a run, copied from the sources of its model and its loss."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from gan import registry
from gan.bundle import Bundle
from gan.config import RunConfig
from gan.registry import Card

BODY = "gan.standalone"
BY_NAME = ("mnist", "fashion-mnist", "kmnist", "cifar10")  # what torchvision has
HEAD = '''"""{title}

{about}

    python gan.py                               draws samples.png
    python gan.py --train 1000                  trains on for 1000 steps, then draws
    python gan.py --train 1000 --data my.npy    the same on pictures of your own

It needs PyTorch; torchvision for the data sets it knows by name, NumPy for .npy files.
"""

'''
ABOUT = (
    "{model}, trained on {dataset} with the loss {loss}. Networks and loss are copied from Forger's "
    "own files; the settings are those of the run."
)


def source(
    config: RunConfig,
    shape: tuple[int, ...],
    n_classes: int,
    live: Mapping[str, float],
    title: str,
    step: int = 0,
    epoch: float = 0.0,
) -> str:
    """The script's text: networks, loss and optimizer settings of a run, without our package.

    `live` holds the learning rates and update counts in force (lr_g, lr_d, d_steps, g_steps); at `step` and
    `epoch` of the run are the weights, and from there the learning rates go on to decay.
    Raises bundle.Tangled for a model or a loss that cannot be copied.
    """
    model, loss = registry.card("models", config.model), registry.card("losses", config.loss)
    sections = {f"gan.models.{_stem(model)}": model, f"gan.losses.{_stem(loss)}": loss}
    stand_ins = ("gan.models.lean", "gan.losses.hinge")
    bundle = Bundle(BODY, "main", dict(zip(stand_ins, sections, strict=True)))
    values = _values(config, live, step, epoch) | {
        "SPEC": f"Spec(shape={tuple(shape)}, z_dim={config.z_dim}, width={config.width}, "
        f"n_classes={n_classes if config.conditional else 0}, batch_norm={config.batch_norm})"
    }
    about = ABOUT.format(model=model.title, loss=loss.title, dataset=config.dataset)
    parts = [HEAD.format(title=_sentence(title), about=_wrap(about)) + bundle.imports()]
    for module in bundle.order():
        if module in sections:
            parts.append(_comment(sections[module]))
        parts.append(bundle.text(module, values if module == BODY else {}))
    parts.append('if __name__ == "__main__":\n    main()')
    return "\n\n\n".join(parts) + "\n"


def data_source(config: RunConfig) -> str:
    """Where the script takes real data from unless told: a name torchvision knows, or a .npy file."""
    if config.dataset in BY_NAME:
        return config.dataset
    points = registry.card("datasets", config.dataset).facts.get("POINTS")
    return "points.npy" if points else "my.npy"


def _values(
    config: RunConfig, live: Mapping[str, float], step: int, epoch: float
) -> dict[str, str]:
    """What the constants of the script are set to, as source text."""
    values = {
        "DATASET": data_source(config),
        "N_IMAGES": config.n_images,
        "SEED": config.seed,
        "BATCH": config.batch,
        "LR_G": live["lr_g"],
        "LR_D": live["lr_d"],
        "DECAY_STEPS": config.decay_steps,
        "HALF_LIFE": config.half_life,
        "STEP": step,
        "EPOCH": epoch,
        "BETAS": (config.beta1, config.beta2),
        "D_STEPS": live["d_steps"],
        "G_STEPS": live["g_steps"],
        "R1": config.r1,
        "REUSE_FAKE": config.reuse_fake,
        "EMA_DECAY": config.ema_decay,
    }
    return {name: f'"{v}"' if isinstance(v, str) else repr(v) for name, v in values.items()}


def _comment(card: Card) -> str:
    told = f"{card.title}: {card.summary}"
    return textwrap.fill(told, 98, initial_indent="# ", subsequent_indent="# ")


def _sentence(text: str) -> str:
    """Text of any origin as one line that cannot end a docstring."""
    plain = " ".join(text.replace("\\", "/").replace('"', "'").split())
    return plain if plain.endswith((".", "!", "?")) else f"{plain}."


def _wrap(text: str) -> str:
    return textwrap.fill(_sentence(text), 98)


def _stem(card: Card) -> str:
    return card.name.replace("-", "_")
