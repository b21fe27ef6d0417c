"""What is to be told of a set, in sentences: what was left out in groups, and what makes it hard to learn from."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from gan.datasets import MAX_LEFT_OUT, Decision, LeftOut, Reading

SHOWN = 3  # names in a sentence
MAX_GROUPS = 20  # sentences on what was left out
BLANK = 8  # of 255: pictures whose brightest and darkest pixel differ by less show nothing
FAINT = 32  # … and by less than this, little
SAVED_ANEW = 4  # of 255: how much a pixel may differ between copies
UNEVEN = 20  # how many times the smallest class the largest may be without a word
LONG = 2.0  # how many times as long as wide


def reading(left_out: Sequence[LeftOut], files: int, notes: Sequence[str], decisions: Sequence[Decision]) -> Reading:
    """A Reading, with what was left out said in groups. seen: how many files were looked at."""
    by_name = sorted(left_out, key=lambda one: one.name)
    groups: dict[str, list[str]] = {}
    for one in by_name:
        groups.setdefault(one.reason, []).append(one.name)
    sentences = []
    if len(groups) > 1:
        sentences.append(f"{len(by_name):,} of {files:,} files were left out.")
    for reason, names in sorted(groups.items(), key=lambda group: -len(group[1]))[:MAX_GROUPS]:
        count, more = len(names), f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
        listed = f"{', '.join(names[:SHOWN])}{more}"
        sentences.append(f"{count:,} {'file' if count == 1 else 'files'} left out ({listed}): {reason}.")
    return Reading(tuple(by_name[:MAX_LEFT_OUT]), len(by_name), (*sentences, *notes), tuple(decisions))


def contrast(images: np.ndarray) -> np.ndarray:
    """How far the brightest and the darkest pixel of each picture are apart, N, of one channel."""
    flat = images.reshape(*images.shape[:2], -1)
    return (flat.max(2).astype(np.int16) - flat.min(2)).max(1)


def refusal(images: np.ndarray) -> str:
    """Why a set cannot teach anything, or ""."""
    if contrast(images).max(initial=0) < BLANK:
        return "All pictures are blank: each is of one colour only, so there is nothing to learn."
    if len(images) > 1 and _are_same(images):
        return (
            f"All {len(images):,} pictures are the same one: there is nothing in common to learn. Give different ones."
        )
    return ""


def _are_same(images: np.ndarray) -> bool:
    """Whether all differ from the first one by no more than saving it anew does."""
    first, apart = images[0].astype(np.int16), float(contrast(images[:1])[0])
    for image in images[1:]:
        off = np.abs(image - first)
        if off.max() > max(SAVED_ANEW, apart / 8) or off.mean() > max(1.0, apart / 100):
            return False
    return True


def warnings(images: np.ndarray) -> list[str]:
    """What makes a set hard to learn from."""
    apart, total = contrast(images), len(images)
    sentences = []
    if blank := int(np.count_nonzero(apart < BLANK)):
        sentences.append(f"{blank:,} of {total:,} pictures are blank: of one colour only.")
    elif np.median(apart) < FAINT:
        sentences.append("The pictures have hardly any contrast: bright and dark are alike in them.")
    different = len({zlib.crc32(image.tobytes()) for image in images})
    if total - different > total // 10:
        sentences.append(f"Only {different:,} of {total:,} pictures are different; the others are copies of these.")
    return sentences


def uneven(names: Sequence[str], counts: Sequence[int]) -> list[str]:
    """A sentence on classes that are much smaller than others."""
    if not counts or max(counts) < UNEVEN * max(1, min(counts)):
        return []
    few = [
        f"{name!r} has {count:,}"
        for name, count in zip(names, counts, strict=True)
        if max(counts) >= UNEVEN * max(1, count)
    ]
    largest = names[counts.index(max(counts))]
    more = f" and {len(few) - SHOWN:,} more classes are as small" if len(few) > SHOWN else ""
    return [
        f"The classes are very uneven: {largest!r} has {max(counts):,} pictures, {', '.join(few[:SHOWN])}{more}. "
        "Small classes are hardly learned; with the setting balanced each class comes up equally often."
    ]


def cropping(shapes: Sequence[tuple[int, int]], fit: str) -> list[str]:
    """A sentence where cropping to the middle takes most of some pictures. shapes: width and height of each."""
    long = [max(side) / max(1, min(side)) for side in shapes if max(side) > LONG * min(side)]
    if fit != "crop" or not long:
        return []
    share = 1 / float(np.median(long))
    return [
        f"{len(long):,} pictures are over {LONG:.0f} times as long as wide: only the square in the middle is kept, "
        f"about {100 * share:.0f} %, and the rest is cut off. With the setting fit: pad all of it is kept."
    ]
