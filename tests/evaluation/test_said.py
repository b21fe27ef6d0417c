"""The judge of captions: real pictures are as they were made, swapped ones are not, and copies have no spread."""

from __future__ import annotations

import numpy as np
import pytest

from gan.datasets import Data, _captions, captions, strokes
from gan.evaluation import evalnet, said


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Data:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("COUNT", 10), ("TEST_COUNT", 3_000), ("FOLDER", "strokes-of-the-judge")):
            patch.setattr(strokes, name, value)
        whole = strokes.load(tmp_path_factory.mktemp("data"))
    assert whole.test is not None
    return captions._described(whole.test, 1)


@pytest.fixture(scope="module")
def judge(described: Data) -> said.CaptionReader:
    return said.CaptionReader(described, evalnet.load("strokes"))


def test_it_reads_real_pictures_as_they_were_made(judge):
    assert judge.real["digit"] > 0.98
    assert judge.real["thickness"] > 0.98
    assert judge.real["slant"] > 0.95
    assert judge.real["place"] == 1


def test_pictures_of_one_another_s_captions_are_wrong_and_copies_have_no_spread(judge, described):
    truth = captions.wishes(described)

    def draw(rows: np.ndarray) -> np.ndarray:
        """For each held-out caption one real picture, over and over."""
        wishes = [wish for wish in said.held_out() for _ in range(len(rows) // 50)]
        return np.stack([described.images[place(wish)] for wish in wishes])

    def place(wish: _captions.Wish) -> int:
        same = np.all([truth[name] == getattr(wish, name) for name in said.ASPECTS], 0)
        return int(np.argmax(same if same.any() else truth["digit"] == wish.digit))

    scores = judge.score(draw, 2)
    assert scores["digit"] > 0.95
    assert scores["spread"] == 0
    wrong = judge.score(lambda rows: np.roll(draw(rows), 7, 0), 2)
    assert wrong["digit"] < 0.5
    assert wrong["all"] < 0.1
