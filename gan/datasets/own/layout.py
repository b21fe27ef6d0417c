"""What folders mean: splits, masks, classes, and what lies astray. Names only; no file is opened."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

MAX_CLASSES = 100
STRAY = 0.1  # the share of pictures that may lie above the class folders and be left out
KIND = r"([ _-]?(set|data|images|imgs|pictures|photos|split))?[ _-]?\d{0,4}"  # what may follow the name of a split
TRAIN = re.compile(r"train(ing)?" + KIND)
TEST = re.compile(r"(test(ing)?|val(id(ation)?)?|dev|eval(uation)?|holdout|t10k)" + KIND)
IMAGES = {
    "image",
    "images",
    "imagestr",
    "img",
    "imgs",
    "input",
    "inputs",
    "photo",
    "photos",
    "pictures",
    "jpegimages",
    "rgb",
}
MASKS = {
    "mask",
    "masks",
    "labelstr",
    "label",
    "labels",
    "annotation",
    "annotations",
    "segmentation",
    "segmentations",
    "seg",
    "gt",
}
MASKS |= {"ground_truth", "groundtruth", "segmentationclass", "segmentationobject", "labelids", "trimaps", "target"}
MASK_NAME = re.compile(r"[ _.-](mask|masks|seg|segmentation|label|labels|gt|annotation|trimap)\d*$", re.I)
MATCHED = 0.8  # the share of masks whose picture is there

Place = tuple[str, ...]


@dataclass
class Layout:
    """For each picture its class (a name or None) and whether it is trained on; who is left out, with the reason."""

    classes: list[str | None]
    is_test: list[bool]
    left_out: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    splits: tuple[str, ...] = ()  # names of folders that are kept out of training


def of(places: Sequence[Place], hold_out: bool = True) -> Layout:
    """The layout of pictures by their places, folders and a name each; `hold_out` keeps test folders apart."""
    layout = Layout([None] * len(places), [False] * len(places))
    folders = [list(place[:-1]) for place in places]
    rows = _without_masks(places, folders, layout, [*range(len(places))])
    _splits(folders, rows, layout, hold_out)
    trained = [row for row in rows if not layout.is_test[row]]
    _classes(places, folders, rows, trained, layout)
    return layout


def _shared(folders: list[list[str]], rows: list[int]) -> tuple[int, list[int]]:
    """How many folders nearly all have in common, and which rows lie above these."""
    depth = 0
    above: list[int] = []
    while True:
        here = [row for row in rows if len(folders[row]) > depth]
        names = {folders[row][depth] for row in here}
        ended = len(rows) - len(above) - len(here)
        if len(names) != 1 or len(above) + ended > STRAY * len(rows):
            return depth, above
        above += [row for row in rows if len(folders[row]) == depth]
        rows_below = here
        if not rows_below:
            return depth, above
        depth += 1


def _plain(name: str) -> str:
    return re.sub(r"^\d+[ ._-]+", "", name.strip().lower())


def _without_masks(places: Sequence[Place], folders: list[list[str]], layout: Layout, rows: list[int]) -> list[int]:
    """Leaves out masks: of folders beside those of the images, and files named after another with "_mask"."""
    out: set[int] = set()
    images: dict[tuple[int, str], list[int]] = {}  # the depth and name of a folder -> rows
    masks: dict[tuple[int, str], list[int]] = {}
    for row in rows:
        for depth, name in enumerate(folders[row]):
            group = masks if _plain(name) in MASKS else images if _plain(name) in IMAGES else None
            if group is not None:
                group.setdefault((depth, name), []).append(row)
    stems: Counter[str] = Counter(_stem(places[row]) for there in images.values() for row in there)
    for there in masks.values():
        known = sum(_stem(places[row]) in stems for row in there)
        if images and known >= MATCHED * len(there):
            out |= {*there}
    beside = {(place[:-1], _stem(place, masks=False)) for place in places}
    for row in rows:
        name = _stem(places[row], masks=False)
        if MASK_NAME.search(name) and (places[row][:-1], MASK_NAME.sub("", name)) in beside:
            out.add(row)
    if len(rows) == len(out):
        return rows
    layout.left_out |= dict.fromkeys(sorted(out), "a mask or label picture of another")
    return [row for row in rows if row not in out]


def _stem(place: Place, masks: bool = True) -> str:
    stem = place[-1].rpartition(".")[0] or place[-1]
    return MASK_NAME.sub("", stem) if masks else stem


def _splits(folders: list[list[str]], rows: list[int], layout: Layout, hold_out: bool) -> None:
    """Takes folders like train and test out of the places, above the classes or below them."""
    shared, above = _shared(folders, rows)
    astray = {*above}
    below = [row for row in rows if row not in astray]
    for depth in (shared, shared + 1):
        if not below or any(len(folders[row]) <= depth for row in below):
            return
        names = {folders[row][depth] for row in below}
        train = {name for name in names if TRAIN.fullmatch(_plain(name))}
        test = {name for name in names if TEST.fullmatch(_plain(name))}
        if not train or train | test != names:
            continue
        for row in below:
            layout.is_test[row] = folders[row].pop(depth) in test and hold_out
        layout.splits = tuple(sorted(test))
        return


def _classes(
    places: Sequence[Place], folders: list[list[str]], rows: list[int], trained: list[int], layout: Layout
) -> None:
    """A class for each folder below what all pictures share; a few pictures above them are left out."""
    depth, above = _shared(folders, trained)
    above = [*dict.fromkeys([*above, *(row for row in trained if len(folders[row]) == depth)])]
    names = {folders[row][depth] for row in trained if len(folders[row]) > depth}
    if len(names) < 2:
        return
    if len(above) > STRAY * len(trained):
        layout.notes.append(
            f"{len(above):,} pictures lie beside {len(names)} folders, so the folders are not taken for classes."
        )
        return
    if len(names) > MAX_CLASSES:
        layout.notes.append(
            f"{len(names)} folders are more than {MAX_CLASSES} classes, so the pictures have no labels."
        )
        return
    for row in above:
        layout.left_out[row] = "it lies above the class folders"
    for row in rows:
        if row not in layout.left_out and len(folders[row]) > depth and folders[row][depth] in names:
            layout.classes[row] = folders[row][depth]


def in_order(names: set[str]) -> list[str]:
    """Names as people count: by their value where all are numbers, else with numbers inside by theirs."""
    try:
        return sorted(names, key=lambda name: (float(name.replace(",", ".")), name))
    except ValueError:
        return sorted(names, key=_natural)


def _natural(name: str) -> list[tuple[bool, int, str]]:
    parts = re.split(r"(\d+)", name)
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts if part]
