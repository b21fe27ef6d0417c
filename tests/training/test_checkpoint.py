"""States and weights: what is written is what is read, and a single flipped bit is found."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from typing import Any

import pytest
import torch

from gan import tensor_files
from gan.runs import Run, RunError
from gan.tensor_files import CorruptFile
from gan.training import checkpoint
from tests.engine import game_of, same, tensors_of

ABOUT = {"in_force": {"lr_g": 0.1}, "since": (1, 0.5), "offset": 3}


@pytest.fixture
def run(tmp_path):
    (tmp_path / "snapshots").mkdir()
    return Run(tmp_path)


def trained(updates=2, seed=0, **settings) -> Any:
    """A game after so many steps."""
    game = game_of(seed=seed, **settings)
    for _ in range(updates):
        game.d_step(torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(1)))
        game.g_step()
    return game


def equal(one, other):
    return same(tensors_of(one), tensors_of(other))


@pytest.mark.parametrize("updates", [0, 2])
def test_a_state_brings_everything_back(run, updates):
    game, rows = trained(updates), torch.rand(2)
    checkpoint.save_state(run, game, {"step": 5, **ABOUT}, {"d_loss": rows})
    fresh = trained(updates=3)
    told, pending, complaints = checkpoint.load_state(run, fresh)
    assert equal(game, fresh)
    assert fresh.counts == {"d": updates, "g": updates}
    assert told["in_force"] == {"lr_g": 0.1}
    assert told["step"] == 5
    assert list(pending) == ["d_loss"]
    assert torch.equal(pending["d_loss"], rows)
    assert complaints == []
    for one in (game, fresh):  # and so is the next step
        one.d_step(torch.ones(4, 1, 8, 8))
    assert equal(game, fresh)


def flipped(data: bytes, bit: int) -> bytes:
    odd = bytearray(data)
    odd[bit // 8] ^= 1 << bit % 8
    return bytes(odd)


def test_a_flipped_bit_anywhere_and_a_cut_is_found(tmp_path):
    path = tmp_path / "x.safetensors"
    tensors = {"a": torch.arange(6.0).view(2, 3), "n": torch.tensor(3), "h": torch.ones(2).half()}
    tensor_files.write_tensors(path, tensors, {"step": 3, "told": "words"})
    data = path.read_bytes()
    assert tensor_files.read_tensors(path)[1] == {"step": 3, "told": "words"}
    rng = random.Random(0)
    for byte in range(len(data)):
        path.write_bytes(flipped(data, 8 * byte + rng.randrange(8)))
        with pytest.raises(CorruptFile, match=r"x\.safetensors (is damaged|cannot be read)"):
            tensor_files.read_tensors(path)
    for length in range(0, len(data), 7):
        path.write_bytes(data[:length])
        with pytest.raises(CorruptFile):
            tensor_files.read_tensors(path)
    path.unlink()
    with pytest.raises(CorruptFile, match=r"cannot be read"):
        tensor_files.read_tensors(path)


SWAP = """
import itertools, os, sys
for k in itertools.cycle(("0", "1")):
    os.link(k, "next")
    os.replace("next", "x.safetensors")
    print(flush=True)
"""


def test_a_file_that_is_replaced_meanwhile_is_read_as_one_of_the_two(tmp_path):
    for k in (0, 1):
        tensors = {name: torch.full((20,), float(k)) for name in "abc"}
        tensor_files.write_tensors(tmp_path / str(k), tensors, {"k": k})
    command = [sys.executable, "-c", SWAP]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout is not None
            other.stdout.readline()  # there is a file now
            threading.Thread(target=other.stdout.read).start()
            for _ in range(500):
                tensors, about = tensor_files.read_tensors(tmp_path / "x.safetensors")
                assert all((t == about["k"]).all() for t in tensors.values())
            assert other.poll() is None
        finally:
            other.kill()


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_state_is_told_and_the_one_before_is_taken(run, seed):
    old, new = trained(1), trained(2)
    checkpoint.save_state(run, old, {"step": 1, **ABOUT}, {})
    checkpoint.save_state(run, new, {"step": 2, **ABOUT}, {})
    data, rng = run.state(2).read_bytes(), random.Random(seed)
    odd = data[: rng.randrange(len(data))] if seed % 2 else flipped(data, rng.randrange(8 * len(data)))
    run.state(2).write_bytes(odd)
    fresh = trained(0, seed=5)
    told, _, complaints = checkpoint.load_state(run, fresh)
    assert told["step"] == 1
    assert equal(fresh, old)
    (text,) = complaints
    assert text.startswith("The state of step 2 cannot be used: state-2.safetensors")
    assert run.states() == [1]  # the log goes on without it


def test_when_no_state_can_be_used_all_are_told_and_none_is_touched(run):
    for step in (1, 2):
        checkpoint.save_state(run, trained(1), {"step": step, **ABOUT}, {})
        run.state(step).write_bytes(b"junk")
    with pytest.raises(RunError, match=r"step 2 cannot be used.*step 1 cannot be used"):
        checkpoint.load_state(run, trained(0))
    assert run.states() == [1, 2]


def test_a_state_of_another_model_is_refused_with_the_difference(run):
    checkpoint.save_state(run, trained(1, model="gan-2014"), {"step": 1, **ABOUT}, {})
    with pytest.raises(RunError, match=r"G has other layers than the file: bn1"):
        checkpoint.load_state(run, trained(0))
    checkpoint.save_state(run, trained(1, width=8), {"step": 1, **ABOUT}, {})
    with pytest.raises(RunError, match=r"G\.fc\.weight is \(64, 3\), and \(32, 3\) is needed"):
        checkpoint.load_state(run, trained(0))


def test_the_last_two_states_stay_and_five_along_the_way(run):
    game = trained(0)
    for step in range(0, 2000, 100):
        checkpoint.save_state(run, game, {"step": step, **ABOUT}, {})
        assert len(run.states()) <= 7
    assert run.states()[-2:] == [1800, 1900]
    assert run.states()[0] == 0
    assert len(run.states()) == 7


def test_weights_hold_the_ema_and_d_and_say_what_they_are(run):
    game, data = trained(2), {"shape": [1, 8, 8], "n_classes": 0, "names": []}
    checkpoint.save_weights(run, game.snapshot(), 7, data, keep=False)
    assert run.snapshots() == []
    checkpoint.save_weights(run, game.snapshot(), 8, data, keep=True)
    assert run.snapshots() == [8]
    for path in (run.weights(), run.weights(8)):
        tensors, about = tensor_files.read_tensors(path)
        counts = {"d_updates": 2, "g_updates": 2}
        assert about == {"config": game.config.to_dict(), "step": 8, "data": data, **counts}
        assert torch.equal(tensors["G_ema.fc.weight"], game.G_ema.fc.weight)
        assert not torch.equal(tensors["G_ema.fc.weight"], game.G.fc.weight)
        assert torch.equal(tensors["D.fc.weight"], game.D.fc.weight)


def test_a_disk_that_is_full_keeps_the_old_state(run, monkeypatch):
    from gan import files

    checkpoint.save_state(run, trained(1), {"step": 1, **ABOUT}, {})

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "replace", full)
        with pytest.raises(OSError, match="No space"):
            checkpoint.save_state(run, trained(2), {"step": 2, **ABOUT}, {})
    assert run.states() == [1]
    assert checkpoint.load_state(run, trained(0))[0]["step"] == 1
