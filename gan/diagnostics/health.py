"""Health rules: pure functions from a run's log to one status, with its evidence and advice.

Each rule reads the newest records (running medians over about 100 steps) and the last live scores, and needs the same
sign two or three times before it reports. Until samples show digits no rule about classes is armed: fog is a state,
not a failure. Rules that read probabilities of D apply only to losses that have them (PROBABILITY); those of critics,
which have only scores, ask whether D tells real pictures from generated ones and whether G still gets better.
Thresholds were frozen on recorded runs: `tests/diagnostics/recorded/`.
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
from gan.diagnostics import findings
from gan.runs import Run
from gan.runs.log_reader import LogReader
from gan.runs.scores import Scores

EVALUATORS = Path(__file__).parent.parent / "evaluation" / "weights"
WARM_UP_STEPS = 300  # before them only numbers that are not finite or far too large, and an idle network, are reported
MAX_GRADIENT_NORM, MAX_LOGIT = 1000.0, 50.0  # no healthy run reaches them; the logit of a loss with a probability
MEDIAN_STEPS = 100  # of a running median
WINNING_STEPS = 200  # for which D has to win
MAX_PENALTY = 300.0  # of a weighted penalty; no healthy run reaches it
BLIND_SHARE = 0.4  # real pictures that a critic scores below generated ones, from which it hardly tells them apart
NEVER_BELOW = 0.01  # the same share below which it tells all of them apart
MIN_GAIN = 0.95  # of the Fréchet distance from one look to the next, at which G does not get better
UNDECIDED = 0.05  # difference of D's mean answers under least squares, whose targets are 1 apart
SATURATED = 0.9  # share of D's weights at the bound of clipping
MIN_CHECKERBOARD = 0.3  # difference of neighbouring pixels, over their mean
ALIKE_DIVERSITY = 0.5  # within classes; below it pictures are one and the same
CONSTANT_DIVERSITY = 0.02  # of pictures that do not depend on z
FD_NOISE = 10.0  # scatter of a Fréchet distance from 1,000 samples; it falls with their number
LOOKBACK_POINTS = 100  # at which the past is diagnosed, to find where a finding began
MAX_STEPS_WITHOUT_SCORES = 2000  # beyond them the log is of an older version
READABLE_SHARE = 0.4  # share of confident readings (p > 0.9) from which samples count as readable by the rules
LEGIBLE_SHARE = 0.7  # the same from which people, too, read most samples: then it is working
ARMED_CLASSES = 7.0  # effective classes from which the class rules are armed
PRESENT_SHARE = 0.01  # from which a class is there
MANY_COPIES = 0.3  # share of samples that are nearly a training image from which that is told
UNMOVED = 0.1  # of the distance from sources to truth: moved less than that is an identity
NEARER = 0.6  # the same for the distance of the results to the truth, below which a translation is one
ASTRAY_STEPS = 600  # before them results may be worse than the sources
FOG_FACTOR = 4.0  # times the images that the first digits should take: then fog is too long

Level = Literal["wait", "good", "warn", "bad"]


@dataclass(frozen=True)
class HealthStatus:
    """A finding about a run: a short `title`, a sentence of `evidence`, one of `advice` ("": nothing to do), and the
    step where it began."""

    name: str
    level: Level
    title: str
    evidence: str
    advice: str
    step: int

    def to_dict(self) -> dict[str, Any]:
        """JSON values, as in `light` of `GET …/series`, which calls the evidence "seen"."""
        return {"seen" if name == "evidence" else name: value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Log:
    """A run's log as the rules read it.

    columns: float64 of equal length by name, NaN where nothing was measured. checks: lists of the live scores, oldest
    first. names: classes, () without an EvalNet. first_digits: training images after which the preset shows its first
    digits, None where that was not measured. error: why the run failed, or "". probability and threshold: PROBABILITY
    and THRESHOLD of the loss. from_source: whether G makes a picture from another one.
    """

    columns: Mapping[str, NDArray[np.float64]]
    checks: Sequence[Mapping[str, Any]] = ()
    names: Sequence[str] = ()
    first_digits: float | None = None
    error: str = ""
    probability: bool = True
    threshold: float | None = 0.0
    from_source: bool = False

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
        """The values of the last `steps` steps; NaN are left out."""
        values = self[name][-max(1, round(steps / self.pace)) :]
        return values[np.isfinite(values)]

    def median(self, name: str, steps: float = MEDIAN_STEPS) -> float:
        """The median of the last `steps` steps; NaN when there are none."""
        values = self.last(name, steps)
        return float(np.median(values)) if len(values) else np.nan

    def scores(self, name: str) -> NDArray[np.float64]:
        """The values of a live score, oldest first; NaN are left out."""
        values = self[name]
        return values[np.isfinite(values)]

    def shares(self) -> NDArray[np.float64]:
        """The shares of the classes, float64 (live scores, classes)."""
        rows = [c["shares"] for c in self.checks if len(c.get("shares", ())) == len(self.names) > 0]
        return np.array(rows).reshape(len(rows), len(self.names))

    def began(self, signs: int, every: float | None = None) -> int:
        """The step of the live scores `signs` from the end, or the step `every` steps ago."""
        if every is not None:
            return max(0, self.step - round(every))
        steps = [int(c.get("step", 0)) for c in self.checks]
        return steps[-signs] if len(steps) >= signs else self.step

    def until(self, records: int) -> Log:
        """The log as it was after `records` records."""
        columns = {name: values[:records] for name, values in self.columns.items()}
        last = columns["step"][-1] if records and "step" in columns else -1
        checks = [check for check in self.checks if check.get("step", 0) <= last]
        return replace(self, columns=columns, checks=checks, error="")

    @property
    def armed(self) -> bool:
        """Whether the samples once showed the classes, so that missing ones mean something."""
        return bool((self.scores("effective_classes") > ARMED_CLASSES).any())

    @property
    def unreadable(self) -> bool:
        """Whether the last live scores say that no digits can be read; False without an EvalNet."""
        confident, effective = self.scores("confident")[-1:], self.scores("effective_classes")[-1:]
        if not len(confident) or not self.names:
            return False
        return bool(confident[0] < READABLE_SHARE or effective[0] < ARMED_CLASSES)

    @property
    def late(self) -> bool:
        """Whether the first digits are long overdue."""
        return self.first_digits is not None and self.images > FOG_FACTOR * self.first_digits


def log_of(run: Run, reader: LogReader) -> Log:
    """The log of a run folder. Raises RunError when its settings cannot be read."""
    config, columns = run.config(), reader.columns()
    has_evalnet = (EVALUATORS / f"{config.dataset}.json").is_file()
    facts = registry.card("datasets", config.dataset).facts
    preset = next((str(event.get("preset", "")) for event in reader.events), "")
    first_digits = None
    with contextlib.suppress(ValueError, LookupError, AttributeError):
        first_digits = registry.load("presets", preset).get("first_digits_images")
    names = tuple(facts.get("NAMES", ())) if has_evalnet else ()
    with_step = np.isfinite(columns["step"]) if columns else np.array([])
    rows = {name: values[with_step] for name, values in columns.items()}
    loss = registry.card("losses", config.loss).facts
    probability, threshold = loss.get("PROBABILITY", True), loss.get("THRESHOLD", 0.0)
    checks = reader.checks()
    return Log(rows, checks, names, first_digits, run.error(), probability, threshold, config.from_source)


def diagnose(log: Log) -> HealthStatus | None:
    """The status of a run by the first rule that reports; None before its first record."""
    if log.error:
        return _failed(log)
    if not len(log):
        return None
    always, later = (BLOWN_UP, BESIDE_TRUTH) if log.from_source else (ALWAYS, AFTER_WARM_UP)
    rules = always + (later if log.step >= WARM_UP_STEPS else ())
    status = next((finding for rule in rules for finding in rule(log)), None)
    return status or (_translating(log) if log.from_source else _progress(log))


def with_scores(status: HealthStatus | None, row: Scores | None) -> HealthStatus | None:
    """The status of a run whose newest evaluation is `row`: what that found, where the log alone finds no fault.

    So a run has one verdict on every page. An evaluation of an earlier step says nothing.
    """
    fault = next((finding for finding in row.verdict if finding.get("level", "good") != "good"), None) if row else None
    if row is None or fault is None or status is None or status.level != "good" or row.step < status.step:
        return status
    level: Level = "bad" if fault["level"] == "bad" else "warn"
    name = findings.title(fault["name"])
    evidence = f"{fault['text']} {status.evidence}"
    return HealthStatus(fault["name"], level, name[:1].upper() + name[1:], evidence, "", row.step)


def since(log: Log, status: HealthStatus) -> int:
    """The step from which the log has had this status without a break, to a hundredth of its length."""
    steps = log["step"]
    began = status.step
    for records in np.unique(np.linspace(1, len(log), LOOKBACK_POINTS).astype(int))[::-1]:
        before = diagnose(log.until(records))
        if before is None or before.name != status.name:
            break
        began = min(before.step, int(steps[records - 1]))
    return began


# -- rules: the first that reports is the status --------------------------------------------------------


def _failed(log: Log) -> HealthStatus | None:
    if "finite number" not in log.error:
        return None
    return HealthStatus(
        "divergence",
        "bad",
        "Training blew up",
        "A loss or gradient became infinite, and training stopped before it spoilt the generator.",
        "Resume from the last good state with half the learning rates.",
        log.step,
    )


def _divergence(log: Log) -> Iterator[HealthStatus]:
    logit = max((abs(v) for c in log.checks[-1:] for v in c.get("d_range", ())), default=0.0)
    signs = [
        *(
            f"{who.upper()}'s gradient has a norm of {norm:,.0f}"
            for who in ("d", "g")
            if (norm := log.median(f"grad_norm_{who}")) > MAX_GRADIENT_NORM
        ),
        *(
            [f"D's logits reach {logit:,.0f}"] if logit > MAX_LOGIT and log.probability else []
        ),  # else any scale is right
    ]
    if signs:
        yield HealthStatus(
            "divergence",
            "bad",
            "Training is blowing up",
            f"The steps are too large: {signs[0]}.",
            "Halve both learning rates, or go back to a snapshot from before.",
            log.began(1, MEDIAN_STEPS),
        )


def _penalty(log: Log) -> Iterator[HealthStatus]:
    penalty = log.median("d_penalty")
    if penalty > MAX_PENALTY:
        yield HealthStatus(
            "penalty exploding",
            "bad",
            "The penalty has taken over",
            f"D pays {penalty:,.0f} for how steep it is, far more than for its mistakes: each step throws it to the "
            "other side.",
            "Make the penalty's weight smaller, or halve D's learning rate.",
            log.began(1, MEDIAN_STEPS),
        )


def _idle(log: Log) -> Iterator[HealthStatus]:
    if log.step >= MEDIAN_STEPS and not len(log.last("d_loss", MEDIAN_STEPS)):
        yield HealthStatus(
            "D not trained",
            "bad",
            "D does not learn",
            "The detective was not updated in the last steps: the forger learns to please a judge who knows nothing.",
            "Give D at least one update in each step.",
            log.began(1, MEDIAN_STEPS),
        )
    elif log.step >= MEDIAN_STEPS and not len(log.last("g_loss", MEDIAN_STEPS)):
        yield HealthStatus(
            "G not trained",
            "bad",
            "G does not learn",
            "The forger was not updated once in the last steps: its pictures stay as they are.",
            "Give G at least one update in each step.",
            log.began(1, MEDIAN_STEPS),
        )


def _d_wins(log: Log) -> Iterator[HealthStatus]:
    if not log.probability:
        yield from _critic_wins(log)
        return
    right, fake = log.last("d_accuracy", WINNING_STEPS), log.last("d_fake", WINNING_STEPS)
    if len(right) and len(fake) == len(right) and np.mean((right > 0.99) & (fake < 0.01)) > 0.9:
        yield HealthStatus(
            "D winning",
            "bad",
            "D wins every round",
            f"For {WINNING_STEPS} steps the detective has been right in over 99 % of the cases, and gives fakes less "
            "than 1 %.",
            "Lower D's learning rate, or give G more updates in a step.",
            log.began(1, WINNING_STEPS),
        )


def _critic_wins(log: Log) -> Iterator[HealthStatus]:
    """Of a loss without a probability, which teaches G however far the scores are apart: G stands still, too."""
    below, fd = log.last("real_below_fake", WINNING_STEPS), log.scores("fd")[-3:]
    wins = len(below) and np.mean(below < NEVER_BELOW) > 0.9 and log.unreadable
    if wins and len(fd) == 3 and min(fd[1:]) > MIN_GAIN * fd[0]:
        yield HealthStatus(
            "D winning",
            "bad",
            "D wins every round",
            f"For {WINNING_STEPS} steps the detective has told over 99 % of the pictures apart, and from look to look "
            "the pictures get no nearer to real ones.",
            "Penalise D's slope (R1), lower its learning rate, or give G more updates in a step.",
            log.began(1, WINNING_STEPS),
        )


def _critic_untrained(log: Log) -> Iterator[HealthStatus]:
    if log.probability or log.threshold is not None:
        return
    below = log.last("real_below_fake", WINNING_STEPS)
    if len(below) and np.mean(below > BLIND_SHARE) > 0.9 and log.unreadable:
        yield HealthStatus(
            "critic untrained",
            "bad",
            "The critic knows too little",
            f"D scores {np.median(below):.0%} of real images lower than a generated one, as if by chance, though no "
            "digits can be read yet: its slope leads G nowhere.",
            "Give D more updates in a step, a higher learning rate, or more room than clipping leaves it.",
            log.began(1, WINNING_STEPS),
        )


def _undecided(log: Log) -> Iterator[HealthStatus]:
    if log.probability or log.threshold is None:
        return
    real, fake = log.last("logit_real", WINNING_STEPS), log.last("logit_fake", WINNING_STEPS)
    if len(real) and len(real) == len(fake) and np.mean(np.abs(real - fake) < UNDECIDED) > 0.9 and log.unreadable:
        yield HealthStatus(
            "stuck at one half",
            "bad",
            "D says one half to everything",
            f"Its answers to real and to generated pictures differ by {np.median(np.abs(real - fake)):.2f}, where 1 "
            "would be right: least squares has settled on the average, and G is told nothing.",
            "Give D a higher learning rate or more updates in a step, or use the hinge loss.",
            log.began(1, WINNING_STEPS),
        )


def _saturated(log: Log) -> Iterator[HealthStatus]:
    last = log.scores("clipped")[-2:]
    if len(last) == 2 and last.min() > SATURATED:
        yield HealthStatus(
            "clipping saturated",
            "warn",
            "Nearly all of D's weights are at the bound",
            f"{last[-1]:.0%} of them are as large as clipping allows, so D can say little more than their signs.",
            "Use a gradient penalty instead of clipping, or a wider bound.",
            log.began(2),
        )


def _constant(log: Log) -> Iterator[HealthStatus]:
    last = log.scores("diversity")[-2:]
    if len(last) == 2 and last.max() < CONSTANT_DIVERSITY:
        yield HealthStatus(
            "mode collapse",
            "bad",
            "Mode collapse",
            "G found one forgery and makes nothing else: every picture is the same, whatever the noise.",
            "Lower G's learning rate, and let BatchNorm be where it was; else start anew with another seed.",
            log.began(2),
        )


def _vanishing(log: Log) -> Iterator[HealthStatus]:
    norms, steps = log["grad_norm_g"], log["step"]
    early = norms[(steps <= WARM_UP_STEPS) & np.isfinite(norms)]
    if len(early) and log.median("grad_norm_g") < 1e-3 * float(early.max()):
        yield HealthStatus(
            "vanishing gradient",
            "bad",
            "G gets no hints",
            "D is so sure that its verdict no longer changes with the picture: G's gradient has all but vanished.",
            "Use the non-saturating or the hinge loss, or a weaker D.",
            log.began(1, MEDIAN_STEPS),
        )


def _overfits(log: Log) -> Iterator[HealthStatus]:
    last = log.scores("overfit")[-2:]
    if len(last) == 2 and last.min() > 0.5:
        yield HealthStatus(
            "D overfits",
            "bad",
            "D knows its pictures by heart",
            "D calls its own training images real, and new real images almost as fake as generated ones.",
            "Use more training images, or a smaller learning rate for D.",
            log.began(2),
        )


def _collapse(log: Log) -> Iterator[HealthStatus]:
    signs = [_collapse_evidence(log, at) for at in (-2, -1)] if len(log.shares()) > 1 else [""]
    if all(signs):
        yield HealthStatus(
            "mode collapse",
            "bad",
            "Mode collapse",
            f"G found one forgery that works: {signs[-1]}.",
            "Lower G's learning rate, or give D more updates in a step. The bars show which classes are missing.",
            log.began(2),
        )


def _collapse_evidence(log: Log, at: int) -> str:
    """The sign of a collapse in the live scores at index `at`, "" if none. Unevenness counts once the classes have been
    there; before that, when they are overdue, only one class alone or one picture over and over."""
    shares, names = log.shares()[at], log.names
    effective, diversity = (log.scores(key)[-2:][at:][:1] for key in ("effective_classes", "diversity"))
    absent = [name for name, share in zip(names, shares, strict=True) if share < PRESENT_SHARE]
    alike = bool(len(diversity)) and diversity[0] < ALIKE_DIVERSITY
    if (alike or log.armed) and len(absent) == len(names) - 1 and (log.armed or log.late):
        return "every picture is of one class"
    if log.armed:
        if alike:
            return f"two pictures of one class differ {diversity[0]:.2f} times as much as real ones"
        if absent:
            verb = "appears" if len(absent) == 1 else "appear"
            return f"{', '.join(absent)} no longer {verb} (under 1 % of the samples)"
        if effective[0] < ARMED_CLASSES:
            return f"the classes are as uneven as if there were only {effective[0]:.1f} of {len(names)}"
    return ""


def _rotates(log: Log) -> Iterator[HealthStatus]:
    shares = log.shares()[-4:]
    if log.armed and len(shares) == 4 and min(map(_jensen_shannon, shares, shares[1:])) > 0.02:
        yield HealthStatus(
            "rotating collapse",
            "warn",
            "The forger keeps changing its mind",
            "From one look to the next G makes other classes: it runs away from D instead of covering all of them.",
            "Lower both learning rates, or raise the EMA decay.",
            log.began(4),
        )


def _checkerboard(log: Log) -> Iterator[HealthStatus]:
    last = log.scores("checkerboard")[-3:]
    if log.armed and len(last) == 3 and last.min() > MIN_CHECKERBOARD:
        yield HealthStatus(
            "checkerboard",
            "warn",
            "A checkerboard in the pictures",
            f"Neighbouring pixels differ in a fixed pattern, on average by {last[-1]:.0%} of the brightness.",
            "Use a model whose upsampling kernels are divisible by their stride.",
            log.began(3),
        )


def _past_best(log: Log) -> Iterator[HealthStatus]:
    fd = log["fd"]
    at = np.flatnonzero(np.isfinite(fd))
    if len(at) < 10 or not log.armed:
        return
    best = at[int(np.argmin(fd[at]))]
    steps = log["step"]
    now = float(np.median(fd[at[-3:]]))
    counts = log.scores("samples")
    noise = FD_NOISE * 1000 / (counts[-1] if len(counts) else 1000)
    if steps[best] < 0.7 * steps[-1] and now > 1.25 * fd[best] + noise:
        yield HealthStatus(
            "past its best",
            "warn",
            "Past its best",
            f"The generator was best at step {int(steps[best]):,}: FD {fd[best]:,.0f} there, {now:,.0f} now.",
            "Stop here, and take the snapshot from back then.",
            int(steps[best]),
        )


def _copies(log: Log) -> Iterator[HealthStatus]:
    last = log.scores("copied")[-2:]
    if len(last) == 2 and last.min() > MANY_COPIES:
        yield HealthStatus(
            "copies",
            "warn",
            "Learning by heart",
            f"{last[-1]:.0%} of the samples are nearly one of the training images: the forger repeats what it saw.",
            "With few pictures that is to be expected. Add pictures, shift what D sees (translation), make the "
            "networks smaller, or take an earlier snapshot.",
            log.began(2),
        )


ALWAYS: tuple[Callable[[Log], Iterator[HealthStatus]], ...] = (_penalty, _divergence, _idle)
AFTER_WARM_UP: tuple[Callable[[Log], Iterator[HealthStatus]], ...] = (
    _constant,
    _vanishing,
    _d_wins,
    _critic_untrained,
    _undecided,
    _overfits,
    _collapse,
    _rotates,
    _checkerboard,
    _past_best,
    _copies,
    _saturated,
)


def _unmoved(log: Log) -> Iterator[HealthStatus]:
    """G hands its source back: hardly moved from it, and not for want of a difference to the truth."""
    moved, wanted = log.scores("moved")[-2:], log.scores("source_error")[-2:]
    if len(moved) == 2 and (moved < UNMOVED * wanted).all():
        yield HealthStatus(
            "identity",
            "bad",
            "G hands its source back",
            f"Its pictures differ from their sources by {moved[-1]:.3f}, and the true ones by {wanted[-1]:.3f}: an "
            "identity, not a translation.",
            "Give the pixel error more weight, raise G's learning rate, or look whether the pairs are pairs.",
            log.began(2),
        )


def _astray(log: Log) -> Iterator[HealthStatus]:
    """G's pictures are no nearer to the truth than the sources are."""
    error, source = log.scores("pixel_error")[-2:], log.scores("source_error")[-2:]
    if len(error) == 2 and (error >= source).all() and log.step >= ASTRAY_STEPS:
        yield HealthStatus(
            "astray",
            "bad",
            "No nearer to the truth than its sources",
            f"Its pictures differ from the true ones by {error[-1]:.3f}, and the sources by {source[-1]:.3f}.",
            "Raise the weight of the pixel error, or lower the learning rates.",
            log.began(2),
        )


BLOWN_UP: tuple[Callable[[Log], Iterator[HealthStatus]], ...] = (_divergence,)  # its D may be left out on purpose
BESIDE_TRUTH: tuple[Callable[[Log], Iterator[HealthStatus]], ...] = (_unmoved, _astray)


# -- when no rule reports ----------------------------------------------------------------------------


def _progress(log: Log) -> HealthStatus | None:
    """The status of a run without a problem; None without live scores, as for points of the plane."""
    confident, effective = log.scores("confident"), log.scores("effective_classes")
    if not log.names or (not log.checks and log.step > MAX_STEPS_WITHOUT_SCORES):
        return None
    if len(effective) and effective[-1] > ARMED_CLASSES and confident[-1] >= READABLE_SHARE:
        present, every = int(log.scores("classes")[-1]), len(log.names)
        count = f"All {every}" if present == every else f"{present} of {every}"
        evidence = f"{count} classes appear, and {100 * confident[-1]:.0f} % of the samples are legible."
        if present == every and confident[-1] >= LEGIBLE_SHARE:
            return HealthStatus("learning", "good", "It is working", evidence, "", log.step)
        return HealthStatus("forming", "wait", "Taking shape", evidence, "", log.step)
    return _fog(log)


def _translating(log: Log) -> HealthStatus:
    """The status of a translation without a problem; before the first look at held-out sources it waits."""
    error, source = log.scores("pixel_error")[-1:], log.scores("source_error")[-1:]
    if not len(error):
        return HealthStatus("not looked", "wait", "Not looked at yet", "Held-out sources come soon.", "", log.step)
    words = f"Held-out pictures differ from the true ones by {error[0]:.3f} of 1, their sources by {source[0]:.3f}."
    if error[0] < NEARER * source[0]:
        return HealthStatus("learning", "good", "It is working", words, "", log.step)
    return HealthStatus("nearing", "wait", "Not there yet", words, "", log.step)


def _fog(log: Log) -> HealthStatus:
    due = log.first_digits
    if log.late:
        return HealthStatus(
            "fog",
            "warn",
            "Still noise",
            f"The first digits were expected after about {due:,.0f} images; {log.images:,.0f} have passed.",
            "Stop, and try another seed or the preset's own settings.",
            log.step,
        )
    when = (
        f"expect the first digits after about {due:,.0f} images"
        if due
        else "when this preset shows its first digits was not measured"
    )
    return HealthStatus("fog", "wait", "Not digits yet", f"Still noise; {when}.", "", log.step)


def _jensen_shannon(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Divergence of two distributions (K,) in nats, 0 to log 2."""
    middle = (p + q) / 2
    parts = [np.where(x > 0, x * np.log(np.where(x > 0, x, 1) / np.where(middle > 0, middle, 1)), 0) for x in (p, q)]
    return float(sum(part.sum() for part in parts) / 2)
