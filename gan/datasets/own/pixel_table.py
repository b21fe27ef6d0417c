"""Images as a table of text: a line an image, its pixels beside its label, as MNIST is often passed on."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from gan.datasets.own import arrays
from gan.datasets.own.arrays import Block, NoImages

MIN_COLUMNS = 64  # numbers in a line from which on a table may hold pixels
ROWS = 4096  # read at a time
MAX_LINE = 16 << 20  # letters
DELIMITERS = ",;\t |"
LABEL_HEADS = ("label", "class", "target", "y", "digit", "category")


def delimiter(line: str, signs: str = DELIMITERS) -> str:
    """What parts the columns of a line; "" where there is one column."""
    return max((sign for sign in signs if sign in line), key=line.count, default="")


def is_pixels(head: str) -> bool:
    """Whether a text that begins so is a table of pixels."""
    lines = [line for line in head.splitlines() if line.strip()]
    if not lines:
        return False
    return lines[0].count(delimiter(lines[0])) >= MIN_COLUMNS if delimiter(lines[0]) else False


def read(name: str, file: IO[bytes]) -> Block:
    """The images and labels of a table, with or without a line of headings; the label stands first or last.

    Raises NoImages naming the line that cannot be read.
    """
    with _as_text(file, newline=None) as text:
        return _read(name, text)


@contextlib.contextmanager
def _as_text(file: IO[bytes], newline: str | None) -> Iterator[io.TextIOWrapper]:
    """The text of an open file, which stays open: a wrapper that is only forgotten would close it behind our back."""
    text = io.TextIOWrapper(file, "utf-8-sig", errors="replace", newline=newline)
    try:
        yield text
    finally:
        text.detach()


def _read(name: str, text: io.TextIOBase) -> Block:
    first = text.readline(MAX_LINE)
    sign = delimiter(first)
    if len(first) >= MAX_LINE:
        raise NoImages("a table with lines that are too long")
    cells = [cell.strip().strip("\"'") for cell in first.rstrip("\r\n").split(sign)]
    heads = None if all(_number(cell) for cell in cells) else [cell.lower() for cell in cells]
    lines = itertools.chain([] if heads else [first], iter(lambda: text.readline(MAX_LINE), ""))
    words: list[str] = []
    column = _labels_by_head(heads)
    tables = [_table(part, sign, len(cells), column, words, start) for start, part in _parts(lines)]
    if not tables:
        raise NoImages("a table without lines")
    table = np.concatenate(tables)
    labels: np.ndarray | None = np.array(words) if words else None
    if labels is None:
        column = _labels_by_content(table) if column is None else column
        if column is not None:
            labels = table[:, column].astype(np.int64)
            table = np.delete(table, column, 1)
    if arrays.sides(table.shape[1] - 1) and (np.diff(table[:, 0].astype(np.int64)) == 1).all():
        table = table[:, 1:]  # the numbers of the lines
    return Block(name, _images(table), labels)


def _short_lines(text: io.TextIOBase) -> Iterator[str]:
    while line := text.readline(MAX_LINE):
        if len(line) >= MAX_LINE:
            raise NoImages("a table with lines that are too long")
        yield line


def _parts(lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    start = 1
    while part := [line for line in itertools.islice(lines, ROWS) if line.strip()]:
        if max(map(len, part)) >= MAX_LINE:
            raise NoImages("a table with lines that are too long")
        yield start, part
        start += len(part)


def _table(lines: list[str], sign: str, columns: int, label: int | None, words: list[str], start: int) -> np.ndarray:
    """float32 rows; where labels are words they go to `words` instead."""
    cells = None
    if label is not None and not _number(lines[0].split(sign)[label].strip().strip("\"'")):
        cells = list(csv.reader(lines, delimiter=sign))
        words += [row[label % len(row)].strip() for row in cells]
        lines = [sign.join(row[:label] + row[label + 1 :] if label >= 0 else row[:-1]) for row in cells]
        columns -= 1
    table = _numbers(lines, sign, start)
    if table.shape[1] != columns:
        raise NoImages(f"a table whose lines differ: {columns} columns at first, then {table.shape[1]}")
    return table.astype(np.uint8) if _are_bytes(table) else table


def _numbers(lines: list[str], sign: str, start: int) -> np.ndarray:
    """The numbers of some lines: uint8 where they may be (ten times as fast to read), else float32."""
    how: dict[str, Any] = {"delimiter": sign, "ndmin": 2, "comments": None, "quotechar": '"'}
    if not any("." in line or "e" in line or "E" in line for line in lines):
        with contextlib.suppress(ValueError, OverflowError):
            return np.loadtxt(lines, np.uint8, **how)
    try:
        return np.loadtxt(lines, np.float32, **how)
    except ValueError as error:
        why = str(error).partition(";")[0]
        raise NoImages(f"a table that cannot be read from line {start} on: {why}") from error


def _are_bytes(table: np.ndarray) -> bool:
    return bool(table.min() >= 0 and table.max() <= 255 and (table == np.rint(table)).all() and table.max() > 1)


def _labels_by_head(heads: list[str] | None) -> int | None:
    if heads is None:
        return None
    named = [column for column, head in enumerate(heads) if head in LABEL_HEADS]
    return named[0] if named else None


def _labels_by_content(table: np.ndarray) -> int | None:
    """The column that makes the rest square: the first, unless only the last can be labels."""
    count = table.shape[1]
    if arrays.sides(count) or not arrays.sides(count - 1):
        return None
    first, last = (len(np.unique(table[:, column])) for column in (0, -1))
    return -1 if first == 1 and last > 1 else 0 if last == 1 or first <= last else -1


def _images(table: np.ndarray) -> np.ndarray:
    shape = arrays.sides(table.shape[1])
    if shape is None:
        raise NoImages(f"a table of {table.shape[1]} numbers a line, which are no square picture (28 x 28 are 784)")
    if table.dtype != np.uint8 and _are_bytes(table):
        table = table.astype(np.uint8)
    return table.reshape(len(table), *shape)


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def has_cells(head: str) -> bool:
    """Whether a text that begins so is a table with all pixels of an image in one cell, parted by blanks."""
    lines = [line for line in head.splitlines() if line.strip()][:2]
    return len(lines) == 2 and any(cell.count(" ") >= MIN_COLUMNS for cell in next(csv.reader(lines[1:])))


def read_cells(name: str, file: IO[bytes]) -> list[Block]:
    """The images of such a table, a block for each split that its other columns name. Raises NoImages."""
    with _as_text(file, newline="") as text:
        return _read_cells(name, text)


def _read_cells(name: str, text: io.TextIOBase) -> list[Block]:
    rows = csv.DictReader(_short_lines(text))
    heads = [head or "" for head in rows.fieldnames or ()]
    label = next((head for head in heads if head.lower() in (*LABEL_HEADS, "emotion")), None)
    blocks: dict[str, tuple[list[np.ndarray], list[str]]] = {}
    for number, row in enumerate(rows, 1):
        cells = {head: str(row[head] or "") for head in heads}
        pixels = max(cells, key=lambda head: cells[head].count(" "))
        others = [cells[head] for head in heads if head not in (pixels, label)]
        test = any("test" in cell.lower() or "valid" in cell.lower() for cell in others)
        try:
            image = np.array(cells[pixels].split(), np.float32)
        except ValueError as error:
            raise NoImages(f"a table whose line {number} cannot be read: {error}") from error
        images, labels = blocks.setdefault("test" if test else "train", ([], []))
        if images and len(image) != len(images[0]):
            raise NoImages(f"a table whose line {number} has {len(image)} pixels, unlike the others")
        images.append(image.astype(np.uint8) if _are_bytes(image) else image)
        labels.append(cells[label] if label else "")
    return [
        Block(f"{name}, {split}", _images(np.stack(images)), np.array(labels) if label else None)
        for split, (images, labels) in blocks.items()
    ]
