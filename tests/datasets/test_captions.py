"""Captions: what they say is so, the held-out combinations are held out, and unknown words are named."""

from __future__ import annotations

import numpy as np
import pytest

from gan.datasets import Data, _captions, captions, strokes
from gan.datasets._captions import UnknownWord, Wish, numbers, words_of


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Data:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strokes, "COUNT", 1200)
        patch.setattr(strokes, "TEST_COUNT", 400)
        patch.setattr(strokes, "FOLDER", "strokes-of-captions")
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return captions.load(tmp_path_factory.mktemp("data"))


def spoken(row: np.ndarray) -> list[str]:
    return [captions.VOCABULARY[k - 1] for k in row if k]


def test_a_caption_says_what_is_so_and_mostly_says_it(described):
    truth = captions.wishes(described)
    phrases: dict[str, dict[str, tuple[str, ...]]] = {
        "thickness": {"thick": ("thick", "bold"), "thin": ("thin", "fine")},
        "slant": {
            side: tuple(f"{how} {to}{side}" for how in ("slanted", "leaning") for to in ("", "to the "))
            for side in ("left", "right")
        },
        "place": {side: (f"at the {side}",) for side in ("top", "bottom", "left", "right")},
    }
    for name, sides in phrases.items():
        found = []
        for row in described.captions:
            text = f" {' '.join(spoken(row))} "
            found.append(next((side for side, ways in sides.items() if any(f" {way} " in text for way in ways)), ""))
        told = np.array(found) != ""
        assert (np.array(found)[told] == truth[name][told]).all()
        could = np.isin(truth[name], [*sides])
        assert 0.8 < (told & could).sum() / could.sum() < 0.9
    digits = [[word for word in spoken(row) if word in captions.NAMES] for row in described.captions]
    assert digits == [[captions.NAMES[k]] for k in described.labels]


def test_places_move_the_ink_and_cut_nothing_off(described):
    truth = captions.wishes(described)["place"]
    ink = described.images[:, 0].astype(float)
    across = ink.sum(1) @ np.arange(28) / ink.sum((1, 2))
    down = ink.sum(2) @ np.arange(28) / ink.sum((1, 2))
    for place, axis, way in (("top", down, -1), ("bottom", down, 1), ("left", across, -1), ("right", across, 1)):
        assert (way * (axis[truth == place] - 14) > 1.5).all()
    for k, (right, down) in enumerate(zip(described.factors["right"], described.factors["down"], strict=True)):
        left_free = ink[k, :down] if down > 0 else ink[k, 28 + down :]  # rows that the picture has come from
        beside = ink[k, :, :right] if right > 0 else ink[k, :, 28 + right :]
        assert max(left_free.max(initial=0), beside.max(initial=0)) <= captions.EDGE
    assert {"top", "bottom", "left", "right", "middle"} == set(truth)


def test_held_out_combinations_are_only_in_the_test_split(described):
    assert len(captions.HELD_OUT) == 10
    assert not captions.held_out(described).any()
    assert captions.held_out(described.test).any()
    assert described.take(np.array([2, 0])).captions.tolist() == described.captions[[2, 0]].tolist()


def test_an_unknown_word_is_named_with_its_neighbour():
    with pytest.raises(UnknownWord, match=r"'thik' is not one .* Did you mean 'thick'"):
        numbers("a thik seven", captions.VOCABULARY)
    with pytest.raises(UnknownWord, match="'xyzzy'") as error:
        numbers("a seven xyzzy", captions.VOCABULARY)
    assert (error.value.word, error.value.near) == ("xyzzy", "")
    for text in ("", " , ", "a " * 17):
        with pytest.raises(ValueError, match="1 to 16 words"):
            numbers(text, captions.VOCABULARY)


def test_words_numerals_and_capitals_are_read_alike():
    assert words_of("A Thick 7, slanted LEFT") == ["a", "thick", "seven", "slanted", "left"]
    wish = Wish(7, "thick", "left", "top")
    assert wish.text == "a thick seven, slanted to the left, at the top"
    ways = {_captions.phrased(wish, (a, b, c, d)) for a in (0, 1) for b in (0, 1) for c in (0, 1) for d in (0, 1)}
    assert len(ways) == 16
    for text in (*ways, *(text.format(name) for text in captions.SHEET for name in captions.NAMES)):
        assert numbers(text, captions.VOCABULARY).any()
