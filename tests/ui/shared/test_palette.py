"""One palette: tokens.css says every colour once; Python, Streamlit's theme and the drawings only repeat it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from gan import palette
from tests.pages.test_main import contrast
from ui.shared import assets

HOME = Path(__file__).parents[3]
TOKENS = assets.FOLDER / "base" / "tokens.css"
HEX = re.compile(r"#[0-9a-fA-F]{3,8}\b")
WIDTHS = {"40rem", "56rem", "70rem"}
THEME = {  # Streamlit's name: ours
    "primaryColor": "accent",
    "backgroundColor": "paper",
    "secondaryBackgroundColor": "shade",
    "textColor": "ink",
    "borderColor": "line",
    "linkColor": "link",
    "greenTextColor": "real-ink",
    "violetTextColor": "fake-ink",
    "blueTextColor": "d-ink",
    "orangeTextColor": "g-ink",
    "greenColor": "real",
    "violetColor": "fake",
    "orangeColor": "g",
}


def tokens(mode: str) -> dict[str, str]:
    """Every colour of tokens.css by its name, in "light" or "dark"."""
    told = re.findall(r"--([\w-]+): (?:light-dark\((#\w+), (#\w+)\)|(#\w+));", TOKENS.read_text("utf-8"))
    return {name: same or (light if mode == "light" else dark) for name, light, dark, same in told}


def sources(*endings: str) -> list[Path]:
    return [path for ending in endings for path in sorted(assets.FOLDER.rglob(f"*{ending}")) if path != TOKENS]


def test_no_style_and_no_script_names_a_colour_of_its_own() -> None:
    assert len(tokens("light")) > 30
    for path in sources(".css", ".js"):
        code = re.sub(r"/\*.*?\*/|^\s*//.*$", "", path.read_text("utf-8"), flags=re.S | re.M)
        assert not HEX.findall(code), path


def test_drawings_take_theirs_from_the_palette() -> None:
    known = {*tokens("light").values(), *tokens("dark").values(), "#111", "#eee"}  # the last two: pixels of a digit
    for path in sources(".svg"):
        assert {found.lower() for found in HEX.findall(re.sub(r"url\(.*?\)", "", path.read_text("utf-8")))} <= known, (
            path
        )


def test_python_has_one_palette_and_it_is_the_same() -> None:
    told = {name.lower().replace("_", "-"): value for name, value in vars(palette).items() if name.isupper()}
    del told["soft"]  # see-through in the browser
    dark = {name.removeprefix("dark-"): told.pop(name) for name in [*told] if name.startswith("dark-")}
    assert told == {name: tokens("light")[name] for name in told}
    assert dark == {name: tokens("dark")[name] for name in dark}
    for folder in ("gan", "ui", "pages"):
        for path in sorted((HOME / folder).rglob("*.py")):
            if path.stem != "palette":
                assert not re.findall(r"""["']#[0-9a-fA-F]{6}["']""", path.read_text("utf-8")), path


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_streamlit_s_theme_is_the_same(mode: str) -> None:
    theme = tomllib.loads((HOME / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    ours = tokens(mode)
    assert {name: theme[mode][name].lower() for name in THEME} == {name: ours[token] for name, token in THEME.items()}
    assert [found.lower() for found in theme["chartCategoricalColors"][:4]] == [
        ours[k] for k in ("real", "fake", "d", "g")
    ]
    assert f"--radius: {theme['baseRadius']};" in TOKENS.read_text("utf-8")


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_words_can_be_read_on_every_paper(mode: str) -> None:
    """WCAG's 4.5 to 1."""
    ours = tokens(mode)
    for ink in ("ink", "real-ink", "fake-ink", "d-ink", "g-ink", "link", "wait", "good", "warn", "bad"):
        for paper in ("paper", "shade", "sheet"):
            assert contrast(ours[ink], ours[paper]) >= 4.5, (ink, paper)
    for ink, paper in (("on-real", "real"), ("on-fake", "fake"), ("on-accent", "accent"), ("board-ink", "board-shade")):
        assert contrast(ours[ink], ours[paper]) >= 4.5, (ink, paper)


def test_layouts_change_at_three_widths() -> None:
    for path in sources(".css"):
        for query in re.findall(r"@(?:media|container) ([^{]*width[^{]*)\{", path.read_text("utf-8")):
            assert {*re.findall(r"[\d.]+\w+", query)} <= WIDTHS, (path, query)
