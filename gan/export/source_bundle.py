"""A source bundler: copies a function and all it needs, from several of our source files, into one text."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gan import registry

# Ours differs from PyTorch's only in the key its masks are drawn with.
PLAIN = {("gan.models._layers", "Dropout"): ("torch.nn", "Dropout")}


class Tangled(Exception):
    """A source file that cannot be copied; the message names what stands in the way."""


@dataclass
class File:
    """A source file: its lines, statements, defined and imported names, and those of them to copy."""

    lines: list[str]
    body: list[ast.stmt]
    defined: dict[str, ast.stmt] = field(default_factory=dict)
    imported: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # module, name, as
    wanted: set[str] = field(default_factory=set)
    uses: list[str] = field(default_factory=list)  # other files of ours

    @classmethod
    def read(cls, module: str) -> File:
        """The file of a module of ours, by its dotted name."""
        return cls.parse(registry.source(module).read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> File:
        """A file by its text."""
        file = cls(text.splitlines(), ast.parse(text).body)
        for node in file.body:
            file.defined |= dict.fromkeys(names(node), node)
            match node:
                case ast.ImportFrom(module=str(origin), names=aliases):
                    for a in aliases:
                        file.imported[a.asname or a.name] = (origin, a.name, a.asname or "")
                case ast.Import(names=aliases):
                    for a in aliases:
                        bound = a.asname or a.name.split(".")[0]
                        file.imported[bound] = ("", a.name, a.asname or "")
        return file


def defined(module: str) -> set[str]:
    """The names that a module of ours defines."""
    return {*File.read(module).defined}


class Bundle:
    """What has to be copied so that one function runs: definitions of ours, imports of the rest.

    `instead` names modules that stand in for others: {"gan.models.lean_dcgan": "gan.models.gan_2014"}. `changed` makes
    the text to copy from of a module's name and its text.
    """

    def __init__(
        self, module: str, name: str, instead: Mapping[str, str], changed: Callable[[str, str], str] | None = None
    ):
        self.module, self.instead, self.changed = module, instead, changed
        self.files: dict[str, File] = {}
        self._whole: set[str] = set()  # lines "import x"
        self._parts: dict[str, set[str]] = {}  # from x import …
        self.added: list[str] = []
        self._want(module, name)

    def add(self, module: str, names_: Sequence[str]) -> None:
        """Wants more definitions, of a module that nothing imports."""
        for name in names_:
            self._want(module, name)
        self.added.append(module)

    def imports(self) -> str:
        """The import lines, the standard library first."""
        lines = {line.split()[1]: line for line in sorted(self._whole)}
        pairs = [(module, line) for module, line in sorted(lines.items())]
        pairs += [
            (module, f"from {module} import {', '.join(sorted(parts))}")
            for module, parts in sorted(self._parts.items())
        ]
        blocks: tuple[list[str], list[str]] = ([], [])
        for module, line in pairs:
            blocks[module.split(".")[0] not in sys.stdlib_module_names].append(line)
        return "\n\n".join(["from __future__ import annotations", *("\n".join(block) for block in blocks)])

    def order(self) -> list[str]:
        """Our modules, each after those it uses."""
        order: list[str] = []

        def visit(module: str) -> None:
            for used in self.files[module].uses:
                visit(used)
            if module not in order:
                order.append(module)

        for module in (*self.added, self.module):
            visit(module)
        return order

    def text(self, module: str, values: Mapping[str, str], prefix: str = "") -> str:
        """What is wanted of a file, as it stands there; constants in `values` get that value.

        With a `prefix` its functions and constants are called `prefix` + their name, so that files whose functions
        have the same names can stand in one script.
        """
        file = self.files[module]
        text, before = "", ""
        for node in file.body:
            if not file.wanted.intersection(names(node)):
                continue
            part = "\n".join(file.lines[_first_line(node) - 1 : node.end_lineno])
            if prefix:
                plain = {name for name, of in file.defined.items() if not isinstance(of, ast.ClassDef)}
                part = _prefixed(part, prefix, plain)
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value and values.keys() & names(node):
                old = ast.get_source_segment("\n".join(file.lines), node.value) or ""
                part = part.replace(old, ", ".join(values[name] for name in names(node)), 1)
            kind = type(node).__name__
            text += ("\n" if before == kind == "Assign" else "\n\n\n" if text else "") + part
            before = kind
        return text

    def _want(self, module: str, name: str) -> None:
        if module not in self.files:
            text = registry.source(module).read_text(encoding="utf-8")
            self.files[module] = File.parse(self.changed(module, text) if self.changed else text)
        file = self.files[module]
        if name in file.wanted:
            return
        if name not in file.defined:
            raise Tangled(f"{module}: {name} is no function, class or constant of that file.")
        file.wanted.add(name)
        for used in _names_in(file.defined[name]):
            if used in file.defined:
                self._want(module, used)
            elif used in file.imported:
                self._import(file, module, *file.imported[used])

    def _import(self, file: File, module: str, origin: str, name: str, alias: str) -> None:
        origin, name = PLAIN.get((origin, name), (origin, name))
        ours = (origin or name).split(".")[0] == "gan"
        if ours and (alias or not origin):
            raise Tangled(f"{module}: import single names of {origin or name}, under their own name.")
        if ours:
            target = self.instead.get(origin, origin)
            file.uses.append(target)
            self._want(target, name)
        elif origin:
            self._parts.setdefault(origin, set()).add(f"{name} as {alias}" if alias else name)
        else:
            self._whole.add(f"import {name} as {alias}" if alias else f"import {name}")


def names(node: ast.stmt) -> list[str]:
    """What a top-level statement defines."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.Assign(targets=[ast.Tuple(elts=places)]):
            return [place.id for place in places if isinstance(place, ast.Name)]
    return []


def _prefixed(text: str, prefix: str, defined: set[str]) -> str:
    """The source of a statement with every name of `defined` begun by `prefix`; local variables keep theirs."""
    lines, tree = text.encode().splitlines(), ast.parse(text)
    places = [*_global_names(tree, defined)]
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in defined]
    places += [(node.lineno, node.col_offset + len("def ")) for node in functions]
    for line, column in sorted(places, reverse=True):
        lines[line - 1] = lines[line - 1][:column] + prefix.encode() + lines[line - 1][column:]
    return b"\n".join(lines).decode()


def _global_names(node: ast.AST, defined: set[str]) -> Iterator[tuple[int, int]]:
    """Line and column (in bytes) of every name of `defined` that no function around it uses for a variable."""
    if isinstance(node, ast.Name) and node.id in defined:
        yield node.lineno, node.col_offset
    inner = defined
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        inside = [*ast.walk(node)]
        own = {part.arg for part in inside if isinstance(part, ast.arg)}
        own |= {part.id for part in inside if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
        inner = defined - own
    for child in ast.iter_child_nodes(node):
        yield from _global_names(child, inner)


def _names_in(node: ast.stmt) -> Iterator[str]:
    return (part.id for part in ast.walk(node) if isinstance(part, ast.Name))


def _first_line(node: ast.stmt) -> int:
    return min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
