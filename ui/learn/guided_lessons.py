"""Guided lessons: Markdown files that lead through the app, ask for a guess, and check it by what a run measured.

docs/lessons.md says how to write one. Ours are in ui/learn/guided/, a teacher's in the folder `lessons` of
$GAN_PLUGINS. All that a file names is looked up when it is read: a mistake is refused with the line it stands in.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from gan import registry
from ui.learn.guided_parser import parse
from ui.learn.guided_steps import BadLesson, Guided

FOLDER = Path(__file__).parent / "guided"
MAX_BYTES = 64 << 10


def paths() -> dict[str, Path]:
    """The files of all lessons by name: ours in the order of their numbers, then those of $GAN_PLUGINS."""
    folders = [FOLDER, *(home / "lessons" for home in registry.homes()[1:])]
    files = [path for folder in folders for path in sorted(folder.glob("*.md"))]
    named = {re.sub(r"^\d+-", "", path.stem): path for path in reversed(files)}
    return dict(reversed(named.items()))


def lessons() -> tuple[list[Guided], list[str]]:
    """The lessons that can be taken, and why the others cannot, a sentence each."""
    good, bad = [], []
    for name in paths():
        try:
            good.append(lesson(name))
        except BadLesson as error:
            bad.append(str(error))
    return good, bad


def lesson(name: str) -> Guided:
    """The lesson of that name. Raises BadLesson, and KeyError where there is none."""
    path = paths()[name]
    try:
        text = path.read_bytes()[: MAX_BYTES + 1].decode()
    except (OSError, UnicodeDecodeError) as error:
        raise BadLesson(f"{path.name} cannot be read: {error}.") from None
    if len(text) > MAX_BYTES:
        raise BadLesson(f"{path.name} is longer than {MAX_BYTES >> 10} kB.")
    return _parsed(name, text, path.name, registry.changed("presets"))


@lru_cache(maxsize=64)
def _parsed(name: str, text: str, file: str, presets: object) -> Guided:
    """Read again when the file, or the folders of presets that it may name, are others."""
    return parse(name, text, file)
