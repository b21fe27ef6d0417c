"""Choices are files: what lies in gan/models, losses, datasets, metrics and presets, listed without importing it."""

from __future__ import annotations

import ast
import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

KINDS = ("models", "losses", "datasets", "metrics", "presets")
HOME = Path(__file__).parent


class Unknown(LookupError):
    """A name that is no file of its kind; the message lists those that are."""


@dataclass(frozen=True)
class Card:
    """What a choice says of itself, read from its file without running it.

    `title` and `summary` are the first line of the docstring ("Title: one sentence."), `text` the rest,
    `facts` the literal constants in capitals. `error` tells why a broken file could not be read.
    """

    name: str
    title: str
    summary: str = ""
    text: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


def names(kind: str) -> list[str]:
    """The choices of a kind, in alphabetical order: file names with "-" for "_", those starting with "_" left out."""
    ending = ".json" if kind == "presets" else ".py"
    return sorted(
        path.stem.replace("_", "-") if ending == ".py" else path.stem
        for path in (HOME / kind).glob(f"*{ending}")
        if not path.name.startswith("_")
    )


def load(kind: str, name: str) -> Any:
    """Imports the module of a choice (a preset: reads its JSON as a dict). Raises Unknown."""
    path = _path(kind, name)
    if kind == "presets":
        return json.loads(path.read_text(encoding="utf-8"))
    module: ModuleType = importlib.import_module(f"gan.{kind}.{path.stem}")
    return module


def card(kind: str, name: str) -> Card:
    """The card of a choice, without importing it. Raises Unknown."""
    path = _path(kind, name)
    return _read_card(path, name, path.stat().st_mtime_ns)


def missing(data_card: Card, root: Path) -> list[str]:
    """Which of the files that a data set needs are not under `root`."""
    return [name for name in data_card.facts.get("FILES", ()) if not (root / name).is_file()]


def _path(kind: str, name: str) -> Path:
    known = names(kind)
    if name not in known:
        raise Unknown(f"{name!r} is not one of the {kind}: {', '.join(known)}.")
    return HOME / kind / (f"{name}.json" if kind == "presets" else f"{name.replace('-', '_')}.py")


@lru_cache(maxsize=256)
def _read_card(path: Path, name: str, _mtime: int) -> Card:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        return Card(name, name, error=f"{path.name} cannot be read: {error}")
    head, _, text = (ast.get_docstring(tree) or name).partition("\n")
    title, _, summary = head.partition(": ")
    return Card(name, title, summary.strip(), text.strip(), dict(_constants(tree)))


def _constants(tree: ast.Module) -> list[tuple[str, Any]]:
    found = []
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=key)], value=value) if key.isupper():
                try:
                    found.append((key, ast.literal_eval(value)))
                except (ValueError, TypeError):
                    continue  # computed, not literal: not a fact that can be read
    return found
