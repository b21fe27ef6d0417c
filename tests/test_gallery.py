"""Pictures, weights and snapshots of a run: which, how many, and that looking changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gan import gallery, images, models, registry
from gan.datasets import Data
from gan.gallery import Gallery
from gan.state import save_weights
from gan.step import Players
from tests.engine import make, pictures, points, tiny


def open_gallery(home, data: Data, **settings) -> Gallery:
    config = tiny(**settings)
    G, D = models.build(config, data.shape, data.n_classes, 0, "cpu")
    return Gallery(
        make(home, config), Players(config, G, D, registry.load("losses", "hinge")), data
    )


@pytest.fixture
def show(tmp_path) -> Gallery:
    return open_gallery(tmp_path, pictures())


def test_a_publication_shows_two_grids_the_weights_and_a_snapshot(show):
    show.publish(0)
    run = show.run
    assert run.pictures("fixed") == run.pictures("random") == run.snapshots() == [0]
    assert run.weights().exists()
    fixed = images.decode(run.picture("fixed", 0).read_bytes())
    assert fixed.shape == (4 * 10 - 2, 4 * 10 - 2, 3)
    show.publish(1)
    assert (fixed == images.decode(run.picture("fixed", 1).read_bytes())).all()
    random = [images.decode(run.picture("random", k).read_bytes()) for k in (0, 1)]
    assert (random[0] != random[1]).any()
    assert (random[0] != fixed).any()


def test_the_real_images_are_shown_once(show):
    real = images.decode((show.run.path / "samples" / "real.webp").read_bytes())
    assert (real[:8, :8, 0] == show.data.images[0, 0]).all()
    assert real.shape == (28, 38, 3)  # there are no more than ten


def test_a_picture_once_written_stays(show):
    show.publish(3)
    before = show.run.picture("fixed", 3).stat()
    with torch.no_grad():
        next(show.players.average.parameters()).add_(1)
    show.publish(3)
    assert show.run.picture("fixed", 3).stat() == before


@pytest.mark.parametrize("channels", [1, 3])
def test_grids_have_the_datas_channels(tmp_path, channels):
    show = open_gallery(tmp_path, pictures(channels=channels))
    show.publish(0)
    sheet = images.decode(show.run.picture("fixed", 0).read_bytes())
    grey = (sheet[..., 0] == sheet[..., 1]).all()
    assert grey == (channels == 1)


def test_points_are_shown_over_what_d_believes(tmp_path):
    show = open_gallery(tmp_path, points(), model="first-steps")
    show.publish(0)
    sheet = images.decode(show.run.picture("fixed", 0).read_bytes())
    assert sheet.shape == (384, 384, 3)
    field = show._field(show.players.frozen().D)
    assert field.shape == (48, 48)
    axis = np.linspace(-images.VIEW, images.VIEW, 48)
    corner = torch.tensor([[axis[0], axis[-1]]], dtype=torch.float32).view(1, 2, 1, 1)  # top left
    assert field[0, 0] == pytest.approx(show.players.D(corner).sigmoid().item(), rel=1e-5)


def test_pictures_and_snapshots_are_bounded(show, monkeypatch):
    monkeypatch.setattr(gallery, "MOST_PICTURES", 12)
    monkeypatch.setattr(gallery, "MOST_SNAPSHOTS", 5)
    for step in range(0, 400, 10):
        show.publish(step)
    for kept, most in ((show.run.pictures("random"), 12), (show.run.snapshots(), 5)):
        assert len(kept) == most
        assert kept[0] == 0
        assert kept[-1] >= 300
    assert len(show.run.pictures("fixed")) == 12


def test_large_generators_are_kept_less_often(show, monkeypatch):
    monkeypatch.setattr(gallery, "SNAPSHOT_BYTES", 1)
    monkeypatch.setattr(gallery, "FEWEST_SNAPSHOTS", 3)
    for step in range(0, 400, 10):
        show.publish(step)
    assert len(show.run.snapshots()) == 3


def test_going_back_removes_what_was_shown_later(show):
    for step in (0, 10, 20):
        show.publish(step)
    assert not show.forget_after(20)
    assert show.forget_after(10)
    run = show.run
    assert run.pictures("fixed") == run.pictures("random") == run.snapshots() == [0, 10]


def test_looking_changes_nothing(show):
    players = show.players
    before = {
        name: value.clone()
        for net in ("G", "D")
        for name, value in getattr(players, net).state_dict(prefix=f"{net}.").items()
    }
    state = torch.get_rng_state()
    for step in range(3):
        show.publish(step)
    after = {
        name: value
        for net in ("G", "D")
        for name, value in getattr(players, net).state_dict(prefix=f"{net}.").items()
    }
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert torch.equal(torch.get_rng_state(), state)
    assert players.G.training
    assert players.D.training


def test_pictures_are_dense_at_first_and_never_cost_much(show, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("gan.gallery.time.perf_counter", lambda: now[0])
    show._started = show._last = 0.0

    def pictures_until(end):
        count = 0
        while now[0] < end:
            now[0] += 0.05
            if show.due():
                show._last = now[0]
                count += 1
        return count

    assert 5 <= pictures_until(2) <= 7
    assert 55 <= pictures_until(60) <= 60
    assert 22 <= pictures_until(120) <= 25
    show._cost = 1.0  # a slow device: a picture takes a second
    assert pictures_until(220) <= 11


def test_the_first_picture_warms_up_and_does_not_put_off_the_second(show, monkeypatch):
    now = [0.0]

    def slow(*arguments):
        now[0] += 0.2
        save_weights(*arguments)

    monkeypatch.setattr("gan.gallery.time.perf_counter", lambda: now[0])
    monkeypatch.setattr("gan.gallery.save_weights", slow)
    show._started = show._last = 0.0
    show.publish(1)
    now[0] += 0.35
    assert show.due()
    show.publish(2)
    now[0] += 1.5
    assert not show.due()  # from then on pictures take a tenth of the time
    now[0] += 1.0
    assert show.due()
