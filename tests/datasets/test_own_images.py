"""One's own images as a whole: folders, archives and arrays become a data set that tells what it left out."""

import gzip
import io
import os
import stat
import tarfile
import tempfile
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from gan import datasets
from gan.config import RunConfig
from gan.datasets import DataError, own_images
from gan.datasets.own import budget, collect, reading, sources
from tests.datasets.fakes import digits, idx, picture, raw_files


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return str(path)


def load(source, size=0, **choices):
    data: Any = own_images.load(Path("unused"), str(source), size, **choices)
    return data


def left_out(data):
    return {one.name: one.reason for one in data.reading.left_out}


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
    assert one.reading.notes == two.reading.notes == ()
    assert [made.knob for made in one.reading.decisions] == ["channels", "fit", "image_size"]


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


def test_names_of_classes_are_kept_whole(tmp_path):
    names = ("<b>C++ & C#", "x" * 60 + "1", "x" * 60 + "2", "B\u0061\u0308r", "😀 50 %")
    files = {f"{name}/{i}.png": picture(seed=i) for name in names for i in range(4)}
    data = load(zipped(tmp_path / "x.zip", files))
    assert data.names == ("<b>C++ & C#", "Bär", "x" * 60 + "1", "x" * 60 + "2", "😀 50 %")
    assert data.counts == (4,) * 5


def test_what_is_left_out_is_told_by_name_and_reason(tmp_path):
    files = twenty()
    files |= {"a.png": b"junk", "b.jpg": picture(kind="JPEG")[:200], "c.heic": b"\0\0\0\x18ftypheic" + bytes(90)}
    files |= {f"d{i}.jpg": b"<html>Not found" for i in range(4)}
    files |= {"__MACOSX/d.png": b"junk", ".hidden.png": b"junk", "Thumbs.db": b"junk"}
    data = load(zipped(tmp_path / "x.zip", files))
    assert len(data) == 20
    reasons = left_out(data)
    assert [*reasons] == ["a.png", "b.jpg", "c.heic", "d0.jpg", "d1.jpg", "d2.jpg", "d3.jpg"]
    assert reasons["c.heic"].startswith("HEIC")
    assert reasons["b.jpg"].startswith("JPEG, cut off")
    notes = data.reading.notes
    assert notes[0] == "7 of 27 files were left out."
    assert notes[1].startswith("4 files left out (d0.jpg, d1.jpg, d2.jpg and 1 more): a web page: ")
    assert data.reading.left_out_count == 7


def test_only_a_thousand_are_listed(tmp_path):
    data = load(zipped(tmp_path / "x.zip", twenty() | {f"{i}.txt": b"hello" for i in range(1005)}))
    assert (len(data.reading.left_out), data.reading.left_out_count) == (1000, 1005)


def test_train_and_test_folders_are_splits(tmp_path):
    files = {
        f"data/{split}/{pet}/{i}.png": picture(seed=i + k, size=(9, 9))
        for k, (split, many) in enumerate((("train", 10), ("test", 3)))
        for pet in ("cat", "dog")
        for i in range(many)
    }
    source = zipped(tmp_path / "x.zip", files)
    data = load(source)
    assert (len(data), len(data.test), data.names) == (20, 6, ("cat", "dog"))
    assert data.test.labels.tolist() == [0] * 3 + [1] * 3
    assert "6 pictures of test are kept out of training" in data.reading.decisions[0].text
    assert len(load(source, splits="none")) == 26
    assert len(load(source, 16).test.images[0, 0]) == 16


def test_a_stray_picture_is_left_out_and_named(tmp_path):
    files = {f"{pet}/{i}.png": picture(seed=i) for pet in ("dog", "cat") for i in range(10)}
    data = load(zipped(tmp_path / "x.zip", files | {"preview.png": picture()}))
    assert data.counts == (10, 10)
    assert left_out(data) == {"preview.png": "it lies above the class folders"}


def test_a_table_of_labels_names_the_classes(tmp_path):
    rows = "".join(f"{i:02}.png,{('cat', 'dog')[i % 2]}\n" for i in range(19))
    data = load(zipped(tmp_path / "x.zip", twenty() | {"labels.csv": b"file,label\n" + rows.encode()}))
    assert data.names == ("cat", "dog")
    assert data.labels.tolist() == [i % 2 for i in range(19)]
    assert left_out(data) == {"19.png": "it is not in labels.csv"}


def test_the_switches_are_settings_of_the_run(tmp_path):
    source = zipped(tmp_path / "x.zip", twenty(size=(60, 10)))
    config = RunConfig(dataset="own-images", source=source, channels="grey", fit="pad")
    assert config.to_dict()["channels"] == "grey"
    data = datasets.open(config)
    assert data.shape == (1, 28, 28)
    assert data.reading
    assert {made.knob: made.value for made in data.reading.decisions} == {
        "channels": "grey",
        "fit": "pad",
        "image_size": 28,
    }


def test_of_many_texts_beside_pictures_only_a_table_of_labels_counts(tmp_path):
    files = twenty() | {f"{i:02}.json": b'[{"a": 1},\n {"b": 2},\n {"c": 3}]' for i in range(20)}
    files |= {f"a{i:02}.csv": f"x,y\n{i},2\n3,4\n5,6\n".encode() for i in range(20)}
    files["z.csv"] = b"file,label\n" + b"".join(b"%02d.png,%d\n" % (i, i % 2) for i in range(20))
    data = load(zipped(tmp_path / "x.zip", files))
    assert data.names == ("0", "1")
    assert data.reading.left_out_count == 40


def packed(path, files, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return str(path)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_is_the_same_as_a_zip(tmp_path, mode):
    files = {f"{pet}/{i}.png": picture(seed=i) for pet in ("dog", "cat") for i in range(10)}
    one, two = load(packed(tmp_path / "x.tar", files, mode)), load(zipped(tmp_path / "x.zip", files))
    assert (one.images == two.images).all()
    assert one.names == two.names


def test_zips_in_a_zip_are_opened_and_name_folders(tmp_path):
    inner = {f"pupil {k}.zip": {f"{i}.png": picture(seed=10 * k + i) for i in range(8)} for k in range(3)}
    files = {name: Path(zipped(tmp_path / "y.zip", these)).read_bytes() for name, these in inner.items()}
    assert load(zipped(tmp_path / "x.zip", files)).names == ("pupil 0", "pupil 1", "pupil 2")


def test_archives_in_one_another_have_an_end(tmp_path):
    content = Path(zipped(tmp_path / "0.zip", twenty())).read_bytes()
    for depth in range(1, 7):
        content = Path(zipped(tmp_path / f"{depth}.zip", {"x.zip": content})).read_bytes()
    with pytest.raises(DataError, match="too deep in others"):
        load(tmp_path / "6.zip")


def test_a_packed_bomb_is_cut_short(tmp_path, monkeypatch):
    monkeypatch.setattr(budget, "MAX_RATIO", 0)
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(b"1," * (35 << 20), 1, mtime=0))
    with pytest.raises(
        DataError, match="neither a folder nor a zip that can be read: a gzip that cannot be opened: packed too"
    ):
        load(path)


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_tar_whose_names_are_endless_is_not_read_into_memory(tmp_path, kind):
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, 32 << 20
    path = tmp_path / "x.tar.gz"
    path.write_bytes(gzip.compress(header.tobuf() + b"a" * header.size))
    tracemalloc.start()
    with pytest.raises(DataError, match="cannot be opened"):
        load(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 8 << 20


@pytest.mark.parametrize("how", ["folder", "npz", "zip of npz", "tar.gz of idx", "gz in a zip"])
def test_digits_are_the_same_in_every_container(tmp_path, how):
    raw, (x, y), (xt, yt) = raw_files(), digits(30), digits(10, seed=1)
    arrays = {"x_train": x.astype(np.uint8), "y_train": y, "x_test": xt.astype(np.uint8), "y_test": yt}
    np.savez(tmp_path / "x.npz", **arrays)
    match how:
        case "folder":
            source = str(tmp_path / "raw")
            Path(source).mkdir()
            for name, content in raw.items():
                (tmp_path / "raw" / name.replace("-idx", ".idx")).write_bytes(content)
        case "npz":
            source = str(tmp_path / "x.npz")
        case "zip of npz":
            source = zipped(tmp_path / "x.zip", {"mnist.npz": (tmp_path / "x.npz").read_bytes()})
        case "tar.gz of idx":
            source = packed(tmp_path / "x.tar.gz", raw)
        case _:
            source = zipped(tmp_path / "x.zip", {f"{n}.gz": gzip.compress(c, mtime=0) for n, c in raw.items()})
    data = load(source)
    assert (data.images[:, 0] == x).all()
    assert [data.names[label] for label in data.labels] == [str(label) for label in y]
    assert (data.test.images[:, 0] == xt).all()


def test_pictures_and_arrays_in_one_place_are_not_mixed(tmp_path):
    files = twenty() | {"weights.npz": arrays_of(np.zeros((5, 12, 12), np.uint8))}
    data = load(zipped(tmp_path / "x.zip", files))
    assert (len(data), left_out(data)) == (20, {"weights.npz: images": "arrays beside pictures"})


def arrays_of(images):
    out = io.BytesIO()
    np.savez(out, images=images)
    return out.getvalue()


def test_an_array_a_picture_and_larger_arrays_are_made_small(tmp_path):
    for k in range(20):
        (tmp_path / f"{k}.npy").write_bytes(npy(np.random.default_rng(k).random((40, 30))))
    assert load(tmp_path).shape == (1, 28, 28)
    (tmp_path / "large").mkdir()
    (tmp_path / "large/x.npy").write_bytes(npy(np.random.default_rng(0).integers(0, 256, (20, 40, 30, 3), np.uint8)))
    assert load(tmp_path / "large", 16).images.shape == (20, 3, 16, 16)


def test_rows_of_numbers_are_images_and_so_are_squares(tmp_path):
    """H,W with a square W may be one image a row: a few files are read so, many are images themselves."""
    X = np.random.default_rng(0).integers(0, 256, (40, 64), dtype=np.uint8)
    (tmp_path / "x.npy").write_bytes(npy(X / np.float32(255)))
    assert (load(tmp_path / "x.npy", 8).images.reshape(40, 64) == X).all()
    (tmp_path / "y.npy").write_bytes(npy(np.arange(40) % 2))
    assert load(tmp_path, 8).labels.tolist() == [0, 1] * 20
    (tmp_path / "many").mkdir()
    for k in range(20):
        (tmp_path / "many" / f"{k}.npy").write_bytes(npy(np.roll(X[:40], k)))
    assert len(load(tmp_path / "many", 8)) == 20


def npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def test_pictures_are_not_all_in_memory_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(collect, "MAX_WAITING", 10_000)
    decode, read, counts = collect._decoded, sources.read, {"read": 0, "decoded": 0, "most": 0}

    def decoded(*how):
        samples = decode(*how)
        counts["decoded"] += 1
        return samples

    def entries(*how):
        for entry in read(*how):
            counts["read"] += 1
            counts["most"] = max(counts["most"], counts["read"] - counts["decoded"])
            yield entry

    monkeypatch.setattr(collect, "_decoded", decoded)
    monkeypatch.setattr(sources, "read", entries)
    size = len(picture())
    assert len(load(zipped(tmp_path / "x.zip", {f"{i:03}.png": picture(seed=i) for i in range(100)}))) == 100
    assert counts["most"] <= 10_000 // size + 2


def test_what_was_read_is_read_anew_only_when_it_has_changed(tmp_path):
    for name, content in twenty().items():
        (tmp_path / name).write_bytes(content)
    one = load(tmp_path)
    assert load(tmp_path) is one
    assert load(tmp_path, 16) is not one
    assert "20 pictures are fewer than a batch of 32" in load(tmp_path, batch=32).reading.notes[-1]
    assert load(tmp_path, batch=20).reading.notes == ()
    (tmp_path / "more.png").write_bytes(picture(seed=77))
    assert len(load(tmp_path)) == 21
    before = load(tmp_path).images[-1]
    (tmp_path / "more.png").write_bytes(picture(seed=78))
    assert (load(tmp_path).images[-1] != before).any()


def test_reading_is_a_job_that_tells_how_far_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr("gan.datasets.own.collect.TICK_SECONDS", 0)
    job = own_images.reading(Path("unused"), zipped(tmp_path / "x.zip", twenty()))
    told = [*job]
    assert told[-1].done == told[-1].total == 20
    assert told[0].text == "Reading pictures: 1 of 20 files"


def test_a_set_that_teaches_nothing_is_refused_with_what_was_left_out(tmp_path):
    files = {f"{i}.png": picture(seed=1) for i in range(20)} | {"x.txt": b"hello"}
    with pytest.raises(DataError, match="the same one") as caught:
        load(zipped(tmp_path / "x.zip", files))
    assert caught.value.images == 20
    assert caught.value.reading
    assert [one.name for one in caught.value.reading.left_out] == ["x.txt"]


def test_too_few_is_a_sentence_with_the_reason(tmp_path):
    files = {f"{i}.png": picture(seed=i) if i < 3 else b"junk" for i in range(10)}
    with pytest.raises(DataError, match=r"3 pictures .* at least 16 .* 7 files left out .*no picture"):
        load(zipped(tmp_path / "x.zip", files))


@pytest.mark.parametrize("source", ["", "  ", "/no/such/folder", "~nobody-of-that-name/x", "a\0b"])
def test_a_source_that_is_not_there(source):
    with pytest.raises(DataError):
        load(source)


def test_a_source_that_is_something_else(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 but then nothing")
    with pytest.raises(DataError, match="neither a folder nor a zip"):
        load(tmp_path / "x.zip")
    (tmp_path / "none.zip").touch()
    with pytest.raises(DataError, match="is an empty file"):
        load(tmp_path / "none.zip")
    (tmp_path / "letter.png").write_text("Dear all, this is a letter\n" * 9)
    with pytest.raises(DataError, match="text, no picture"):
        load(tmp_path / "letter.png")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="is not there"):
        load(tmp_path / "pipe")
    (tmp_path / "one.png").write_bytes(picture())
    with pytest.raises(DataError, match="one picture: give the folder"):
        load(tmp_path / "one.png")
    (tmp_path / "x.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(DataError, match=r"It is HDF5: save its arrays as \.npz"):
        load(tmp_path / "x.h5")


def test_a_path_is_understood_as_people_write_it(tmp_path, monkeypatch):
    source = zipped(tmp_path / "my pictures.zip", twenty())
    monkeypatch.setenv("HOME", str(tmp_path))
    for text in (f'"{source}"', f" '{source}' ", f"“{source}”", Path(source).as_uri(), source.replace(" ", "\\ ")):
        assert len(load(text)) == 20
    assert len(load("~/my pictures.zip")) == 20


def test_links_are_followed_inside_the_folder_only(tmp_path):
    secret, folder = tmp_path / "secret", tmp_path / "folder"
    for place in (secret, folder / "all"):
        place.mkdir(parents=True)
        for name, content in twenty().items():
            (place / name).write_bytes(content)
    (folder / "link.png").symlink_to(secret / "00.png")
    (folder / "more").symlink_to(secret)
    (folder / "loop").symlink_to(folder)
    (folder / "again").symlink_to(folder / "all")
    (folder / "third").symlink_to(folder / "all")
    (folder / "nowhere.png").symlink_to(folder / "nothing")
    os.mkfifo(folder / "pipe.png")
    data = load(folder)
    reasons = left_out(data)
    assert len(data) == 40
    assert data.names in (("again", "all"), ("all", "third"))
    assert "leads out of the folder" in reasons["link.png"] == reasons["more"]
    assert "read already" in reasons["loop"]
    assert len({"again", "third"} & {*reasons}) == 1
    assert reasons["nowhere.png"] == "a link to nothing"
    assert reasons["pipe.png"] == "no file"


def test_a_link_in_an_archive_is_left_out(tmp_path):
    source = zipped(tmp_path / "x.zip", twenty())
    info = zipfile.ZipInfo("link.png")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(source, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    assert left_out(load(source)) == {"link.png": "a link"}
    other = packed(tmp_path / "x.tar", twenty(), "w")
    with tarfile.open(other, "a") as archive:
        member = tarfile.TarInfo("link.png")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    assert left_out(load(other)) == {"link.png": "a link"}


def test_names_are_never_paths(tmp_path):
    files = {f"../../{name}": content for name, content in twenty().items()}
    files |= {f"/tmp/{name}": content for name, content in twenty().items()}
    (tmp_path / "deep/down").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    source = zipped(tmp_path / "deep/down/x.zip", files)
    data = load(source)
    assert len(data) == 20
    assert left_out(data)["../../00.png"] == "its name leads out of the archive"
    assert sorted(tmp_path.rglob("*")) == sorted([*before, Path(source)])


def test_a_bomb_is_not_unpacked(tmp_path):
    files = twenty() | {"bomb.bmp": bytes(30 << 20)}
    data = load(zipped(tmp_path / "x.zip", files))
    assert left_out(data) == {"bomb.bmp": "packed too tightly"}


def test_a_picture_of_too_many_pixels_is_not_decoded(tmp_path):
    out = io.BytesIO()
    Image.new("1", (8000, 8000)).save(out, "PNG")
    data = load(zipped(tmp_path / "x.zip", twenty() | {"huge.png": out.getvalue()}))
    assert left_out(data)["huge.png"].startswith("PNG, too many pixels; 40 million")


def test_an_encrypted_entry_is_left_out(tmp_path):
    source = Path(zipped(tmp_path / "x.zip", twenty()))
    content = bytearray(source.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    content[at + 8] |= 1
    source.write_bytes(content)
    assert [*left_out(load(source)).values()] == ["encrypted; make a zip without a password"]


def test_bounds_on_the_whole(tmp_path, monkeypatch):
    source = zipped(tmp_path / "x.zip", twenty())
    monkeypatch.setattr(budget, "MAX_FILE", 100)
    with pytest.raises(DataError, match=r"20 files left out .*: too large"):
        load(source)
    monkeypatch.undo()
    for module, name, words in (
        (budget, "MAX_ENTRIES", "more than 19 entries"),
        (budget, "MAX_TOTAL", "more than 0 GB"),
        (reading, "MAX_IMAGES", "more than 19 pictures"),
    ):
        monkeypatch.setattr(module, name, 19)
        with pytest.raises(DataError, match=words):
            load(source)
        monkeypatch.undo()
    monkeypatch.setattr(reading, "MAX_BYTES", 19 * 3 * 28 * 28)
    with pytest.raises(DataError, match="too many at 28 pixels"):
        load(source)


@pytest.mark.parametrize("zipped_too", [False, True])
def test_arrays_that_are_too_large_are_left_out(tmp_path, monkeypatch, zipped_too):
    monkeypatch.setattr(budget, "MAX_ARRAYS", 1000)
    files = twenty() | {"x.npy": npy(np.zeros((30, 9, 9), np.uint8))}
    source = tmp_path / "x.zip"
    zipped(source, files)
    if not zipped_too:
        with zipfile.ZipFile(source) as archive:
            archive.extractall(tmp_path / "folder")
        source = tmp_path / "folder"
    assert left_out(load(source)) == {"x.npy": "too large"}


GOOD = picture(size=(9, 9))
CONTENT = st.one_of(st.just(GOOD), st.binary(max_size=60), st.just(GOOD[:-20]))
NAME = st.text(min_size=1, max_size=12) | st.sampled_from(["a/b.png", "../x.png", "c\\d.jpg", "."])


def answer(source):
    """Loads with a low minimum: Data that keeps its contract, or an error that is a sentence."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "MIN_IMAGES", 1)
        try:
            data = load(source, 8)
        except DataError:
            return
    assert data.images.shape[1:] in ((1, 8, 8), (3, 8, 8))
    assert data.images.dtype == np.uint8


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(deadline=None, max_examples=60)
@example([("\0", "", b"an entry whose name is empty when it is read")])
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


def kinds_of_arrays():
    X = np.random.default_rng(0).integers(0, 256, (3, 8, 8), dtype=np.uint8)
    rows = "".join(f"{k}," + ",".join(map(str, X[k].ravel())) + "\n" for k in range(3))
    return {
        "x.npz": arrays_of(X),
        "x.npy": npy(X),
        "x.idx": idx(X),
        "x.csv": rows.encode(),
        "x.gz": gzip.compress(npy(X), mtime=0),
    }


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(sorted(kinds_of_arrays())), st.data())
def test_damaged_arrays_give_data_or_a_sentence(name, data):
    content = bytearray(kinds_of_arrays()[name])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, min(len(content), 200) - 1))] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])
        answer(path)


def test_a_second_folder_is_a_second_kind_in_the_colours_of_the_first(tmp_path):
    for name, mode in (("a", "L"), ("b", "RGB")):
        (tmp_path / name).mkdir()
        for k in range(16):
            noise = np.random.default_rng(k).integers(0, 256, (9, 9, len(mode)), dtype=np.uint8)
            Image.fromarray(noise.squeeze(), mode).save(tmp_path / name / f"{k}.png")
    data = own_images.load(tmp_path, f"{tmp_path}/a", 8, source_b=f"{tmp_path}/b")
    assert data.other is not None
    assert data.images.shape == data.other.images.shape == (16, 1, 8, 8)
    assert own_images.load(tmp_path, f"{tmp_path}/a", 8).other is None
