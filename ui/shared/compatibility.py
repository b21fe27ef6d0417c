"""Which settings go together, read from the facts of the chosen files without importing them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gan import config, datasets, registry
from gan.config import RunConfig
from gan.datasets import DataError, _source_path
from gan.registry import Card

Values = dict[str, Any]
SIDES = (16, 28, 32, 48, 64, 96, 128)  # what a form offers where the model leaves the side open


def missing(name: str) -> bool:
    """Whether files of this data set are not on this machine yet."""
    return bool(registry.missing(registry.card("datasets", name), datasets.root()))


def lacking(settings: RunConfig) -> str:
    """What a run with these settings still needs on this machine, in one sentence; "" for nothing."""
    card = registry.card("datasets", settings.dataset)
    if missing(settings.dataset):
        return f"{card.title} is not here yet: get it first, or choose another data set."
    if "source" in card.facts.get("KNOBS", ()):
        if not settings.source:
            return "Choose a zip of your images, or name the folder they are in."
        try:
            there = _source_path.path(settings.source).exists()
        except (DataError, OSError):
            there = False
        if not there:
            return f"source: there is nothing at {settings.source!r} on this machine."
    if settings.between_domains:
        known = card.facts.get("SOURCES") or card.facts.get("OTHER") or settings.two_classes or settings.source_b
        if not known and "LABELS" in card.facts and card.facts["LABELS"] is None:  # folders may be two classes
            known = True
        if not known:
            return f"{card.title} has one kind of pictures: choose data that have two, or name two classes."
    elif settings.from_source and settings.degradation == "none" and not card.facts.get("SOURCES"):
        return f"{card.title} has no pairs to translate between: choose data that have, or something to be restored."
    return ""


def data_job(name: str) -> str:
    """The name of the background job that fetches a data set."""
    return f"data:{name}"


def score_job(run_id: str, step: int | None = None) -> str:
    """The name of the background job that scores a run's newest generator, or its snapshot of `step`."""
    return f"eval {run_id}@{'newest' if step is None else step}"


def enlarging_job(run_id: str) -> str:
    """The name of the background job that measures what a run's fakes are worth as training data."""
    return f"enlarge {run_id}"


def best_data() -> str:
    """The default data set of a new run: real digits where they are, else the drawn ones."""
    here = "mnist" in registry.names("datasets") and not missing("mnist")
    return "mnist" if here else "strokes"


def refusal(model: Card, data: Card) -> str:
    """Why this model cannot learn this data at any size, in one sentence; "" when it can."""
    if broken := model.error or data.error:
        return broken
    for kind, card in (("models", model), ("datasets", data)):
        if card.name in registry.names(kind) and (faults := config.declared(kind, card.name)[1]):
            return faults[0]
    if data.facts.get("POINTS") and not model.facts.get("POINTS"):
        return f"{model.title} makes pictures, and {data.title} are points."
    colours = _channels(data)
    made = model.facts.get("CHANNELS") or (colours,)
    if colours and colours not in made:
        words = " or ".join(map(str, made))
        return f"{model.title} makes pictures of {words} channels, and {data.title} has {colours}."
    return ""


def models_for(data: Card) -> list[str]:
    """The models that can learn this data."""
    cards = [registry.card("models", name) for name in registry.names("models")]
    return [card.name for card in cards if not refusal(card, data)]


def sides(model: Card, data: Card) -> list[int]:
    """The values of `image_size` that may be picked, 0 (as it is) first; [0] leaves no choice."""
    if data.facts.get("POINTS"):
        return [0]
    native, only = _native(data), model.facts.get("SIZES") or ()
    if only:
        return [0 if side == native else side for side in only]
    multiple = model.facts.get("MULTIPLE", 1)
    fitting = [side for side in SIDES if side % multiple == 0 and side != native]
    return ([0] if native and native % multiple == 0 else []) + fitting


def settle(values: Values) -> tuple[Values, list[str]]:
    """The same values with what cannot go together put right, and a sentence for each change."""
    settled, notes = dict(values), []
    data = registry.card("datasets", settled["dataset"])
    model = registry.card("models", settled["model"])
    if why := refusal(model, data):
        if not (fitting := models_for(data)):
            return settled, [why]
        model = registry.card("models", fitting[0])
        settled["model"] = model.name
        notes.append(f"{why} So the model is {model.title} now.")
    _own(settled)
    offered = sides(model, data)
    if settled["image_size"] not in offered:
        wanted = settled["image_size"] or _native(data) or 28
        side = min(offered, key=lambda s: abs((s or _native(data)) - wanted))
        settled["image_size"] = side
        if side:
            notes.append(f"Pictures are made {side} × {side} for {model.title}.")
    return settled, notes


def _own(values: Values) -> None:
    """Puts the settings there that the chosen model and data set declare, by their defaults, and takes others away."""
    known = config.settings(values["model"], values["dataset"])
    for name in [name for name in values if name not in known and name in config.settings()]:
        del values[name]
    for name, setting in known.items():
        if setting.file and setting.file[0] in ("models", "datasets") and setting.wrong(values.get(name)):
            values[name] = setting.default


def used(values: Mapping[str, Any]) -> list[str]:
    """The fields that the chosen model and data set use, in the order of RunConfig."""
    data = registry.card("datasets", values["dataset"])
    model = registry.card("models", values["model"])
    idle = {"z_dim", "width", "batch_norm", "conditional"} - set(model.facts.get("KNOBS", ()))
    idle |= {"source", "source_b"} - set(data.facts.get("KNOBS", ()))
    if data.facts.get("LABELS", False) is False:
        idle |= {"conditional", "balanced"}
    if "conditional" in idle or not values["conditional"]:
        idle.add("conditioning")
    for setting in config.settings().values():
        if setting.switch and not values.get(setting.name):
            idle |= {f"{setting.name}_steps", f"{setting.name}_every"}
    if len(sides(model, data)) == 1:
        idle.add("image_size")
    if len(registry.names("games")) == 1:
        idle.add("game")
    game = registry.card("games", values["game"]).facts
    idle |= set(game.get("IDLE", ()))
    if game.get("STARTS_FROM") == "source" and not values["diversity_weight"]:
        idle.add("z_dim")
    if "TAKES" in game:
        own = config.settings(values["model"], values["dataset"]).values()
        idle |= {s.name for s in own if s.file and s.file[0] in config.DECLARING and s.file[1] not in game["TAKES"]}
        idle |= {s.name for s in own if s.file and s.file[0] == "models"}
    return [name for name in config.settings(values["model"], values["dataset"]) if name not in idle]


def _channels(data: Card) -> int:
    return (data.facts.get("SHAPE") or (0, 0, 0))[0]  # 0: not known before the pictures are read


def _native(data: Card) -> int:
    return (data.facts.get("SHAPE") or (0, 0, 0))[1]
