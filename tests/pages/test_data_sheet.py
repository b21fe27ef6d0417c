"""Before Start: one's own pictures as the network will see them, what was left out, decided, and what helps."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from gan import runs
from gan.datasets import LeftOut
from gan.hosting import data_preview
from tests.pages.test_train import button, words
from ui.shared import commands
from ui.train import data_sheet


def lay(folder: Path, **classes: int) -> Path:
    """Folders of so many small pictures, no two alike, and a file that is none."""
    rng = np.random.default_rng(0)
    for name, count in classes.items():
        (folder / name).mkdir(parents=True)
        for k in range(count):
            pixels = rng.integers(0, 256, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).resize((28, 28)).save(folder / name / f"{k}.png")
    (folder / next(iter(classes)) / "notes.png").write_text("not a picture")
    return folder


def seen(open_page, source: Path, **query: str) -> AppTest:
    """The form with what was read of a folder."""
    at: AppTest = open_page("train", preset="lean", dataset="own-images", source=str(source), **query)
    deadline = time.monotonic() + 20
    while not any("What the network will see" in m.value for m in at.markdown) and not at.error:
        assert time.monotonic() < deadline
        time.sleep(0.05)
        at.run()
    assert not at.exception
    return at


def html_of(at: AppTest) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))


def test_what_the_network_will_see(open_page, tmp_path):
    at = seen(open_page, lay(tmp_path / "x", cat=30, dog=3))
    told = words(at)
    assert "33 pictures of 28 × 28, grey, 2 classes" in told.replace("\\", "")
    assert "9,375 steps: about 9,091 passes over 33 pictures" in told
    assert "33 pictures are few" in told
    assert "dog has only 3 of 33 pictures" in told.replace("\\", "")
    page = html_of(at)
    assert page.count("<figure>") == 33
    assert "<b>cat</b><small>30</small>" in page
    assert "left out" in told
    assert "ten digits there" not in told, "no word of digits for own pictures"
    assert "First digits" not in told
    at.toggle(key="mirror-balanced").set_value(True).run()
    assert at.session_state["draft"]["balanced"] is True
    assert at.toggle(key="knob-balanced").value is True


def test_an_upload_is_read_once_and_a_folder_named_after_it_is_taken(open_page, tmp_path, monkeypatch):
    folder = lay(tmp_path / "x", cat=20)
    zipped = Path(shutil.make_archive(str(tmp_path / "x"), "zip", folder)).read_bytes()
    kept: list[bytes] = []
    keep = commands.keep_upload

    def counted(data: bytes) -> str:
        kept.append(data)
        return keep(data)

    monkeypatch.setattr(commands, "keep_upload", counted)
    at = open_page("train", preset="lean", dataset="own-images")
    at.file_uploader[0].set_value(("x.zip", zipped, "application/zip")).run()
    assert not at.exception
    for _ in range(3):
        at.run()
    assert kept == [zipped]
    other = str(lay(tmp_path / "y", dog=20))
    at.text_input(key="knob-source").set_value(other).run()
    assert at.text_input(key="knob-source").value == other
    assert at.session_state["draft"]["source"] == other


def test_what_was_left_out_is_named_as_it_is_written():
    told = data_sheet._names("<b>broken</b>", [LeftOut("a<img src=x>.heic", "")])
    assert "a&lt;img src=x&gt;.heic" in told
    assert "&lt;b&gt;broken&lt;/b&gt;: 1" in told


def test_what_helps_is_one_press(open_page, tmp_path, trainers):
    at = seen(open_page, lay(tmp_path / "x", all=40))
    button(at, "Shift what D sees").click().run()
    assert at.session_state["draft"]["translation"] == 3
    button(at, "A smaller network").click().run()
    button(at, "Start").click().run()
    config = runs.find(trainers.started[0]).config()
    assert (config.translation, config.width, config.dataset) == (3, 8, "own-images")


def test_what_cannot_be_learned_is_refused_before_start(open_page, tmp_path):
    at = seen(open_page, lay(tmp_path / "x", few=3))
    assert "3" in at.error[0].value
    assert button(at, "Start").disabled


def test_a_watcher_sees_no_folder_of_the_server(open_page, tmp_path, monkeypatch):
    monkeypatch.setattr("ui.train.data_sheet.can_drive", lambda: False)
    at = open_page("train", preset="lean", dataset="own-images", source=str(lay(tmp_path / "x", all=20)))
    assert "What the network will see" not in words(at)


def test_the_data_set_stays_in_the_link(open_page):
    at = open_page("train", preset="lean")
    assert "dataset" not in at.query_params
    at.number_input(key="knob-seed").set_value(11)
    at.selectbox(key="knob-dataset").set_value("ring").run()
    assert at.query_params["dataset"] == "ring"
    at.run()
    assert at.number_input(key="knob-seed").value == 11, "what was typed stays"


def test_a_reload_brings_back_what_was_set(open_page, tmp_path):
    folder = lay(tmp_path / "x", cat=20)
    at = seen(open_page, folder)
    at.selectbox(key="mirror-channels").set_value("colour").run()
    at.selectbox(key="knob-lr_g").set_value(0.0005).run()
    link = {name: at.query_params[name] for name in at.query_params}
    again = open_page("train", **{name: value[0] if isinstance(value, list) else value for name, value in link.items()})
    assert {**again.session_state["draft"]} == {**at.session_state["draft"]}
    assert again.selectbox(key="knob-lr_g").value == 0.0005
    at.selectbox(key="knob-lr_g").set_value(0.002).run()
    assert "lr_g" not in at.query_params


def test_the_sheet_shows_every_class_in_turn():
    labels = np.repeat([0, 1, 2], [100, 2, 30])
    rows = data_preview._some(labels, 132, 3)
    assert len(rows) == 64
    assert labels[rows[:6]].tolist() == [0, 1, 2, 0, 1, 2]
    assert np.bincount(labels[rows]).tolist() == [32, 2, 30]
    assert data_preview._some(None, 6400, 0)[:3] == [0, 100, 200]


@pytest.mark.parametrize("change", [{"source": "b"}, {"image_size": 32}, {"n_images": 20}])
def test_another_choice_is_read_anew(change):
    from gan.config import RunConfig

    config = RunConfig(dataset="own-images", source="a")
    assert data_preview.key_of(config) == data_preview.key_of(config.replace(seed=3, lr_g=0.1))
    assert data_preview.key_of(config) != data_preview.key_of(config.replace(**change))


def test_another_preset_leaves_ones_own_pictures_alone(open_page, tmp_path):
    source = str(lay(tmp_path / "x", cat=20))
    at = open_page("train", preset="lean", dataset="own-images", source=source, channels="colour")
    at.button(key="choose-dcgan-16").click().run()
    assert not at.exception
    draft = at.session_state["draft"]
    assert (draft["dataset"], draft["source"], draft["channels"]) == ("own-images", source, "colour")
    assert draft["model"] == "dcgan-16"
