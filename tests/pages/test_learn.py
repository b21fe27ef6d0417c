"""The Learn page: every chapter draws, every figure and preset that a lesson names exists, the table is the models'."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest

from gan import files, registry
from gan.config import check, parser_of
from tests.pages.conftest import MakeRun, Open
from ui.learn import chapters
from ui.learn.chapters import Lesson
from ui.learn.figures import DIAGRAMS, FIGURES, FORMULAS
from ui.shared import assets

CHAPTERS = chapters.lessons()


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_a_chapter_draws_with_a_run_and_without(open_page: Open, make_run: MakeRun, chapter: Lesson) -> None:
    at = open_page("learn", chapter=chapter.name)
    assert at.title[0].value == chapter.title
    assert len(at.markdown) > len(chapter.sections)
    run = make_run("lean-mnist")
    rows = [{"seq": 200 + k, "step": k, "d_real": 0.7, "d_fake": None} for k in range(3)]
    files.append(run.path / "metrics.jsonl", rows)
    run.weights().write_bytes(b"")
    at = open_page("learn", chapter=chapter.name)
    assert not at.info


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_everything_that_a_lesson_names_exists(chapter: Lesson) -> None:
    for section in chapter.sections:
        for name, words in section.figures:
            assert name in FIGURES
            first = words.split()[0] if words else ""
            match name:
                case "diagram":
                    assert first in DIAGRAMS
                case "formula":
                    assert set(words.split()) <= FORMULAS.keys()
                case "loss":
                    assert {"D_FORMULA", "G_FORMULA"} <= registry.card("losses", first).facts.keys()
                case "frames":
                    assert (assets.FOLDER / "pictures" / f"lesson-{first}.webp").is_file()
                    assert words != first  # a caption
        for what, label in section.sees:
            run, _, tab = what.partition("?")
            assert label
            assert (Path("checkpoints") / run / "config.json").is_file(), "a run that is shipped"
            assert dict(parse_qsl(tab, strict_parsing=bool(tab))).keys() <= {"tab"}
        for what, label in section.tries:
            preset, _, changes = what.partition("?")
            assert label
            told = registry.load("presets", preset)["config"]
            for name, text in parse_qsl(changes, strict_parsing=bool(changes)):
                value = parser_of(name)(text)
                assert not check(name, value), "a setting that the form takes"
                assert value != told.get(name), "a change"


def test_every_section_has_something_to_try() -> None:
    for chapter in CHAPTERS:
        assert all(section.tries for section in chapter.sections), chapter.name


def test_a_try_opens_the_preset_on_the_train_page(open_page: Open) -> None:
    at = open_page("learn", chapter="the-game")
    buttons = {button.label: button for button in at.button}
    [(preset, label)] = CHAPTERS[0].sections[1].tries
    buttons[label].click().run()
    assert not at.exception
    assert dict(at.query_params) == {"preset": preset}


def test_a_try_takes_its_changes_along(open_page: Open) -> None:
    at = open_page("learn", chapter="when-it-goes-wrong")
    next(button for button in at.button if "0.002" in button.label).click().run()
    assert not at.exception
    assert dict(at.query_params) == {"preset": "gan-dropout", "lr_g": "0.002"}


def test_a_finished_run_opens_on_explore(open_page: Open) -> None:
    at = open_page("learn", chapter="what-for")
    next(button for button in at.button if "Erase" in button.label).click().run()
    assert dict(at.query_params) == {"run": "dcgan-deep-mnist", "tab": "draw"}


def test_no_mark_is_left_in_the_text() -> None:
    for chapter in CHAPTERS:
        for section in chapter.sections:
            assert "{{" not in section.text + chapter.intro


def test_a_lesson_without_a_title_is_refused() -> None:
    with pytest.raises(ValueError, match="Title"):
        chapters.parse("x", "words")


def test_without_runs_it_says_why_a_picture_is_missing(open_page: Open) -> None:
    at = open_page("learn", chapter="the-game")
    assert "Not available because" in at.info[0].value


def test_an_unknown_chapter_is_the_first_one(open_page: Open) -> None:
    assert open_page("learn", chapter="x").title[0].value == CHAPTERS[0].title


def test_the_pills_change_chapter_and_address(open_page: Open) -> None:
    at = open_page("learn", chapter=CHAPTERS[0].name)
    at.button_group[0].set_value(CHAPTERS[2].name).run()
    assert at.title[0].value == CHAPTERS[2].title
    assert dict(at.query_params) == {"chapter": CHAPTERS[2].name}


def test_a_run_that_has_just_begun_has_no_curves(open_page: Open, make_run: MakeRun) -> None:
    make_run("lean-mnist", steps=0)
    at = open_page("learn", chapter="reading-a-run")
    assert all("no curves yet" in info.value for info in at.info)
    assert len(at.info) == 2


def test_a_torn_log_leaves_the_charts_standing(open_page: Open, make_run: MakeRun) -> None:
    run = make_run("lean-mnist", steps=0)
    rows = [{"seq": k, "step": k, "d_loss": None, "d_real": None} for k in range(4)]
    files.append(run.path / "metrics.jsonl", rows)
    at = open_page("learn", chapter="reading-a-run")
    assert not any("nan" in caption.value for caption in at.caption)


def test_the_layer_tables_are_those_of_the_models() -> None:
    """Made anew with `python -m gan.export.layer_table`."""
    from gan.export import layer_table

    assert json.loads(layer_table.TABLES.read_bytes()) == layer_table.tables()


@pytest.mark.parametrize("preset", registry.names("presets"))
def test_the_rows_hold_every_parameter_once(preset: str) -> None:
    from gan import config, models
    from gan.export import layer_table

    settings, _ = config.preset(preset)
    shape = layer_table.data_shape(settings)
    rows = layer_table.of_preset(preset)
    for letter, net in zip("GD", models.build(settings, shape, layer_table.N_CLASSES, 0, "cpu"), strict=True):
        assert sum(row["parameters"] for row in rows[letter]) == sum(p.numel() for p in net.parameters())
    assert rows["G"][-1]["output"] == list(shape)
    assert rows["G"][-1]["then"][-1] == "Tanh"
    assert rows["D"][-1]["output"] == []
    assert np.prod(rows["G"][0]["output"]) > 0
