"""CIFAR-10: one archive, pickles that are only run once their checksums are right."""

import hashlib
import io
import pickle
import tarfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from gan.datasets import DataError, cifar10
from tests.datasets.fakes import serving

pytestmark = pytest.mark.skipif(find_spec("torchvision") is None, reason="no torchvision")  # seconds to import


@pytest.fixture
def photos(monkeypatch):
    """A CIFAR-10 of 6 x 4 pictures as its archive, with checksums told to torchvision."""
    from torchvision.datasets import CIFAR10

    rng, files = np.random.default_rng(0), {}
    for file in cifar10.FILES[:-1]:
        pixels = rng.integers(0, 256, (4, 3072), dtype=np.uint8)
        files[file] = pickle.dumps({"data": pixels, "labels": [0, 3, 9, 5]})
    files[cifar10.FILES[-1]] = pickle.dumps({"label_names": list(cifar10.NAMES)})
    sums = {Path(file).name: hashlib.md5(content).hexdigest() for file, content in files.items()}
    monkeypatch.setattr(CIFAR10, "train_list", [[k, v] for k, v in sums.items() if "data" in k])
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", sums["test_batch"]]])
    monkeypatch.setattr(CIFAR10, "meta", {**CIFAR10.meta, "md5": sums["batches.meta"]})
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for file, content in files.items():
            member = tarfile.TarInfo(file)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    monkeypatch.setattr(CIFAR10, "tgz_md5", hashlib.md5(packed.getvalue()).hexdigest())
    return packed.getvalue(), files


def test_cifar_comes_in_one_archive_channels_first(photos, monkeypatch, tmp_path):
    from torchvision.datasets import CIFAR10

    archive, files = photos
    with serving({CIFAR10.filename: archive}) as url:
        monkeypatch.setattr(CIFAR10, "url", url + CIFAR10.filename)
        list(cifar10.download(tmp_path))
    data = cifar10.load(tmp_path)
    assert data.images.shape == (20, 3, 32, 32)
    first = pickle.loads(files[cifar10.FILES[0]])["data"][0].reshape(3, 32, 32)
    assert (data.images[0] == first).all()
    assert data.labels is not None
    assert data.labels[:4].tolist() == [0, 3, 9, 5]
    assert data.test
    assert len(data.test) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cifar-10-batches-py"]


def test_cifar_names_the_broken_file_and_runs_no_pickle_of_it(photos, tmp_path):
    _, files = photos
    for file, content in files.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes(content)
    bad = tmp_path / cifar10.FILES[2]
    bad.write_bytes(b"cos\nsystem\n(S'touch " + str(tmp_path / "ran").encode() + b"'\ntR.")
    with pytest.raises(DataError, match="data_batch_3 is broken"):
        cifar10.load(tmp_path)
    assert not (tmp_path / "ran").exists()
    bad.unlink()
    with pytest.raises(DataError, match="data_batch_3 is missing"):
        cifar10.load(tmp_path)
