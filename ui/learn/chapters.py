"""The chapters of the Learn page: Markdown files with figures, presets and runs named in them.

A file of ui/lessons/ is a chapter, in the order of the file names. It begins with `# Title` and a few sentences; each
`## Heading` after that begins a section. Lines of their own may be

    {{figure NAME WORDS…}}     what pages/learn.py draws beside the text of the section
    {{try PRESET LABEL…}}      a button that opens the preset on the Train page; PRESET?field=value changes a setting
    {{see RUN LABEL…}}         a button that opens a shipped run on Explore; RUN?tab=draw opens a tab of it
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "lessons"
MARK = re.compile(r"\{\{(figure|try|see) (\S+) ?(.*)\}\}")


@dataclass
class Section:
    """A heading's text as Markdown, and what stands beside it: figures (name, words), presets to try (preset, label)
    and runs to see (run, label)."""

    text: str = ""
    figures: list[tuple[str, str]] = field(default_factory=list)
    tries: list[tuple[str, str]] = field(default_factory=list)
    sees: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Lesson:
    """One chapter; `name` is the file's, without its number."""

    name: str
    title: str
    intro: str
    sections: list[Section]


@lru_cache(maxsize=1)
def lessons(folder: Path = FOLDER) -> list[Lesson]:
    """All chapters in order."""
    return [
        parse(path.stem.partition("-")[2], path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.md"))
    ]


def parse(name: str, text: str) -> Lesson:
    """A chapter from its file's text. Raises ValueError when it does not begin with a title."""
    head, *rest = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    title, _, intro = head.partition("\n")
    if not title.startswith("# "):
        raise ValueError(f"The lesson {name!r} does not begin with '# Title'.")
    return Lesson(name, title[2:].strip(), intro.strip(), [_section(part) for part in rest])


def _section(text: str) -> Section:
    section = Section()
    places = {"figure": section.figures, "try": section.tries, "see": section.sees}
    rest = []
    for line in text.splitlines():
        if match := MARK.fullmatch(line):
            what, name, words = match.groups()
            places[what].append((name, words))
        else:
            rest.append(line)
    section.text = "\n".join(rest).strip()
    return section
