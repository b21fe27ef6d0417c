"""A table of labels beside pictures: a column with the names of files, and one that says what each is."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import IO

from gan.datasets.own import entries, pixel_table
from gan.datasets.own.layout import MAX_CLASSES, Place

MAX_BYTES = 64 << 20
MAX_ROWS = 1_000_000
MAX_TABLES = 8  # the longest are looked at
MATCHED = 0.5  # the share of pictures that a table has to name
DELIMITERS = ",;\t|"
HEADS = (*pixel_table.LABEL_HEADS, "labels", "class_name", "classname", "category_id", "species", "breed", "type")
MORE_HEADS = ("kind", "diagnosis", "emotion", "artist", "style", "genre", "name")


@dataclass(frozen=True)
class LabelTable:
    """The rows of a table, all equally long, the first one with the heads where there are some."""

    place: Place
    rows: list[list[str]]

    @property
    def name(self) -> str:
        """Its name, for people."""
        return "/".join(self.place)


def read(place: Place, file: IO[bytes]) -> LabelTable | None:
    """A text as a table of at least two columns; None where it is none."""
    if entries.length(file) > MAX_BYTES:
        return None
    text = _text(file.read())
    if text.lstrip()[:1] in ("{", "[", "<"):
        return None  # JSON, XML
    lines = [line for line in text.splitlines() if line.strip()][:MAX_ROWS]
    sign = pixel_table.delimiter(lines[0], DELIMITERS) if lines else ""
    if len(lines) < 3 or not sign:
        return None
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=sign)]
    except csv.Error:
        return None
    columns = Counter(len(row) for row in rows).most_common(1)[0][0]
    rows = [row for row in rows if len(row) == columns]
    return LabelTable(place, rows) if columns >= 2 else None


def _text(content: bytes) -> str:
    code = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(code)
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def labels(
    tables: Sequence[LabelTable], places: Sequence[Place], train: Collection[int]
) -> tuple[dict[int, str], list[LabelTable]]:
    """The label of each row of `places` that tables name, and which tables these are.

    ({}, []) where they name less than half of the rows that are trained on.
    """
    by_row: dict[int, str] = {}
    used = []
    first = {*train}
    order = [*train, *(row for row in range(len(places)) if row not in first)]
    for table in tables:
        mine = _match(table, places, order)
        if mine:
            used.append(table)
            by_row |= {row: label for row, label in mine.items() if row not in by_row}
    known = [row for row in train if row in by_row]
    many = len({by_row[row] for row in known})
    if len(known) < MATCHED * len(train) or not 2 <= many <= MAX_CLASSES:
        return {}, []
    return by_row, used


def _match(table: LabelTable, places: Sequence[Place], order: Sequence[int]) -> dict[int, str]:
    """The label of each picture that one table names; of several of one name the first in `order`."""
    folder = len(table.place) - 1
    known: dict[str, int] = {}
    for row in order:
        place = places[row]
        for name in ("/".join(place), "/".join(place[folder:]), place[-1]):
            known.setdefault(name, row)
            known.setdefault(name.rpartition(".")[0] or name, row)
    columns = [*zip(*table.rows, strict=True)]
    hits = [sum(_key(cell) in known for cell in column) for column in columns]
    names = max(range(len(columns)), key=lambda column: hits[column])
    if hits[names] == 0:
        return {}
    rows = [row for row in table.rows if _key(row[names]) in known]
    heads = table.rows[0] if _key(table.rows[0][names]) not in known else None
    if label := _one_hot(rows, heads, names):
        return {known[_key(row[names])]: label[i] for i, row in enumerate(rows)}
    column = _label_column(rows, heads, names)
    return {} if column is None else {known[_key(row[names])]: row[column] for row in rows if row[column]}


def _key(cell: str) -> str:
    return cell.replace("\\", "/").removeprefix("./").strip()


def _label_column(rows: list[list[str]], heads: list[str] | None, names: int) -> int | None:
    others = [column for column in range(len(rows[0])) if column != names]
    if heads:
        lowered = [head.lower() for head in heads]
        for head in (*HEADS, *MORE_HEADS):
            for column in others:
                if lowered[column] == head and len({row[column] for row in rows}) > 1:
                    return column
    several = [column for column in others if 2 <= len({row[column] for row in rows}) <= MAX_CLASSES]
    few = [column for column in several if len({row[column] for row in rows}) < len(rows)]
    return few[0] if few else several[0] if several else None


def _one_hot(rows: list[list[str]], heads: list[str] | None, names: int) -> list[str]:
    """The head of the one column that is 1, for each row; [] where a table is not written so."""
    others = [column for column in range(len(rows[0])) if column != names]
    if heads is None or len(others) < 2:
        return []
    try:
        values = [[float(row[column]) for column in others] for row in rows]
    except ValueError:
        return []
    if not all(sum(row) == 1 and max(row) == 1 and min(row) == 0 for row in values):
        return []
    return [heads[others[row.index(1)]] for row in values]
