"""Is it working, or has it collapsed? Pure functions from a run's log to one light: what is seen, and what to try.

Each rule looks at the newest records (running medians over about 100 steps) and at the last checkups, and wants the
same sign two or three times before it speaks. Before the generator draws digits no rule about classes is armed: fog is
a state, not a failure. Thresholds were frozen on recorded runs: `tests/diagnosis/`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gan import registry
from gan.runs import Run
from gan.tail import Tail

EVALUATORS = Path(__file__).parent.parent / "assets" / "evaluators"
WARM_UP = 300  # steps in which nothing but a number that is not finite alarms
STEEP, FAR = 1000.0, 50.0  # a gradient norm and a logit that no healthy run reaches
MEDIAN = 100  # steps of a running median
LONG = 200  # steps for which D has to win
GRAIN = 0.3  # difference of neighbouring pixels, over their mean, that is a checkerboard
ALIKE = 0.5  # diversity within classes below which pictures are one and the same
CONSTANT = 0.02  # diversity of pictures that do not depend on z
SCATTER = 10.0  # of a Fréchet distance from 1,000 samples
LOOKS = 100  # into the past, to find where it began
BLIND = 2000  # steps without a checkup: the log is of an older version
READABLE = 0.4  # share of confident readings (p > 0.9) from which samples count as readable
SEEN = 7.0  # effective classes from which the class rules are armed
PRESENT = 0.01  # a class is there from this share
FOG = 4.0  # times the images that the first digits should take: then fog is too long

Level = Literal["wait", "good", "warn", "bad"]


@dataclass(frozen=True)
class Light:
    """What a run looks like: a short `title`, one sentence of what is `seen`, one of what to try (`advice`, "" when
    nothing is to be done), and the step where it began."""

    name: str
    level: Level
    title: str
    seen: str
    advice: str
    step: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Log:
    """A run's log as the rules read it.

    columns: float64 of equal length by name, NaN where nothing was measured. checks: lists of the checkups, oldest
    first. names: classes, () without an evaluator. first_digits: training images after which the preset shows its
    first digits, None where nobody knows. error: why the run failed, or "".
    """

    columns: Mapping[str, NDArray[np.float64]]
    checks: Sequence[Mapping[str, Any]] = ()
    names: Sequence[str] = ()
    first_digits: float | None = None
    error: str = ""

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        return self.columns.get(name, np.full(len(self), np.nan))

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    @property
    def step(self) -> int:
        return int(self["step"][-1]) if len(self) else 0

    @property
    def images(self) -> float:
        return float(self["images"][-1]) if len(self) else 0.0

    @property
    def pace(self) -> float:
        """Steps from one record to the next."""
        steps = self["step"]
        return max(1.0, float(np.median(np.diff(steps[-50:])))) if len(steps) > 1 else 1.0

    def last(self, name: str, steps: float) -> NDArray[np.float64]:
        """The values of the last so many steps; NaN are left out."""
        values = self[name][-max(1, round(steps / self.pace)) :]
        return values[np.isfinite(values)]

    def median(self, name: str, steps: float = MEDIAN) -> float:
        """Of the last so many steps; NaN when there are none."""
        values = self.last(name, steps)
        return float(np.median(values)) if len(values) else np.nan

    def scores(self, name: str) -> NDArray[np.float64]:
        """A live score at every checkup that has it."""
        values = self[name]
        return values[np.isfinite(values)]

    def shares(self) -> NDArray[np.float64]:
        """The shares of the classes, checkups by classes."""
        found = [
            c["shares"] for c in self.checks if len(c.get("shares", ())) == len(self.names) > 0
        ]
        return np.array(found).reshape(len(found), len(self.names))

    def began(self, signs: int, every: float | None = None) -> int:
        """The step of the checkup so many ago, or so many steps ago."""
        if every is not None:
            return max(0, self.step - round(every))
        steps = [int(c.get("step", 0)) for c in self.checks]
        return steps[-signs] if len(steps) >= signs else self.step

    def until(self, records: int) -> Log:
        """The log as it was after so many records."""
        columns = {name: values[:records] for name, values in self.columns.items()}
        last = columns["step"][-1] if records and "step" in columns else -1
        checks = [check for check in self.checks if check.get("step", 0) <= last]
        return replace(self, columns=columns, checks=checks, error="")

    @property
    def armed(self) -> bool:
        """Whether the classes have been there once, so that one can miss them."""
        return bool((self.scores("effective_classes") > SEEN).any())

    @property
    def late(self) -> bool:
        """Whether digits should have been there long ago."""
        return self.first_digits is not None and self.images > FOG * self.first_digits


def log_of(run: Run, tail: Tail) -> Log:
    """What the folder of a run tells the rules. Raises RunError when its settings cannot be read."""
    config, columns = run.config(), tail.columns()
    judged = (EVALUATORS / f"{config.dataset}.json").is_file()
    facts = registry.card("datasets", config.dataset).facts
    preset = next((str(event.get("preset", "")) for event in tail.events), "")
    due = None
    with contextlib.suppress(ValueError, LookupError, AttributeError):
        due = registry.load("presets", preset).get("first_digits_images")
    names = tuple(facts.get("NAMES", ())) if judged else ()
    sound = np.isfinite(columns["step"]) if columns else np.array([])
    rows = {name: values[sound] for name, values in columns.items()}
    return Log(rows, tail.checks(), names, due, run.error())


def diagnose(log: Log) -> Light | None:
    """The light of a run; None before its first record."""
    if log.error:
        return _failed(log)
    if not len(log):
        return None
    rules = ALWAYS + (LATER if log.step >= WARM_UP else ())
    found = next((light for rule in rules for light in rule(log)), None)
    return found or _state(log)


def since(log: Log, light: Light) -> int:
    """The step from which the log has looked like this without a break, to a hundredth of its length."""
    steps = log["step"]
    began = light.step
    for records in np.unique(np.linspace(1, len(log), LOOKS).astype(int))[::-1]:
        before = diagnose(log.until(records))
        if before is None or before.name != light.name:
            break
        began = min(before.step, int(steps[records - 1]))
    return began


# -- rules: the first that speaks is the light ---------------------------------------------------------


def _failed(log: Log) -> Light | None:
    if "finite number" not in log.error:
        return None
    return Light(
        "divergence", "bad", "Training blew up",
        "A loss or gradient became infinite, and training stopped before it spoilt the generator.",
        "Go on from the last good state with half the learning rates.", log.step,
    )  # fmt: skip


def _divergence(log: Log) -> Iterator[Light]:
    logit = max((abs(v) for c in log.checks[-1:] for v in c.get("d_range", ())), default=0.0)
    signs = [
        *(f"{who.upper()}'s gradient has a norm of {norm:,.0f}" for who in ("d", "g")
          if (norm := log.median(f"grad_norm_{who}")) > STEEP),
        *([f"D's logits reach {logit:,.0f}"] if logit > FAR else []),
    ]  # fmt: skip
    if signs:
        yield Light(
            "divergence", "bad", "Training is blowing up", f"The steps are too large: {signs[0]}.",
            "Halve both learning rates, or go back to a snapshot from before.", log.began(1, MEDIAN),
        )  # fmt: skip


def _idle(log: Log) -> Iterator[Light]:
    if log.step >= MEDIAN and not len(log.last("d_loss", MEDIAN)):
        yield Light(
            "D not trained", "bad", "D does not learn",
            "The detective was not updated in the last steps: the forger learns to please a judge who knows nothing.",
            "Give D at least one update in each step.", log.began(1, MEDIAN),
        )  # fmt: skip
    elif log.step >= MEDIAN and not len(log.last("g_loss", MEDIAN)):
        yield Light(
            "G not trained", "bad", "G does not learn",
            "The forger was not updated once in the last steps: its pictures stay as they are.",
            "Give G at least one update in each step.", log.began(1, MEDIAN),
        )  # fmt: skip


def _d_wins(log: Log) -> Iterator[Light]:
    right, fake = log.last("d_accuracy", LONG), log.last("d_fake", LONG)
    if len(right) and len(fake) == len(right) and np.mean((right > 0.99) & (fake < 0.01)) > 0.9:
        yield Light(
            "D winning", "bad", "D wins every round",
            f"For {LONG} steps the detective has been right in over 99 % of the cases, and gives fakes less than 1 %.",
            "Lower D's learning rate, or give G more updates in a step.", log.began(1, LONG),
        )  # fmt: skip


def _constant(log: Log) -> Iterator[Light]:
    last = log.scores("diversity")[-2:]
    if len(last) == 2 and last.max() < CONSTANT:
        yield Light(
            "mode collapse", "bad", "Mode collapse",
            "G found one forgery and makes nothing else: every picture is the same, whatever the noise.",
            "Lower G's learning rate, and let BatchNorm be where it was; else start anew with another seed.",
            log.began(2),
        )  # fmt: skip


def _vanishing(log: Log) -> Iterator[Light]:
    norms, steps = log["grad_norm_g"], log["step"]
    early = norms[(steps <= WARM_UP) & np.isfinite(norms)]
    if len(early) and log.median("grad_norm_g") < 1e-3 * float(early.max()):
        yield Light(
            "vanishing gradient", "bad", "G gets no hints",
            "D is so sure that its verdict no longer changes with the picture: G's gradient has all but vanished.",
            "Use the non-saturating or the hinge loss, or a weaker D.", log.began(1, MEDIAN),
        )  # fmt: skip


def _overfits(log: Log) -> Iterator[Light]:
    last = log.scores("overfit")[-2:]
    if len(last) == 2 and last.min() > 0.5:
        yield Light(
            "D overfits", "bad", "D knows its pictures by heart",
            "D calls its own training images real, and new real images almost as fake as generated ones.",
            "Use more training images, or a smaller learning rate for D.", log.began(2),
        )  # fmt: skip


def _collapse(log: Log) -> Iterator[Light]:
    signs = [_collapsed(log, at) for at in (-2, -1)] if len(log.shares()) > 1 else [""]
    if all(signs):
        yield Light(
            "mode collapse", "bad", "Mode collapse",
            f"G found one forgery that works: {signs[-1]}.",
            "Lower G's learning rate, or give D more updates in a step. The bars show which classes are missing.",
            log.began(2),
        )  # fmt: skip


def _collapsed(log: Log, at: int) -> str:
    """What of a checkup looks like a collapse, "" if nothing. Unevenness counts once the classes have been there;
    before that, when they should be, only one class alone or one picture over and over."""
    shares, names = log.shares()[at], log.names
    effective, diversity = (
        log.scores(key)[-2:][at:][:1] for key in ("effective_classes", "diversity")
    )
    absent = [name for name, share in zip(names, shares, strict=True) if share < PRESENT]
    alike = bool(len(diversity)) and diversity[0] < ALIKE
    if (alike or log.armed) and len(absent) == len(names) - 1 and (log.armed or log.late):
        return "every picture is of one class"
    if log.armed:
        if alike:
            return f"two pictures of one class differ {diversity[0]:.2f} times as much as real ones"
        if absent:
            verb = "appears" if len(absent) == 1 else "appear"
            return f"{', '.join(absent)} no longer {verb} (under 1 % of the samples)"
        if effective[0] < SEEN:
            return f"the classes are as uneven as if there were only {effective[0]:.1f} of {len(names)}"
    return ""


def _rotates(log: Log) -> Iterator[Light]:
    shares = log.shares()[-4:]
    if log.armed and len(shares) == 4 and min(map(_jensen_shannon, shares, shares[1:])) > 0.02:
        yield Light(
            "rotating collapse", "warn", "The forger keeps changing its mind",
            "From one look to the next G makes other classes: it runs away from D instead of covering all of them.",
            "Lower both learning rates, or raise the EMA decay.", log.began(4),
        )  # fmt: skip


def _checkerboard(log: Log) -> Iterator[Light]:
    last = log.scores("checkerboard")[-3:]
    if log.armed and len(last) == 3 and last.min() > GRAIN:
        yield Light(
            "checkerboard", "warn", "A checkerboard in the pictures",
            f"Neighbouring pixels differ in a fixed pattern, on average by {last[-1]:.0%} of the brightness.",
            "Use a model whose upsampling kernels are divisible by their stride.", log.began(3),
        )  # fmt: skip


def _past_best(log: Log) -> Iterator[Light]:
    fd = log["fd"]
    at = np.flatnonzero(np.isfinite(fd))
    if len(at) < 10 or not log.armed:
        return
    best = at[int(np.argmin(fd[at]))]
    steps = log["step"]
    now = float(np.median(fd[at[-3:]]))
    if steps[best] < 0.7 * steps[-1] and now > 1.25 * fd[best] + SCATTER:
        yield Light(
            "past its best", "warn", "Past its best",
            f"The generator was best at step {int(steps[best]):,}: FD {fd[best]:,.0f} there, {now:,.0f} now.",
            "Stop here, and take the snapshot from back then.", int(steps[best]),
        )  # fmt: skip


ALWAYS: tuple[Callable[[Log], Iterator[Light]], ...] = (_divergence, _idle)
LATER: tuple[Callable[[Log], Iterator[Light]], ...] = (
    _constant, _vanishing, _d_wins, _overfits, _collapse, _rotates, _checkerboard, _past_best,
)  # fmt: skip


# -- when no rule speaks -----------------------------------------------------------------------------


def _state(log: Log) -> Light | None:
    """How far a run without trouble is; None where nobody can tell, as with points of the plane."""
    confident, effective = log.scores("confident"), log.scores("effective_classes")
    if not log.names or (not log.checks and log.step > BLIND):
        return None
    if len(effective) and effective[-1] > SEEN and confident[-1] >= READABLE:
        present = int(log.scores("classes")[-1])
        return Light(
            "learning", "good", "It is working",
            f"{present} of {len(log.names)} classes are there, and {confident[-1]:.0%} of the samples can be read.",
            "", log.step,
        )  # fmt: skip
    return _fog(log)


def _fog(log: Log) -> Light:
    due = log.first_digits
    if log.late:
        return Light(
            "fog", "warn", "Still fog",
            f"The first digits were expected after about {due:,.0f} images; {log.images:,.0f} have passed.",
            "Stop, and try another seed or the preset's own settings.", log.step,
        )  # fmt: skip
    when = (
        f"first digits are expected after about {due:,.0f} images"
        if due
        else "nobody has measured when it lifts"
    )
    return Light("fog", "wait", "Not digits yet", f"Still fog; {when}.", "", log.step)


def _jensen_shannon(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Divergence of two distributions (K,) in nats, 0 to log 2."""
    middle = (p + q) / 2
    parts = [
        np.where(x > 0, x * np.log(np.where(x > 0, x, 1) / np.where(middle > 0, middle, 1)), 0)
        for x in (p, q)
    ]
    return float(sum(part.sum() for part in parts) / 2)
