"""The import graph of this project, read from its sources: `python -m tests.imports [gan | ui]` prints the rooms.

A room is a folder, or a file that lies in none; `__init__` of the package itself is none. What stands under
`if TYPE_CHECKING` counts as no import.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ("gan", "ui", "pages")
    for path in sorted((ROOT / folder).rglob("*.py"))
} | {path.stem: path for path in ROOT.glob("app.py")}


def statements(body: list[ast.stmt], deep: bool) -> Iterator[ast.stmt]:
    """The statements of a file; with `deep` those inside functions too. What is only for types is left out."""
    for node in body:
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            continue
        yield node
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if deep or not inside:
            for name in ("body", "orelse", "finalbody", "handlers", "cases"):
                inner = getattr(node, name, [])
                yield from statements(inner if isinstance(inner, list) else [], deep)


@cache
def arrows(name: str, deep: bool = False) -> frozenset[str]:
    """The modules that module `name` imports; our own by their full names, others by their first part."""
    found = set()
    for node in statements(ast.parse(SOURCES[name].read_text(encoding="utf-8")).body, deep):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {full if full in SOURCES else str(node.module) for full in inner}
    return frozenset(full if full in SOURCES else full.split(".")[0] for full in found)


@cache
def loaded(name: str) -> frozenset[str]:
    """Everything that importing `name` loads, directly or not; the `__init__` of each package on the way, too."""
    seen: set[str] = set()
    left = [name]
    while left:
        parts = left.pop().split(".")
        chain = {".".join(parts[: k + 1]) for k in range(len(parts))} & SOURCES.keys()
        for other in {each for module in chain for each in arrows(module)} - seen:
            seen.add(other)
            left += [other] if other in SOURCES else []
    return frozenset(seen)


def room(name: str) -> str:
    """The room of a module: gan.runs of gan.runs.lock, gan.files of itself; gan.__main__ only opens gan.cli."""
    return ".".join(name.split(".")[:2]).replace("__main__", "cli")


def rooms(top: str) -> dict[str, set[str]]:
    """The rooms of a package and the rooms of it that each imports, at the top of a file or in a function."""
    names = [name for name in SOURCES if name.startswith(f"{top}.")]
    found: dict[str, set[str]] = {room(name): set() for name in names}
    for name in names:
        found[room(name)] |= {room(other) for other in arrows(name, deep=True) if other in names}
    return {name: others - {name} for name, others in found.items()}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Rooms or modules that import each other in a circle; [] where there is none."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        done.add(name)
        return next(filter(None, (visit(other, [*path, name]) for other in sorted(graph[name]))), [])

    return next(filter(None, (visit(name, []) for name in sorted(graph))), [])


def main(top: str = "gan") -> None:
    graph = rooms(top)
    for name, others in sorted(graph.items()):
        print(f"{name.removeprefix(top + '.'):16}-> {', '.join(sorted(o.removeprefix(top + '.') for o in others))}")
    print(f"{len(graph)} rooms, {sum(map(len, graph.values()))} arrows, circle: {' -> '.join(circle(graph)) or 'none'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
