"""What is decided once for a whole set: one scale for each bit depth, the paper under transparency, grey or colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gan.datasets import Decision, _paged
from gan.datasets._decode import Sample
from gan.datasets._pixels import grey

PAPERS = {"white": 1.0, "black": 0.0, "grey": 0.5}  # how much of the picture on white counts, the rest is on black
LOST = 64  # of 255: what hardly stands out from its paper cannot be seen
OPAQUE = 0.5  # from which on a pixel is part of the drawing
TAIL = 0.1  # per cent of values at either end that a scale may leave out: hot and dead pixels
FULL = 0.5  # the share of its range that a set has to use to be left as it is stored
FEW_ALIKE = 4  # pictures from which on these are a depth of their own
MAX_VALUES = 10_000_000  # that a scale is found from
RANGES = {"16-bit": ((0, 255), (0, 65535)), "float": ((0, 1), (-1, 1), (0, 255), (0, 65535)), "32-bit": ()}
EIGHT_BIT_FULL = 0.25  # the same for values up to 255 in 16 bits
MEAN_COLOUR = 4  # of 255: a mean difference of red, green and blue that is colour
THIN_COLOUR, THIN_SHARE = 32, 0.002  # or a difference of so much in so many pixels


def levels(samples: Sequence[Sample], choice: str) -> tuple[list[Sample], list[Decision]]:
    """The samples in 8 bits: those of one bit depth by one scale, from their darkest and brightest, or as stored."""
    out, decided, heap = list(samples), [], _paged.Heap()
    for name, rows in _depths(samples).items():
        deep = [samples[row].deep for row in rows]
        scale, text, value = _scale([values for values in deep if values is not None], name.split(",")[0], choice)
        for row in rows:
            values = samples[row].deep
            if scale and values is not None:
                out[row] = replace(samples[row], pixels=heap.keep(_scaled(values, *scale)), on_black=None)
        count = sum(len(samples[row]) for row in rows)
        decided.append(Decision("levels", value, f"{count:,} {name} {'picture' if count == 1 else 'pictures'}: {text}"))
    return out, decided


def _scaled(deep: np.ndarray, low: float, high: float) -> np.ndarray:
    """uint8, `low` black and `high` white."""

    def scaled(some: np.ndarray) -> np.ndarray:
        return np.rint(np.clip((some - low) * (255 / (high - low)), 0, 255))

    return _paged.by_rows(scaled, deep, deep.shape[1:])


def _depths(samples: Sequence[Sample]) -> dict[str, list[int]]:
    """The rows of each bit depth; 12 and 14 bits in 16 apart where some pictures fill these and others more."""
    groups: dict[str, list[int]] = {}
    for row, sample in enumerate(samples):
        if sample.deep is not None:
            groups.setdefault(sample.depth, []).append(row)
    rows = groups.get("16-bit", [])
    tops = {row: float(deep.max()) for row in rows if (deep := samples[row].deep) is not None}
    for bits in (12, 14):
        fit = [row for row in rows if 2 ** (bits - 1) <= tops[row] < 2**bits]
        others = [row for row in rows if not 2 ** (bits - 1) <= tops[row] < 2**bits]
        if len(fit) >= FEW_ALIKE and others and min(tops[row] for row in others) >= 2 ** (bits + 1):
            groups[f"16-bit, of which {bits} are used,"] = fit
            groups["16-bit"] = rows = others
    return groups


def _scale(deep: list[np.ndarray], kind: str, choice: str) -> tuple[tuple[float, float] | None, str, str]:
    """The values that become black and white (None: as decoded), a sentence, and what was chosen."""
    step, place, some = max(1, sum(values.size for values in deep) // MAX_VALUES), 0, []
    for values in deep:
        some.append(values.reshape(-1)[-place % step :: step])
        place += values.size
    whole = np.concatenate(some)
    least, most = float(whole.min()), float(whole.max())
    low, high = (float(end) for end in np.percentile(whole, [TAIL, 100 - TAIL]))
    if high <= low:
        low, high = least, most
    stored = next((ends for ends in RANGES[kind] if ends[0] <= least and most <= ends[1]), None)
    enough = EIGHT_BIT_FULL if stored == (0, 255) and kind == "16-bit" else FULL
    full = stored is not None and high - low >= enough * (stored[1] - stored[0])
    if stored and (choice == "stored" or (choice == "auto" and full)):
        text = f"values as they are stored, {stored[0]:,} to {stored[1]:,}."
        return (None if kind == "16-bit" else stored), text, "stored"
    if high <= low:
        return (low, low + 1), "all their values are the same.", "stretch"
    text = f"{_number(low)} becomes black and {_number(high)} white, the same in all of them."
    return (low, high), text, "stretch"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.3g}"


def paper(samples: Sequence[Sample], choice: str) -> tuple[list[Sample], list[Decision]]:
    """The samples on one paper: white, unless what is drawn stands out from another in more of them."""
    rows = [row for row, sample in enumerate(samples) if sample.on_black is not None]
    if not rows:
        return list(samples), []
    lost = {name: sum(_is_lost(samples[row], share) for row in rows) for name, share in PAPERS.items()}
    value = choice if choice in PAPERS else min(PAPERS, key=lambda name: lost[name])
    why = "" if value == choice or value == "white" else f": on white {lost['white']:,} of them could hardly be seen"
    out, heap = list(samples), _paged.Heap()
    for row in rows:
        out[row] = replace(samples[row], pixels=heap.keep(_on(samples[row], PAPERS[value])), on_black=None)
    some = f"{len(rows):,} pictures are" if len(rows) > 1 else "One picture is"
    return out, [Decision("paper", value, f"{some} partly transparent, and shown on {value} paper{why}.")]


def _both(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """float32 3,S,S on white and on black."""
    assert sample.on_black is not None
    shape = (3, *sample.pixels.shape[2:])
    return tuple(np.broadcast_to(one[0], shape).astype(np.float32) for one in (sample.pixels, sample.on_black))  # type: ignore[return-value]


def _on(sample: Sample, share: float) -> np.ndarray:
    if share == 1.0:
        return sample.pixels
    white, black = _both(sample)
    mixed = np.rint(share * white + (1 - share) * black).astype(np.uint8)
    same = (mixed[0] == mixed[1]).all() and (mixed[0] == mixed[2]).all()
    return mixed[None, :1] if same else mixed[None]


def _is_lost(sample: Sample, share: float) -> bool:
    """Whether nothing of what is drawn stands out from its paper, or from the rest of itself."""
    white, black = _both(sample)
    opaque = 1 - (white - black).mean(0) / 255
    drawn = opaque > OPAQUE
    if not drawn.any():
        drawn = opaque > opaque.max() / 2
    if not drawn.any():
        return False  # there is nothing at all
    ink = (black[:, drawn] / np.maximum(opaque[drawn], 1e-3)).clip(0, 255)
    apart = np.abs(ink - 255 * share).max(0)
    return bool(np.percentile(apart, 97) < LOST)


def channels(samples: Sequence[Sample], choice: str) -> tuple[int, Decision]:
    """1 or 3, one for all: colour where any picture has some, be it thin."""
    coloured = sum(int(np.count_nonzero(has_colour(sample.pixels))) for sample in samples)
    total = sum(len(sample) for sample in samples)
    count = {"grey": 1, "colour": 3}.get(choice, 3 if coloured else 1)
    if count == 3:
        some = "all" if coloured == total else f"{coloured:,} of {total:,}"
        text = (
            f"Colour, for all pictures alike: {some} have some." if coloured else "Colour, though no picture has any."
        )
    else:
        text = f"Grey: the colour of {coloured:,} pictures is dropped." if coloured else "Grey: no picture has colour."
    return count, Decision("channels", "colour" if count == 3 else "grey", text)


def has_colour(pixels: np.ndarray) -> np.ndarray:
    """bool n, for pictures n,C,S,S: whether red, green and blue differ in the mean, or much in a thin part."""
    if pixels.shape[1] == 1:
        return np.zeros(len(pixels), bool)
    return _paged.by_rows(_coloured, pixels, (), bool)


def _coloured(pixels: np.ndarray) -> np.ndarray:
    apart = np.ptp(pixels.astype(np.int16), axis=1).reshape(len(pixels), -1)  # n,S*S
    few = max(2, THIN_SHARE * apart.shape[1])
    return (apart.mean(1) >= MEAN_COLOUR) | (np.count_nonzero(apart >= THIN_COLOUR, axis=1) >= few)


def joined(samples: Sequence[Sample], count: int, size: int) -> np.ndarray:
    """uint8 N,count,size,size of all samples; grey is the mean of the colours."""
    if len(samples) == 1 and samples[0].pixels.shape[1] == count:
        return samples[0].pixels
    images = _paged.empty((sum(len(sample) for sample in samples), count, size, size))
    row = 0
    for sample in samples:
        pixels = grey(sample.pixels) if count == 1 else sample.pixels
        images[row : row + len(sample)] = pixels  # one channel becomes three alike
        row += len(sample)
    return images
