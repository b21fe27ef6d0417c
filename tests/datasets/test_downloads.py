"""Downloading, against a server of our own: progress, mirrors, and everything that goes wrong."""

import gzip
import hashlib
import urllib.request
from importlib.util import find_spec
from typing import Any

import pytest

from gan import registry
from gan.datasets import DataError, _fetch, mnist
from tests.datasets.fakes import digits, place, raw_files, serving

pytestmark = pytest.mark.skipif(find_spec("torchvision") is None, reason="no torchvision")  # seconds to import


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
        ("portal", "a web page came .* sign-in"),
        ("proxy", r"through the proxy 127\.0\.0\.1:9 that http_proxy names"),
        ("trickle", "too slowly"),
        ("cut", "broke off after"),
        ("endless", "more than the file can be"),
        ("slow", "no answer in time"),
    ],
)
def test_a_failed_download_is_a_sentence_and_leaves_nothing(packed, monkeypatch, tmp_path, fault, words):
    monkeypatch.setattr(_fetch, "PATIENCE", 0.3 if fault == "slow" else 20)
    monkeypatch.setattr(mnist, "DOWNLOAD_MB", 1)
    page = dict.fromkeys(packed, b"\n<!DOCTYPE html><title>Sign in</title>")
    files = {"empty": {}, "wrong": {name: gzip.compress(b"?") for name in packed}, "portal": page}
    if fault == "proxy":
        monkeypatch.setattr(urllib.request, "proxy_bypass", lambda host: False)
        monkeypatch.setattr(urllib.request, "_opener", None)  # which keeps the proxies of its first request
        monkeypatch.setenv("http_proxy", "http://me:secret@127.0.0.1:9/")
    if fault == "trickle":
        monkeypatch.setattr(_fetch, "SLOW_SECONDS", 0.05)
    with serving(files.get(fault, packed), fault) as url:
        use(monkeypatch, "http://127.0.0.1:9/" if fault == "gone" else url)
        with pytest.raises(DataError, match=words) as caught:
            list(mnist.download(tmp_path))
    assert "MNIST could not be downloaded (127.0.0.1:" in str(caught.value)
    assert "secret" not in str(caught.value)
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
