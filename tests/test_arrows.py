"""Who may import whom. Arrows are read from the sources; one process checks what really gets loaded."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ("gan", "ui", "pages")
    for path in (ROOT / folder).rglob("*.py")
} | {path.stem: path for path in ROOT.glob("app.py")}
PAGES = [name for name in SOURCES if name.startswith(("ui", "pages", "app"))]
ENGINE = [name for name in SOURCES if name.startswith("gan")]
HEAVY = {"torch", "torchvision", "safetensors", "matplotlib", "streamlit", "plotly"}
LIGHT = (  # what a page may load before torch is there
    *(
        "gan.config",
        "gan.control",
        "gan.numbered",
        "gan.registry",
        "gan.schedule",
        "gan.files",
        "gan.prober",
        "gan.runs",
        "gan.tail",
    ),
    *("gan.images", "gan.hardware", "gan.hosts", "gan.probe", "gan.flags", "gan.datasets"),
    *("gan.metrics", "gan.scores", "gan.scorecard", "gan.past", "gan.branch", "gan.diagnosis"),
    *("gan.datasets._decode", "gan.photo", "gan.quiz"),
)
LAZY = (
    "gan.sampler",
    "gan.export",
    "gan.figure",
    "gan.evaluate",
    "gan.evaluator",
    "gan.directions",
    "gan.truncation",
    "gan.reference",
    "gan.neighbours",
    "gan.inversion",
)  # what a page may import inside a function


def is_typing(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def statements(body: list[ast.stmt], deep: bool) -> Iterator[ast.stmt]:
    """The statements of a file; with `deep` those inside functions too. What is only for types is left out."""
    for node in body:
        if is_typing(node):
            continue
        yield node
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if deep or not inside:
            for name in ("body", "orelse", "finalbody", "handlers", "cases"):
                inner = getattr(node, name, [])
                yield from statements(inner if isinstance(inner, list) else [], deep)


def arrows(name: str, deep: bool = False) -> set[str]:
    """The modules that module `name` imports; our own by their full names, others by their first part."""
    found = set()
    for node in statements(ast.parse(SOURCES[name].read_text(encoding="utf-8")).body, deep):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {full if full in SOURCES else str(node.module) for full in inner}
    return {full if full in SOURCES else full.split(".")[0] for full in found}


def loaded(name: str) -> set[str]:
    """Everything that importing `name` loads, directly or not."""
    seen: set[str] = set()
    open_ = [name]
    while open_:
        for other in arrows(open_.pop()) - seen:
            seen.add(other)
            open_ += [other] if other in SOURCES else []
    return seen


def test_the_reader_of_arrows_sees_what_it_should():
    assert "torch" in arrows("gan.step")
    assert "gan.train" in arrows("gan.hosts", deep=True)
    assert "gan.train" not in arrows("gan.hosts")
    assert "torch" in loaded("gan.train")
    assert "gan.datasets" not in arrows("gan.hosts", deep=True)  # only for types


@pytest.mark.parametrize("name", LIGHT)
def test_what_pages_build_on_loads_neither_torch_nor_a_drawing_library(name):
    assert loaded(name) & HEAVY == set()


@pytest.mark.parametrize("name", PAGES)
def test_pages_and_ui_never_reach_for_torch_or_the_loop(name):
    ours = {full for full in arrows(name) if full.startswith("gan")}
    assert ours <= {"gan", *LIGHT}
    later = {full for full in arrows(name, deep=True) if full.startswith("gan")} - ours
    assert later <= {*LIGHT, *LAZY}
    assert arrows(name, deep=True) & {"torch", "torchvision", "safetensors", "matplotlib"} == set()
    assert loaded(name) & {"torch", "torchvision", "safetensors", "matplotlib"} == set()


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("ui")])
def test_ui_does_not_know_the_pages(name):
    assert not any(full.startswith("pages") for full in arrows(name, deep=True))


@pytest.mark.parametrize("name", ENGINE)
def test_the_engine_knows_nothing_of_the_app(name):
    found = arrows(name, deep=True)
    assert found & {"streamlit", "plotly", "starlette", "uvicorn"} == set()
    assert not any(full.split(".")[0] in ("ui", "pages", "app", "tests") for full in found)


def test_only_hosts_and_the_command_line_iterate_the_loop():
    users = {name for name in SOURCES if "gan.train" in arrows(name, deep=True)}
    assert users == {"gan.hosts", "gan.__main__"}


@pytest.mark.parametrize("kind", ["models", "losses"])
def test_a_choice_knows_the_maths_only(kind):
    for name in ENGINE:
        if name.startswith(f"gan.{kind}."):
            ours = {full for full in arrows(name, deep=True) if full.startswith("gan")}
            assert ours <= {"gan.models", "gan.models._layers"}


def test_a_data_set_imports_torchvision_only_when_it_has_to():
    for name in ENGINE:
        if name.startswith("gan.datasets"):
            assert arrows(name) & HEAVY == set()
            assert "torch" not in arrows(name, deep=True)


@pytest.mark.parametrize("name", SOURCES)
def test_nothing_is_taken_with_a_star(name):
    tree = ast.parse(SOURCES[name].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert [alias.name for alias in node.names] != ["*"]


def test_a_process_that_only_looks_loads_no_torch_and_soon():
    """The floor on which the first page stands, in a fresh interpreter."""
    code = (
        "import sys, time; began = time.process_time();"
        f"import {', '.join(LIGHT)};"
        "from gan import registry;"
        "[registry.card(kind, n) for kind in registry.KINDS[:4] for n in registry.names(kind)];"
        "print(time.process_time() - began, *sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, *modules = done.stdout.split()
    assert set(modules) & HEAVY == set()
    assert float(seconds) < 1.5  # of CPU; torch alone takes more
