"""From a collection to a data set: layout, decisions for all, words about what was left out."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

from gan.datasets import Data, DataError, Decision, LeftOut, Progress, _decode, _source_path
from gan.datasets.own import decisions, label_table, last_read, layout, lots, report
from gan.datasets.own.collect import TEXT, Collection, collect
from gan.datasets.own.lots import Lot

MIN_IMAGES = 16
MAX_IMAGES = 2_000_000
MAX_BYTES = 64 << 30  # of the decoded pictures together


@dataclass(frozen=True)
class Choices:
    """What the user wants; "auto" leaves a thing to the pictures."""

    size: int
    channels: str = "auto"
    paper: str = "auto"
    fit: str = "crop"
    levels: str = "auto"
    splits: str = "auto"


def read(source: str, choices: Choices, batch: int = 0) -> Generator[Progress, None, Data]:
    """The data set of what the user named; yields how far it is. Raises DataError with what was left out till then.

    A set of fewer than `batch` pictures is told.
    """
    path = _source_path.path(source)
    data = yield from last_read.read(path, choices, lambda: _read(path, choices))
    if data.reading is None or len(data) >= batch:
        return data
    few = f"{len(data):,} pictures are fewer than a batch of {batch:,}: every update sees some of them twice."
    return replace(data, reading=replace(data.reading, notes=(*data.reading.notes, few)))


def _read(path: Path, choices: Choices) -> Generator[Progress, None, Data]:
    most = min(MAX_IMAGES, MAX_BYTES // (3 * choices.size**2))
    collection = yield from collect(
        path, choices.size, _decode.padded if choices.fit == "pad" else _decode.square, most
    )
    notes: list[str] = []
    made = _lots(collection, choices, notes)
    made, decided = _held_out(made, choices)
    images = sum(len(lot) for lot in made if not lot.is_test)
    reading = report.reading(collection.left_out, collection.files, notes, decided)
    if images < MIN_IMAGES:
        few = f"{images:,} {'picture' if images == 1 else 'pictures'} in {path} can be used"
        why = " ".join(reading.notes) or f"{_decode.READ}, and arrays as .npz, .npy, idx, CSV and parquet."
        raise DataError(f"{few}, and at least {MIN_IMAGES} are needed. {why}", reading, images)
    if images > most:
        raise DataError(f"{path} has more than {most:,} pictures, too many at {choices.size} pixels.", reading, images)
    return _data(made, collection, choices, notes, decided)


def _lots(collection: Collection, choices: Choices, notes: list[str]) -> list[Lot]:
    """The pictures in lots: those of arrays, or those that lie in folders, whichever are more."""
    if sum(len(lot) for lot in collection.lots) >= len(collection.shots):
        collection.left_out += [LeftOut("/".join(shot.place), "a picture beside arrays") for shot in collection.shots]
        collection.left_out += [LeftOut(table.name, TEXT) for table in collection.tables]
        return collection.lots
    collection.left_out += [LeftOut(lot.name, "arrays beside pictures") for lot in collection.lots]
    shots = collection.shots
    places = [shot.place for shot in shots]
    laid = layout.of(places, choices.splits == "auto")
    notes += laid.notes
    train = [row for row in range(len(shots)) if not laid.is_test[row]]
    named, used = label_table.labels(collection.tables, places, train)
    for table in collection.tables:
        if table not in used:
            collection.left_out.append(
                LeftOut(table.name, "text, no picture; a table of labels names most of the pictures")
            )
    if used:
        laid.classes = [named.get(row) for row in range(len(shots))]
        laid.left_out = {row: why for row, why in laid.left_out.items() if "above" not in why}
        missing = [row for row in train if row not in named and row not in laid.left_out]
        laid.left_out |= dict.fromkeys(missing, f"it is not in {used[0].name}")
        notes.append(f"The classes are those of {', '.join(table.name for table in used)}.")
    for row, why in laid.left_out.items():
        collection.left_out.append(LeftOut("/".join(places[row]), why))
    if collection.paged:
        notes.append(f"{collection.paged:,} TIFFs have several pages: each page is a picture.")
    if collection.animated:
        notes.append(f"{collection.animated:,} pictures are animated: of each the frame that shows most is taken.")
    return [lot for is_test in (False, True) if len(lot := _laid_lot(collection, laid, is_test))]


def _laid_lot(collection: Collection, laid: layout.Layout, is_test: bool) -> Lot:
    rows = [row for row in range(len(collection.shots)) if laid.is_test[row] == is_test and row not in laid.left_out]
    classes = [laid.classes[row] for row in rows]
    samples = [collection.shots[row].sample for row in rows]
    return Lot(", ".join(laid.splits) if is_test else "", samples, None if None in classes else classes, (), is_test)


def _held_out(made: list[Lot], choices: Choices) -> tuple[list[Lot], list[Decision]]:
    """The lots, and what is decided about those that are no training data."""
    test = [lot for lot in made if lot.is_test]
    if not test:
        return made, []
    count, names = sum(len(lot) for lot in test), ", ".join(dict.fromkeys(lot.name for lot in test))
    train = sum(len(lot) for lot in made if not lot.is_test)
    if choices.splits == "none" or train < MIN_IMAGES:
        made = [Lot(lot.name, lot.samples, lot.labels, lot.names) for lot in made]
        return made, [Decision("splits", "none", f"{count:,} pictures of {names} are trained on, too.")]
    text = f"{count:,} pictures of {names} are kept out of training, as the test split."
    return made, [Decision("splits", "auto", text)]


def _data(made: list[Lot], collection: Collection, choices: Choices, notes: list[str], decided: list[Decision]) -> Data:
    made = [lot for lot in made if not lot.is_test] + [lot for lot in made if lot.is_test]
    samples = [sample for lot in made for sample in lot.samples]
    shapes = [(sample.width, sample.height) for sample in samples]
    samples, scales = decisions.levels(samples, choices.levels)
    samples, papers = decisions.paper(samples, choices.paper)
    channels, colour = decisions.channels(samples, choices.channels)
    images = decisions.joined(samples, channels, choices.size)
    train = sum(len(lot) for lot in made if not lot.is_test)
    names, why = lots.classes(made)
    notes += [why] if why else []
    labels = lots.labels([lot for lot in made if not lot.is_test], names)
    names = names if labels is not None else ()
    refusal = report.refusal(images[:train])
    cropped = report.cropping(shapes, choices.fit)
    notes += report.warnings(images[:train]) + cropped
    counts = [int((labels == row).sum()) for row in range(len(names))] if labels is not None else []
    notes += report.uneven(names, counts)
    reading = report.reading(
        collection.left_out, collection.files, notes, [*decided, *scales, *papers, colour, *_shape(shapes, choices)]
    )
    if refusal:
        raise DataError(" ".join([refusal, *cropped]), reading, train)
    test = [lot for lot in made if lot.is_test]
    held_out = Data(images[train:], lots.labels(test, names), names) if test else None
    return Data(images[:train], labels, names, test=held_out, reading=reading)


def _shape(shapes: list[tuple[int, int]], choices: Choices) -> list[Decision]:
    """Crop or pad, where pictures are not square, and the size."""
    decided = []
    lost = [1 - min(side) / max(side) for side in shapes if min(side) != max(side)]
    if lost and choices.fit == "crop":
        mean = sum(lost) / len(shapes)
        text = (
            f"Each picture is cropped to the square in its middle; that takes {100 * mean:.0f} % off them on average."
        )
        decided.append(Decision("fit", "crop", text))
    elif lost:
        decided.append(Decision("fit", "pad", "Each picture is kept whole, with its own edge's colour around it."))
    size = choices.size
    return [*decided, Decision("image_size", size, f"Each picture becomes {size} x {size} pixels.")]
