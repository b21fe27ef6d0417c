"""Copies of training images among samples."""

from __future__ import annotations

import numpy as np

from gan.evaluation.copies import MAX_IMAGES, Copies, looked_for

RNG = np.random.default_rng(0)
TRAIN = RNG.integers(0, 256, (40, 1, 8, 8), dtype=np.uint8)


def test_what_is_nearly_a_training_image_is_a_copy():
    copies = Copies(TRAIN)
    near = np.clip(TRAIN[:10].astype(int) + RNG.integers(-9, 10, (10, 1, 8, 8)), 0, 255).astype(np.uint8)
    fresh = RNG.integers(0, 256, (30, 1, 8, 8), dtype=np.uint8)
    assert copies.share(TRAIN) == 1.0
    assert copies.share(np.concatenate([near, fresh])) == 0.25


def test_the_same_picture_twice_does_not_hide_copies():
    copies = Copies(np.concatenate([TRAIN, TRAIN, TRAIN]))
    assert copies.usual == Copies(TRAIN).usual
    assert copies.share(TRAIN[:5]) == 1.0


def test_one_picture_alone_is_all_that_can_be_copied():
    assert Copies(TRAIN[[0, 0, 0]]).share(TRAIN[1:]) == 1.0


def test_many_images_and_points_are_not_looked_at():
    assert looked_for(np.zeros((MAX_IMAGES + 1, 1, 2, 2), np.uint8)) is None
    assert looked_for(np.zeros((40, 2, 1, 1), np.float32)) is None
    assert looked_for(TRAIN) is not None
