"""`python -m gan data`: what would be read, told in JSON and in sentences."""

import json
from pathlib import Path

import numpy as np
import pytest

from gan.cli.main import main
from tests.datasets.fakes import digits, picture, place

KEYS = ["images", "channels", "size", "classes", "counts", "left_out", "notes", "refused"]


@pytest.fixture
def pets(tmp_path: Path) -> str:
    for pet in ("cat", "dog"):
        (tmp_path / "pets" / pet).mkdir(parents=True)
        for k in range(10):
            (tmp_path / "pets" / pet / f"{k}.png").write_bytes(picture(seed=k))
    (tmp_path / "pets" / "cat" / "broken.png").write_bytes(b"<html>")
    return str(tmp_path / "pets")


def told(capsys):
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def test_own_pictures_are_told_and_written(pets, tmp_path, capsys):
    out = tmp_path / "x.npz"
    words = ["data", "own-images", "--source", pets, "--image-size", "16", "--json", "--out", str(out)]
    assert main(words) == 0
    answer = told(capsys)
    assert [*answer] == KEYS
    assert (answer["images"], answer["channels"], answer["size"]) == (20, 3, 16)
    assert (answer["classes"], answer["counts"]) == (["cat", "dog"], [10, 10])
    assert [one["name"] for one in answer["left_out"]] == ["cat/broken.png"]
    assert answer["notes"][0].startswith("1 file left out (cat/broken.png): a web page")
    assert answer["notes"][-1] == "Each picture becomes 16 x 16 pixels."
    assert answer["refused"] is None
    arrays = np.load(out)
    assert arrays["images"].shape == (20, 3, 16, 16)
    assert arrays["images"].dtype == np.uint8
    assert arrays["labels"].tolist() == [0] * 10 + [1] * 10


def test_what_is_refused_is_told_all_the_same(tmp_path, capsys):
    assert main(["data", "own-images", "--source", str(tmp_path), "--json"]) == 1
    answer = told(capsys)
    assert [*answer] == KEYS
    assert (answer["images"], answer["classes"], answer["counts"], answer["size"]) == (0, None, None, None)
    assert "at least 16 are needed" in answer["refused"]


def test_people_are_told_in_sentences(pets, capsys):
    assert main(["data", "own-images", "--source", pets, "--channels", "grey"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "20 pictures of 28 x 28 pixels, grey."
    assert lines[1] == "Classes: cat (10), dog (10)."
    assert "Grey: the colour of 20 pictures is dropped (--channels)." in lines
    assert main(["data", "own-images", "--source", pets + "/cat"]) == 1
    assert "10 pictures in" in capsys.readouterr().out


def test_other_data_sets_are_told_too(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GAN_DATA", str(tmp_path))
    assert main(["data", "mnist", "--json"]) == 1
    assert "Looked for train-images-idx3-ubyte" in told(capsys)["refused"]
    place(tmp_path)
    assert main(["data", "mnist", "--json"]) == 0
    answer = told(capsys)
    assert (answer["images"], answer["channels"], answer["size"]) == (30, 1, 28)
    assert answer["counts"] == np.bincount(digits(30)[1], minlength=10).tolist()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["data", "mnist", "--json", "--out", "x.zip"], "must end in .npz or .npy"),
        (["data", "mnist", "--json", "--paper", "black"], "a setting of own-images, which this run does not use"),
        (["data", "own-images", "--fit", "stretch"], "--fit"),
    ],
)
def test_wrong_usage_is_said(words, says, capsys):
    try:
        code = main(words)
    except SystemExit as end:
        code = int(end.code or 0)
    assert code == 2
    assert says in capsys.readouterr().err
