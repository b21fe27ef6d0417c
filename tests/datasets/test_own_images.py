"""A stranger's folder or zip: classes from folders, odd archives, and bounds on everything."""

import io
import os
import stat
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gan import datasets
from gan.config import RunConfig
from gan.datasets import DataError, _sources, own_images
from tests.datasets.fakes import picture


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return str(path)


def load(source, size=0):
    data: Any = own_images.load(Path("unused"), str(source), size)
    return data


def twenty(**how):
    return {f"{i:02}.png": picture(seed=i, **how) for i in range(20)}


def test_a_zip_and_a_folder_of_the_same_pictures_are_the_same_data(tmp_path):
    for name, content in twenty().items():
        (tmp_path / "folder").mkdir(exist_ok=True)
        (tmp_path / "folder" / name).write_bytes(content)
    one, two = load(tmp_path / "folder"), load(zipped(tmp_path / "x.zip", twenty()))
    assert one.images.shape == (20, 3, 28, 28)
    assert (one.images == two.images).all()
    assert one.labels is None
    assert one.note == ""


def test_a_config_opens_them_at_its_size(tmp_path):
    source = zipped(tmp_path / "x.zip", twenty())
    config = RunConfig(dataset="own-images", source=source, image_size=16, n_images=5)
    assert datasets.open(config).images.shape == (5, 3, 16, 16)


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3)])
def test_content_decides_between_grey_and_colour(tmp_path, mode, channels):
    grey = {f"{i}.jpg": picture("L", seed=i, kind="JPEG") for i in range(20)}
    grey["last.png"] = picture(mode, seed=99)
    assert load(zipped(tmp_path / "x.zip", grey)).shape == (channels, 28, 28)


def test_sub_folders_are_classes(tmp_path):
    files = {f"pets/{pet}/{i}.png": picture(seed=i) for pet in ("dog", "cat") for i in range(10)}
    data = load(zipped(tmp_path / "x.zip", files))
    assert data.names == ("cat", "dog")
    assert data.labels.tolist() == [0] * 10 + [1] * 10
    assert data.n_classes == 2


@pytest.mark.parametrize("place", ["", "one/", "one/two/"])
def test_one_folder_is_no_class(tmp_path, place):
    files = {place + name: content for name, content in twenty().items()}
    assert load(zipped(tmp_path / "x.zip", files)).labels is None


def test_a_picture_beside_the_folders_leaves_no_classes(tmp_path):
    files = {f"{pet}/{i}.png": picture(seed=i) for pet in ("dog", "cat") for i in range(10)}
    files["stray.png"] = picture()
    assert load(zipped(tmp_path / "x.zip", files)).labels is None


def test_names_of_classes_are_made_harmless(tmp_path):
    bad = "<script>alert(1)</script>" + "x" * 100
    files = {f"{pet}\\{i}.png": picture(seed=i) for pet in (bad, "cat") for i in range(10)}
    names = load(zipped(tmp_path / "x.zip", files)).names
    assert len(names) == 2
    assert not any("<" in name or len(name) > 40 for name in names)


def test_what_cannot_be_read_is_counted(tmp_path):
    files = twenty()
    files |= {"a.png": b"junk", "b.jpg": picture(kind="JPEG")[:200], "c.txt": b"hello"}
    files |= {"__MACOSX/d.png": b"junk", ".hidden.png": b"junk"}
    data = load(zipped(tmp_path / "x.zip", files))
    assert len(data) == 20
    assert data.note == "2 pictures were left out: 2 unreadable."


def test_too_few_is_a_sentence_with_the_reason(tmp_path):
    files = {f"{i}.png": picture(seed=i) if i < 3 else b"junk" for i in range(10)}
    with pytest.raises(DataError, match=r"3 pictures .* at least 16 .* 7 unreadable"):
        load(zipped(tmp_path / "x.zip", files))


@pytest.mark.parametrize("source", ["", "  ", "/no/such/folder", "~nobody-of-that-name/x", "a\0b"])
def test_a_source_that_is_not_there(source):
    with pytest.raises(DataError):
        load(source)


def test_a_source_that_is_something_else(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 but then nothing")
    with pytest.raises(DataError, match="neither a folder nor a zip"):
        load(tmp_path / "x.zip")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="is not there"):
        load(tmp_path / "pipe")


def test_links_are_not_followed(tmp_path):
    secret, folder = tmp_path / "secret", tmp_path / "folder"
    for place in (secret, folder):
        place.mkdir()
        for name, content in twenty().items():
            (place / name).write_bytes(content)
    (folder / "link.png").symlink_to(secret / "00.png")
    (folder / "more").symlink_to(secret)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.png")
    data = load(folder)
    assert len(data) == 20
    assert "1 a link" in data.note
    assert "1 no file" in data.note


def test_a_link_in_a_zip_is_left_out(tmp_path):
    source = zipped(tmp_path / "x.zip", twenty())
    info = zipfile.ZipInfo("link.png")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(source, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    assert load(source).note == "1 picture was left out: 1 a link."


def test_names_are_never_paths(tmp_path):
    files = {f"../../{name}": content for name, content in twenty().items()}
    files |= {f"/tmp/{name}": content for name, content in twenty().items()}
    (tmp_path / "deep/down").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    source = zipped(tmp_path / "deep/down/x.zip", files)
    assert len(load(source)) == 20
    assert sorted(tmp_path.rglob("*")) == sorted([*before, Path(source)])


def test_a_bomb_is_not_unpacked(tmp_path):
    files = twenty() | {"bomb.bmp": bytes(30 << 20)}
    data = load(zipped(tmp_path / "x.zip", files))
    assert data.note == "1 picture was left out: 1 packed too tightly."


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")  # no error in the app
def test_a_picture_of_too_many_pixels_is_not_decoded(tmp_path):
    out = io.BytesIO()
    Image.new("1", (8000, 8000)).save(out, "PNG")
    data = load(zipped(tmp_path / "x.zip", twenty() | {"huge.png": out.getvalue()}))
    assert data.note == "1 picture was left out: 1 too many pixels."


def test_an_encrypted_entry_is_left_out(tmp_path):
    source = Path(zipped(tmp_path / "x.zip", twenty()))
    content = bytearray(source.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    content[at + 8] |= 1
    source.write_bytes(content)
    assert load(source).note == "1 picture was left out: 1 encrypted."


def test_bounds_on_the_whole(tmp_path, monkeypatch):
    source = zipped(tmp_path / "x.zip", twenty())
    monkeypatch.setattr(_sources, "MAX_FILE", 100)
    with pytest.raises(DataError, match="20 too large"):
        load(source)
    monkeypatch.undo()
    for module, name, words in (
        (_sources, "MAX_ENTRIES", "more than 19 entries"),
        (_sources, "MAX_TOTAL", "more than 0 GB"),
        (own_images, "MOST", "more than 19 pictures"),
    ):
        monkeypatch.setattr(module, name, 19)
        with pytest.raises(DataError, match=words):
            load(source)
        monkeypatch.undo()
    monkeypatch.setattr(own_images, "MAX_BYTES", 19 * 3 * 28 * 28)
    with pytest.raises(DataError, match="too many at 28 pixels"):
        load(source)


def test_a_zip_in_a_zip_stays_closed(tmp_path):
    inner = Path(zipped(tmp_path / "inner.zip", twenty())).read_bytes()
    files = twenty() | {"inner.zip": inner, "inner.png": inner}
    assert load(zipped(tmp_path / "x.zip", files)).note == "1 picture was left out: 1 unreadable."


GOOD = picture(size=(9, 9))
CONTENT = st.one_of(st.just(GOOD), st.binary(max_size=60), st.just(GOOD[:-20]))
NAME = st.text(min_size=1, max_size=12) | st.sampled_from(["a/b.png", "../x.png", "c\\d.jpg", "."])


def answer(source):
    """Loads with a low minimum: Data that keeps its contract, or an error that is a sentence."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(own_images, "LEAST", 1)
        try:
            data = load(source, 8)
        except DataError:
            return
    assert data.images.shape[1:] in ((1, 8, 8), (3, 8, 8))
    assert data.images.dtype == np.uint8


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(NAME, st.sampled_from(["", ".png", "/x.JPG"]), CONTENT), max_size=6))
def test_any_zip_gives_data_or_a_sentence(files):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, ending, content in files:
                info = zipfile.ZipInfo("x")
                info.filename = (name + ending).encode("utf-8", "replace").decode()
                archive.writestr(info, content)
        answer(path)
        assert [file.name for file in Path(folder).iterdir()] == ["x.zip"]


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_a_damaged_zip_gives_data_or_a_sentence(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(zipped(Path(folder) / "x.zip", {"a/1.png": GOOD, "b/2.png": GOOD}))
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])
        answer(path)
