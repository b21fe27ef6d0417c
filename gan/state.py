"""The files that hold tensors: states to go on from, weights to look at. Safetensors only, checked before use."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from gan import files
from gan.numbered import thin
from gan.runs import Run, RunError
from gan.step import Frozen, Players

KEEP_LAST, KEEP_ALONG = 2, 5


class Broken(RunError):
    """A file that does not hold what it says."""


def write_tensors(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Writes tensors and JSON metadata with a checksum over both, atomically. Raises OSError."""
    # clones: none may share memory
    whole = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
    told = {key: json.dumps(value) for key, value in about.items()}
    told["sha256"] = _digest(whole, told)
    files.replace(path, safetensors.torch.save(whole, metadata=told))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What `write_tensors` wrote. Raises Broken when the file is missing, damaged, or its checksum does not hold.

    The file is opened once: it may be replaced at any moment, and safe_open goes back to it by name for the tensors.
    """
    try:
        raw = path.read_bytes()
        tensors, told = safetensors.torch.load(raw), _metadata(raw)
        if told.pop("sha256", "") != _digest(tensors, told):
            raise Broken(f"{path.name} is damaged: its checksum does not hold.")
        return tensors, {key: json.loads(value) for key, value in told.items()}
    except (OSError, ValueError, KeyError, safetensors.SafetensorError) as error:
        raise Broken(f"{path.name} cannot be read: {error}") from error


def save_state(
    run: Run, players: Players, log: Mapping[str, Any], pending: Mapping[str, Tensor]
) -> None:
    """Keeps everything needed to go on at `log["step"]`; the last two such files stay, and five along the way.

    `log` is what the log needs (step, seq, offsets, …), `pending` the statistics of a log interval not yet over.
    """
    tensors = {f"pending.{name}": rows for name, rows in pending.items()}
    for name, net in (("G", players.G), ("D", players.D), ("average", players.average)):
        tensors |= {f"{name}.{key}": value for key, value in net.state_dict().items()}
    for name, optimizer in (("opt_g", players.opt_g), ("opt_d", players.opt_d)):
        tensors |= {f"{name}.{key}": value for key, value in optimizer.tensors().items()}
    about = {**log, "d_updates": players.d_updates, "g_updates": players.g_updates}
    write_tensors(run.state(log["step"]), tensors, about)
    _drop_old(run)


def load_state(run: Run, players: Players) -> tuple[dict[str, Any], dict[str, Tensor], list[str]]:
    """Puts the newest state that holds into `players`.

    Returns the log's part, the pending statistics, and a sentence for each newer state that was damaged; those are
    removed, because the log goes on without them. Raises Broken when there are states but none of them can be used.
    """
    complaints: list[str] = []
    for step in reversed(run.states()):
        try:
            tensors, about = read_tensors(run.state(step))
            pending = _restore(players, tensors, about)
        except (Broken, KeyError, RuntimeError, ValueError) as error:
            complaints.append(f"The state of step {step} cannot be used: {error}")
            continue
        for newer in run.states()[-len(complaints) :] if complaints else []:
            run.state(newer).unlink(missing_ok=True)
        return about, pending, complaints
    raise Broken(" ".join(complaints))


def save_weights(
    run: Run, frozen: Frozen, step: int, data: Mapping[str, Any], snapshot: bool
) -> None:
    """Publishes the average generator ("G.…") and D ("D.…"), and keeps a snapshot of this step if asked to.

    The counts of updates are there for a branch, whose draws go on with them.
    """
    tensors = {f"G.{key}": value for key, value in frozen.average.state_dict().items()}
    tensors |= {f"D.{key}": value for key, value in frozen.D.state_dict().items()}
    about = {
        "config": frozen.config.to_dict(),
        "step": step,
        "data": dict(data),
        "d_updates": frozen.d_updates,
        "g_updates": frozen.g_updates,
    }
    write_tensors(run.weights(), tensors, about)
    if snapshot:
        write_tensors(run.weights(step), tensors, about)


def fill(net: nn.Module, tensors: Mapping[str, Tensor], prefix: str) -> None:
    """Loads the tensors under `prefix` into `net` after checking names, shapes and types. Raises Broken."""
    own, given = net.state_dict(), _under(tensors, prefix)
    if own.keys() != given.keys():
        odd = sorted(own.keys() ^ given.keys())
        raise Broken(f"{prefix[:-1]} has other layers than the file: {', '.join(odd[:4])}.")
    for key, value in own.items():
        found = given[key]
        if found.shape != value.shape or found.is_floating_point() != value.is_floating_point():
            raise Broken(
                f"{prefix}{key} is {tuple(found.shape)}, and {tuple(value.shape)} is needed."
            )
    net.load_state_dict(given)


def _restore(
    players: Players, tensors: Mapping[str, Tensor], about: Mapping[str, Any]
) -> dict[str, Tensor]:
    for name, net in (("G.", players.G), ("D.", players.D), ("average.", players.average)):
        fill(net, tensors, name)
    for name, optimizer in (("opt_g.", players.opt_g), ("opt_d.", players.opt_d)):
        optimizer.load(_under(tensors, name))
    players.d_updates, players.g_updates = about["d_updates"], about["g_updates"]
    return _under(tensors, "pending.")


def _drop_old(run: Run) -> None:
    older = run.states()[:-KEEP_LAST]
    for step in thin(older, KEEP_ALONG):
        run.state(step).unlink(missing_ok=True)


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _metadata(raw: bytes) -> dict[str, str]:
    """The texts beside the tensors. A file begins with 8 bytes, the length of the JSON header that follows."""
    length = int.from_bytes(raw[:8], "little")
    return dict(files.load(raw[8 : 8 + length]).get("__metadata__") or {})


def _digest(tensors: Mapping[str, Tensor], told: Mapping[str, str]) -> str:
    found = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        found.update(f"{name}{tensor.dtype}{tuple(tensor.shape)}".encode())
        found.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()
