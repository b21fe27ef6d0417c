"""The entry script: every page opens on a fresh machine, and trouble on a page is a sentence."""

from __future__ import annotations

import logging
import re

import pytest
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.testing.v1 import AppTest

from gan.hosting import torch_loader
from tests.pages.conftest import HOME

PAGES = sorted(path.stem for path in (HOME / "pages").glob("[!_]*.py"))


def test_no_folder_named_pages_lies_beside_the_entry_script():
    assert not (HOME / "ui" / "pages").exists(), "Streamlit would run its files past the navigation"
    assert '"ui" / "main.py"' in (HOME / "app.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_without_any_run(open_page, name):
    open_page(name)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_with_a_link_that_leads_nowhere(open_page, name):
    open_page(name, run="../../etc/passwd", preset="no such thing")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_for_a_watcher(open_page, make_run, monkeypatch, name):
    monkeypatch.setenv("FORGER_PIN", "483920")
    make_run("mine")
    at = open_page(name, run="mine")
    assert at.text_input(key="pin")


def test_who_drives_can_show_the_address_as_a_qr_code(open_page, monkeypatch):
    monkeypatch.setenv("FORGER_PUBLIC_URL", "http://192.168.7.5:8501")
    assert not open_page("learn").code  # open to nobody
    monkeypatch.setenv("FORGER_PIN", "483920")
    at = open_page("train")
    assert not at.code
    at.text_input(key="pin").set_value("483920").run()
    assert [code.value for code in at.code] == ["http://192.168.7.5:8501/"]
    assert any("QR code of" in html.proto.body for html in at.get("html"))
    assert any("1 here" in caption.value or "0 here" in caption.value for caption in at.caption)


def test_the_link_of_a_run_is_a_qr_code_or_says_what_is_needed(open_page, make_run, monkeypatch):
    make_run("mine")
    at = open_page("train", run="mine")
    assert at.code[0].value == "make class"
    monkeypatch.setenv("FORGER_PUBLIC_URL", "http://192.168.7.5:8501")
    at = open_page("train", run="mine")
    root = "http://192.168.7.5:8501/"
    assert [code.value for code in at.code] == [f"{root}watch?run=mine", f"{root}?run=mine"]
    assert any("QR code of" in html.proto.body for html in at.get("html"))


def test_whatever_is_drawn_again_goes_one_way():
    files = [*(HOME / "ui").rglob("*.py"), *(HOME / "pages").glob("*.py")]
    found = [path.name for path in files if "st.fragment" in path.read_text(encoding="utf-8")]
    assert found == ["fragments.py"]


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_draws_again_by_itself_has_a_container_to_itself(open_page, make_run, monkeypatch, name):
    """Else Streamlit moves what follows into its place, where a component is hidden: see `ui.shared.fragments`."""
    said, really = [], ScriptRunContext.enqueue

    def enqueue(self, message):
        said.append(message)
        really(self, message)

    monkeypatch.setattr(ScriptRunContext, "enqueue", enqueue)
    monkeypatch.setattr(torch_loader, "torch_state", lambda: "loading")
    make_run("mine")
    at = open_page(name, run="mine")
    said.clear()
    at.run()
    timed = {message.auto_rerun.fragment_id for message in said} - {""}
    assert timed
    for fragment in timed:
        deltas = [message for message in said if message.HasField("delta")]
        own = [message for message in deltas if message.delta.fragment_id == fragment]
        *container, place = own[0].metadata.delta_path
        beside = [
            message for message in deltas if [*message.metadata.delta_path][:-1] == container and message not in own
        ]
        assert (place, beside) == (0, [])


@pytest.mark.parametrize(
    ("state", "words"), [("loading", "loading PyTorch"), ("failed: no libgomp", "cannot be loaded")]
)
def test_the_frame_tells_how_pytorch_stands(open_page, monkeypatch, state, words):
    at = open_page("train")
    monkeypatch.setattr(torch_loader, "torch_state", lambda: state)
    at.run()
    assert any(words in caption.value for caption in at.caption)


def test_what_a_page_did_not_expect_is_a_sentence_not_a_traceback(caplog):
    def page() -> None:
        from ui.shell import frame

        assert frame.failed(KeyError("a secret of the code"))

    with caplog.at_level(logging.ERROR, "forger"):
        at = AppTest.from_function(page).run()
    assert "Your runs are safe" in at.error[0].value
    assert "secret" not in at.error[0].value
    assert "a secret of the code" in caplog.text


def test_colours_mean_the_same_in_every_theme():
    """Text in the colours of real, generated, D and G can be read: WCAG's 4.5 to 1 on its paper."""
    text = (HOME / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    for theme in ("light", "dark"):
        told = dict(re.findall(r'^(\w+) = "(#\w{6})"', text.split(f"[theme.{theme}]")[1], re.M)[:16])
        for name in ("green", "violet", "blue", "orange"):
            for paper in ("backgroundColor", "secondaryBackgroundColor"):
                assert contrast(told[f"{name}TextColor"], told[paper]) >= 4.5, (theme, name, paper)
        assert contrast(told["textColor"], told["backgroundColor"]) >= 7
        assert contrast("#FFFFFF", told["primaryColor"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two #rrggbb colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("page", "link"), [("train", "run"), ("train", "preset"), ("explore", "run"), ("compare", "runs")]
)
def test_a_link_puts_no_markup_into_a_page(open_page, make_run, page, link):
    """A stranger's link could show a picture from elsewhere, or a link to it, as a sentence of ours."""
    make_run("one")
    at = open_page(page, **{link: "![x](http://evil.example/x.png)"})
    assert "!\\[x\\](http:\u2060//evil" in at.warning[0].value


def test_a_link_to_very_many_runs_is_a_few_sentences(open_page, make_run):
    make_run("one")
    at = open_page("compare", runs=",".join(f"r{k}" for k in range(1000)))
    assert 0 < len(at.warning) <= 6
