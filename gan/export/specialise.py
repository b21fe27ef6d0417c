"""Specialisation of source text: what settings decide is decided, and what they leave out is gone, comments and all.

The text is edited where its syntax tree says, so that all the rest stays as somebody wrote it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PASSES = 40  # what one edit uncovers the next pass takes up
UNKNOWN = object()


@dataclass(frozen=True)
class Edit:
    """Characters of a text from `start` to `end`, and what stands there instead."""

    start: int
    end: int
    text: str


def specialised(
    text: str, values: Mapping[str, Any], unrolled: Mapping[str, Sequence[Sequence[str]]], classes: bool | None
) -> str:
    """A source text for these `values` of names ("D_STEPS") and attributes ("spec.batch_norm").

    A branch that they decide is taken, and its test is gone; a loop over a name of `unrolled` becomes its body for each
    entry, whose texts stand for the loop's variables. Without `classes` there is no y: `y is None` holds, and no
    function has or is called with an argument y; where that is None, nothing is decided of y.
    """
    for _ in range(PASSES):
        source = _Source(text)
        edits = [*_edits(source, source.tree, values, unrolled, classes)]
        if not edits:
            return text
        for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
            text = text[: edit.start] + edit.text + text[edit.end :]
    raise ValueError("a source text is never done")


def substituted(text: str, names: Mapping[str, str]) -> str:
    """Statements in which other texts stand for some variables."""
    source = _Source(text)
    nodes = [node for node in ast.walk(source.tree) if isinstance(node, ast.Name) and node.id in names]
    for start, end, name in sorted(((*source.span(node), node.id) for node in nodes), reverse=True):
        text = text[:start] + names[name] + text[end:]
    return text


class _Source:
    """A text, its tree, and where in the text a node stands."""

    def __init__(self, text: str) -> None:
        self.text, self.tree = text, ast.parse(text)
        self.lines = text.splitlines(keepends=True)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))

    def at(self, line: int, column: int) -> int:
        """The place of a line (from 1 on) and a column in UTF-8 bytes, as the tree has it."""
        return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

    def span(self, node: Any) -> tuple[int, int]:
        return self.at(node.lineno, node.col_offset), self.at(node.end_lineno, node.end_col_offset)

    def of(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def whole_lines(self, first: int, last: int) -> tuple[int, int]:
        return self.starts[first - 1], self.starts[last]

    def block(self, body: Sequence[ast.stmt], column: int) -> str:
        """The lines of some statements, with the comments over them, moved to a column."""
        first, last = body[0].lineno, body[-1].end_lineno or 0
        for decorator in getattr(body[0], "decorator_list", []):
            first = min(first, decorator.lineno)
        while first > 1 and self.lines[first - 2].lstrip().startswith("#"):
            first -= 1
        lines = self.lines[first - 1 : last]
        shift = body[0].col_offset - column
        moved = [line[shift:] if line[:shift].isspace() or not shift else line for line in lines]
        block = "".join(moved)
        return block if block.endswith("\n") else block + "\n"


def _edits(
    source: _Source,
    node: ast.AST,
    values: Mapping[str, Any],
    unrolled: Mapping[str, Sequence[Sequence[str]]],
    classes: bool | None,
) -> Iterator[Edit]:
    """The outermost edits at and under a node; what lies inside them is for the next pass."""
    if (edit := _edit(source, node, values, unrolled, classes)) is not None:
        yield edit
        return
    for child in ast.iter_child_nodes(node):
        yield from _edits(source, child, values, unrolled, classes)


def _edit(
    source: _Source,
    node: ast.AST,
    values: Mapping[str, Any],
    unrolled: Mapping[str, Sequence[Sequence[str]]],
    classes: bool | None,
) -> Edit | None:
    if (unreachable := _after_return(node)) is not None:
        span = source.whole_lines(unreachable[0].lineno, unreachable[-1].end_lineno or 0)
        return Edit(*span, "")
    match node:
        case ast.If(test=test) if (known := _value(test, values, classes)) is not UNKNOWN:
            body = node.body if known else node.orelse
            span = source.whole_lines(node.lineno, node.end_lineno or 0)
            return Edit(*span, source.block(body, node.col_offset) if body else "")
        case ast.IfExp(test=test) if (known := _value(test, values, classes)) is not UNKNOWN:
            return Edit(*source.span(node), source.of(node.body if known else node.orelse))
        case ast.BoolOp(values=parts):
            known = [_value(part, values, classes) for part in parts]
            rest = [part for part, value in zip(parts, known, strict=True) if value is UNKNOWN]
            if len(rest) < len(parts) and rest:  # what decides the whole was decided above
                word = " and " if isinstance(node.op, ast.And) else " or "
                return Edit(*source.span(node), word.join(map(source.of, rest)))
        case ast.For(iter=ast.Name(id=name)) if name in unrolled:
            return Edit(*source.whole_lines(node.lineno, node.end_lineno or 0), _unroll(source, node, unrolled[name]))
        case ast.Call() if classes is False and any(map(_is_y, node.args)):
            args = [source.of(arg) for arg in node.args if not _is_y(arg)]
            args += [source.of(keyword) for keyword in node.keywords]
            return Edit(*source.span(node), f"{source.of(node.func)}({', '.join(args)})")
        case ast.FunctionDef() if classes is False and any(arg.arg == "y" for arg in node.args.args):
            return _signature(source, node)
        case ast.Assign(targets=[ast.Tuple(elts=elts)]) if classes is False and any(map(_is_y, elts)):
            names = [source.of(part) for part in elts if not _is_y(part)]
            return Edit(*source.span(node.targets[0]), ", ".join(names))
    return None


def _after_return(node: ast.AST) -> list[ast.stmt] | None:
    """Statements of a block behind a return or raise, which are never reached."""
    for block in (getattr(node, "body", None), getattr(node, "orelse", None)):
        if not isinstance(block, list):  # of a lambda or an x if y else z
            continue
        for k, statement in enumerate(block[:-1]):
            if isinstance(statement, ast.Return | ast.Raise):
                return block[k + 1 :]
    return None


def _is_y(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "y"


def _signature(source: _Source, node: ast.FunctionDef) -> Edit:
    """A function's first lines without the argument y."""
    args = node.args
    place = next(k for k, arg in enumerate(args.args) if arg.arg == "y")
    back = len(args.args) - place  # from the end, where the defaults are
    if back <= len(args.defaults):
        args.defaults.pop(-back)
    args.args.pop(place)
    args.posonlyargs = []
    returns = f" -> {source.of(node.returns)}" if node.returns else ""
    last = source.at(node.body[0].lineno, node.body[0].col_offset)
    head = source.text[source.at(node.lineno, node.col_offset) : last]
    colon = head.rindex(":")
    new = f"def {node.name}({ast.unparse(args)}){returns}"
    start = source.at(node.lineno, node.col_offset)
    return Edit(start, start + colon, new)


def _unroll(source: _Source, node: ast.For, entries: Sequence[Sequence[str]]) -> str:
    names = [part.id for part in getattr(node.target, "elts", [node.target])]
    body = source.block(node.body, 0)
    indent = " " * node.col_offset
    copies = [substituted(body, dict(zip(names, entry, strict=True))) for entry in entries]
    return "".join(
        indent + line if line.strip() else line for copy in copies for line in copy.splitlines(keepends=True)
    )


def _value(node: ast.AST, values: Mapping[str, Any], classes: bool | None) -> Any:
    """What an expression is, as far as the values tell; UNKNOWN else."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return values.get(name, UNKNOWN)
        case ast.Attribute(value=ast.Name(id=owner), attr=attribute):
            return values.get(f"{owner}.{attribute}", UNKNOWN)
        case ast.Compare(left=ast.Name(id="y"), ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return UNKNOWN if classes is None else classes == isinstance(node.ops[0], ast.IsNot)
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
            return values.get(f"{name} is None", UNKNOWN)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            known = _value(operand, values, classes)
            return UNKNOWN if known is UNKNOWN else not known
        case ast.BoolOp(op=op, values=parts):
            known = [_value(part, values, classes) for part in parts]
            decisive = isinstance(op, ast.Or)  # the value that decides the whole
            if any(value is not UNKNOWN and bool(value) == decisive for value in known):
                return decisive
            return UNKNOWN if any(value is UNKNOWN for value in known) else not decisive
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            a, b = _value(left, values, classes), _value(right, values, classes)
            if a is UNKNOWN or b is UNKNOWN:
                return UNKNOWN
            match op:
                case ast.Eq():
                    return a == b
                case ast.NotEq():
                    return a != b
                case ast.Gt():
                    return a > b
                case ast.Lt():
                    return a < b
    return UNKNOWN
