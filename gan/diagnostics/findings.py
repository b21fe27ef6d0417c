"""Findings from scores: named sentences, by rules that compare with scores of real images. Pure functions.

The limits were set on images with known faults, of MNIST and of strokes: copies, blurs, noises, missing classes and
many more, in several strengths; tests/diagnostics/test_findings.py keeps them. New real images pass from 200 on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from gan.diagnostics.numerals import percent

PRESENT_SHARE = 0.01  # a class is there from this share
COPIES_SHARE = 0.05  # share of images very near to a training image; 0.01 of new real ones are
STRANGE_PRECISION, UNLIKE_PRECISION, ODD_PRECISION = 0.25, 0.5, 0.85  # precision over that of real images
SOFT_SHARPNESS, ROUGH_SHARPNESS, NOISY_SHARPNESS = 0.65, 1.3, 2.5  # sharpness; a class alone may have 0.75
LESS_DIVERSITY, LITTLE_DIVERSITY = 0.8, 0.5  # diversity within classes
LITTLE_RECALL, LESS_RECALL = 0.1, 0.6  # recall over that of real images
UNEVEN_KL = 0.1  # KL of the class shares
LOST_MODES, UNEVEN_MODES_KL = 0.95, 0.5  # modes over those of real images; KL of their shares
CLOSE_CT = -3.0  # C_T
FD_OVER_BIAS = 3.0  # Fréchet distance, over what chance gives
PURE_PRECISION = 1.1  # precision over that of real images, from which they are among them one by one
PURE_FD_OVER_BIAS = 6.0  # for these, of pixels alone: the first 2,000 test digits of MNIST, neatly written, have 4.4


TITLES = {"unlike real ones": "samples look unreal", "partly unlike real ones": "some samples look unreal"}


def title(name: str) -> str:
    """What people read as the name of a finding; the name itself is what evaluations keep."""
    return TITLES.get(name, name)


def findings_of(
    scores: Mapping[str, float],
    real_baseline: Mapping[str, float],
    shares: Sequence[float] = (),
    names: Sequence[str] = (),
    prior: NDArray[Any] | None = None,
) -> Iterator[dict[str, str]]:
    """Findings {"name", "level", "text"} of one evaluation, the worst first; "no fault found" is one, too.

    `real_baseline` has the scores of real images; `shares` are those of the classes called `names`, `prior` the
    training images'. Missing scores are skipped. level: "bad", "warn" or "good".
    """
    likeness = _over_real(scores, real_baseline, "precision")
    readable = likeness >= STRANGE_PRECISION  # else what classes EvalNet reads are guesses
    noise, copies = [*_noise(scores, likeness)], [*_copies(scores)]
    classes = [*_classes(scores, shares, names, prior)] if readable else []
    unlike = [*_unlike(scores, real_baseline)] if likeness < UNLIKE_PRECISION else []
    explained = bool(classes or unlike)  # why a part of the real images has no like
    variety = _variety(scores, 1.0 if explained else _over_real(scores, real_baseline, "recall"))
    if noise:
        findings = [*noise, *copies, *unlike]
    elif readable:
        findings = [*copies, *classes, *_modes(scores, real_baseline), *_edges(scores), *variety, *unlike]
    else:
        findings = [*copies, *unlike, *_edges(scores), *variety]
    findings.sort(key=lambda finding: finding["level"] != "bad")
    yield from findings or _mild(scores, real_baseline) or [_finding("no fault found", "good", NO_FAULT_TEXT)]


def _noise(scores: Mapping[str, float], likeness: float) -> Iterator[dict[str, str]]:
    grain = scores.get("sharpness", 1.0)
    if grain > (NOISY_SHARPNESS if likeness < UNLIKE_PRECISION else 2 * NOISY_SHARPNESS):
        text = f"Neighbouring pixels agree as little as in noise: {grain:.1f} times the grain of real images."
        yield _finding("noise", "bad", text)


def _copies(scores: Mapping[str, float]) -> Iterator[dict[str, str]]:
    if (near := scores.get("near_copies", 0.0)) > COPIES_SHARE:
        yield _finding(
            "copies",
            "bad",
            f"{percent(near)} of the images are nearly identical to a training image; of new real images 1 % are "
            f"(C_T {scores['ct']:.1f}).",
        )


def _classes(
    scores: Mapping[str, float], shares: Sequence[float], names: Sequence[str], prior: NDArray[Any] | None
) -> Iterator[dict[str, str]]:
    if prior is None or not len(shares):
        return
    rows = [*zip(names, shares, prior, strict=True)]
    absent = [name for name, share, usual in rows if share < min(PRESENT_SHARE, usual / 2)]
    rare = [name for name, share, usual in rows if share < usual / 4]
    if len(absent) == len(names) - 1:
        (there,) = set(names) - set(absent)
        text = f"Every image is classified as “{there}”: the generator collapsed."
        yield _finding("one class only", "bad", text)
    elif absent:
        yield _finding("missing classes", "bad", f"Missing (under 1 %): {', '.join(absent)}.")
    elif rare or scores.get("kl", 0.0) > UNEVEN_KL:
        effective = scores.get("effective_classes", len(names))
        text = f"The {len(names)} classes are as uneven as if there were only {effective:.1f}."
        more = f" Rare: {', '.join(rare)}." if rare else ""
        yield _finding("uneven classes", "warn", text + more)


def _modes(scores: Mapping[str, float], real_baseline: Mapping[str, float]) -> Iterator[dict[str, str]]:
    if _over_real(scores, real_baseline, "modes") < LOST_MODES:
        text = f"Of {real_baseline['modes']:,.0f} different numbers in real images {scores['modes']:,.0f} are drawn."
        yield _finding("lost modes", "bad", text)
    elif scores.get("modes_kl", 0.0) > UNEVEN_MODES_KL:
        text = f"The numbers are drawn unevenly: their shares have a KL divergence of {scores['modes_kl']:.2f}."
        yield _finding("uneven modes", "warn", text)


def _edges(scores: Mapping[str, float]) -> Iterator[dict[str, str]]:
    sharpness = scores.get("sharpness", 1.0)
    if sharpness < SOFT_SHARPNESS:
        yield _finding("blurred", "bad", f"Edges have {percent(sharpness)} of the energy of real ones.")
    elif sharpness > ROUGH_SHARPNESS:
        yield _finding(
            "grainy",
            "warn",
            f"Edges have {sharpness:.1f} times the energy of real ones: grain, jagged lines or a pattern.",
        )


def _variety(scores: Mapping[str, float], relative_recall: float) -> Iterator[dict[str, str]]:
    diversity = scores.get("diversity", 1.0)
    if diversity < LITTLE_DIVERSITY or relative_recall < LITTLE_RECALL:
        yield _finding("little variety", "bad", f"{_differ(diversity)}{_recall(scores)}.")


def _unlike(scores: Mapping[str, float], real_baseline: Mapping[str, float]) -> Iterator[dict[str, str]]:
    yield _finding(
        "unlike real ones",
        "bad",
        f"Precision {scores['precision']:.2f}, and real images reach {real_baseline['precision']:.2f}: most images lie "
        "where no real one does.",
    )


def _mild(scores: Mapping[str, float], real_baseline: Mapping[str, float]) -> list[dict[str, str]]:
    """Mild findings, for where there are no others."""
    findings = []
    if (closeness := scores.get("ct", 0.0)) < CLOSE_CT:
        text = f"They lie nearer to training images than new real images do (C_T {closeness:.1f})."
        findings.append(_finding("close to training images", "warn", text))
    text = _distance(scores, real_baseline, "fd") or _distance(scores, real_baseline, "fd_pca")
    if _over_real(scores, real_baseline, "precision") < ODD_PRECISION:
        text = f"Precision {scores['precision']:.2f}; real images reach {real_baseline['precision']:.2f}."
    if text:
        findings.append(_finding("partly unlike real ones", "warn", text))
    diversity = scores.get("diversity", 1.0)
    if diversity < LESS_DIVERSITY or _over_real(scores, real_baseline, "recall") < LESS_RECALL:
        findings.append(_finding("less variety", "warn", f"{_differ(diversity)}{_recall(scores)}."))
    return findings


def _distance(scores: Mapping[str, float], real_baseline: Mapping[str, float], key: str) -> str:
    """A sentence about a Fréchet distance far beyond its finite-sample bias; "" when it is not, or not there."""
    if key not in scores:
        return ""
    excess, expected_bias = scores[key] - max(0.0, real_baseline.get(key, 0.0)), scores[f"{key}_raw"] - scores[key]
    pure = key == "fd_pca" and "fd" in scores and _over_real(scores, real_baseline, "precision") >= PURE_PRECISION
    if excess <= (PURE_FD_OVER_BIAS if pure else FD_OVER_BIAS) * expected_bias:
        return ""
    title = {"fd": "FD-EvalNet64", "fd_pca": "FD-PCA64"}[key]
    return f"{title} is {scores[key]:.1f}; chance alone gives {expected_bias:.1f} between real images."


def _differ(diversity: float) -> str:
    return f"Two images of one class differ {diversity:.2f} times as much as real ones"


def _recall(scores: Mapping[str, float]) -> str:
    if "recall" not in scores:
        return ""
    return f"; {percent(scores['recall'])} of the real images have a like"


def _over_real(scores: Mapping[str, float], real_baseline: Mapping[str, float], key: str) -> float:
    """A score over that of real images; 1 where one of the two is not there."""
    return scores[key] / real_baseline[key] if key in scores and real_baseline.get(key) else 1.0


def _finding(name: str, level: str, text: str) -> dict[str, str]:
    return {"name": name, "level": level, "text": text}


NO_FAULT_TEXT = "None of these measures finds a fault. That is not a proof that there is none."
