"""Rules of the adversarial game: what goes wrong between G and D, each a function from a log to its findings.

A rule reads running medians over about 100 steps and the last live scores, and needs the same sign two or three times
before it reports. Until samples show digits no rule about classes is armed: fog is a state, not a failure. Rules that
read probabilities of D apply only to losses that have them (PROBABILITY); those of critics, which have only scores, ask
whether D tells real pictures from generated ones and whether G still gets better. Thresholds were frozen on recorded
runs: `tests/diagnostics/recorded/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from gan.diagnostics.health_log import ARMED_CLASSES, MEDIAN_STEPS, READABLE_SHARE, HealthStatus, Log
from gan.diagnostics.numerals import percent

WARM_UP_STEPS = 300  # before them only numbers that are not finite or far too large, and an idle network, are reported
MAX_GRADIENT_NORM, MAX_LOGIT = 1000.0, 50.0  # no healthy run reaches them; the logit of a loss with a probability
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
READABLE_BY_WORDS, FORMING_BY_WORDS = 0.8, 0.3  # shares of digits as asked for; 0.1 is chance
IGNORED_SPREAD = 0.4  # of the pictures of one caption, below which they are near copies
FD_NOISE = 10.0  # scatter of a Fréchet distance from 1,000 samples; it falls with their number
PRESENT_SHARE = 0.01  # from which a class is there
MANY_COPIES = 0.3  # share of samples that are nearly a training image from which that is told
MAX_STEPS_WITHOUT_SCORES = 2000  # beyond them the log is of an older version
ON_DATA, COVERED = 0.9, 0.95  # shares of dots and of the data from which dots are working
ONE_PLACE = 0.4  # share of the data that dots cover, below which they sit in one place
LEGIBLE_SHARE = 0.7  # the same from which people, too, read most samples: then it is working

Rule = Callable[[Log], Iterator[HealthStatus]]


def divergence(log: Log) -> Iterator[HealthStatus]:
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
            f"D scores {percent(float(np.median(below)))} of real images lower than a generated one, as if by chance, "
            "though no digits are legible yet: its slope leads G nowhere.",
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
            f"{percent(last[-1])} of them are as large as clipping allows, so D can say little more than their signs.",
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
            f"Neighbouring pixels differ in a fixed pattern, on average by {percent(last[-1])} of the brightness.",
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
            f"{percent(last[-1])} of the samples are nearly identical to a training image: the forger repeats what it "
            "saw.",
            "With few pictures that is to be expected. Add pictures, shift what D sees (translation), make the "
            "networks smaller, or take an earlier snapshot.",
            log.began(2),
        )


def _noise_ignored(log: Log) -> Iterator[HealthStatus]:
    """Of a run that is told captions: right or not, the pictures of one caption are near copies."""
    last, right = log.scores("said_spread")[-2:], log.scores("said_digit")[-2:]
    if len(last) == len(right) == 2 and last.max() < IGNORED_SPREAD and right.min() > LEGIBLE_SHARE:
        yield HealthStatus(
            "noise ignored",
            "warn",
            "The noise is ignored",
            f"Pictures of one caption differ {last[-1]:.2f} times as much as real ones: G draws one picture a caption.",
            "Let D see several pictures at once (minibatch deviation), or give R1 more weight.",
            log.began(2),
        )


def _jensen_shannon(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Divergence of two distributions (K,) in nats, 0 to log 2."""
    middle = (p + q) / 2
    parts = [np.where(x > 0, x * np.log(np.where(x > 0, x, 1) / np.where(middle > 0, middle, 1)), 0) for x in (p, q)]
    return float(sum(part.sum() for part in parts) / 2)


ALWAYS: tuple[Rule, ...] = (_penalty, divergence, _idle)
AFTER_WARM_UP: tuple[Rule, ...] = (
    _constant,
    _vanishing,
    _d_wins,
    _critic_untrained,
    _undecided,
    _overfits,
    _collapse,
    _noise_ignored,
    _rotates,
    _checkerboard,
    _past_best,
    _copies,
    _saturated,
)


# -- when no rule reports ----------------------------------------------------------------------------


def progress(log: Log) -> HealthStatus | None:
    """The status of a run without a problem; None without live scores."""
    if len(log.scores("covered")):
        return _dots(log)
    confident, effective = log.scores("confident"), log.scores("effective_classes")
    if len(log.scores("said_digit")):
        return _by_words(log)
    if not log.names or (not log.checks and log.step > MAX_STEPS_WITHOUT_SCORES):
        return None
    if len(effective) and effective[-1] > ARMED_CLASSES and confident[-1] >= READABLE_SHARE:
        present, every = int(log.scores("classes")[-1]), len(log.names)
        count = f"All {every}" if present == every else f"{present} of {every}"
        evidence = f"{count} classes appear, and {percent(confident[-1])} of the samples are legible."
        if present == every and confident[-1] >= LEGIBLE_SHARE:
            return HealthStatus("learning", "good", "It is working", evidence, "", log.step)
        return HealthStatus("forming", "wait", "Taking shape", evidence, "", log.step)
    return _fog(log)


def _dots(log: Log) -> HealthStatus:
    """Of points of the plane: whether they lie at the data, and how much of it has some."""
    on_data, covered = log.scores("on_data")[-1], log.scores("covered")[-1]
    evidence = f"{percent(on_data)} of the dots lie on the data, and {percent(covered)} of the data has dots."
    if on_data >= ON_DATA and covered >= COVERED:
        return HealthStatus("learning", "good", "It is working", evidence, "", log.step)
    if covered < ONE_PLACE and len(log.scores("covered")) > 1:
        return HealthStatus(
            "one place",
            "wait",
            "All in one place",
            f"{evidence} This is mode collapse seen from above; as a rule the dots move on, and open up later.",
            "",
            log.step,
        )
    return HealthStatus("forming", "wait", "Taking shape", evidence, "", log.step)


def _by_words(log: Log) -> HealthStatus:
    """Of a run that is told captions: how many pictures are what held-out ones say."""
    digit, every = (float(log.scores(f"said_{name}")[-1]) for name in ("digit", "all"))
    evidence = (
        f"Of captions that no training picture has, {percent(digit)} of the pictures are of the right digit, "
        f"and {percent(every)} right in all that is said."
    )
    if digit >= READABLE_BY_WORDS:
        return HealthStatus("learning", "good", "It is working", evidence, "", log.step)
    if digit >= FORMING_BY_WORDS:
        return HealthStatus("forming", "wait", "Taking shape", evidence, "", log.step)
    return _fog(log)


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
    if due and log.images >= due:
        return _due_now(log, due)
    when = (
        f"expect the first digits after about {due:,.0f} images"
        if due
        else "when this preset shows its first digits was not measured"
    )
    return HealthStatus("fog", "wait", "Not digits yet", f"Still noise; {when}.", "", log.step)


def _due_now(log: Log, due: float) -> HealthStatus:
    """Of a run whose first digits are due: what the last look at its samples saw of them, if there was one."""
    title, sight = "Not measured yet", "no sample has been scored yet"
    looks, effective = log.scores("confident"), log.scores("effective_classes")
    if len(effective) and effective[-1] <= ARMED_CLASSES:  # a blot, which a classifier may be sure of
        title = "Not digits yet"
        sight = f"the samples fill about {max(1, round(effective[-1]))} of {len(log.names)} classes"
    elif len(looks):
        title, sight = "Not digits yet", f"{percent(looks[-1])} of the samples are legible"
    evidence = (
        f"The first digits usually come after about {due:,.0f} images; {log.images:,.0f} have passed, and {sight}."
    )
    return HealthStatus("fog", "wait", title, evidence, "", log.step)
