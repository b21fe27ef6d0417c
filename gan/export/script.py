"""One plain PyTorch script for a run, copied from the sources of its model and its loss."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from gan import registry
from gan.config import RunConfig, declared, networks_card
from gan.export.source_bundle import Bundle, defined
from gan.models import WORDS, vocabulary_of
from gan.models._words import WIDTH
from gan.registry import Card

HOOKS = {  # constants of the script, and the functions of a file that they hold, before its amount
    "PENALTIES": ("penalty",),
    "PREPARE": ("prepare",),
    "CLASSIFY": ("classify",),
    "TARGETS": ("d_loss",),
    "VIEWS": ("draw", "see|augment"),
    "AFTER_STEP": ("after_step",),
}
HEAD = '''"""{title}

{about}

    python gan.py                               draws samples.png
    python gan.py --train 1000                  trains on for 1000 steps, then draws
    python gan.py --train 1000 --data my.npy    the same on pictures of your own

It needs PyTorch; torchvision for the data sets it knows by name, NumPy for .npy files.
"""

'''
HEAD_OF_PICTURES = '''"""{title}

{about}

    python gan.py --source x.npy                what becomes of pictures: results.png
    python gan.py --train 1000 --data my.npy    trains on for 1000 steps, from nothing where there are no weights

Pictures are uint8 N,H,W or N,H,W,C; python gan.py --help names the files. It needs PyTorch, and NumPy to read them.
"""

'''
HEAD_OF_WORDS = '''"""{title}

{about}

    python gan.py --words "a thick seven"       draws what the words say: samples.png

It needs PyTorch; NumPy for .npy files. It does not train.
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
    main = body(config)
    model, loss = networks_card(config), registry.card("losses", config.loss)
    sections = {f"gan.models.{_stem(model)}": model, f"gan.losses.{_stem(loss)}": loss}
    stand_ins = ("gan.models.lean_dcgan", "gan.losses.hinge")
    bundle = Bundle(main, "main", dict(zip(stand_ins, sections, strict=True)))
    hooks, added = ({}, {}) if told_words(config) else _hooks(config, n_classes)
    for module, (names, card) in added.items():
        bundle.add(module, names)
        sections[module] = card
    values = _settings(config, main) | _values(config, live, step, epoch) | hooks | {"SHAPE": repr(tuple(shape))}
    if told_words(config):
        words = dict(zip(("VOCABULARY", "NAMES", "SHEET"), vocabulary_of(config, n_classes), strict=True))
        values |= {name: repr(each) for name, each in words.items()}
        n_classes = WIDTH
    spec = values["SPEC"] = _spec(config, shape, n_classes)
    if (of_d := _spec(config, shape, n_classes if _scores(config) else 0)) != spec:
        values["OF_D"] = of_d
    about = ABOUT.format(model=model.title, loss=loss.title, dataset=config.dataset)
    head = HEAD_OF_PICTURES if config.from_source else HEAD_OF_WORDS if told_words(config) else HEAD
    parts = [head.format(title=_sentence(title), about=_wrap(about)) + bundle.imports()]
    for module in bundle.order():
        if module in sections:
            parts.append(_comment(sections[module]))
        prefix = f"{module.rpartition('.')[2]}_" if module in added else ""
        parts.append(bundle.text(module, values if module == main else {}, prefix))
    parts.append('if __name__ == "__main__":\n    main()')
    return "\n\n\n".join(parts) + "\n"


def _spec(config: RunConfig, shape: tuple[int, ...], n_classes: int) -> str:
    own = {name: getattr(config, name) for name in declared("models", config.model)[0]}
    return (
        f"Spec(shape={tuple(shape)}, z_dim={config.z_dim}, width={config.width}, "
        f"n_classes={n_classes if config.conditional else 0}, batch_norm={config.batch_norm}"
        + (f", extra={own})" if own else ")")
    )


def _scores(config: RunConfig) -> bool:
    """Whether D's last layer has numbers for classes."""
    return bool(registry.card("conditionings", config.conditioning).facts["SCORES"])


def _hooks(config: RunConfig, n_classes: int) -> tuple[dict[str, str], dict[str, tuple[list[str], Card]]]:
    """What a run uses beside model and loss: source text of the constants HOOKS, and the files to copy."""
    entries: dict[str, list[str]] = {constant: [] for constant in HOOKS}
    added: dict[str, tuple[list[str], Card]] = {}
    for kind, card, amount in _chosen(config, n_classes):
        module = f"gan.{kind}.{_stem(card)}"
        there = defined(module)
        wanted: list[str] = []
        for constant, functions in HOOKS.items():
            present = [next((f for f in each.split("|") if f in there), "") for each in functions]
            if all(present):
                own = [f"{_stem(card)}_{function}" for function in present]
                every = [repr(getattr(config, f"{_stem(card)}_every"))] if constant == "PENALTIES" else []
                fades = [repr(getattr(config, f"{_stem(card)}_steps", 0))] if constant == "VIEWS" else []
                entries[constant].append(f"({', '.join([*own, repr(amount), *every, *fades])})")
                wanted += present
        if wanted:
            added[module] = (wanted, card)
    return {
        name: f"({', '.join(present)}{',' if len(present) == 1 else ''})" for name, present in entries.items()
    }, added


def _chosen(config: RunConfig, n_classes: int) -> Iterator[tuple[str, Card, Any]]:
    """The files that a run uses beside model and loss: kind, card and amount (the classes for a conditioning)."""
    if config.conditional:
        yield "conditionings", registry.card("conditionings", config.conditioning), n_classes
    for kind in ("penalties", "augmentations", "tricks"):
        for name in registry.names(kind):
            card = registry.card(kind, name)
            if amount := getattr(config, _stem(card)):
                yield kind, card, amount


def _settings(config: RunConfig, main: str) -> dict[str, str]:
    """The constants of the script that are called as a setting of the run: its value as source text."""
    values, constants = config.to_dict(), defined(main)
    return {name.upper(): repr(value) for name, value in values.items() if name.upper() in constants}


def body(config: RunConfig) -> str:
    """The module of ours that the script of a game is made of; "" for a game without one."""
    facts = registry.card("conditionings", config.conditioning).facts if config.conditional else {}
    if not facts.get("CODE", True):
        return str(facts.get("SCRIPT", ""))
    return str(registry.card("games", config.game).facts.get("SCRIPT", ""))


def told_words(config: RunConfig) -> bool:
    """Whether both networks are told captions."""
    return config.conditional and config.conditioning == WORDS


def data_source(config: RunConfig) -> str:
    """The script's default source of real data: a name torchvision knows, or a .npy file."""
    facts = registry.card("datasets", config.dataset).facts
    if "TORCHVISION" in facts:
        return config.dataset
    return "points.npy" if facts.get("POINTS") else "my.npy"


def by_name() -> dict[str, str]:
    """The data sets that torchvision has: our name, its class."""
    facts = {name: registry.card("datasets", name).facts for name in registry.names("datasets")}
    return {name: known["TORCHVISION"] for name, known in facts.items() if "TORCHVISION" in known}


def _values(config: RunConfig, live: Mapping[str, float], step: int, epoch: float) -> dict[str, str]:
    """What the constants of the script are set to, as source text."""
    values = {
        "DATASET": data_source(config),
        "TORCHVISION": by_name(),
        "N_IMAGES": config.n_images,
        "SEED": config.seed,
        "THREADS": config.threads or 1,
        "BATCH": config.batch,
        "LR_G": live["lr_g"],
        "LR_D": live["lr_d"],
        "DECAY_STEPS": config.decay_steps,
        "HALF_LIFE": config.half_life,
        "HALF_LIFE_STEPS": config.half_life_steps,
        "STEP": step,
        "EPOCH": epoch,
        "BETAS": (config.beta1, config.beta2),
        "D_STEPS": live["d_steps"],
        "G_STEPS": live["g_steps"],
        "REUSE_FAKE": config.reuse_fake,
        "EMA_DECAY": config.ema_decay,
    }
    return {name: f'"{v}"' if isinstance(v, str) else repr(v) for name, v in values.items()}


def _comment(card: Card) -> str:
    text = f"{card.title}: {card.summary}"
    return textwrap.fill(text, 98, initial_indent="# ", subsequent_indent="# ")


def _sentence(text: str) -> str:
    """Text of any origin as one line that cannot end a docstring."""
    plain = " ".join(text.replace("\\", "/").replace('"', "'").split())
    return plain if plain.endswith((".", "!", "?")) else f"{plain}."


def _wrap(text: str) -> str:
    return textwrap.fill(_sentence(text), 98)


def _stem(card: Card) -> str:
    return card.name.replace("-", "_")
