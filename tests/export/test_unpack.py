"""The zip of a run opened as a run again: whole, checked, and nothing left of one that is refused."""

import io
import json
import os
import shutil
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan import images, runs
from gan.cli.main import main
from gan.export import archive, private, run_zip, unpack
from gan.runs import Run, RunError
from gan.sampler import Sampler
from gan.training.branch import branch
from tests.export.test_archive import make_run

ROOT = Path(__file__).parents[2]
KEPT = (
    "config.json",
    "metrics.jsonl",
    "weights.safetensors",
    "samples/fixed-7.png",
    "samples/random-7.png",
    "samples/real.png",
)


def pack(run: Run, out: Path) -> dict[str, bytes]:
    """Exports a run; the files of its zip by name."""
    for _ in archive.archive(run, out):
        pass
    return content(out)


def content(out: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(out) as zipped:
        return {name.partition("/")[2]: zipped.read(name) for name in zipped.namelist()}


def rezip(out: Path, files: dict[str, bytes], folder: str = "x/") -> Path:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in files.items():
            zipped.writestr(folder + name, data)
    return out


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    home = tmp_path_factory.mktemp("home")
    out = home / "one.zip"
    return out, pack(make_run(home, title="A run to give away"), out)


def test_a_run_comes_back_as_it_was_and_goes_out_again(packed, tmp_path):
    out, before = packed
    run = unpack.unpack(out, home=tmp_path)
    assert run.id == "lean-dcgan"
    assert run.control().title == "A run to give away"
    assert runs.folder_status(run) == "stopped"
    assert Sampler.load(run.path).images(np.zeros((2, 6), np.float32)).shape == (2, 8, 8, 1)
    after = pack(run, tmp_path / "again.zip")
    assert after.keys() == before.keys()
    for name in KEPT:
        assert after[name] == before[name], name
    events = [json.loads(line)["event"] for line in after["events.jsonl"].splitlines()]
    assert events == ["created", "imported"]
    third = unpack.unpack(tmp_path / "again.zip", home=tmp_path)
    assert third.id == "lean-dcgan-2", "its own id is taken"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.zip", "lean-dcgan", "lean-dcgan-2"]


def test_it_can_be_branched_from_and_says_why_it_cannot_train_on(packed, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    assert main(["import", str(packed[0]), "--run", "mine"]) == 0
    assert "mine: A run to give away" in capsys.readouterr().out
    made = branch(runs.find("mine"), 7, {"steps": 9})
    assert made.states() == [7]
    assert main(["train", "--run", "mine", "--resume", "--steps", "30"]) == 1
    assert "came without the state that training needs" in capsys.readouterr().err
    assert main(["import", str(packed[0]), "--run", "mine"]) == 1
    assert "A run 'mine' is there already" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["old-lean", "old-residual"])
def test_a_zip_of_an_earlier_version_is_opened(name, tmp_path):
    run = unpack.unpack(ROOT / "tests/frozen" / f"{name}.zip", home=tmp_path)
    assert run.pictures("fixed") == [12]
    assert run.real_picture().is_file()


def test_a_zip_packed_anew_by_hand_is_opened(packed, tmp_path):
    litter = {"__MACOSX/x/config.json": b"\0", "notes.txt": b"mine", "sub/weights.pt": b"\0"}
    bare = rezip(tmp_path / "My Run!.zip", packed[1] | litter, folder="")
    run = unpack.unpack(bare, home=tmp_path / "runs")
    assert run.id == "my-run"
    assert not [path for path in run.path.rglob("*") if path.suffix in (".txt", ".pt")]
    assert unpack.unpack(rezip(tmp_path / "b.zip", packed[1], folder="deep/er/"), home=tmp_path / "runs").id == "er"


def changed(files: dict[str, bytes], name: str, data: bytes | None) -> dict[str, bytes]:
    others = {key: value for key, value in files.items() if key != name}
    return others if data is None else {**others, name: data}


def config_with(files: dict[str, bytes], **changes: object) -> dict[str, bytes]:
    return changed(files, "config.json", json.dumps({**json.loads(files["config.json"]), **changes}).encode())


def weights_with(files: dict[str, bytes], shape: list[int], step: float = 1) -> dict[str, bytes]:
    raw = files["weights.safetensors"]
    length = int.from_bytes(raw[:8], "little")
    head = json.loads(raw[8 : 8 + length])
    head["__metadata__"]["data"] = json.dumps({**json.loads(head["__metadata__"]["data"]), "shape": shape})
    head["__metadata__"]["step"] = json.dumps(step)
    text = json.dumps(head).encode()
    return changed(files, "weights.safetensors", len(text).to_bytes(8, "little") + text + raw[8 + length :])


def monster(side: int) -> bytes:
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    return out.getvalue()


REFUSED = {
    "no settings": (lambda f: changed(f, "config.json", None), "is no zip of a run"),
    "no weights": (lambda f: changed(f, "weights.safetensors", None), "weights.safetensors is missing"),
    "pictures": (lambda _: {"a.jpg": b"x", "b.jpg": b"y"}, "it holds 2 pictures"),
    "settings torn": (lambda f: changed(f, "config.json", f["config.json"][:40]), "config.json cannot be read"),
    "settings a list": (lambda f: changed(f, "config.json", b"[]"), "holds no JSON object"),
    "unknown model": (lambda f: config_with(f, model="elsewhere"), "model: "),
    "later format": (lambda f: config_with(f, format=9, version="3.1"), "Version 3.1 wrote it"),
    "other settings": (lambda f: config_with(f, z_dim=7), "differ in z_dim"),
    "weights damaged": (
        lambda f: changed(f, "weights.safetensors", f["weights.safetensors"][:-1] + b"\x7f"),
        "checksum does not hold",
    ),
    "weights a pickle": (lambda f: changed(f, "weights.safetensors", b"\x80\x04N."), "has no header"),
    "weights of no step": (lambda f: weights_with(f, [1, 28, 28], step=-1), "an impossible step"),
    "weights of a monstrous step": (lambda f: weights_with(f, [1, 28, 28], step=1e300), "an impossible step"),
    "weights of monsters": (lambda f: weights_with(f, [1, 10**6, 10**6]), "impossible sizes"),
    "log no log": (lambda f: changed(f, "metrics.jsonl", b"\0" * 100), "metrics.jsonl has no record"),
    "picture a text": (lambda f: changed(f, "samples/real.png", b"hello"), "real.png is no picture"),
    "pixel bomb": (lambda f: changed(f, "samples/real.png", monster(20_000)), "real.png is no picture"),
    "bomb": (lambda f: changed(f, "metrics.jsonl", b" " * (8 << 20)), "would unpack to"),
    "too long": (lambda f: changed(f, "config.json", b" " * (2 << 20)), "at most 1,048,576 are read"),
    "climbing": (lambda f: {**f, "../../evil.json": b"{}"}, "leads out of its folder"),
    "absolute": (lambda f: {**f, "a\\..\\evil": b"{}"}, "leads out of its folder"),
    "many": (lambda f: {**f, **{f"n{k}": b"" for k in range(1001)}}, "1,0"),
    "two runs": (lambda f: {**f, "other/config.json": b"{}"}, "2 files config.json"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_run_is_refused_in_a_sentence_and_leaves_nothing(kind, packed, tmp_path, capsys, monkeypatch):
    make, told = REFUSED[kind]
    monkeypatch.setenv("GAN_RUNS", str(tmp_path / "runs"))
    out = rezip(tmp_path / "x.zip", make(packed[1]))
    assert main(["import", str(out)]) == 1
    said = capsys.readouterr().err
    assert told in said
    assert said.startswith("python -m gan: ")
    assert "Traceback" not in said
    assert [*(tmp_path / "runs").iterdir()] == []
    assert not (tmp_path / "evil.json").exists()


def test_files_that_are_no_sound_zip_are_refused(packed, tmp_path):
    whole = packed[0].read_bytes()
    middle, at = len(whole) // 2, whole.index(b"weights.safetensors") + 500
    link = io.BytesIO(whole)
    with zipfile.ZipFile(link, "a") as zipped:
        entry = zipfile.ZipInfo("lean-dcgan/control")
        entry.external_attr = 0o120777 << 16
        zipped.writestr(entry, "/etc/passwd")
    locked = bytearray(whole)
    for k in range(len(locked)):
        locked[min(k + 8, len(locked) - 1)] |= locked[k : k + 4] == b"PK\1\2"
    endless = bytearray(whole)
    endless[-12:-10] = struct.pack("<H", 65535)
    for content_, told in (
        (b"", "no zip at all"),
        (b"GIF89a", "no zip at all"),
        (whole[:middle], "not downloaded to its end"),
        (whole[:at] + b"\0" * 99 + whole[at + 99 :], "weights.safetensors cannot be unpacked"),
        (link.getvalue(), "is a link"),
        (bytes(locked), "locked with a password"),
        (bytes(endless), "65,535 files"),
    ):
        (tmp_path / "x.zip").write_bytes(content_)
        with pytest.raises(RunError, match=told):
            unpack.unpack(tmp_path / "x.zip", home=tmp_path / "runs")
        assert not [*(tmp_path / "runs").iterdir()]
    for path, told in ((tmp_path / "nix.zip", "There is no file"), (tmp_path, "is a folder")):
        with pytest.raises(RunError, match=told):
            unpack.unpack(path, home=tmp_path / "runs")
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_LZMA) as zipped:
        for name, data in packed[1].items():
            zipped.writestr(f"x/{name}", data)
    with pytest.raises(RunError, match="packed in a way"):
        unpack.unpack(tmp_path / "x.zip", home=tmp_path / "runs")


def test_a_zip_tells_nothing_of_where_its_pictures_lay(tmp_path):
    path = "/home/müller/private/pictures"
    run = make_run(tmp_path, source=path)
    run.record("complaint", 7, text=f"{path}/a.png cannot be read; see {path}.")
    out = tmp_path / "x.zip"
    for name, data in pack(run, out).items():
        for form in (path.encode(), json.dumps(path)[1:-1].encode(), b"private"):
            assert form not in data, name
    again = unpack.unpack(out, home=tmp_path / "runs")
    assert again.config().source == "pictures"
    assert "pictures/a.png cannot be read" in again.events()[1]["text"]


def test_a_zip_from_elsewhere_names_no_folder_of_this_machine(tmp_path, monkeypatch):
    run = make_run(tmp_path, source="/etc/private/x")
    monkeypatch.setattr(private, "last_part", lambda source: source)  # as earlier versions packed it
    out = tmp_path / "x.zip"
    assert b"/etc/private/x" in pack(run, out)["weights.safetensors"]
    monkeypatch.undo()
    again = unpack.unpack(out, home=tmp_path / "runs")
    assert again.config().source == Sampler.load(again.path).config.source == "x"


def test_what_a_killed_import_left_is_swept(packed, tmp_path):
    left = tmp_path / ".import-abc"
    left.mkdir()
    os.utime(left, (0, 0))
    unpack.unpack(packed[0], home=tmp_path)
    assert not left.exists()


def test_only_the_zip_of_a_run_is_ours(packed, tmp_path):
    assert run_zip.is_ours(packed[0])
    (tmp_path / "x.png").write_bytes(images.png(np.zeros((4, 4, 1), np.uint8)))
    assert not run_zip.is_ours(tmp_path / "x.png")
    assert not run_zip.is_ours(tmp_path)


@pytest.mark.parametrize("name", sorted(path.parent.name for path in (ROOT / "checkpoints").glob("*/card.md")))
def test_a_shipped_run_goes_out_and_comes_back(name, tmp_path):
    shutil.copytree(ROOT / "checkpoints" / name, tmp_path / name, ignore=shutil.ignore_patterns("[0-9]*"))
    for part in ("fixed", "random"):
        (tmp_path / name / "samples" / part).mkdir(parents=True, exist_ok=True)
    out = tmp_path / "x.zip"
    pack(Run(tmp_path / name), out)
    run = unpack.unpack(out, home=tmp_path)
    assert run.id == f"{name}-2"
    assert runs.folder_status(run) == "finished"
