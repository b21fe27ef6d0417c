"""Rules of translations without pairs: results have to be of the wanted kind, and their source has to be in them."""

from __future__ import annotations

from collections.abc import Iterator

from gan.diagnostics.health_log import HealthStatus, Log
from gan.diagnostics.rules import Rule, divergence

APART = 0.8  # share of real pictures that the judge has to know apart before it is asked about results
UNTRANSLATED = 0.5  # share of results taken for the wanted kind, below which a game hands its sources back
TRANSLATED = 0.8  # the same, from which a translation works
STEPS = 400  # before them a source may come back as it was
FORGOTTEN = 0.6  # of the distance between two sources: as far from its source a picture that came back is another one


def _unmoved(log: Log) -> Iterator[HealthStatus]:
    """Results are still of the kind of their sources, although there and back works."""
    domain, real = log.scores("domain")[-2:], log.scores("domain_real")[-2:]
    if len(domain) == 2 and (real >= APART).all() and (domain < UNTRANSLATED).all() and log.step >= STEPS:
        yield HealthStatus(
            "identity",
            "bad",
            "G hands its source back",
            f"Of its results {domain[-1]:.0%} are taken for the wanted kind, of real pictures {real[-1]:.0%}: an "
            "identity, not a translation. There and back is easy then.",
            "Give D's opinion more weight, or the cycle and the identity less.",
            log.began(2),
        )


def _forgotten(log: Log) -> Iterator[HealthStatus]:
    """What comes back is hardly nearer to its source than another picture: results do not depend on it."""
    back, others = log.scores("cycle_error")[-2:], log.scores("strangers")[-2:]
    if len(back) == 2 and (back > FORGOTTEN * others).all() and log.step >= STEPS:
        yield HealthStatus(
            "ignored source",
            "bad",
            "G ignores its source",
            f"There and back a picture differs by {back[-1]:.3f} from what it was, and two different ones by "
            f"{others[-1]:.3f}: what it showed is lost on the way.",
            "Give the cycle more weight, or lower D's learning rate.",
            log.began(2),
        )


def progress(log: Log) -> HealthStatus:
    """The status of a translation without a problem; before the first look at held-out pictures it waits."""
    domain, real, back = (log.scores(name)[-1:] for name in ("domain", "domain_real", "cycle_error"))
    if not len(domain) or not len(back) or not len(real):
        return HealthStatus("not looked", "wait", "Not looked at yet", "Held-out pictures come soon.", "", log.step)
    words = (
        f"Of held-out results {domain[0]:.0%} are taken for the wanted kind (of real ones {real[0]:.0%}); there and "
        f"back they differ by {back[0]:.3f} of 1."
    )
    if domain[0] >= TRANSLATED * real[0]:
        return HealthStatus("learning", "good", "It is working", words, "", log.step)
    return HealthStatus("nearing", "wait", "Not there yet", words, "", log.step)


ALWAYS: tuple[Rule, ...] = (divergence,)
AFTER_WARM_UP: tuple[Rule, ...] = (_unmoved, _forgotten)
