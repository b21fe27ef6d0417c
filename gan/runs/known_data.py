"""data.json, what a run has learned from: classes, counts, order and checksums; and what has changed since."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from gan import files
from gan.datasets import Data, Decision, LeftOut, Reading
from gan.datasets._pixels import grey
from gan.runs.errors import Changed, RunError

NAME = "data.json"
MAX_BYTES = 4 << 20  # of data.json
MAX_DIGESTS = 20_000  # examples up to which the checksum of each is kept, so that added ones can be told from others


@dataclass(frozen=True)
class Group:
    """The examples of one class, or all of them where there are no classes (name "").

    `sum` adds up the checksums of all examples, whatever their order; "" where it was never taken. `digests` has the
    checksum of each, base64 of sorted uint64 little-endian; "" where there are too many.
    """

    name: str
    count: int
    sum: str = ""
    digests: str = ""

    def each(self) -> np.ndarray | None:
        """The checksums, uint64, ascending; None where they were not kept."""
        return np.frombuffer(base64.b64decode(self.digests), "<u8") if self.digests else None


@dataclass(frozen=True)
class DataRecord:
    """What a run knows of its data; `order` is a checksum of all examples and labels in their order."""

    shape: tuple[int, int, int]
    groups: tuple[Group, ...]
    order: str = ""
    labelled: bool = True

    @property
    def images(self) -> int:
        """How many examples there are."""
        return sum(group.count for group in self.groups)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the classes in the order of their numbers; () without classes."""
        return tuple(group.name for group in self.groups) if self.labelled else ()

    def to_dict(self) -> dict[str, Any]:
        """JSON values, as they stand in data.json."""
        groups = [dataclasses.asdict(group) for group in self.groups]
        about = {"images": self.images, "shape": list(self.shape), "order": self.order}
        return {**about, "classes": groups} if self.labelled else {**about, "all": groups[0]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DataRecord:
        """Raises LookupError, TypeError and ValueError for what is none."""
        C, H, W = (int(side) for side in values["shape"])
        labelled = "classes" in values
        groups = values["classes"] if labelled else [values["all"]]
        made = tuple(
            Group(str(g["name"]), int(g["count"]), str(g.get("sum", "")), str(g.get("digests", ""))) for g in groups
        )
        return cls((C, H, W), made, str(values.get("order", "")), labelled)


def read(folder: Path) -> DataRecord | None:
    """The record of a run's data; None where there is none, or none that can be read."""
    try:
        return DataRecord.from_dict(files.load(files.read(folder / NAME, MAX_BYTES)))
    except (OSError, LookupError, TypeError, ValueError, AttributeError):
        return None


def write(folder: Path, record: DataRecord, **more: Any) -> None:
    """Replaces the record; `more` is what else is kept with it. Raises OSError."""
    text = json.dumps({**record.to_dict(), **more}, indent=1, ensure_ascii=False)
    files.replace(folder / NAME, (text + "\n").encode())


def how_read(data: Data) -> dict[str, Any]:
    """How the data were read, as it is kept with the record: what was left out and decided; {} where nothing was."""
    return dataclasses.asdict(data.reading) if data.reading else {}


def read_how(folder: Path) -> Reading | None:
    """The same from data.json; None where it tells nothing."""
    try:
        reading = files.load(files.read(folder / NAME, MAX_BYTES))["reading"]
        left_out = tuple(LeftOut(str(each["name"]), str(each["reason"])) for each in reading["left_out"])
        decisions = tuple(Decision(str(d["knob"]), d["value"], str(d["text"])) for d in reading["decisions"])
        return Reading(left_out, int(reading["left_out_count"]), tuple(map(str, reading["notes"])), decisions)
    except (OSError, LookupError, TypeError, ValueError):
        return None


def describe(data: Data) -> DataRecord:
    """The record of data as they are now."""
    digests = np.fromiter((_digest(image) for image in data.images), np.uint64, len(data))
    labels = data.labels
    whole = blake2b(digests.tobytes(), digest_size=16)
    if labels is not None:
        whole.update(labels.tobytes())
    keep = len(data) <= MAX_DIGESTS
    if labels is None:
        groups = [_group("", digests, keep)]
    else:
        groups = [_group(name, digests[labels == k], keep) for k, name in enumerate(data.names)]
    return DataRecord(data.shape, tuple(groups), whole.hexdigest(), labels is not None)


def take_up(before: DataRecord | None, data: Data, bound: bool, accept: bool) -> tuple[Data, DataRecord, list[str]]:
    """The data as a run goes on with them, their record, and a sentence for each thing that has changed.

    A class keeps the number that its pictures had, also under another name. `bound` says that the networks are told
    the class. Raises RunError where the run cannot go on, and Changed where it cannot be told what belongs together
    unless somebody said to `accept` that.
    """
    now = describe(data)
    if before is None:
        return data, now, []
    texts: list[str] = []
    if before.shape[0] == 1 and now.shape == (3, *before.shape[1:]):
        if not accept:
            raise Changed(
                "data",
                f"{_other_shape(before, now)}, or say that it may be made grey (--accept-changes, or the button).",
            )
        data, texts = _grey(data), ["There are pictures with colour now; they are made grey for this run."]
        now = describe(data)
    if before.shape != now.shape:
        raise RunError(f"{_other_shape(before, now)}.")
    data, now, more = _same_shape(before, now, data, bound, accept)
    return data, now, texts + more


def _same_shape(
    before: DataRecord, now: DataRecord, data: Data, bound: bool, accept: bool
) -> tuple[Data, DataRecord, list[str]]:
    if before.order in ("", now.order) and before.names == now.names:
        return data, now, []
    if before.order == now.order:
        return data, now, _renamed(before, now)
    if not before.labelled or not now.labelled:
        if bound and before.labelled:
            raise RunError(
                f"The run was told the classes {_list(before.names)}, and what is there now has no classes. Lay the "
                "pictures into folders as before, or start a new run.",
            )
        return data, now, _counted("all pictures", _whole(before), _whole(now))
    return _by_class(before, now, data, bound, accept)


def _by_class(
    before: DataRecord, now: DataRecord, data: Data, bound: bool, accept: bool
) -> tuple[Data, DataRecord, list[str]]:
    place = _places(before.groups, now.groups)
    new = [k for k in range(len(now.groups)) if k not in place]
    gone = [k for k in range(len(before.groups)) if k not in place.values()]
    if bound and (new or gone):
        was, there = _list(before.groups[k].name for k in gone), _list(now.groups[k].name for k in new)
        if len(new) > len(gone):
            raise RunError(
                f"The networks know the classes {_list(before.names)}, and {there} is new: there is no place for "
                "another class in them. Take it away, or start a new run.",
            )
        if not accept:
            what = f"the pictures of {was} are gone" + (f", and {there} is new" if new else "")
            raise Changed(
                "data",
                f"The classes are not those the run began with: {what}. "
                + (f"If {there} stands for {was}, say so" if new else "Put them back, or say that it may go on")
                + " (--accept-changes, or the button), or start a new run.",
            )
        place |= dict(zip(new, gone, strict=False))
    texts = [text for j, i in sorted(place.items()) for text in _differences(before.groups[i], now.groups[j])]
    texts += [f"{now.groups[k].name} is new, with {now.groups[k].count:,} pictures." for k in new if k not in place]
    texts += [f"No picture of {before.groups[k].name} is left." for k in gone if k not in place.values()]
    if not bound and (new or gone):
        return data, now, texts
    if not texts and before.order:
        texts = ["The pictures are the same as before, in another order."]
    numbers = np.array([place[j] for j in range(len(now.groups))], np.int64)
    groups = [dataclasses.replace(group, count=0, sum="", digests="") for group in before.groups]
    for j, i in place.items():
        groups[i] = now.groups[j]
    assert data.labels is not None
    names = tuple(group.name for group in groups)
    test = data.test
    if test is not None and test.labels is not None and test.names == data.names:
        test = dataclasses.replace(test, labels=numbers[test.labels], names=names)
    data = dataclasses.replace(data, labels=numbers[data.labels], names=names, test=test)
    return data, dataclasses.replace(describe(data), groups=tuple(groups)), texts


def _places(before: tuple[Group, ...], now: tuple[Group, ...]) -> dict[int, int]:
    """Which class of before each class of now is, by their pictures first, then by their names."""
    pairs = [
        (_common(before[i], now[j]), before[i].name == now[j].name, j, i)
        for j in range(len(now))
        for i in range(len(before))
    ]
    place: dict[int, int] = {}
    for common, same_name, j, i in sorted(pairs, key=lambda pair: (-pair[0], not pair[1])):
        free = j not in place and i not in place.values()
        if free and (common > 0 or same_name):
            place[j] = i
    return place


def _common(one: Group, other: Group) -> float:
    """The share of the smaller group's examples that the other has, too."""
    a, b = one.each(), other.each()
    if a is None or b is None:
        return float(one.sum == other.sum != "")
    return len(np.intersect1d(a, b)) / max(1, min(len(np.unique(a)), len(np.unique(b))))


def _differences(before: Group, now: Group) -> list[str]:
    renamed = [f"{before.name} is called {now.name} now, and keeps its number."] if before.name != now.name else []
    return renamed + _counted(now.name, before, now)


def _counted(whose: str, before: Group, now: Group) -> list[str]:
    """What became of the examples of a group, in a sentence; [] where nothing did, or nothing is known."""
    if before.sum == now.sum or not before.sum:
        return []
    a, b = before.each(), now.each()
    if a is None or b is None:
        return [f"{whose}: {now.count:,} pictures, {before.count:,} before, and not all the same."]
    left = len(np.intersect1d(a, b))
    added, gone = len(np.unique(b)) - left, len(np.unique(a)) - left
    words = [f"{count:,} {word}" for count, word in ((added, "added"), (gone, "no longer there")) if count]
    return [
        f"{whose}: {' and '.join(words) or 'some more than once'}; {now.count:,} pictures, {before.count:,} before."
    ]


def _renamed(before: DataRecord, now: DataRecord) -> list[str]:
    """What is told of data that are the same, example for example."""
    pairs = zip(before.names, now.names, strict=False)
    return [f"{old} is called {new} now, and keeps its number." for old, new in pairs if old != new]


def _other_shape(before: DataRecord, now: DataRecord) -> str:
    was, there = (f"{_colour(r.shape[0])} pictures of {r.shape[2]} × {r.shape[1]}" for r in (before, now))
    text = f"The run has learned {was}, and what is there now are {there}."
    if before.shape[0] == now.shape[0]:
        return f"{text} Put the pictures back as they were, or start a new run"
    why = (
        "One picture with colour is enough for that: take it away or make it grey"
        if now.shape[0] == 3
        else ("The coloured ones are gone: put them back")
    )
    return f"{text} {why}, or start a new run"


def _grey(data: Data) -> Data:
    """Coloured pictures as grey ones, as reading makes them."""
    test = _grey(data.test) if data.test is not None else None
    return dataclasses.replace(data, images=grey(data.images), test=test)


def _colour(channels: int) -> str:
    return {1: "grey", 3: "colour"}.get(channels, f"{channels}-channel")


def _whole(record: DataRecord) -> Group:
    """All examples of a record as one group."""
    sums = [group.sum for group in record.groups]
    total = sum(int(text, 16) for text in sums) % 2**64 if all(sums) else None
    each = [group.each() for group in record.groups]
    known = [digests for digests in each if digests is not None]
    digests = _packed(np.sort(np.concatenate(known))) if len(known) == len(each) else ""
    return Group("", record.images, "" if total is None else f"{total:016x}", digests)


def _group(name: str, digests: np.ndarray, keep: bool) -> Group:
    total = int(digests.sum(dtype=np.uint64))  # of the ring of 64 bits: the order does not matter
    return Group(name, len(digests), f"{total:016x}", _packed(np.sort(digests)) if keep else "")


def _packed(digests: np.ndarray) -> str:
    return base64.b64encode(digests.astype("<u8").tobytes()).decode()


def _digest(image: np.ndarray) -> int:
    return int.from_bytes(blake2b(image.tobytes(), digest_size=8).digest(), "little")


def _list(names: Any) -> str:
    *most, last = [*names] or [""]
    return f"{', '.join(most)} and {last}" if most else last
