"""Choices are files: listed without importing, and a broken one breaks only itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gan import config as configs
from gan import registry
from gan.config import RunConfig

MODEL = '''"""A model: it does one thing.

More words,
in two lines.
"""
from __future__ import annotations
import does_not_exist
SIZES = (8, 16)
POINTS = False
SHAPE: tuple = (1, 2, 3)
COMPUTED = 3 * len("x")
BROKEN = {[]: 1}
lower = 1
'''


@pytest.fixture
def home(tmp_path: Path, monkeypatch) -> Path:
    for kind in registry.KINDS:
        (tmp_path / kind).mkdir()
    monkeypatch.setattr(registry, "HOME", tmp_path)
    return tmp_path


def test_a_file_is_a_choice(home):
    for name in ("zeta.py", "own_images.py", "_shared.py", "__init__.py", "notes.txt", "a.json"):
        (home / "models" / name).write_text("")
    (home / "presets" / "a_b.json").write_text("{}")
    assert registry.names("models") == ["own-images", "zeta"]
    assert registry.names("presets") == ["a_b"]
    assert registry.names("metrics") == []
    assert registry.load("presets", "a_b") == {}


def test_a_card_is_read_without_running_the_file(home):
    (home / "models" / "mine.py").write_text(MODEL)
    card = registry.card("models", "mine")
    assert (card.title, card.summary) == ("A model", "it does one thing.")
    assert card.text == "More words,\nin two lines."
    assert dict(card.facts) == {"SIZES": (8, 16), "POINTS": False}
    assert card.error == ""
    assert "does_not_exist" not in sys.modules


@pytest.mark.parametrize("text", ["def (", '"""open', "\x00"])
def test_a_broken_file_has_a_card_that_says_so(home, text):
    (home / "models" / "odd.py").write_text(text)
    (home / "models" / "mine.py").write_text(MODEL)
    assert registry.card("models", "odd").error.startswith("odd.py cannot be read: ")
    assert registry.card("models", "odd").title == "odd"
    assert registry.names("models") == ["mine", "odd"]
    assert registry.card("models", "mine").error == ""


def test_bytes_that_are_no_text_are_a_broken_file(home):
    (home / "models" / "odd.py").write_bytes(b"\xff\xfe")
    assert registry.card("models", "odd").error


def test_a_card_follows_its_file(home):
    path = home / "models" / "mine.py"
    path.write_text('"""One: first."""')
    assert registry.card("models", "mine").title == "One"
    path.write_text('"""Two: second."""')
    assert registry.card("models", "mine").title == "Two"


@pytest.mark.parametrize("name", ["", "..", "../config", "_shared", "Mine", "mine.py"])
def test_an_unknown_name_is_told_with_those_there_are(home, name):
    (home / "models" / "mine.py").write_text(MODEL)
    (home / "models" / "_shared.py").write_text("")
    for ask in (registry.load, registry.card):
        with pytest.raises(registry.Unknown, match=r"is not one of the models: mine\."):
            ask("models", name)


def test_missing_files_are_told(home, tmp_path):
    (home / "datasets" / "d.py").write_text('FILES = ("a/one", "a/two")')
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one").write_text("")
    (tmp_path / "a" / "two").mkdir()
    assert registry.missing(registry.card("datasets", "d"), tmp_path) == ["a/two"]


@pytest.mark.parametrize(("kind", "name"), [(kind, n) for kind in registry.KINDS[:4] for n in registry.names(kind)])
def test_every_choice_has_a_card_and_imports(kind, name):
    card = registry.card(kind, name)
    assert card.error == ""
    assert card.title
    assert card.summary.endswith((".", "?"))
    assert registry.load(kind, name).__doc__


@pytest.mark.parametrize(("kind", "old"), [(kind, old) for kind, table in registry.ALIASES.items() for old in table])
def test_an_earlier_name_is_read_and_the_present_one_is_written(kind, old):
    new = registry.canonical(kind, old)
    assert old not in registry.names(kind)
    assert new in registry.names(kind)
    assert registry.card(kind, old) == registry.card(kind, new)
    assert registry.load(kind, old) is registry.load(kind, new)
    (field,) = (name for name in configs.settings() if configs.knob_of(name).kind == kind)
    assert configs.check(field, old) == ""
    assert configs.parser_of(field)(old) == new
    assert RunConfig.from_dict({field: old}).to_dict()[field] == new


def test_a_file_of_an_earlier_name_is_itself(home):
    (home / "models" / "lean.py").write_text(MODEL)
    assert registry.canonical("models", "lean") == "lean"
    assert registry.card("models", "lean").title == "A model"


GOOD = {
    "models": "from gan.models.gan_2014 import Discriminator, Generator\nKNOBS = ('z_dim',)\n"
    "SIZES = ()\nCHANNELS = ()\nPOINTS = False\nINIT = 'torch'\n",
    "datasets": "LICENCE = 'Mine.'\ndef load(root): ...\n",
    "metrics": "SCORES = {'mine': {'label': 'Mine'}}\nmeasure = lambda evidence: {'mine': 1.0}\n",
}


@pytest.mark.parametrize("kind", GOOD)
def test_a_file_in_a_folder_of_plugins_is_a_choice(plugins, kind):
    (plugins / kind / "my_own.py").write_text(GOOD[kind])
    assert "my-own" in registry.names(kind)
    assert registry.card(kind, "my-own").error == ""
    module = registry.load(kind, "my-own")
    assert module.__name__ == f"gan.{kind}.my_own"
    assert registry.source(module.__name__) == plugins / kind / "my_own.py"
    ours = next(name for name in registry.names(kind) if name != "my-own")
    stem = ours.replace("-", "_")
    (plugins / kind / f"{stem}.py").write_text("")
    assert registry.source(f"gan.{kind}.{stem}").parent == registry.HOME / kind  # ours count first


@pytest.mark.parametrize(("kind", "line"), [(kind, line) for kind, text in GOOD.items() for line in text.splitlines()])
def test_what_a_file_lacks_is_said_with_what_it_is(plugins, kind, line):
    """By its card, before it is loaded; loading refuses it."""
    rest = [other for other in GOOD[kind].splitlines() if other != line]
    (plugins / kind / "my_own.py").write_text("\n".join(rest))
    error = registry.card(kind, "my-own").error
    assert re.fullmatch(r"my_own\.py does not say (\w+ \(.+\))(, nor \w+ \(.+\))*\.", error)
    with pytest.raises(registry.Broken, match=re.escape(error)):
        registry.load(kind, "my-own")


def test_the_place_of_an_error_is_the_line_of_a_choice(plugins):
    (plugins / "tricks" / "odd.py").write_text('"""Odd: it fails."""\n\n\ndef see(x):\n    return x.odd\n')
    namespace: dict[str, Any] = {}
    path = plugins / "tricks" / "odd.py"
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    with pytest.raises(AttributeError) as caught:
        namespace["see"](1)
    assert registry.place(caught.value) == " (tricks/odd.py, line 5)"
    assert registry.place(KeyError("x")) == ""


def test_a_fact_that_is_computed_is_not_said(plugins):
    (plugins / "datasets" / "my_own.py").write_text("LICENCE = str(3)\ndef load(root): ...\n")
    assert "LICENCE (who made the data" in registry.card("datasets", "my-own").error


def test_every_file_keeps_the_contract_of_its_kind(tmp_path):
    """The type checker looks at each as a Contract."""
    code: list[str] = []
    for kind in GOOD:
        for name in registry.names(kind):
            module = f"gan.{kind}.{name.replace('-', '_')}"
            code += [f"import {module}", f"_{len(code)}: gan.{kind}.Contract = {module}"]
    (tmp_path / "contracts.py").write_text("\n".join(code))
    command = [sys.executable, "-m", "mypy", str(tmp_path / "contracts.py")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=registry.HOME.parent, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
