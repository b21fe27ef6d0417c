"""Rules of games that make a picture from another one: a result is measured beside its source and the truth."""

from __future__ import annotations

from collections.abc import Iterator

from gan.diagnostics.health_log import HealthStatus, Log
from gan.diagnostics.rules import Rule, divergence

UNMOVED = 0.1  # of the distance from sources to truth: moved less than that is an identity
NEARER = 0.6  # the same for the distance of the results to the truth, below which a translation is one
ALIKE = 0.1  # of the distance of results to the truth: two answers that differ less do not depend on the noise
ASTRAY_STEPS = 600  # before them results may be worse than the sources


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


def _alike(log: Log) -> Iterator[HealthStatus]:
    """Two answers to one source are the same: G does not use its noise."""
    between, error = log.scores("answers_apart")[-2:], log.scores("pixel_error")[-2:]
    if len(between) == len(error) == 2 and (between < ALIKE * error).all() and log.step >= ASTRAY_STEPS:
        yield HealthStatus(
            "noise ignored",
            "bad",
            "G ignores its noise",
            f"Two answers to one source differ by {between[-1]:.3f}, and an answer from the true picture by "
            f"{error[-1]:.3f}: it has one answer, not several.",
            "Raise the weight of several answers, or lower that of the pixel error.",
            log.began(2),
        )


def progress(log: Log) -> HealthStatus:
    """The status of a translation without a problem; before the first look at held-out sources it waits."""
    error, source = log.scores("pixel_error")[-1:], log.scores("source_error")[-1:]
    if not len(error):
        return HealthStatus("not looked", "wait", "Not looked at yet", "Held-out sources come soon.", "", log.step)
    words = f"Held-out pictures differ from the true ones by {error[0]:.3f} of 1, their sources by {source[0]:.3f}."
    if error[0] < NEARER * source[0]:
        return HealthStatus("learning", "good", "It is working", words, "", log.step)
    return HealthStatus("nearing", "wait", "Not there yet", words, "", log.step)


ALWAYS: tuple[Rule, ...] = (divergence,)  # its D may be left out on purpose
AFTER_WARM_UP: tuple[Rule, ...] = (_unmoved, _astray, _alike)
