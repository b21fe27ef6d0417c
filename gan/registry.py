"""Choices are files: what lies in gan/models, losses, datasets, metrics and presets, listed without importing it.

More folders that are laid out in the same way (models/x.py, …) may be named in $GAN_PLUGINS, parted like $PATH.
What a file of a kind has to say stands in gan/<kind>/__init__.py: the class `Contract`, which is read, not run.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import importlib
import json
import os
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from gan import datasets, metrics, models

KINDS = (
    "models",
    "losses",
    "penalties",
    "tricks",
    "augmentations",
    "conditionings",
    "games",
    "datasets",
    "metrics",
    "presets",
)
HOME = Path(__file__).parent
ALIASES: Mapping[str, Mapping[str, str]] = {  # earlier names: they are read for ever, and never written
    "models": {"lean": "lean-dcgan", "lean-residual": "lean-resnet"},
}


Contract = tuple[tuple[str, str], ...]  # names, and what they are in words


class Unknown(LookupError):
    """A name that is no file of its kind; the message lists those that are."""


class Broken(Unknown):
    """A file that cannot be read, or that lacks what its kind has to say; the message tells what."""


@dataclass(frozen=True)
class Card:
    """What a choice says of itself, read from its file without running it.

    `title` and `summary` are the first line of the docstring ("Title: one sentence."), `text` the rest,
    `facts` the literal constants in capitals. `error` tells why a broken file could not be read, or what it lacks.
    """

    name: str
    title: str
    summary: str = ""
    text: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


def homes() -> list[Path]:
    """The folders that have a folder for each kind: ours, then those of $GAN_PLUGINS. The first of a name counts."""
    return [HOME, *(Path(name).expanduser() for name in os.environ.get("GAN_PLUGINS", "").split(os.pathsep) if name)]


def names(kind: str) -> list[str]:
    """The choices of a kind, in alphabetical order: file names with "-" for "_", those starting with "_" left out."""
    ending = ".json" if kind == "presets" else ".py"
    files: set[str] = set()
    for home in homes():
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(home / kind) as entries:
            files |= {entry.name for entry in entries}
    stems = [file.removesuffix(ending) for file in files if file.endswith(ending) and not file.startswith("_")]
    return sorted(stems if kind == "presets" else {stem.replace("_", "-") for stem in stems})


def canonical(kind: str, name: str) -> str:
    """The present name of a choice that was renamed; every other name as it is."""
    new = ALIASES.get(kind, {}).get(name, name)
    return name if new == name or name in names(kind) else new


@overload
def load(kind: Literal["models"], name: str) -> models.Contract: ...
@overload
def load(kind: Literal["datasets"], name: str) -> datasets.Contract: ...
@overload
def load(kind: Literal["metrics"], name: str) -> metrics.Contract: ...
@overload
def load(kind: str, name: str) -> Any: ...
def load(kind: str, name: str) -> Any:
    """Imports the module of a choice (a preset: reads its JSON as a dict). Raises Unknown, and Broken for a file."""
    path = _path(kind, name)
    if kind == "presets":
        return json.loads(path.read_text(encoding="utf-8"))
    if error := card(kind, name).error:
        raise Broken(error)
    package = importlib.import_module(f"gan.{kind}")
    if str(path.parent) not in package.__path__:
        package.__path__.append(str(path.parent))
    module: ModuleType = importlib.import_module(f"gan.{kind}.{path.stem}")
    return module


def card(kind: str, name: str) -> Card:
    """The card of a choice, without importing it. Raises Unknown."""
    name = canonical(kind, name)
    path = _path(kind, name)
    contract = () if kind == "presets" else _contract(HOME / kind / "__init__.py")
    return _read_card(path, name, path.stat().st_mtime_ns, contract)


def source(module: str) -> Path:
    """The file of a module of ours by its dotted name, "gan.models.x"; also of one that lies in another home."""
    for home in homes():
        stem = home.joinpath(*module.split(".")[1:])
        for path in (stem / "__init__.py", stem.with_suffix(".py")):
            if path.is_file():
                return path
    raise Unknown(f"There is no module {module}.")


def place(error: BaseException) -> str:
    """The innermost line in a file of a kind that an error came through: " (losses/mine.py, line 3)"; "" without."""
    folders = {home / kind: kind for home in homes() for kind in KINDS}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.parent in folders:
            return f" ({folders[path.parent]}/{path.name}, line {frame.lineno})"
    return ""


def changed(kind: str) -> tuple[tuple[str, int], ...]:
    """The folders of a kind, each with when files last came or went there, ns; 0 where there is none."""
    folders = [home / kind for home in homes()]
    return tuple((str(folder), folder.stat().st_mtime_ns if folder.is_dir() else 0) for folder in folders)


def nearest(name: str, known: Iterable[str]) -> str:
    """A question after the known name that is most like a mistyped one, "" where none is."""
    close = difflib.get_close_matches(name.lower().replace("_", "-"), known, n=1, cutoff=0.6)
    return f" Did you mean {close[0]}?" if close else ""


def missing(data_card: Card, root: Path) -> list[str]:
    """Which of the files that a data set needs are not under `root`, by any of their names."""
    files, folders = data_card.facts.get("FILES", ()), data_card.facts.get("FOLDERS", ())
    return [file for file in files if find_file(root, file, folders) is None]


def find_file(root: Path, file: str, folders: Sequence[str] = ()) -> Path | None:
    """The file `file` (a path below `root`) of a data set, or a variant of it in one of `folders` there; None for none.

    Variants are what mirrors and unpacking programs make of it: idx3-ubyte after a dot instead of a hyphen, packed as
    .gz, alone in a folder of its own name.
    """
    name = PurePosixPath(file).name
    for folder in (str(PurePosixPath(file).parent), *folders):
        for each in dict.fromkeys((name, name.replace("-idx", ".idx"))):
            for variant in (each, f"{each}.gz", f"{each}/{each}"):
                if (path := root / folder / variant).is_file():
                    return path
    return None


def looked_for(data_card: Card, root: Path) -> str:
    """A sentence on the files of a data set that are missing, and where they were looked for."""
    names = [PurePosixPath(file).name for file in missing(data_card, root)]
    variants = (
        ", also with a dot (train-images.idx3-ubyte) and packed (.gz)," if any("-idx" in n for n in names) else ""
    )
    folders = data_card.facts.get("FOLDERS") or sorted({str(PurePosixPath(f).parent) for f in data_card.facts["FILES"]})
    return f"Looked for {', '.join(names)}{variants} in {', '.join(str(root / folder) for folder in folders)}."


def _path(kind: str, name: str) -> Path:
    known, name = names(kind), canonical(kind, name)
    if name not in known:
        raise Unknown(f"{name!r} is not one of the {kind}: {', '.join(known)}.{nearest(name, known)}")
    file = f"{name}.json" if kind == "presets" else f"{name.replace('-', '_')}.py"
    return next(path for home in homes() if (path := home / kind / file).is_file())


@lru_cache(maxsize=256)
def _read_card(path: Path, name: str, _mtime: int, contract: Contract) -> Card:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        return Card(name, name, error=f"{path.name} cannot be read: {error}")
    head, _, text = (ast.get_docstring(tree) or name).partition("\n")
    title, _, summary = head.partition(": ")
    facts = dict(_constants(tree))
    there = facts.keys() | {name for node in tree.body for name in _defined(node)}
    lacking = [f"{key} ({words})" for key, words in contract if key not in (facts if key.isupper() else there)]
    lack = f"{path.name} does not say {', nor '.join(lacking)}." if lacking else ""
    return Card(name, title, summary.strip(), text.strip(), facts, lack)


@lru_cache(maxsize=64)
def _contract(path: Path) -> Contract:
    """What the files of a folder have to say: members of `Contract` in its __init__.py, with their words."""
    if not path.is_file():
        return ()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name == "Contract":
            members = [member for member in node.body if isinstance(member, ast.FunctionDef)]
            return tuple((member.name, (ast.get_docstring(member) or "").rstrip(".")) for member in members)
    return ()


def _defined(node: ast.stmt) -> list[str]:
    """The names that a statement of a module brings there."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.ImportFrom(names=aliases):
            return [alias.asname or alias.name for alias in aliases]
        case ast.Assign(targets=targets):
            return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
    return []


def _constants(tree: ast.Module) -> list[tuple[str, Any]]:
    pairs = []
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=key)], value=value) if key.isupper():
                try:
                    pairs.append((key, ast.literal_eval(value)))
                except (ValueError, TypeError):
                    continue  # computed, not literal: not a fact that can be read
    return pairs
