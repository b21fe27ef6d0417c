"""What a run knows of its data, and what it says when they are others than before."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from gan.datasets import Data
from gan.runs import known_data
from gan.runs.errors import Changed, RunError
from gan.runs.known_data import DataRecord, Group, describe, take_up

RNG = np.random.default_rng(0)
CAT, DOG, BIRD = (RNG.integers(0, 256, (count, 1, 4, 4), dtype=np.uint8) for count in (5, 7, 3))


def labelled(**classes: np.ndarray) -> Data:
    """Data of classes in the order of their names, as a folder of folders is read."""
    names = sorted(classes)
    labels = [np.full(len(classes[name]), k, np.int64) for k, name in enumerate(names)]
    return Data(np.concatenate([classes[name] for name in names]), np.concatenate(labels), tuple(names))


def told(before: Data, now: Data, bound: bool = True, accept: bool = False) -> tuple[Data, list[str]]:
    data, record, texts = take_up(describe(before), now, bound, accept)
    assert record.names == data.names
    assert record.order == describe(data).order
    return data, texts


def class_of(data: Data, pictures: np.ndarray) -> set[int]:
    assert data.labels is not None
    same = [(image == data.images).all(axis=(1, 2, 3)).argmax() for image in pictures]
    return {int(data.labels[k]) for k in same}


def test_the_same_data_are_no_news(tmp_path):
    data = labelled(cat=CAT, dog=DOG)
    known_data.write(tmp_path, describe(data), notes=["a note"])
    record = known_data.read(tmp_path)
    assert record == describe(data)
    assert (record.images, record.names, [group.count for group in record.groups]) == (12, ("cat", "dog"), [5, 7])
    assert take_up(record, data, True, False)[2] == []
    assert json.loads((tmp_path / "data.json").read_text())["notes"] == ["a note"]


@pytest.mark.parametrize("text", ["", "[]", '{"shape": [1]}', '{"shape": [1,2,3], "classes": 7}', "\xff"])
def test_a_record_that_cannot_be_read_is_none(tmp_path, text):
    (tmp_path / "data.json").write_text(text, encoding="latin-1")
    assert known_data.read(tmp_path) is None


def test_a_renamed_class_keeps_its_number():
    data, texts = told(labelled(cat=CAT, dog=DOG), labelled(kitten=CAT, dog=DOG))
    assert data.names == ("kitten", "dog")
    assert (class_of(data, CAT), class_of(data, DOG)) == ({0}, {1})
    assert texts == ["cat is called kitten now, and keeps its number."]


def test_one_that_keeps_its_place_in_the_alphabet_too():
    data, texts = told(labelled(cat=CAT, dog=DOG), labelled(cow=CAT, dog=DOG))
    assert (data.names, texts) == (("cow", "dog"), ["cat is called cow now, and keeps its number."])


def test_names_that_were_swapped_do_not_swap_the_classes():
    data, texts = told(labelled(cat=CAT, dog=DOG), labelled(cat=DOG, dog=CAT[1:]))
    assert data.names == ("dog", "cat")
    assert (class_of(data, CAT[1:]), class_of(data, DOG)) == ({0}, {1})
    assert "cat is called dog now, and keeps its number." in texts


def test_pictures_that_were_added_are_counted():
    before, now = labelled(cat=CAT, dog=DOG), labelled(cat=np.concatenate([CAT[:4], BIRD]), dog=DOG)
    for bound in (True, False):
        data, texts = told(before, now, bound)
        assert data.names == ("cat", "dog")
        assert texts == ["cat: 3 added and 1 no longer there; 7 pictures, 5 before."]


def test_renamed_and_added_at_once_is_told_by_the_pictures_that_stayed():
    data, texts = told(labelled(cat=CAT, dog=DOG), labelled(kitten=np.concatenate([CAT, BIRD]), dog=DOG))
    assert (data.names, class_of(data, CAT)) == (("kitten", "dog"), {0})
    assert texts == ["cat is called kitten now, and keeps its number.", "kitten: 3 added; 8 pictures, 5 before."]


def test_what_cannot_be_told_is_asked():
    before, now = labelled(cat=CAT, dog=DOG), labelled(kitten=BIRD, dog=DOG)
    with pytest.raises(Changed, match="the pictures of cat are gone, and kitten is new"):
        told(before, now)
    data, _ = told(before, now, accept=True)
    assert (data.names, class_of(data, DOG), class_of(data, BIRD)) == (("kitten", "dog"), {1}, {0})
    assert told(before, now, bound=False)[0].names == ("dog", "kitten")  # nobody told the networks the class


def test_a_new_class_has_no_place_in_the_networks():
    before, now = labelled(cat=CAT, dog=DOG), labelled(cat=CAT, dog=DOG, bird=BIRD)
    with pytest.raises(RunError, match="bird is new: there is no place"):
        told(before, now, accept=True)
    assert told(before, now, bound=False)[1] == ["bird is new, with 3 pictures."]


def test_a_class_that_is_gone_keeps_its_number_free():
    before, now = labelled(bird=BIRD, cat=CAT, dog=DOG), labelled(bird=BIRD, dog=DOG)
    with pytest.raises(Changed, match="the pictures of cat are gone"):
        told(before, now)
    data, texts = told(before, now, accept=True)
    assert (data.names, class_of(data, DOG)) == (("bird", "cat", "dog"), {2})
    assert texts == ["No picture of cat is left."]


def test_colour_and_size_are_told_in_words():
    grey = labelled(cat=CAT, dog=DOG)
    colour = dataclasses.replace(grey, images=grey.images.repeat(3, axis=1))
    with pytest.raises(Changed, match="learned grey pictures of 4 × 4, and what is there now are colour pictures"):
        told(grey, colour)
    data, texts = told(grey, colour, accept=True)
    assert data.shape == (1, 4, 4)
    assert texts == ["There are pictures with colour now; they are made grey for this run."]
    with pytest.raises(RunError, match="The coloured ones are gone: put them back, or start a new run"):
        told(colour, grey, accept=True)
    with pytest.raises(RunError, match="4 × 4, and what is there now are grey pictures of 2 × 2"):
        told(grey, dataclasses.replace(grey, images=grey.images[:, :, :2, :2]), bound=False)


def test_without_classes_pictures_are_counted_too():
    assert told(Data(CAT), Data(np.concatenate([CAT, BIRD])), False)[1] == [
        "all pictures: 3 added; 8 pictures, 5 before."
    ]
    assert told(labelled(cat=CAT, dog=DOG), Data(np.concatenate([DOG, CAT])), False)[1] == []
    with pytest.raises(RunError, match="the classes cat and dog, and what is there now has no classes"):
        told(labelled(cat=CAT, dog=DOG), Data(CAT))


def test_many_pictures_are_known_by_their_sums(monkeypatch):
    monkeypatch.setattr(known_data, "MAX_DIGESTS", 4)
    before = labelled(cat=CAT, dog=DOG)
    assert told(before, labelled(kitten=CAT, dog=DOG))[0].names == ("kitten", "dog")
    texts = told(before, labelled(cat=CAT[1:], dog=DOG))[1]
    assert texts == ["cat: 4 pictures, 5 before, and not all the same."]


def test_of_an_earlier_version_only_names_and_shape_are_known():
    old = DataRecord((1, 4, 4), (Group("cat", 0), Group("dog", 0)))
    assert take_up(old, labelled(cat=CAT, dog=DOG), True, False)[2] == []
    with pytest.raises(Changed, match="kitten is new"):
        take_up(old, labelled(kitten=CAT, dog=DOG), True, False)
