"""What scores say in words: findings with a name, by rules that compare with real images. Pure functions.

The limits were set on images with known faults, of MNIST and of strokes: copies, blurs, noises, missing classes and
many more, in several strengths; tests/test_verdict.py keeps them. New real images pass from 200 on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

PRESENT = 0.01  # a class is there from this share
COPIES = 0.05  # share of images very near to a training image; 0.01 of new real ones are
STRANGE, UNLIKE, ODD = 0.25, 0.5, 0.85  # precision over that of real images
SOFT, ROUGH, NOISY = 0.65, 1.3, 2.5  # sharpness; a class alone may have 0.75
NARROW, NARROWER = 0.8, 0.5  # diversity within classes
REACHED, SOME_REACHED = 0.1, 0.6  # recall over that of real images
UNEVEN = 0.1  # KL of the class shares
CLOSE = -3.0  # C_T
BEYOND = 3.0  # Fréchet distance, over what chance gives


def verdict(
    scores: Mapping[str, float],
    floor: Mapping[str, float],
    shares: Sequence[float] = (),
    names: Sequence[str] = (),
    prior: NDArray[Any] | None = None,
) -> Iterator[dict[str, str]]:
    """Findings {"name", "level", "text"} of one evaluation, the worst first; nothing found is a finding, too.

    `floor` has the scores of real images; `shares` are those of the classes called `names`, `prior` the training
    images'. A score that is not there is not judged. level: "bad", "warn" or "good".
    """
    likeness = _over_real(scores, floor, "precision")
    readable = likeness >= STRANGE  # else what classes EvalNet reads are guesses
    noise, copies = [*_noise(scores, likeness)], [*_copies(scores)]
    classes = [*_classes(scores, shares, names, prior)] if readable else []
    unlike = [*_unlike(scores, floor)] if likeness < UNLIKE else []
    explained = bool(classes or unlike)  # why a part of the real images has no like
    variety = _variety(scores, 1.0 if explained else _over_real(scores, floor, "recall"))
    if noise:
        found = [*noise, *copies, *unlike]
    elif readable:
        found = [*copies, *classes, *_edges(scores), *variety, *unlike]
    else:
        found = [*copies, *unlike, *_edges(scores), *variety]
    found.sort(key=lambda finding: finding["level"] != "bad")
    yield from found or _mild(scores, floor) or [_say("no fault found", "good", NOTHING)]


def _noise(scores: Mapping[str, float], likeness: float) -> Iterator[dict[str, str]]:
    grain = scores.get("sharpness", 1.0)
    if grain > (NOISY if likeness < UNLIKE else 2 * NOISY):
        text = f"Neighbouring pixels agree as little as in noise: {grain:.1f} times the grain of real images."
        yield _say("noise", "bad", text)


def _copies(scores: Mapping[str, float]) -> Iterator[dict[str, str]]:
    if (near := scores.get("near_copies", 0.0)) > COPIES:
        yield _say(
            "copies",
            "bad",
            f"{_percent(near)} of the images lie very near to a training image, where 1 % of new real images do "
            f"(C_T {scores['ct']:.1f}).",
        )


def _classes(
    scores: Mapping[str, float],
    shares: Sequence[float],
    names: Sequence[str],
    prior: NDArray[Any] | None,
) -> Iterator[dict[str, str]]:
    if prior is None or not len(shares):
        return
    told = [*zip(names, shares, prior, strict=True)]
    absent = [name for name, share, usual in told if share < min(PRESENT, usual / 2)]
    rare = [name for name, share, usual in told if share < usual / 4]
    if len(absent) == len(names) - 1:
        (there,) = set(names) - set(absent)
        text = f"Every image is taken for “{there}”: the generator collapsed."
        yield _say("one class only", "bad", text)
    elif absent:
        yield _say("missing classes", "bad", f"Missing (under 1 %): {', '.join(absent)}.")
    elif rare or scores.get("kl", 0.0) > UNEVEN:
        effective = scores.get("effective_classes", len(names))
        text = f"The {len(names)} classes are as uneven as if there were only {effective:.1f}."
        more = f" Rare: {', '.join(rare)}." if rare else ""
        yield _say("uneven classes", "warn", text + more)


def _edges(scores: Mapping[str, float]) -> Iterator[dict[str, str]]:
    sharpness = scores.get("sharpness", 1.0)
    if sharpness < SOFT:
        yield _say(
            "blurred", "bad", f"Edges have {_percent(sharpness)} of the energy of real ones."
        )
    elif sharpness > ROUGH:
        yield _say(
            "grainy",
            "warn",
            f"Edges have {sharpness:.1f} times the energy of real ones: grain, jagged lines or a pattern.",
        )


def _variety(scores: Mapping[str, float], reached: float) -> Iterator[dict[str, str]]:
    diversity = scores.get("diversity", 1.0)
    if diversity < NARROWER or reached < REACHED:
        yield _say("little variety", "bad", f"{_differ(diversity)}{_recall(scores)}.")


def _unlike(scores: Mapping[str, float], floor: Mapping[str, float]) -> Iterator[dict[str, str]]:
    yield _say(
        "unlike real ones",
        "bad",
        f"Precision {scores['precision']:.2f}, and real images reach {floor['precision']:.2f}: most images lie where "
        "no real one does.",
    )


def _mild(scores: Mapping[str, float], floor: Mapping[str, float]) -> list[dict[str, str]]:
    """What is worth saying where nothing else is."""
    found = []
    if (closeness := scores.get("ct", 0.0)) < CLOSE:
        text = f"They lie nearer to training images than new real images do (C_T {closeness:.1f})."
        found.append(_say("close to training images", "warn", text))
    text = _distance(scores, floor, "fd") or _distance(scores, floor, "fd_pca")
    if _over_real(scores, floor, "precision") < ODD:
        text = f"Precision {scores['precision']:.2f}; real images reach {floor['precision']:.2f}."
    if text:
        found.append(_say("partly unlike real ones", "warn", text))
    diversity = scores.get("diversity", 1.0)
    if diversity < NARROW or _over_real(scores, floor, "recall") < SOME_REACHED:
        found.append(_say("less variety", "warn", f"{_differ(diversity)}{_recall(scores)}."))
    return found


def _distance(scores: Mapping[str, float], floor: Mapping[str, float], key: str) -> str:
    """What to say of a Fréchet distance that is far beyond chance; "" when it is not, or not there."""
    if key not in scores:
        return ""
    left, chance = scores[key] - max(0.0, floor.get(key, 0.0)), scores[f"{key}_raw"] - scores[key]
    if left <= BEYOND * chance:
        return ""
    title = {"fd": "FD-EvalNet64", "fd_pca": "FD-PCA64"}[key]
    return f"{title} is {scores[key]:.1f}; chance alone gives {chance:.1f} between real images."


def _differ(diversity: float) -> str:
    return f"Two images of one class differ {diversity:.2f} times as much as real ones"


def _recall(scores: Mapping[str, float]) -> str:
    if "recall" not in scores:
        return ""
    return f"; {_percent(scores['recall'])} of the real images have a like"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _over_real(scores: Mapping[str, float], floor: Mapping[str, float], key: str) -> float:
    """A score over that of real images; 1 where one of the two is not there."""
    return scores[key] / floor[key] if key in scores and floor.get(key) else 1.0


def _say(name: str, level: str, text: str) -> dict[str, str]:
    return {"name": name, "level": level, "text": text}


NOTHING = "None of these measures finds a fault. That is not a proof that there is none."
