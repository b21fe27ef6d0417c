"""No test asserts at once what a page may still be drawing: fifty pass under load where the next one does not.

Right are `expect(locator)`, `until(page, lambda: ...)` and values taken with `still`; see tests/browser.py.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
WAITING = {"until", "still", "computed"}
READS = {
    *("all_inner_texts", "all_text_contents", "bounding_box", "eval_on_selector", "eval_on_selector_all", "evaluate"),
    *("evaluate_all", "get_attribute", "inner_html", "inner_text", "input_value", "is_checked", "is_disabled"),
    *("is_editable", "is_enabled", "is_hidden", "is_visible", "text_content"),
}


def browser_tests() -> list[Path]:
    """Files of tests that see a page."""
    found = [p for p in sorted(TESTS.rglob("*.py")) if p != TESTS / "browser.py" and p != Path(__file__)]
    return [path for path in found if "tests.browser" in (text := path.read_text()) or "mark.browser" in text]


def at_once(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a statement that are worked out when it is reached: not those that something waits with."""
    yield node
    waits = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WAITING
    if not waits and not isinstance(node, ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from at_once(child)


def is_read(node: ast.AST, readers: set[str]) -> bool:
    """Whether this is a look at the page as it is now, itself or by one of the functions `readers`."""
    if isinstance(node, ast.Attribute):
        return node.attr == "url" and isinstance(node.value, ast.Name) and node.value.id.endswith("page")
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id in readers
    if not isinstance(node.func, ast.Attribute):
        return False
    locates = any(
        isinstance(x, ast.Attribute) and x.attr.startswith(("locator", "get_by")) for x in ast.walk(node.func)
    )
    return node.func.attr in READS or (
        not node.args and (node.func.attr == "count" or (node.func.attr == "all" and locates))
    )


def reads(node: ast.AST | None, readers: set[str], names: set[str]) -> bool:
    """Whether a look at the page, or one of the variables `names` that hold one, is in it."""
    parts = at_once(node) if node else ()
    return any(is_read(part, readers) or (isinstance(part, ast.Name) and part.id in names) for part in parts)


def held(function: ast.FunctionDef, readers: set[str]) -> set[str]:
    """Variables of a function that hold a look at the page that nothing waited for."""
    found: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and reads(node.value, readers, set()):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return found


def hasty(source: str) -> list[int]:
    """Lines of the asserts that do not wait."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    readers: set[str] = set()
    while more := {
        function.name
        for function in functions
        if function.name not in readers
        for node in ast.walk(function)
        if isinstance(node, ast.Return) and reads(node.value, readers, held(function, readers))
    }:
        readers |= more
    return sorted(
        {
            node.lineno
            for function in functions
            for node in ast.walk(function)
            if isinstance(node, ast.Assert) and reads(node.test, readers, held(function, readers))
        }
    )


def test_every_assert_about_a_page_waits():
    tests = browser_tests()
    assert len(tests) > 8
    assert [f"{path.relative_to(TESTS)}:{line}" for path in tests for line in hasty(path.read_text())] == []


@pytest.mark.parametrize(
    ("body", "waits"),
    [
        ("assert page.locator('a').count() == 2", False),
        ("assert 'x' in page.url", False),
        ("n = page.locator('a').count()\n  assert n == 2", False),
        ("assert seen(page)", False),
        ("assert [e.get_attribute('b') for e in page.locator('a').all()]", False),
        ("until(page, lambda: page.locator('a').count() == 2)", True),
        ("n = still(page, lambda: seen(page))\n  assert n == 2", True),
        ("assert text.count('a') == 2", True),
    ],
)
def test_the_rule(body: str, waits: bool):
    source = f"def seen(page):\n  x = page.inner_text('a')\n  return x\ndef test_it(page):\n  {body}\n"
    assert (hasty(source) == []) == waits
