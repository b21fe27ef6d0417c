"""What every data set shares: the shape of Data, opening what a config names, resizing."""

import subprocess
import sys
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gan import datasets, registry
from gan.datasets import Data
from gan.datasets._pixels import resize


@dataclass(frozen=True)
class Choice:
    dataset: str = "tiny"
    source: str = ""
    n_images: int = 0
    image_size: int = 0


def pictures(n=20, size=28, seed=0):
    shape = (n, 1, size, size)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def tiny(monkeypatch):
    """A data set whose label and factor name the row, so that a mix-up of rows shows."""
    images = pictures(40)
    images[:, 0, 0, 0] = np.arange(40)
    data = Data(
        images,
        np.arange(40),
        tuple(str(i) for i in range(40)),
        {"row": np.arange(40.0)},
        Data(pictures(10, seed=1), np.arange(10)),
    )
    monkeypatch.setattr(registry, "load", lambda kind, name: SimpleNamespace(load=lambda root: data))
    return data


def test_the_engine_lists_data_sets_without_torch():
    code = "import sys, gan.datasets; assert not {'torch', 'torchvision', 'PIL'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def at_hand(name: str) -> bool:
    """Whether a data set needs no file, and is not made in a long time."""
    card = registry.card("datasets", name)
    made = ("strokes", "stacked-strokes", "thin-thick", "upright-slanted", "writers", "captions")
    return not card.facts.get("FILES") and not card.facts.get("KNOBS") and name not in made


@pytest.mark.parametrize("name", registry.names("datasets"))
def test_a_data_set_says_what_it_is_without_being_run(name):
    card = registry.card("datasets", name)
    assert not card.error
    assert card.title
    assert card.title != name
    assert card.summary.endswith(".")
    assert card.text
    assert bool(card.facts.get("FILES")) == ("DOWNLOAD_MB" in card.facts)
    assert ("SHAPE" in card.facts) == ("COUNT" in card.facts) == ("source" not in card.facts.get("KNOBS", ()))
    module = registry.load("datasets", name)
    assert callable(module.load)
    assert hasattr(module, "download") == ("DOWNLOAD_MB" in card.facts)


@pytest.mark.parametrize("name", [name for name in registry.names("datasets") if at_hand(name)])
def test_what_is_loaded_is_what_the_card_says(name, tmp_path):
    facts = registry.card("datasets", name).facts
    own = {key: about["default"] for key, about in facts.get("EXTRA", {}).items()}
    data = registry.load("datasets", name).load(tmp_path, **own)
    assert (data.shape, len(data)) == (facts["SHAPE"], facts["COUNT"])
    assert data.is_points == facts.get("POINTS", False)
    assert (data.labels is not None) == facts.get("LABELS", False)
    assert data.labels is None or {*np.unique(data.labels)} <= {*range(len(data.names))}


def test_root_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("GAN_DATA", str(tmp_path))
    assert datasets.root() == tmp_path
    monkeypatch.delenv("GAN_DATA")
    assert str(datasets.root()) == "data"


def test_open_gives_everything_by_default(tiny):
    assert datasets.open(Choice()) is tiny


def test_a_smaller_choice_is_part_of_a_larger_one_and_rows_stay_together(tiny):
    eight: Any = datasets.open(Choice(n_images=8))
    twenty: Any = datasets.open(Choice(n_images=20))
    assert len(eight) == 8
    assert len(twenty) == 20
    assert (twenty.labels[:8] == eight.labels).all()
    assert (eight.images[:, 0, 0, 0] == eight.labels).all()
    assert (eight.factors["row"] == eight.labels).all()
    assert eight.labels.tolist() != sorted(eight.labels.tolist())
    assert len(eight.test) == 10


def test_open_resizes_both_splits(tiny):
    data: Any = datasets.open(Choice(image_size=16))
    assert data.shape == (1, 16, 16)
    assert data.test.shape == (1, 16, 16)


def test_points_have_no_pixels_to_resize(tiny):
    points = Data(np.zeros((5, 2, 1, 1), np.float32))
    assert points.resized(16) is points


def test_own_images_get_source_and_size(monkeypatch):
    asked = []

    def load(root, source, image_size):
        asked.append((source, image_size))
        return Data(pictures(3))

    monkeypatch.setattr(registry, "load", lambda kind, name: SimpleNamespace(load=load, KNOBS=("source", "image_size")))
    datasets.open(Choice("own-images", source="cats.zip", image_size=28))
    assert asked == [("cats.zip", 28)]


@pytest.mark.parametrize(
    "columns",
    [
        {"images": np.zeros((3, 28, 28), np.uint8)},
        {"images": np.zeros((3, 1, 28, 28), np.float64)},
        {"images": pictures(3), "labels": np.zeros(4, np.int64)},
        {"images": pictures(3), "labels": np.zeros(3, np.uint8)},
        {"images": pictures(3), "factors": {"slant": np.zeros(2)}},
    ],
)
def test_data_that_breaks_the_contract_is_refused(columns):
    with pytest.raises(ValueError):
        Data(**columns)


@pytest.mark.parametrize(("before", "after"), [(28, 16), (28, 28), (16, 28), (32, 14), (28, 64)])
def test_resizing_agrees_with_pillow(before, after):
    images = pictures(6, before)
    expected = [
        np.asarray(Image.fromarray(image[0]).resize((after, after), Image.Resampling.BILINEAR)) for image in images
    ]
    assert np.abs(resize(images, after)[:, 0].astype(int) - np.stack(expected)).max() <= 1


def test_resizing_keeps_channels_apart():
    colours = np.zeros((2, 3, 32, 32), np.uint8)
    colours[:, 1] = 200
    assert resize(colours, 8).mean((0, 2, 3)).tolist() == [0, 200, 0]
