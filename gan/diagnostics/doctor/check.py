"""One finding of the doctor."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

State = Literal["ok", "warning", "problem"]


@dataclasses.dataclass(frozen=True)
class Check:
    """What was looked at, how it stands, what is so in a sentence, and what to do where it is not well."""

    name: str
    state: State
    text: str
    advice: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Its fields, for JSON."""
        return dataclasses.asdict(self)

    def line(self) -> str:
        """One line of a terminal."""
        return f"{self.state:<8} {self.name:<14} {self.text}" + (f" {self.advice}" if self.advice else "")
