"""What defines a run: one frozen dataclass from which the form, the command line, the checks and the JSON derive."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
    group: str = "more"  # "usual": beside the presets; "more": behind one click; "live": changes while it runs
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[Any, ...] = ()
    kind: str = ""  # a registry kind: the choices are files
    shown: tuple[float, ...] = ()  # a short list to pick from in the form
    zero: str = ""  # what 0 stands for; may be typed instead

    def options(self) -> tuple[Any, ...]:
        """The values that may be picked; () where a range decides."""
        return tuple(registry.names(self.kind)) if self.kind else self.choices


def knob(default: Any, label: str, help: str, **rest: Any) -> Any:
    """A dataclass field with its `Knob`."""
    return dataclasses.field(
        default=default, metadata={"knob": Knob(help=help, label=label, **rest)}
    )


RATES = (1e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2)


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides the numbers of a run. Immutable; kept as `config.json` in the run folder.

    Live changes (learning rates, update ratio, budget, title) are not here but in `control.json`: they are what
    the driver wants at the moment, and every one of them is recorded as an event.
    """

    dataset: str = knob(
        "strokes", "Data set", "What G learns to imitate.", group="usual", kind="datasets"
    )
    model: str = knob(
        "lean",
        "Model",
        "The two networks: generator and discriminator.",
        group="usual",
        kind="models",
    )
    loss: str = knob(
        "hinge", "Loss", "What D and G are told to make small.", group="usual", kind="losses"
    )
    lr_g: float = knob(
        2e-3,
        "Learning rate of G",
        "How far one Adam step moves the generator.",
        group="usual",
        low=1e-6,
        high=1.0,
        shown=RATES,
    )
    lr_d: float = knob(
        2e-3,
        "Learning rate of D",
        "How far one Adam step moves the discriminator.",
        group="usual",
        low=1e-6,
        high=1.0,
        shown=RATES,
    )
    batch: int = knob(32, "Batch size", "Real images in one update of D.", low=1, high=4096)
    seed: int = knob(
        0,
        "Seed",
        "Same settings and seed: the same run, number for number, as long as CPU threads stay the same.",
        low=0,
        high=2**31 - 1,
    )
    d_steps: int = knob(1, "D updates a step", "Updates of D in one step.", low=0, high=10)
    g_steps: int = knob(1, "G updates a step", "Updates of G in one step.", low=0, high=10)
    beta1: float = knob(0.5, "Adam beta 1", "Momentum of Adam.", low=0.0, high=0.999)
    beta2: float = knob(0.999, "Adam beta 2", "Memory of Adam's step sizes.", low=0.0, high=0.9999)
    z_dim: int = knob(100, "Size of z", "Numbers in one noise vector.", low=1, high=512)
    width: int = knob(16, "Width", "Channels of the layer next to the picture.", low=4, high=128)
    batch_norm: bool = knob(
        True, "BatchNorm", "Layers that keep the numbers inside the networks in a good range."
    )
    conditional: bool = knob(
        False,
        "Class labels",
        "Both networks are told which class each picture shows; then you can ask for one.",
    )
    r1: float = knob(
        0.0,
        "R1 penalty",
        "How much D pays for a steep slope at real pictures; it keeps a long run from going astray. 0 leaves it out.",
        low=0.0,
        high=1_000.0,
        shown=(0.0, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
    )
    half_life: float = knob(
        0.0,
        "Half-life of the learning rates",
        "Epochs after which both learning rates have halved; 0 keeps them as they are.",
        low=0.0,
        high=10_000.0,
        shown=(0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0),
    )
    decay_steps: int = knob(
        0,
        "Inverse-time decay",
        "Both learning rates are divided by 1 + steps / this: halved after so many; 0 leaves it out.",
        low=0,
        high=10_000_000,
        shown=(0, 200, 500, 1_000, 2_000, 5_000),
    )
    ema_decay: float = knob(
        0.99,
        "EMA decay",
        "What you see is a running average of G's weights; 0 shows G itself.",
        low=0.0,
        high=0.9999,
    )
    reuse_fake: bool = knob(
        True, "Same fakes for D and G", "G's update judges the pictures D has just been shown."
    )
    n_images: int = knob(
        0,
        "Training images",
        "Train on so many only; 0 means all.",
        low=0,
        high=10_000_000,
        zero="all",
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
    samples: int = knob(
        64, "Pictures in a grid", "How many samples a grid shows.", choices=(16, 36, 64, 100)
    )
    log_every: int = knob(
        20, "Log every", "Steps that one point of the curves sums up.", low=1, high=10_000
    )
    device: str = knob(
        "auto",
        "Device",
        "Where the networks live; auto takes CUDA, then MPS, then the CPU.",
        choices=("auto", "cpu", "cuda", "mps"),
    )
    threads: int = knob(
        0,
        "CPU threads",
        "0 (auto) finds out while it trains what is fastest, again and again, and in the app leaves a core to those "
        "who watch; any other number stays, and only then the numbers of a run can be repeated bit for bit.",
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

    def __post_init__(self) -> None:
        if problems := _problems(self):
            raise ConfigError(problems)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunConfig:
        """A config from JSON-like `values`; fields left out keep their defaults.

        Raises ConfigError naming every unknown field and every value that is out of range or of another type.
        """
        known = fields()
        unknown = [
            f"{name}: no such setting; there are {', '.join(known)}."
            for name in values
            if name not in known
        ]
        kept = {name: value for name, value in values.items() if name in known}
        try:
            config = cls(**kept)
        except ConfigError as error:
            raise ConfigError(unknown + error.problems) from None
        if unknown:
            raise ConfigError(unknown)
        return config

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, in the order of the fields."""
        return dataclasses.asdict(self)

    def replace(self, **changes: Any) -> RunConfig:
        """A checked copy with some fields changed."""
        return self.from_dict({**self.to_dict(), **changes})


def fields() -> dict[str, dataclasses.Field[Any]]:
    """The fields of RunConfig by name, in order; `field.metadata["knob"]` is its Knob."""
    return {field.name: field for field in dataclasses.fields(RunConfig)}


def knob_of(name: str) -> Knob:
    """The Knob of one field."""
    found: Knob = fields()[name].metadata["knob"]
    return found


def parser_of(name: str) -> Callable[[str], Any]:
    """What turns typed text into the value of field `name`; raises ValueError."""
    default, zero = fields()[name].default, knob_of(name).zero
    if zero:
        return lambda text: 0 if text == zero else int(text)
    return _parse_bool if isinstance(default, bool) else type(default)


def check(name: str, value: Any) -> str:
    """One sentence telling what is wrong with `value` for field `name`, or "" when it is right."""
    k, default = knob_of(name), fields()[name].default
    kind = type(default)
    right = (isinstance(value, kind) and (kind is bool or not isinstance(value, bool))) or (
        kind is float and isinstance(value, int) and not isinstance(value, bool)
    )
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}[kind]
    if not right:
        return f"{name}: {value!r} is not {words}{_allowed(k)}."
    options = k.options()
    if (k.kind or k.choices) and value not in options:
        return f"{name}: {value!r} is not one of {', '.join(map(str, options))}."
    if kind in (int, float) and not k.low <= value <= k.high:
        return f"{name}: {value!r} is not between {plain(k.low)} and {plain(k.high)}."
    return ""


def plain(number: float) -> str:
    """A bound as one would type it: 10000000 and 1e-06."""
    return str(int(number)) if float(number).is_integer() else f"{number:g}"


def preset(name: str) -> tuple[RunConfig, dict[str, Any]]:
    """The settings and the whole text (title, sentence, budget, …) of a preset.

    Raises registry.Unknown for a name that is no preset, ConfigError for a file or settings that do not hold.
    """
    try:
        told = registry.load("presets", name)
        return RunConfig.from_dict(told["config"]), told
    except ConfigError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ConfigError([f"The preset {name!r} cannot be read: {error}"]) from error


def _problems(config: RunConfig) -> list[str]:
    found = [
        text for name in fields() if (text := check(name, getattr(config, name)))
    ]  # one sentence a field
    if not found and config.d_steps == config.g_steps == 0:
        found.append("d_steps, g_steps: at least one of the two must be 1 or more.")
    return found


def _allowed(k: Knob) -> str:
    if options := k.options():
        return f"; allowed: {', '.join(map(str, options))}"
    if math.isfinite(k.low):
        return f"; allowed: {plain(k.low)} to {plain(k.high)}"
    return ""


def _parse_bool(text: str) -> bool:
    try:
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[
            text.lower()
        ]
    except KeyError:
        raise ValueError(f"{text!r} is not true or false") from None
