"""Pictures, weights and snapshots of a run: which, how many, and that looking changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gan import images
from gan.datasets import Data
from gan.training import sample_grids
from gan.training.checkpoint import save_weights
from gan.training.metrics_log import MetricsLog
from gan.training.sample_grids import SamplePublisher
from tests.engine import game_of, make, pictures, play, points, same, tensors_of, tiny


def publisher_of(home, data: Data, **settings) -> SamplePublisher:
    game = game_of(data.shape, data.n_classes, **settings)
    run = make(home, game.config)
    return SamplePublisher(run, game, data, MetricsLog(run))


@pytest.fixture
def show(tmp_path) -> SamplePublisher:
    return publisher_of(tmp_path, pictures())


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
    real = images.decode(show.run.real_picture().read_bytes())
    assert (real[:8, :8, 0] == show.data.images[0, 0]).all()
    assert real.shape == (28, 38, 3)  # there are no more than ten


def test_real_images_that_come_class_by_class_are_shown_of_every_class(tmp_path):
    data = pictures(count=40)
    show = publisher_of(tmp_path, data)
    assert show.count == 16
    assert show._rows().tolist() == [k * 40 // 16 for k in range(16)]


def test_a_picture_once_written_stays(show):
    show.publish(3)
    before = show.run.picture("fixed", 3).stat()
    with torch.no_grad():
        next(show.game.G_ema.parameters()).add_(1)
    show.publish(3)
    assert show.run.picture("fixed", 3).stat() == before


@pytest.mark.parametrize("channels", [1, 3])
def test_grids_have_the_datas_channels(tmp_path, channels):
    show = publisher_of(tmp_path, pictures(channels=channels))
    show.publish(0)
    sheet = images.decode(show.run.picture("fixed", 0).read_bytes())
    grey = (sheet[..., 0] == sheet[..., 1]).all()
    assert grey == (channels == 1)


def test_points_are_shown_over_what_d_believes(tmp_path):
    show = publisher_of(tmp_path, points(), model="first-steps")
    show.publish(0)
    sheet = images.decode(show.run.picture("fixed", 0).read_bytes())
    assert sheet.shape == (384, 384, 3)
    field = show._field(show.game.snapshot().nets["D"])
    assert field.shape == (48, 48)
    axis = np.linspace(-images.VIEW, images.VIEW, 48)
    corner = torch.tensor([[axis[0], axis[-1]]], dtype=torch.float32).view(1, 2, 1, 1)  # top left
    assert field[0, 0] == pytest.approx(show.game.nets["D"](corner).sigmoid().item(), rel=1e-5)


def test_pictures_and_snapshots_are_bounded(show, monkeypatch):
    monkeypatch.setattr(sample_grids, "MAX_PICTURES", 12)
    monkeypatch.setattr(sample_grids, "MAX_SNAPSHOTS", 5)
    for step in range(0, 400, 10):
        show.publish(step)
    for kept, most in ((show.run.pictures("random"), 12), (show.run.snapshots(), 5)):
        assert len(kept) == most
        assert kept[0] == 0
        assert kept[-1] >= 300
    assert len(show.run.pictures("fixed")) == 12


def test_large_generators_are_kept_less_often(show, monkeypatch):
    monkeypatch.setattr(sample_grids, "SNAPSHOTS_BYTES", 1)
    monkeypatch.setattr(sample_grids, "MIN_SNAPSHOTS", 3)
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
    game = show.game
    before = {name: value.clone() for name, value in tensors_of(game).items()}
    state = torch.get_rng_state()
    for step in range(3):
        show.publish(step)
    assert same(before, tensors_of(game))
    assert torch.equal(torch.get_rng_state(), state)
    assert game.G.training
    assert game.D.training


def test_pictures_are_dense_at_first_and_never_cost_much(show, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("gan.training.sample_grids.time.perf_counter", lambda: now[0])
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

    def slow(*arguments, **more):
        now[0] += 0.2
        save_weights(*arguments, **more)

    monkeypatch.setattr("gan.training.sample_grids.time.perf_counter", lambda: now[0])
    monkeypatch.setattr("gan.training.sample_grids.save_weights", slow)
    show._started = show._last = 0.0
    show.publish(1)
    now[0] += 0.35
    assert show.due()
    show.publish(2)
    now[0] += 1.5
    assert not show.due()  # from then on pictures take a tenth of the time
    now[0] += 1.0
    assert show.due()


def test_every_class_has_a_column_of_its_own(tmp_path):
    """Of three classes in the data's order, the second with one picture only."""
    data = pictures(count=20)
    labels = np.array([0] * 12 + [1] + [2] * 7, np.int64)
    data = Data(data.images, labels, ("a", "b", "c"))
    run = make(tmp_path, tiny(model="lean-resnet", conditional=True, samples=16), steps=1)
    play(run, data)
    fixed, real = (
        images.decode(path.read_bytes())
        for path in (run.picture("fixed", run.pictures("fixed")[-1]), run.real_picture())
    )
    assert fixed.shape == real.shape == (5 * 10 - 2, 3 * 10 - 2, 3)
    shown = images.tiles(real, (1, 8, 8))[:, :, :, 0]
    for k, rows in enumerate(([0, 1, 2, 3, 4], [12] * 5, [13, 14, 15, 16, 17])):
        assert (shown[k::3] == data.images[rows][:, 0]).all()
