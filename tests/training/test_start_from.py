"""A run that begins with the networks of another one."""

from __future__ import annotations

import pytest
import torch

from gan import tensor_files
from gan.runs import RunError
from tests.engine import event, make, pictures, play, tiny

pytestmark = pytest.mark.usefixtures("quick_disk")


@pytest.fixture
def origin(tmp_path):
    run = make(tmp_path, steps=5, run_id="origin")
    play(run)
    return run


def test_it_begins_as_the_ema_of_the_other(tmp_path, origin):
    run = make(tmp_path, tiny(start_from="origin", seed=7), steps=4)
    play(run)
    published, first = tensor_files.read_tensors(origin.weights())[0], tensor_files.read_tensors(run.weights(0))[0]
    for name, tensor in published.items():
        if "running" not in name and "num_batches" not in name:
            torch.testing.assert_close(first[name], tensor)
    assert event(run, "seeded")["text"] == "It begins with all of its networks from origin."


def test_what_does_not_fit_begins_anew(tmp_path, origin):
    run = make(tmp_path, tiny(start_from="origin"), steps=2)
    play(run, pictures(channels=3))
    assert "the others begin anew" in event(run, "seeded")["text"]


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [("nowhere", {}, "no run 'nowhere'"), ("origin", {"model": "gan-2014", "z_dim": 5}, "Nothing of origin fits")],
)
def test_nothing_to_begin_with_is_told(tmp_path, origin, name, settings, told):
    run = make(tmp_path, tiny(start_from=name, **settings), steps=2)
    with pytest.raises(RunError, match=told):
        play(run)
