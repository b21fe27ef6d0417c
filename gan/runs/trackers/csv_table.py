"""The log of a run as a table: metrics.csv, a row a record, for spreadsheets and pandas."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from gan import files
from gan.runs.run import Run


class CsvTable:
    """A writer of metrics.csv: the columns of metrics.jsonl but for lists; what was not measured is empty."""

    def __init__(self, run: Run):
        self.path = run.path / "metrics.csv"
        self.columns: list[str] = []
        self.path.unlink(missing_ok=True)

    def take(self, records: Sequence[dict[str, Any]], events: Sequence[dict[str, Any]]) -> None:
        """Appends rows; where a column is new, as with the first live scores, the table is written anew with it."""
        rows = [{name: value for name, value in record.items() if not isinstance(value, list)} for record in records]
        new = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in self.columns]
        if new:
            rows = [*self._rows(), *rows]
            self.columns += new
            heading = dict(zip(self.columns, self.columns, strict=True))
            files.replace(self.path, self._text([heading, *rows]))
        elif rows:
            with files.appended(self.path) as file:
                file.write(self._text(rows))

    def close(self) -> None:
        """Nothing waits."""

    def _rows(self) -> list[dict[str, Any]]:
        """The rows so far."""
        if not self.columns:
            return []
        with self.path.open(newline="") as file:
            return [*csv.DictReader(file)]

    def _text(self, rows: Sequence[dict[str, Any]]) -> bytes:
        text = io.StringIO()
        csv.DictWriter(text, self.columns, lineterminator="\n").writerows(rows)
        return text.getvalue().encode()
