"""Reading the MNIST family: what torchvision reads, and a sentence for every broken file."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from gan import datasets, registry
from gan.datasets import DataError, mnist
from tests.datasets.fakes import digits, idx, place, raw_files

FAMILY = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}


@pytest.mark.parametrize("file", mnist.FILES)
def test_a_missing_file_is_named(tmp_path, file):
    place(tmp_path)
    (tmp_path / file).unlink()
    with pytest.raises(DataError, match=rf"{file} is missing.*python -m gan data mnist"):
        mnist.load(tmp_path)


@pytest.mark.parametrize("file", mnist.FILES)
@pytest.mark.parametrize("size", [0, 3, 8, 20, -1])
def test_a_truncated_file_is_named(tmp_path, file, size):
    place(tmp_path)
    path = tmp_path / file
    os.truncate(path, size % path.stat().st_size if size else 0)
    with pytest.raises(DataError, match=rf"{file} is broken: .* Delete this file"):
        mnist.load(tmp_path)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (0, idx(np.zeros((30, 27, 28)))),
        (0, idx(np.zeros((0, 28, 28)))),
        (0, idx(np.zeros((30, 28, 28))) + b"x"),
        (0, idx(np.zeros(30))),
        (0, gzip.compress(idx(np.zeros((30, 28, 28))), mtime=0)[:-9]),
        (0, b"\0\0\x08\x03" + b"\xff" * 12 + bytes(2352)),
        (1, idx(np.zeros(29))),
        (1, idx(np.full(30, 10))),
    ],
)
def test_a_file_with_the_wrong_content_is_named(tmp_path, file, content):
    place(tmp_path)
    (tmp_path / mnist.FILES[file]).write_bytes(content)
    with pytest.raises(DataError, match=rf"{mnist.FILES[file]} is broken"):
        mnist.load(tmp_path)


@pytest.mark.parametrize("folder", mnist.FOLDERS)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("dots", [False, True])
def test_it_is_read_under_every_name_it_has(tmp_path, folder, packed, dots):
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    for name, content in raw_files().items():
        named = (name.replace("-idx", ".idx") if dots else name) + (".gz" if packed else "")
        (tmp_path / folder / named).write_bytes(gzip.compress(content, mtime=0) if packed else content)
    assert registry.missing(registry.card("datasets", "mnist"), tmp_path) == []
    data = mnist.load(tmp_path)
    assert (data.images[:, 0] == digits(30)[0]).all()
    assert data.test
    assert (data.test.labels == digits(10, seed=1)[1]).all()
    assert data.images.flags.writeable


def test_what_is_missing_is_said_with_where_it_was_looked_for(tmp_path):
    with pytest.raises(
        DataError, match=rf"Looked for train-images-idx3-ubyte, .* \(.gz\), in {tmp_path}/MNIST/raw, .*/mnist,"
    ):
        mnist.load(tmp_path)


@pytest.mark.parametrize("name", FAMILY)
def test_the_facts_are_those_of_torchvision(name):
    from torchvision import datasets as theirs

    source, facts = getattr(theirs, FAMILY[name]), registry.card("datasets", name).facts
    raw = f"{FAMILY[name]}/raw"
    assert facts["FILES"] == tuple(f"{raw}/{Path(gz).stem}" for gz, _ in source.resources)
    assert facts["SHAPE"] == (1, 28, 28)
    assert len(facts["NAMES"]) == len(source.classes) == 10


def test_real_mnist_is_read_as_torchvision_reads_it():
    root = datasets.root()
    if registry.missing(registry.card("datasets", "mnist"), root):
        pytest.skip(f"MNIST is not in {root}")
    from torchvision.datasets import MNIST

    data = mnist.load(root)
    assert data.test
    for ours, train in ((data, True), (data.test, False)):
        theirs = MNIST(root, train=train)
        assert (ours.images[:, 0] == theirs.data.numpy()).all()
        assert (ours.labels == theirs.targets.numpy()).all()
