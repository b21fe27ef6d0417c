"""The points of the plane: the shapes one is meant to see."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan import registry

NOWHERE = Path("/nowhere")


def load(name) -> Any:
    return registry.load("datasets", name).load(NOWHERE)


@pytest.mark.parametrize("name", ["line", "ring", "gaussians"])
def test_points_lie_in_the_square_and_are_always_the_same(name):
    data, facts = load(name), registry.card("datasets", name).facts
    assert data.is_points
    assert data.shape == facts["SHAPE"] == (2, 1, 1)
    assert len(data) == facts["COUNT"]
    assert np.abs(data.images).max() <= 1
    assert (load(name).images == data.images).all()
    assert len(np.unique(data.images[:, :, 0, 0], axis=0)) > 0.99 * len(data)
    assert not np.isin(data.test.images[:, 0, 0, 0], data.images[:, 0, 0, 0]).all()


def test_a_line_is_thin_and_long():
    wide, thin = np.linalg.svd(np.cov(load("line").images[:, :, 0, 0].T))[1] ** 0.5
    assert wide > 20 * thin


def test_a_ring_is_empty_inside_and_closed():
    x, y = load("ring").images[:, :, 0, 0].T
    assert np.abs(np.hypot(x, y) - 0.75).max() < 0.15
    assert np.histogram(np.arctan2(y, x), bins=36)[0].min() > 0


def test_the_clouds_are_apart_and_the_labels_tell_them():
    data = load("gaussians")
    points = data.images[:, :, 0, 0]
    centres = np.stack([points[data.labels == k].mean(0) for k in range(data.n_classes)])
    assert len(centres) == 8
    nearest = np.linalg.norm(points[:, None] - centres, axis=2).argmin(1)
    assert (nearest == data.labels).all()
