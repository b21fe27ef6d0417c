"""Getting and reading data sets that others made: against a server of our own, and with broken files."""

import gzip
import hashlib
import io
import os
import pickle
import tarfile
import threading
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan import datasets, registry
from gan.datasets import DataError, _fetch, cifar10, mnist

pytest.importorskip("torchvision")
FAMILY = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}


def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return head + array.astype(np.uint8).tobytes()


def digits(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, 28, 28)), rng.integers(0, 10, n)


def raw_files():
    parts = [*digits(30), *digits(10, seed=1)]
    return {Path(file).name: idx(part) for file, part in zip(mnist.FILES, parts, strict=True)}


def place(root):
    for name, content in raw_files().items():
        path = root / "MNIST/raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class Server(BaseHTTPRequestHandler):
    """Serves bytes by name; `cut` sends half of what it announces, `slow` nothing at all."""

    def __init__(self, files, fault, *rest):
        self.files, self.fault = files, fault
        super().__init__(*rest)

    def do_GET(self):
        content = self.files.get(self.path.rpartition("/")[2])
        if content is None:
            self.send_error(404)
            return
        if self.fault == "slow":
            self.server.asleep.wait(10)  # type: ignore[attr-defined]
        self.send_response(200)
        if self.fault != "endless":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            match self.fault:
                case "cut":
                    self.wfile.write(content[: len(content) // 2])
                case "endless":
                    for _ in range(400):
                        self.wfile.write(bytes(1 << 16))
                case _:
                    self.wfile.write(content)
        except OSError:
            pass  # the other side has heard enough

    def log_message(self, *_):
        pass


@contextmanager
def serving(files, fault=""):
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, files, fault))
    server.asleep = threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.asleep.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def packed(monkeypatch):
    """The four files as a mirror has them, with their checksums told to torchvision."""
    from torchvision.datasets import MNIST

    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    files = {f"{name}.gz": gzip.compress(content) for name, content in raw_files().items()}
    sums = [(name, hashlib.md5(content).hexdigest()) for name, content in files.items()]
    monkeypatch.setattr(MNIST, "resources", sums)
    return files


def use(monkeypatch, *mirrors):
    from torchvision.datasets import MNIST

    monkeypatch.setattr(MNIST, "mirrors", list(mirrors))


def nothing_left(root):
    return [path for path in root.rglob("*") if path.is_file()] == []


def test_a_download_tells_bytes_and_can_be_loaded(packed, monkeypatch, tmp_path):
    monkeypatch.setattr(_fetch, "CHUNK", 1000)
    with serving(packed) as url:
        use(monkeypatch, url)
        told = list(mnist.download(tmp_path))
    counts = [step.done for step in told]
    assert counts == sorted(counts)
    assert len(set(counts)) > 20
    assert counts[-2] == sum(map(len, packed.values()))
    assert told[-1].done == told[-1].total
    data = mnist.load(tmp_path)
    images, labels = digits(30)
    assert (data.images[:, 0] == images).all()
    assert (data.labels == labels).all()
    assert data.test
    assert (data.test.labels == digits(10, seed=1)[1]).all()
    assert registry.missing(registry.card("datasets", "mnist"), tmp_path) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["MNIST"]
    assert len(list((tmp_path / "MNIST/raw").iterdir())) == 4


def test_only_what_is_missing_is_fetched(packed, monkeypatch, tmp_path):
    place(tmp_path)
    (tmp_path / mnist.FILES[3]).unlink()
    only = {name: content for name, content in packed.items() if "t10k-labels" in name}
    with serving(only) as url:
        use(monkeypatch, url)
        list(mnist.download(tmp_path))
    assert len(mnist.load(tmp_path)) == 30


def test_a_dead_mirror_is_passed_over(packed, monkeypatch, tmp_path):
    with serving(packed) as url, serving({}) as empty:
        use(monkeypatch, "http://127.0.0.1:9/", empty, url)
        list(mnist.download(tmp_path))
    assert len(mnist.load(tmp_path)) == 30


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("gone", "no connection"),
        ("empty", "it says 404"),
        ("wrong", "checksum"),
        ("cut", "broke off after"),
        ("endless", "more than the file can be"),
        ("slow", "no answer in time"),
    ],
)
def test_a_failed_download_is_a_sentence_and_leaves_nothing(
    packed, monkeypatch, tmp_path, fault, words
):
    monkeypatch.setattr(_fetch, "PATIENCE", 0.3 if fault == "slow" else 20)
    monkeypatch.setattr(mnist, "DOWNLOAD_MB", 1)
    files = {"empty": {}, "wrong": {name: gzip.compress(b"?") for name in packed}}
    with serving(files.get(fault, packed), fault) as url:
        use(monkeypatch, "http://127.0.0.1:9/" if fault == "gone" else url)
        with pytest.raises(DataError, match=words) as caught:
            list(mnist.download(tmp_path))
    assert "MNIST could not be downloaded (127.0.0.1:" in str(caught.value)
    assert "try again" in str(caught.value)
    assert nothing_left(tmp_path)


def test_a_download_that_is_given_up_leaves_nothing(packed, monkeypatch, tmp_path):
    with serving(packed) as url:
        use(monkeypatch, url)
        work: Any = mnist.download(tmp_path)
        while next(work).done == 0:
            pass
        work.close()
    assert nothing_left(tmp_path)


def test_a_root_that_cannot_be_written_is_a_sentence(packed, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be kept in"):
        list(mnist.download(tmp_path / "file"))


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
        (0, gzip.compress(idx(np.zeros((30, 28, 28))))),
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
