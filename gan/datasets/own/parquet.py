"""Parquet: a column of pictures as files (or of pixels) and one of labels, as collections of data sets keep them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from gan.datasets.own import arrays, budget, pixel_table
from gan.datasets.own.arrays import Block, NoImages

ROWS, ROWS_BYTES = 512, 1 << 28  # read at a time, at most; every row may be the same large one, stored once
MAX_NUMBERS = budget.MAX_ARRAYS // 8  # pixels of a file that are no pictures: equal ones are stored once
PICTURES = ("image", "img", "picture", "png", "jpg", "bytes")


@dataclass(frozen=True, eq=False)
class Picture:
    """A row: a picture as a file, and its label, a number or a word."""

    name: str
    content: bytes | None
    label: Any


def read(name: str, file: IO[bytes]) -> tuple[Iterator[Picture], tuple[str, ...]] | Block:
    """Pictures one by one with the names of their classes (() where none are told), or a block of pixels.

    Raises NoImages.
    """
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise NoImages("parquet, which needs pyarrow: pip install pyarrow") from error
    try:
        table: Any = parquet.ParquetFile(file)
        size = sum(table.metadata.row_group(i).total_byte_size for i in range(table.metadata.num_row_groups))
        schema = table.schema_arrow
    except Exception as error:  # pyarrow has errors of its own
        raise NoImages("a parquet file that cannot be opened: it is broken, or was cut off") from error
    kinds = {field.name: str(field.type) for field in schema}
    label = next((key for key in kinds if key.lower() in pixel_table.LABEL_HEADS), None)
    column = _picture_column(kinds)
    if size > (budget.MAX_TOTAL if column else budget.MAX_ARRAYS):
        raise NoImages("too large")
    if column:
        return _pictures(name, table, column, label), _class_names(schema.metadata or {}, label)
    return _pixels(name, table, kinds, label)


def _picture_column(kinds: dict[str, str]) -> str | None:
    binary = [key for key, kind in kinds.items() if kind in ("binary", "large_binary") or "bytes: binary" in kind]
    named = [key for key in binary if key.lower() in PICTURES]
    return next(iter(named or binary), None)


def _class_names(metadata: dict[bytes, bytes], label: str | None) -> tuple[str, ...]:
    """The names of the classes, as data sets of Hugging Face keep them in the file."""
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        return tuple(str(name) for name in features[label]["names"])
    except (LookupError, TypeError, ValueError):
        return ()


def _pictures(name: str, table: Any, column: str, label: str | None) -> Iterator[Picture]:
    number = 0
    columns = [column, *([label] if label else [])]
    try:
        largest = max((chunk.total_uncompressed_size for chunk in _chunks(table, [column])), default=0)
        rows = min(ROWS, max(1, ROWS_BYTES // max(1, largest)))
        for batch in _batches(table, columns, rows):
            cells = batch.column(0).to_pylist()
            labels = batch.column(1).to_pylist() if label else [None] * len(cells)
            for cell, value in zip(cells, labels, strict=True):
                number += 1
                content = cell.get("bytes") if isinstance(cell, dict) else cell
                yield Picture(f"{name}, row {number}", content, value)
    except Exception as error:  # pyarrow has errors of its own
        raise NoImages(f"broken after row {number}") from error


def _batches(table: Any, columns: list[str], rows: int) -> Iterator[Any]:
    yield from table.iter_batches(batch_size=rows, columns=columns)


def _chunks(table: Any, columns: list[str]) -> Iterator[Any]:
    """What the file says of each stored piece of some columns."""
    about, starts = table.metadata, tuple(f"{column}." for column in columns)
    places = [k for k in range(about.num_columns) if f"{about.schema.column(k).path}.".startswith(starts)]
    for group in range(about.num_row_groups):
        yield from (about.row_group(group).column(k) for k in places)


def _pixels(name: str, table: Any, kinds: dict[str, str], label: str | None) -> Block:
    """Images from a column of lists of numbers, or from a column for each pixel."""
    lists = [key for key, kind in kinds.items() if "list<" in kind]
    numbers = [key for key, kind in kinds.items() if key != label and kind in _NUMBERS]
    if sum(chunk.num_values for chunk in _chunks(table, lists[:1] or numbers)) > MAX_NUMBERS:
        raise NoImages("too large")
    try:
        whole = table.read(columns=[*(lists[:1] or numbers), *([label] if label else [])])
    except Exception as error:  # pyarrow has errors of its own
        raise NoImages("a parquet file that cannot be read: it is broken, or was cut off") from error
    if lists:
        pixels = _flat(whole.column(lists[0]).combine_chunks())
    else:
        pixels = np.stack([whole.column(key).to_numpy() for key in numbers], 1) if numbers else np.empty(0)
    if pixels.dtype.kind in "iu" and pixels.size and pixels.min() >= 0 and pixels.max() <= 255:
        pixels = pixels.astype(np.uint8)
    images = arrays.as_images(pixels)
    if images is None:
        held = ", ".join(f"{key} ({kind})" for key, kind in [*kinds.items()][:6])
        raise NoImages(f"a parquet file without pictures; its columns are {held}")
    return Block(name, images, whole.column(label).to_numpy() if label else None)


def _flat(column: Any) -> np.ndarray:
    """Lists of lists of numbers, all as long as each other, as an array; empty where they are not."""
    shape = [len(column)]
    while "list<" in str(column.type):
        inner = column.flatten()
        each, rest = divmod(len(inner), max(1, len(column)))
        if rest or column.null_count or set(column.value_lengths().unique().to_pylist()) != {each}:
            return np.empty(0)
        shape.append(each)
        column = inner
    return column.to_numpy(zero_copy_only=False).reshape(shape)


_NUMBERS = {"uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "float", "double"}
