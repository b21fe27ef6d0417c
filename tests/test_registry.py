"""Choices are files: listed without importing, and a broken one breaks only itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gan import registry

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


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, n) for kind in registry.KINDS[:4] for n in registry.names(kind)]
)
def test_every_choice_has_a_card_and_imports(kind, name):
    card = registry.card(kind, name)
    assert card.error == ""
    assert card.title
    assert card.summary.endswith((".", "?"))
    assert registry.load(kind, name).__doc__
