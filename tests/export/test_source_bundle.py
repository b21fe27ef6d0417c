"""Copying a function with all it needs out of several files."""

import textwrap
from typing import Any

import pytest

from gan import registry
from gan.export.source_bundle import Bundle, Tangled


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes a module of a package that stands in for ours."""
    monkeypatch.setattr(registry, "HOME", tmp_path / "gan")
    (tmp_path / "gan").mkdir()
    return lambda name, text: (tmp_path / "gan" / f"{name}.py").write_text(text)


def whole(bundle, values=None):
    parts = [bundle.text(module, values or {}) for module in bundle.order()]
    return "\n\n".join([bundle.imports(), *parts])


def test_only_what_is_used_comes_along_and_runs(write):
    write("base", "import os\nimport math\nTWO = 2\nTHREE = 3\nclass Base:\n    x = TWO\nclass Idle: ...\n")
    write(
        "top",
        "from gan.base import Base\nclass Top(Base):\n    def f(self):\n        return self.x * K\nK, L = 10, 11\n",
    )
    text = whole(Bundle("gan.top", "Top", {}))
    found: dict[str, Any] = {}
    exec(text, found)
    assert found["Top"]().f() == 20
    assert "os" not in found
    assert "THREE" not in found
    assert "Idle" not in found


def test_constants_take_new_values_and_keep_their_comment(write):
    write("top", "A, B = 1, 2  # both\ndef f():\n    return A + B\n")
    text = whole(Bundle("gan.top", "f", {}), {"A": "5", "B": "6"})
    assert "A, B = 5, 6  # both" in text


def test_a_module_stands_in_for_another(write):
    write("one", "def f():\n    return 1\n")
    write("two", "import functools\n@functools.cache\ndef f():\n    return 2\n")
    write("top", "from gan.one import f\ndef main():\n    return f()\n")
    found: dict[str, Any] = {}
    exec(whole(Bundle("gan.top", "main", {"gan.one": "gan.two"})), found)
    assert found["main"]() == 2


@pytest.mark.parametrize("line", ["import gan.one", "from gan import one", "from gan.one import f as one"])
def test_what_cannot_be_copied_is_refused(write, line):
    write("__init__", "")
    write("one", "def f(): ...\n")
    write("top", f"{line}\ndef main():\n    return {'gan' if line[:6] == 'import' else 'one'}\n")
    with pytest.raises(Tangled):
        Bundle("gan.top", "main", {})


def test_a_prefix_keeps_files_apart_and_leaves_variables_alone(write):
    """A parameter or a local variable may be called like a function of its file, as `draw` in an augmentation."""
    source = """
        EVERY = 3
        def draw(n):
            return n * EVERY
        class Own:
            def draw(self, n):
                return draw(n) + 1
        def see(x, draw):
            EVERY = [draw for draw in (x, draw)]
            return sum(EVERY), Own().draw(x), (lambda draw: draw)(draw=5)
    """
    write("one", textwrap.dedent(source))
    write("two", "def draw(n):\n    return -n\n")
    write("top", "def main():\n    return 0\n")
    bundle = Bundle("gan.top", "main", {})
    bundle.add("gan.one", ["draw", "see"])
    bundle.add("gan.two", ["draw"])
    found: dict[str, Any] = {}
    for module in ("one", "two"):
        exec(bundle.text(f"gan.{module}", {}, f"{module}_"), found)
    assert found["one_draw"](2) == 6
    assert found["two_draw"](2) == -2
    assert found["one_see"](2, 10) == (12, 7, 5)
