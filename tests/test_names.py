"""Names in gan/ say what a thing is: words that fit everything are no identifiers, and no constant is only a size.

A name of many meanings sends the reader to every place that uses it. Standard words of the field stand instead.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HOME = Path(__file__).parent.parent
VAGUE = {"told", "found", "judge", "seen", "kept", "given", "ruler", "party", "twins", "light"}
NO_UNIT = {"LOOK", "AGAIN", "REST", "MANY", "MOST", "FEW", "FEWEST", "LEAST", "LONGEST"}
FILES = sorted(HOME.glob("gan/**/*.py"))


def identifiers(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Lines and names of variables, arguments, attributes, keywords, functions and classes."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield node.lineno, name
            case ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name


def vague(source: str) -> list[str]:
    """The lines and names of a source text that are banned; case and underscores around them do not count."""
    names = identifiers(ast.parse(source))
    return [
        f"line {line}: {name}" for line, name in names if name.strip("_").lower() in VAGUE or name.strip("_") in NO_UNIT
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOME)))
def test_names_say_what_a_thing_is(path: Path) -> None:
    assert vague(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    ["told = 1", "x._seen", "f(given=1)", "def judge(): ...", "class Light: ...", "def f(kept): ...", "_FEW = 3"],
)
def test_a_vague_name_is_noticed(source: str) -> None:
    assert len(vague(source)) == 1


def test_a_word_inside_a_name_is_no_name() -> None:
    assert vague("found_inf = few = most = lights") == []
