"""What folders mean: splits, masks, classes, strays."""

import pytest

from gan.datasets.own import layout

MANY = range(12)


def of(*names, **how):
    places = [tuple(name.split("/")) for name in names]
    laid = layout.of(places, **how)
    kept = [row for row in range(len(places)) if row not in laid.left_out]
    train = {laid.classes[row] for row in kept if not laid.is_test[row]}
    test = {laid.classes[row] for row in kept if laid.is_test[row]}
    return laid, train, test, len(kept)


def each(pattern, *words):
    """A name for each number of MANY, and for each of the words."""
    return [pattern.format(k, word) for word in words or ("",) for k in MANY]


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (each("{0}.png"), {None}),
        (each("{1}/{0}.png", "cat", "dog"), {"cat", "dog"}),
        (each("a/b/{1}/{0}.png", "cat", "dog"), {"cat", "dog"}),
        (each("a/{1}/x/{0}.png", "cat", "dog"), {"cat", "dog"}),
        (each("p/cats/cats/{0}.png") + each("p/dogs/{0}.png"), {"cats", "dogs"}),
        ([*each("one/{0}.png"), "stray.png"], {None}),
        (each("{1}/{0}.png", *(f"c{k}" for k in range(101))), {None}),
    ],
)
def test_folders_are_classes_below_what_all_share(names, classes):
    assert of(*names)[1] == classes


@pytest.mark.parametrize("stray", [["preview.png"], ["set/preview.png"], ["a.png", "set/b.png"]])
def test_a_few_pictures_above_the_classes_are_left_out(stray):
    laid, train, _, kept = of(*each("set/{1}/{0}.png", "cat", "dog"), *stray)
    assert train == {"cat", "dog"}
    assert kept == 24
    assert {*laid.left_out.values()} == {"it lies above the class folders"}


def test_many_pictures_above_folders_leave_no_classes():
    laid, train, _, kept = of(*each("{1}/{0}.png", "a", "b"), *each("{0}.png"))
    assert (train, kept) == ({None}, 36)
    assert "12 pictures lie beside 2 folders" in laid.notes[0]


@pytest.mark.parametrize(
    "names", [("train", "test"), ("Training", "val"), ("1_train", "2_test"), ("train", "test", "val")]
)
@pytest.mark.parametrize("pattern", ["{2}/{1}/{0}.png", "data/{2}/{1}/{0}.png", "{1}/{2}/{0}.png"])
def test_splits_stand_above_or_below_the_classes(names, pattern):
    files = [pattern.format(k, pet, split) for k in MANY for pet in ("cat", "dog") for split in names]
    laid, train, test, _ = of(*files)
    assert train == test == {"cat", "dog"}
    assert sum(laid.is_test) == 24 * (len(names) - 1)
    assert sum(of(*files, hold_out=False)[0].is_test) == 0


def test_a_test_folder_without_classes_and_one_without_train():
    laid, train, test, _ = of(*each("train/{1}/{0}.png", "cat", "dog"), *each("test/{0}.png"))
    assert (train, test) == ({"cat", "dog"}, {None})
    assert sum(laid.is_test) == 12
    assert of(*each("{1}/{0}.png", "test", "cat"))[1] == {"test", "cat"}


@pytest.mark.parametrize(
    "names",
    [
        each("{1}/{0}.png", "images", "masks"),
        each("train/{1}/{0}.png", "images", "labels"),
        each("{0}{1}.png", "", "_mask"),
        each("a/{0}{1}.png", "", "_seg"),
        each("img/{0}.jpg") + each("gt/{0}_mask.png"),
    ],
)
def test_masks_beside_images_are_left_out(names):
    laid, train, _, kept = of(*names)
    assert (train, kept) == ({None}, 12)
    assert {*laid.left_out.values()} == {"a mask or label picture of another"}


def test_masks_that_belong_to_no_image_are_a_class():
    assert of(*each("face/{0}.png"), *each("mask/m{0}.png"))[1] == {"face", "mask"}


@pytest.mark.parametrize(
    ("names", "order"),
    [
        ({"10", "9", "1"}, ["1", "9", "10"]),
        ({"-1", "0", "0.5", "-10"}, ["-10", "-1", "0", "0.5"]),
        ({"level 10", "level 9"}, ["level 9", "level 10"]),
        ({"dog", "cat", "Zebra"}, ["Zebra", "cat", "dog"]),
        ({"2 b", "10 a", "c"}, ["2 b", "10 a", "c"]),
    ],
)
def test_names_are_in_the_order_people_count(names, order):
    assert layout.in_order(names) == order
