"""The settings of a run: one frozen dataclass from which the form, the command line, the checks and the JSON derive."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from gan import registry


class ConfigError(ValueError):
    """Settings that cannot be used; `problems` holds one sentence for each field that is wrong."""

    def __init__(self, problems: list[str]):
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Knob:
    """How one field looks and what it takes: the metadata of a `RunConfig` field."""

    help: str
    label: str
    group: str = "more"  # "usual": beside the presets; "more": behind one click
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[Any, ...] = ()
    kind: str = ""  # a registry kind: the choices are files
    shown: tuple[float, ...] = ()  # a short list to pick from in the form
    zero: str = ""  # what 0 stands for; may be typed instead
    live: str = ""  # may change while a run trains: the event that records it
    formula: str = ""  # what it does, in LaTeX
    short: str = ""  # what it is called on a chart; its label where there is nothing shorter

    def options(self) -> tuple[Any, ...]:
        """The values that may be picked; () where a range decides."""
        return tuple(registry.names(self.kind)) if self.kind else self.choices


def knob(default: Any, label: str, help: str, **rest: Any) -> Any:
    """A dataclass field with its `Knob`."""
    return dataclasses.field(default=default, metadata={"knob": Knob(help=help, label=label, **rest)})


DECLARING = ("penalties", "tricks", "augmentations")  # kinds of files that declare a setting of their own name
RATES = (1e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2)


@dataclass(frozen=True, init=False)
class RunConfig:
    """Everything that decides the numbers of a run. Immutable; kept as `config.json` in the run folder.

    Beside the fields here there are settings that files declare: each penalty, trick and augmentation has one of its
    own name, and a model or a data set may have some. They are attributes like the others, and flat in `config.json`.

    Live changes (learning rates, update ratio, budget, title) are not here but in `control.json`: they are what
    the driver wants at the moment, and every one of them is recorded as an event.

    Raises ConfigError naming every unknown setting and every value that is out of range or of another type.
    """

    dataset: str = knob("strokes", "Data set", "What G learns to imitate.", group="usual", kind="datasets")
    model: str = knob(
        "lean-dcgan", "Model", "The two networks: generator and discriminator.", group="usual", kind="models"
    )
    game: str = knob("adversarial", "Game", "Which networks there are, and how each of them learns.", kind="games")
    loss: str = knob("hinge", "Loss", "What D and G are told to make small.", group="usual", kind="losses")
    lr_g: float = knob(
        2e-3,
        "Learning rate of G",
        "How far one Adam step moves the generator.",
        formula=r"\theta_G \leftarrow \theta_G - \alpha_G \, \hat m / (\sqrt{\hat v} + \epsilon)",
        group="usual",
        low=1e-6,
        high=1.0,
        shown=RATES,
        live="lr",
        short="lr G",
    )
    lr_d: float = knob(
        2e-3,
        "Learning rate of D",
        "How far one Adam step moves the discriminator. A rate of its own lets D keep up without several updates: two "
        "time scales (Heusel et al. 2017, arXiv:1706.08500).",
        formula=r"\theta_D \leftarrow \theta_D - \alpha_D \, \hat m / (\sqrt{\hat v} + \epsilon)",
        group="usual",
        low=1e-6,
        high=1.0,
        shown=RATES,
        live="lr",
        short="lr D",
    )
    batch: int = knob(32, "Batch size", "Real images in one update of D.", low=1, high=4096)
    seed: int = knob(
        0,
        "Seed",
        "Same settings and seed: the same run, number for number, as long as the device and its CPU threads stay the "
        "same; CUDA draws other noise than a CPU.",
        low=0,
        high=2**31 - 1,
    )
    d_steps: int = knob(
        1,
        "D updates per step",
        "Updates of D in one step. Several keep D close to the best there is against this G, which a Wasserstein "
        "critic needs: five in its paper (Arjovsky et al. 2017, arXiv:1701.07875).",
        low=0,
        high=10,
        live="ratio",
        short="D updates",
    )
    g_steps: int = knob(
        1, "G updates per step", "Updates of G in one step.", low=0, high=10, live="ratio", short="G updates"
    )
    beta1: float = knob(0.5, "Adam beta 1", "Momentum of Adam.", low=0.0, high=0.999)
    beta2: float = knob(0.999, "Adam beta 2", "Memory of Adam's step sizes.", low=0.0, high=0.9999)
    z_dim: int = knob(100, "Size of z", "Numbers in one noise vector.", low=1, high=512)
    width: int = knob(16, "Width", "Channels of the layer next to the picture.", low=4, high=128)
    batch_norm: bool = knob(True, "BatchNorm", "Layers that keep the numbers inside the networks in a good range.")
    conditional: bool = knob(
        False, "Class labels", "Both networks are told which class each picture shows; then you can ask for one."
    )
    conditioning: str = knob(
        "projection",
        "The class in D",
        "How D takes part in the class labels; G has them beside z.",
        kind="conditionings",
    )
    half_life: float = knob(
        0.0,
        "Half-life of the learning rates",
        "Epochs after which both learning rates have halved; 0 keeps them as they are. With few pictures an epoch is "
        "over soon: better say it in steps.",
        low=0.0,
        high=10_000.0,
        shown=(0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0),
        zero="off",
    )
    half_life_steps: float = knob(
        0.0,
        "Half-life in steps",
        "Steps after which both learning rates have halved, however many pictures there are; 0 leaves it out.",
        low=0.0,
        high=10_000_000.0,
        shown=(0.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0, 20_000.0),
        zero="off",
    )
    decay_steps: int = knob(
        0,
        "Inverse-time decay",
        "Both learning rates are divided by 1 + steps / this: halved after so many; 0 leaves it out.",
        low=0,
        high=10_000_000,
        shown=(0, 200, 500, 1_000, 2_000, 5_000),
        zero="off",
    )
    ema_decay: float = knob(
        0.99,
        "EMA decay",
        "What you see is the EMA of G's weights, in which its jumps back and forth cancel out; 0 shows G itself "
        "(Yazıcı et al. 2019, arXiv:1806.04498).",
        low=0.0,
        high=0.9999,
        formula=r"\bar\theta_G \leftarrow \beta \, \bar\theta_G + (1 - \beta) \, \theta_G",
    )
    reuse_fake: bool = knob(True, "Same fakes for D and G", "G's update judges the pictures D has just been shown.")
    balanced: bool = knob(
        False,
        "Each class equally often",
        "A batch takes every class as often as the others, however few pictures it has. Needs classes.",
    )
    n_images: int = knob(
        0, "Training images", "Train on so many only; 0 means all.", low=0, high=10_000_000, zero="all"
    )
    image_size: int = knob(
        0,
        "Image size",
        "Pixels a side after one resize at loading; 0 keeps the data's own.",
        low=0,
        high=128,
        zero="as they are",
    )
    source: str = knob("", "Folder or zip", "Where your own images are.")
    degradation: str = knob(
        "none",
        "What is to be restored",
        "What a picture loses before it is G's source; none: the data bring the sources themselves.",
        choices=("none", "shrink", "tiny", "hole", "noise", "blur", "outline", "grey"),
        group="usual",
    )
    l1: float = knob(
        10.0,
        "Weight of the pixel error",
        "How much the L1 distance to the true picture counts in G's loss.",
        low=0.0,
        high=1_000.0,
        shown=(0.0, 1.0, 10.0, 100.0),
        formula=r"\lambda \, \lVert x - G(y) \rVert_1",
    )
    diversity_weight: float = knob(
        0.0,
        "Weight of several answers",
        "Above 0 G has noise beside its source, and two answers to one source are to differ; the pixel error then "
        "counts of the nearer one (Yang et al. 2019, arXiv:1901.09024).",
        low=0.0,
        high=1_000.0,
        shown=(0.0, 2.0, 5.0, 10.0),
        formula=r"-\lambda \min(\lVert G(z_1, y) - G(z_2, y) \rVert_1 / \lVert z_1 - z_2 \rVert_1, \tau)",
    )
    adversarial_weight: float = knob(
        1.0,
        "Weight of D's opinion",
        "How much D counts in G's loss; 0 trains G on the pixel error alone.",
        low=0.0,
        high=1_000.0,
        shown=(0.0, 0.5, 1.0, 2.0),
    )
    cycle: float = knob(
        10.0,
        "Weight of the cycle",
        "How much it counts that a picture translated there and back is what it was.",
        low=0.0,
        high=1_000.0,
        shown=(0.0, 1.0, 10.0, 100.0),
        formula=r"\lambda \, \lVert y - F(G(y)) \rVert_1",
    )
    identity: float = knob(
        5.0,
        "Weight of the identity",
        "How much it counts that a picture that is of the wanted kind already stays as it is.",
        low=0.0,
        high=1_000.0,
        shown=(0.0, 1.0, 5.0, 10.0),
        formula=r"\mu \, \lVert x - G(x) \rVert_1",
    )
    source_b: str = knob(
        "", "Second folder or zip", "Where the pictures of the second kind are, to translate to and from."
    )
    two_classes: str = knob(
        "",
        "Two classes",
        "The first and the second kind by their classes, as “Sandal, Sneaker”; empty: as the data bring them.",
    )
    start_from: str = knob(
        "",
        "Start from",
        "A run whose networks this one begins with, as far as their shapes agree; empty: from nothing. With few "
        "pictures it spares the time in which strokes and shapes are found.",
    )
    samples: int = knob(64, "Pictures in a grid", "How many samples a grid shows.", choices=(16, 36, 64, 100))
    log_every: int = knob(20, "Log every", "Steps that one point of the curves sums up.", low=1, high=10_000)
    device: str = knob(
        "auto",
        "Device",
        "Where the networks live; auto takes CUDA, then MPS, then the CPU.",
        choices=("auto", "cpu", "cuda", "mps"),
    )
    threads: int = knob(
        0,
        "CPU threads",
        "0 (auto) looks for the fastest number again and again while it trains, and in the app leaves a core to the "
        "pages; any other number is fixed, and only then the numbers of a run can be repeated bit for bit.",
        low=0,
        high=256,
        zero="auto",
    )
    precision: str = knob(
        "auto",
        "Precision",
        "Of the numbers in the networks; auto probes when a run starts, and a run stays with what it began with.",
        choices=("auto", "fp32", "tf32", "bf16"),
    )

    more: tuple[tuple[str, Any], ...] = ()  # declared settings that are not as they are by default

    def __init__(self, /, **values: Any) -> None:
        own = {field.name: field.default for field in dataclasses.fields(self) if field.name != "more"}
        values = {name: renamed(name, value) if name in own else value for name, value in values.items()}
        files = [(kind, values.get(name, own[name])) for kind, name in (("models", "model"), ("datasets", "dataset"))]
        known = settings(*(file if isinstance(file, str) else "?" for _, file in files))
        for name in own:
            object.__setattr__(self, name, values.get(name, own[name]))
        more = {name: values[name] for name in known if name in values and name not in own}
        object.__setattr__(self, "more", tuple((n, v) for n, v in more.items() if v != known[n].default))
        unknown = [_unknown(name, known) for name in values if name not in known]
        faults = [fault for kind, file in files if file in registry.names(kind) for fault in declared(kind, file)[1]]
        if problems := unknown + faults + _problems(self, {**own, **values}, known):
            raise ConfigError(problems)

    def __getattr__(self, name: str) -> Any:
        """The value of a declared setting."""
        if not name.startswith("_") and name != "more":
            if name in (more := dict(self.more)):
                return more[name]
            if (setting := settings(self.model, self.dataset).get(name)) is not None:
                return setting.default
        raise AttributeError(f"RunConfig has no setting {name!r}")

    @property
    def from_source(self) -> bool:
        """Whether the generator makes a picture from another one, its source, and not from noise alone."""
        return bool(registry.card("games", self.game).facts.get("STARTS_FROM") == "source")

    @property
    def between_domains(self) -> bool:
        """Whether the generator translates between two kinds of pictures, both ways, and no pair is known."""
        return bool(registry.card("games", self.game).facts.get("DOMAINS"))

    @property
    def beside(self) -> tuple[str, ...]:
        """What a grid shows side by side of a game that starts from a source, in words."""
        facts = registry.card("games", self.game).facts
        return tuple(facts.get("ANSWERS" if self.diversity_weight else "BESIDE", ()))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunConfig:
        """A config from JSON-like `values`; settings left out keep their defaults. Raises ConfigError."""
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values of every setting, in their order."""
        values = {**vars(self), **dict(self.more)}
        return {name: values.get(name, setting.default) for name, setting in settings(self.model, self.dataset).items()}

    def replace(self, **changes: Any) -> RunConfig:
        """A checked copy with some settings changed; those of a model or data set that is left are left with it."""
        known = settings(changes.get("model", self.model), changes.get("dataset", self.dataset))
        own = {name: value for name, value in self.to_dict().items() if name in known}
        return self.from_dict({**own, **changes})


@dataclass(frozen=True)
class Setting:
    """One setting of a run: its name, default and Knob; `file` is the kind and name of the file that declares it."""

    name: str
    default: Any
    knob: Knob
    file: tuple[str, str] | None = None

    @property
    def switch(self) -> bool:
        """Whether it turns a penalty, trick or augmentation on: the setting of the file's own name."""
        return self.file is not None and self.file[0] in DECLARING and self.name == self.file[1].replace("-", "_")

    def wrong(self, value: Any) -> str:
        """One sentence telling what is wrong with a value, or "" when it is right."""
        return _wrong(self, value)


def settings(model: str = "", dataset: str = "") -> dict[str, Setting]:
    """The settings by name, in order: the fields of RunConfig, then those that files declare.

    Of those that models and data sets declare for themselves these of `model` and of `dataset`; without both, all.
    """
    kinds = (*DECLARING, "models", "datasets")
    return dict(_settings(model, dataset, tuple(registry.changed(kind) for kind in kinds)))


@lru_cache(maxsize=64)
def _settings(model: str, dataset: str, _changed: tuple[Any, ...]) -> dict[str, Setting]:
    table = dict(_fields())
    for kind in DECLARING:
        for name in registry.names(kind):
            facts = registry.card(kind, name).facts
            own = name.replace("-", "_")
            abouts = {own: facts.get("KNOB"), f"{own}_steps": facts.get("FADES"), f"{own}_every": _every(facts)}
            for its, about in abouts.items():
                if about:
                    table.setdefault(its, _declared(kind, name, its, about))
    for kind, chosen in (("models", model), ("datasets", dataset)):
        for file in registry.names(kind):
            if file == registry.canonical(kind, chosen) or not model + dataset:
                for name, setting in declared(kind, file)[0].items():
                    table.setdefault(name, setting)
    return table


def _every(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The setting that says how often a penalty is asked for; {} for a file that does not say EVERY."""
    if "EVERY" not in facts or "KNOB" not in facts:
        return {}
    return {
        "label": f"{facts['KNOB']['label']}: every … updates of D",
        "help": "Updates of D from one of these penalties to the next; it counts so many times as much. 1: in every "
        "update. Rarely is nearly as good and costs less: lazy regularisation (Karras et al. 2020, arXiv:1912.04958).",
        "default": facts["EVERY"],
        "low": 1,
        "high": 1_000,
        "shown": (1, 2, 4, 8, 16, 32),
    }


def declared(kind: str, file: str) -> tuple[dict[str, Setting], list[str]]:
    """The settings that a model or a data set declares for itself in EXTRA, and what is wrong with others, in words."""
    table: dict[str, Setting] = {}
    faults: list[str] = []
    if (extra := registry.card(kind, file).facts.get("EXTRA", {})) == {}:
        return table, faults
    taken = {*_fields(), *(name.replace("-", "_") for each in DECLARING for name in registry.names(each))}
    for name, about in extra.items() if isinstance(extra, dict) else [("EXTRA", {})]:
        if name in taken:
            faults.append(f"{file} declares a setting {name}, which every run has already: call it otherwise.")
            continue
        try:
            setting = _declared(kind, file, name, about)
            problem = "" if name.isidentifier() and name.islower() else f"{name} is not a name in small letters."
            problem = problem or _wrong(setting, setting.default)
        except (LookupError, TypeError, ValueError, AttributeError):
            problem = f"{name}: label, help and default are needed, and nothing that a Knob does not have."
        if problem:
            faults.append(f"{file} declares a setting that cannot be. {problem}")
        else:
            table[name] = setting
    return table, faults


def variants(name: str) -> list[Setting]:
    """Every setting of this name: one alone, unless several models or data sets declare it; whole numbers first."""
    files = [(kind, file) for kind in ("models", "datasets") for file in registry.names(kind)]
    same_name = [own[name] for kind, file in files if name in (own := declared(kind, file)[0])]
    order = (bool, int, float, str)
    return sorted(same_name, key=lambda setting: order.index(type(setting.default))) or [settings()[name]]


def _unknown(name: str, known: Mapping[str, Setting]) -> str:
    if (other := settings().get(name)) and other.file:
        return f"{name}: a setting of {other.file[1]}, which this run does not use."
    return f"{name}: no such setting; there are {', '.join(known)}."


def live() -> dict[str, str]:
    """The settings that may change while a run trains, each with the name of the event that records it."""
    return {name: setting.knob.live for name, setting in _fields().items() if setting.knob.live}


@cache
def _fields() -> dict[str, Setting]:
    own = [field for field in dataclasses.fields(RunConfig) if field.name != "more"]
    return {field.name: Setting(field.name, field.default, field.metadata["knob"]) for field in own}


def _declared(kind: str, file: str, name: str, about: Mapping[str, Any]) -> Setting:
    """A setting as a file declares it: {"label": …, "help": …, "default": …} and what else a Knob has."""
    rest: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in about.items() if key != "default"
    }
    return Setting(name, about["default"], Knob(**rest), (kind, file))


def knob_of(name: str) -> Knob:
    """The Knob of one setting."""
    return settings()[name].knob


def parser_of(name: str) -> Callable[[str], Any]:
    """What turns typed text into the value of field `name`; raises ValueError."""
    if len(choices := variants(name)) > 1:
        return lambda text: _first_right(choices, text)
    return _parser(choices[0])


def _parser(setting: Setting) -> Callable[[str], Any]:
    zero = setting.knob.zero
    if setting.knob.kind:
        return lambda text: renamed(setting.name, text)
    if zero:
        kind = type(setting.default)
        return lambda text: kind(0 if text == zero else text)
    return _parse_bool if isinstance(setting.default, bool) else type(setting.default)


def _first_right(candidates: list[Setting], text: str) -> Any:
    """The value of a text for the first of several settings of one name that takes it."""
    for setting in candidates:
        with contextlib.suppress(ValueError):
            if not _wrong(setting, value := _parser(setting)(text)):
                return value
    return _parser(candidates[0])(text)


def renamed(name: str, value: Any) -> Any:
    """The value of a setting; an earlier name of a choice becomes its present one."""
    kind = _fields()[name].knob.kind if name in _fields() else ""
    return registry.canonical(kind, value) if kind and isinstance(value, str) else value


def check(name: str, value: Any) -> str:
    """One sentence telling what is wrong with `value` for the setting `name`, or "" when it is right.

    Where several files declare it: when it is right for one of them.
    """
    problems = [_wrong(setting, value) for setting in variants(name)]
    return "" if "" in problems else problems[0]


def _wrong(setting: Setting, value: Any) -> str:
    name, k, kind = setting.name, setting.knob, type(setting.default)
    right = (isinstance(value, kind) and (kind is bool or not isinstance(value, bool))) or (
        kind is float and isinstance(value, int) and not isinstance(value, bool)
    )
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}[kind]
    if not right:
        return f"{name}: {value!r} is not {words}{_allowed(k)}."
    options = k.options()
    if k.kind and isinstance(value, str):
        value = registry.canonical(k.kind, value)
    if (k.kind or k.choices) and value not in options:
        near = registry.nearest(value, options) if isinstance(value, str) else ""
        return f"{name}: {value!r} is not one of {', '.join(map(str, options))}.{near}"
    if kind in (int, float) and not k.low <= value <= k.high:
        return f"{name}: {value!r} is not between {plain(k.low)} and {plain(k.high)}."
    return ""


def networks_card(config: RunConfig) -> registry.Card:
    """The card of the file that the networks come from: the model, or the game where that has networks of its own."""
    game = registry.card("games", config.game)
    return game if "model" in game.facts.get("IDLE", ()) else registry.card("models", config.model)


def game_conflict(config: RunConfig) -> str:
    """Why a penalty, trick or augmentation that is on, or class labels, cannot be used with the game; "" when they can.

    A game that says TAKES has those alone, and looks at no setting that it names in IDLE.
    """
    card = registry.card("games", config.game)
    takes: tuple[str, ...] = card.facts.get("TAKES", ())
    for setting in settings(config.model, config.dataset).values() if "TAKES" in card.facts else ():
        if setting.file and setting.switch and getattr(config, setting.name) and setting.file[1] not in takes:
            return f"{card.title} does not know {setting.knob.label.lower()}: leave it off."
    if config.conditional and "conditional" in card.facts.get("IDLE", ()):
        return f"{card.title} is told pictures, not classes: leave class labels off."
    return ""


def loss_conflict(config: RunConfig) -> str:
    """Why a penalty or trick that is on cannot be used with the loss or a setting, naming both; "" when they can."""
    loss = registry.card("losses", config.loss)
    for setting in settings(config.model, config.dataset).values():
        if setting.file and setting.switch and getattr(config, setting.name):
            card = registry.card(*setting.file)
            for fact, (value, why) in card.facts.get("LOSS_MUST", {}).items():
                if loss.facts.get(fact) != value:
                    return f"{card.title} cannot be used with the loss {config.loss}: {why}."
            for name, (value, why) in card.facts.get("SETTINGS_MUST", {}).items():
                if getattr(config, name) != value:
                    return f"{card.title} cannot be used with {settings()[name].knob.label.lower()}: {why}."
    return ""


def plain(number: float) -> str:
    """A bound as one would type it: 10000000 and 1e-06."""
    return str(int(number)) if float(number).is_integer() else f"{number:g}"


def decayed(step: int, epoch: float, decay_steps: int, half_life: float, half_life_steps: float = 0.0) -> float:
    """The factor of both learning rates, 1.0 to 0.0, after `step` steps and `epoch` passes over the data.

    Inverse-time decay is 1/(1 + step/decay_steps): a half after decay_steps, a quarter after three times as many, and
    never quite over, so it needs to know no budget (after Robbins & Monro, "A Stochastic Approximation Method", 1951).
    Exponential decay is 0.5^(epoch/half_life), or 0.5^(step/half_life_steps), which does not depend on how many images
    there are. Where several are asked for they multiply; 0 stands for none.
    """
    inverse = 1 / (1 + step / decay_steps) if decay_steps else 1.0
    exponential = 0.5 ** (step / half_life_steps) if half_life_steps else 1.0
    return inverse * exponential * (0.5 ** (epoch / half_life) if half_life else 1.0)


def decay_words(decay_steps: int, half_life: float, half_life_steps: float = 0.0) -> str:
    """How the learning rates fall, for people; "" where nothing decays."""
    inverse = f"both are divided by 1 + steps / {decay_steps:,}" if decay_steps else ""
    epochs = f"both halve every {half_life:g} epochs" if half_life else ""
    steps = f"both halve every {half_life_steps:,g} steps" if half_life_steps else ""
    return " and ".join(filter(None, (inverse, epochs, steps)))


def preset(name: str) -> tuple[RunConfig, dict[str, Any]]:
    """The settings and the whole text (title, sentence, budget, …) of a preset.

    Raises registry.Unknown for a name that is no preset, ConfigError for a file or settings that do not hold.
    """
    try:
        content = registry.load("presets", name)
        return RunConfig.from_dict(content["config"]), content
    except ConfigError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ConfigError([f"The preset {name!r} cannot be read: {error}"]) from error


def shows_digits(dataset: str) -> bool:
    """Whether the examples of a data set are digits, as the words of presets have it."""
    names = [registry.card("datasets", name).facts.get("NAMES") for name in (dataset, "strokes")]
    return names[0] is not None and names[0] == names[1]


def title_of(facts: Mapping[str, Any], config: RunConfig) -> str:
    """The title of a run made from a preset: the preset's own, or who learns what where the data are others."""
    meant = facts["config"].get("dataset")
    if config.dataset == meant or (meant is None and shows_digits(config.dataset)):
        return str(facts["title"])
    return f"{str(facts['title']).partition(':')[0]} on {registry.card('datasets', config.dataset).title}"


def _problems(config: RunConfig, values: Mapping[str, Any], known: Mapping[str, Setting]) -> list[str]:
    problems = [text for name in known if name in values and (text := _wrong(known[name], values[name]))]
    if not problems and config.d_steps == config.g_steps == 0:
        problems.append("d_steps, g_steps: at least one of the two must be 1 or more.")
    return problems


def _allowed(k: Knob) -> str:
    if options := k.options():
        return f"; allowed: {', '.join(map(str, options))}"
    if math.isfinite(k.low):
        return f"; allowed: {plain(k.low)} to {plain(k.high)}"
    return ""


def _parse_bool(text: str) -> bool:
    try:
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text.lower()]
    except KeyError:
        raise ValueError(f"{text!r} is not true or false") from None
