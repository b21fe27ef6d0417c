"""Two kinds of pictures of one data set, for a game that translates between them and knows no pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gan.datasets import Data

ONE_KIND = (
    "A translation without pairs needs two kinds of pictures, and these data are of one: choose Thin and thick, name "
    "two classes, or say where a second folder is."
)


@dataclass(frozen=True)
class Domains:
    """Both kinds: `a` is translated to `b` and back. `paired`: row i of their test splits belongs together."""

    a: Data
    b: Data
    paired: bool


def apart(data: Data, classes: str = "") -> Domains:
    """Both kinds: two `classes` ("Sandal, Sneaker"), else those that the data bring, else their only two classes.

    Of pairs the first half gives sources and the second half pictures, so that no pair is learned from; the test
    split keeps its pairs. Raises ValueError with a sentence.
    """
    if classes:
        first, second = _numbers(data, classes)
        return Domains(_of_class(data, first), _of_class(data, second), False)
    if data.other is not None:
        return Domains(data, data.other, False)
    if data.sources is not None:
        half = len(data) // 2
        rows = np.arange(len(data))
        a, b = _sources(data.take(rows[:half])), data.take(rows[half:])
        return Domains(a, b, data.test is not None)
    if data.n_classes == 2:
        return Domains(_of_class(data, 0), _of_class(data, 1), False)
    raise ValueError(ONE_KIND)


def _sources(data: Data) -> Data:
    """The sources of pairs as pictures of their own."""
    assert data.sources is not None
    test = _sources(data.test) if data.test is not None else None
    return Data(data.sources, data.labels, data.names, test=test)


def _of_class(data: Data, k: int) -> Data:
    """The pictures of one class in both splits; no class stays empty."""
    assert data.labels is not None
    there = data.take(np.flatnonzero(data.labels == k))
    if not len(there):
        raise ValueError(f"There is no picture of {data.names[k]}.")
    test = data.test
    known = test is not None and test.labels is not None and bool(np.isin(k, test.labels))
    held_out = _of_class(test, k) if test is not None and known else None
    return Data(there.images, there.labels, data.names, test=held_out)


def _numbers(data: Data, classes: str) -> tuple[int, int]:
    """The numbers of two classes by their names, else by themselves."""
    wanted = [name.strip().lower() for name in classes.split(",")]
    names = [name.lower() for name in data.names]
    known = [names.index(each) if each in names else int(each) if each.isdecimal() else -1 for each in wanted]
    if data.labels is None or len({*known}) != 2 or len(known) != 2 or not all(0 <= k < len(names) for k in known):
        there = f"these data have {', '.join(data.names)}" if data.names else "these data have none"
        raise ValueError(f"Two classes are needed, like “{', '.join(data.names[:2]) or 'a, b'}”; {there}.")
    return known[0], known[1]
