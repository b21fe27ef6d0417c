"""What scores say in words: findings with a name, by rules that compare with real images. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

PRESENT = 0.01  # a class is there from this share
FEW_NEAR = 0.05  # share of images very near to a training image; 0.01 is usual


def verdict(
    scores: Mapping[str, float],
    floor: Mapping[str, float],
    shares: Sequence[float] = (),
    names: Sequence[str] = (),
    prior: NDArray[Any] | None = None,
) -> Iterator[dict[str, str]]:
    """Findings {"name", "text"} of one evaluation, the worst first; nothing found is a finding, too.

    `floor` has the scores of real images; `shares` are those of the classes called `names`, `prior` the training
    images'. A score that is not there is not judged.
    """
    found = [
        *_noise(scores, floor),
        *_copies(scores),
        *_classes(scores, shares, names, prior),
        *_blur(scores),
        *_variety(scores, floor),
        *_likeness(scores, floor),
    ]
    yield from found
    if not found:
        text = "None of these measures finds a fault. That is not a proof that there is none."
        yield {"name": "no fault found", "text": text}


def _noise(scores: Mapping[str, float], floor: Mapping[str, float]) -> Iterator[dict[str, str]]:
    if _share_of(scores, floor, "precision") < 0.1 and scores.get("sharpness", 0.0) > 2.0:
        yield _say(
            "noise",
            f"Hardly any image lies among real ones (precision {scores['precision']:.2f}), and the grain is "
            f"{scores['sharpness']:.1f} times that of real images.",
        )


def _copies(scores: Mapping[str, float]) -> Iterator[dict[str, str]]:
    if scores.get("ct", 0.0) < -3.0 and scores.get("near_copies", 0.0) > FEW_NEAR:
        yield _say(
            "copies",
            f"{scores['near_copies']:.0%} of the images lie very near to a training image, where 1 % of new real "
            f"images do (C_T {scores['ct']:.1f}).",
        )


def _classes(
    scores: Mapping[str, float],
    shares: Sequence[float],
    names: Sequence[str],
    prior: NDArray[Any] | None,
) -> Iterator[dict[str, str]]:
    if prior is None or not len(shares):
        return
    absent = [
        name
        for name, share, usual in zip(names, shares, prior, strict=True)
        if share < min(PRESENT, usual / 2)
    ]
    effective = scores.get("effective_classes", np.inf)
    if len(absent) == len(names) - 1:
        there = next(name for name in names if name not in absent)
        yield _say(
            "one class only", f"Every image is taken for “{there}”: the generator collapsed."
        )
    elif absent:
        text = f"Missing (under 1 %): {', '.join(absent)}."
        yield _say("missing classes", text)
    elif effective < 0.7 * len(names):
        yield _say(
            "uneven classes",
            f"The classes are as uneven as if there were only {effective:.1f} of {len(names)}.",
        )


def _blur(scores: Mapping[str, float]) -> Iterator[dict[str, str]]:
    if (sharpness := scores.get("sharpness", 1.0)) < 0.6:
        yield _say("blurred", f"Edges have {sharpness:.0%} of the energy of real ones.")


def _variety(scores: Mapping[str, float], floor: Mapping[str, float]) -> Iterator[dict[str, str]]:
    diversity = scores.get("diversity", 1.0)
    if diversity < 0.5 or _share_of(scores, floor, "recall") < 0.1:
        recall = f", recall {scores['recall']:.2f}" if "recall" in scores else ""
        yield _say(
            "little variety",
            f"Two images of one class differ {diversity:.2f} times as much as real ones{recall}: few ideas, repeated.",
        )


def _likeness(scores: Mapping[str, float], floor: Mapping[str, float]) -> Iterator[dict[str, str]]:
    if _share_of(scores, floor, "precision") < 0.5:
        yield _say(
            "unlike real ones",
            f"Precision {scores['precision']:.2f}; real images reach {floor['precision']:.2f}: most images lie "
            "where no real one does.",
        )


def _share_of(scores: Mapping[str, float], floor: Mapping[str, float], key: str) -> float:
    """A score over that of real images; 1 where one of the two is not there."""
    return scores[key] / floor[key] if key in scores and floor.get(key) else 1.0


def _say(name: str, text: str) -> dict[str, str]:
    return {"name": name, "text": text}
