"""Checkpoints: states to resume from, weights to sample from. Safetensors only, checked before use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from gan.games import Game, Snapshot
from gan.runs import Run, RunError, weights_header
from gan.runs.retention import prune_log_spaced
from gan.tensor_files import CorruptFile, load_strict, read_tensors, under, write_tensors

KEEP_LAST, KEEP_ALONG = 2, 5
OLD_EMA = "average."  # what the EMA was called in states of format 1
OLD_PENDING = {  # in format 1 the statistics of an unfinished log interval were the columns of one tensor an update
    "d": ("d_loss", "d_real", "d_fake", "grad_norm_d", "d_accuracy"),
    "g": ("g_loss", "grad_norm_g"),
}


def save_state(run: Run, game: Game, log: Mapping[str, Any], pending: Mapping[str, Tensor]) -> None:
    """Keeps everything needed to go on at `log["step"]`; the last two such files stay, and five along the way.

    `log` is what the log needs (step, seq, offsets, …), `pending` the statistics of a log interval not yet over.
    """
    tensors = {f"pending.{name}": rows for name, rows in pending.items()}
    for name, net in {**game.nets, "G_ema": game.G_ema}.items():
        tensors |= {f"{name}.{key}": value for key, value in net.state_dict().items()}
    for name, optimizer in game.optimizers.items():
        tensors |= {f"opt_{name.lower()}.{key}": value for key, value in optimizer.tensors().items()}
    tensors |= {f"memory.{name}": value for name, value in memory_of(game).items()}
    write_tensors(run.state(log["step"]), tensors, {**log, **counts_of(game.counts)})
    _drop_old(run)


def settings_then(run: Run) -> dict[str, Any]:
    """The settings by which the newest state was made; {} where it does not say."""
    headers = (weights_header.read(run.state(step)) for step in reversed(run.states()))
    return dict(next(filter(None, headers), {}).get("config") or {})


def load_state(run: Run, game: Game) -> tuple[dict[str, Any], dict[str, Tensor], list[str]]:
    """Puts the newest state that holds into `game`.

    Returns the log's part, the pending statistics, and a sentence for each newer state that was damaged; those are
    removed, because the log goes on without them. Raises RunError when none of the states can be used.
    """
    complaints: list[str] = []
    for step in reversed(run.states()):
        try:
            tensors, metadata = read_tensors(run.state(step))
            pending = _restore(game, tensors, metadata)
        except (CorruptFile, KeyError, RuntimeError, ValueError) as error:
            complaints.append(f"The state of step {step} cannot be used: {error}")
            continue
        for newer in run.states()[-len(complaints) :] if complaints else []:
            run.state(newer).unlink(missing_ok=True)
        return metadata, pending, complaints
    raise RunError(" ".join(complaints))


def load_step(run: Run, game: Game, step: int) -> dict[str, Any]:
    """Puts the state of one step into `game`; returns its header. Raises as a file does that does not fit."""
    tensors, metadata = read_tensors(run.state(step))
    _restore(game, tensors, metadata)
    return metadata


def save_weights(run: Run, snapshot: Snapshot, step: int, data: Mapping[str, Any], keep: bool) -> None:
    """Publishes the EMA of the generator ("G_ema.…") and the other networks; `keep` makes it a snapshot of this step.

    The counts of updates are there for a branch, whose draws go on with them.
    """
    tensors = {f"{name}.{key}": v for name, net in snapshot.nets.items() for key, v in net.state_dict().items()}
    config = snapshot.config.to_dict()
    metadata = {"config": config, "step": step, "data": dict(data), **counts_of(snapshot.counts)}
    write_tensors(run.weights(), tensors, metadata)
    if keep:
        write_tensors(run.weights(step), tensors, metadata)


def memory_of(game: Game) -> Mapping[str, Tensor]:
    """What a game keeps beside its networks from one step to the next."""
    memory: Mapping[str, Tensor] = getattr(game, "memory", {})
    return memory


def counts_of(updates: Mapping[str, int]) -> dict[str, int]:
    """Counts of updates as a file names them: {"d": 3} is {"d_updates": 3}."""
    return {f"{name}_updates": count for name, count in updates.items()}


def _restore(game: Game, tensors: Mapping[str, Tensor], metadata: Mapping[str, Any]) -> dict[str, Tensor]:
    for name, net in game.nets.items():
        load_strict(net, tensors, f"{name}.")
    old = any(key.startswith(OLD_EMA) for key in tensors)
    load_strict(game.G_ema, tensors, OLD_EMA if old else "G_ema.")
    for name, optimizer in game.optimizers.items():
        optimizer.load(under(tensors, f"opt_{name.lower()}."))
    for name, value in under(tensors, "memory.").items():
        memory_of(game)[name].copy_(value)
    for name in game.counts:
        game.counts[name] = metadata[f"{name}_updates"]
    return _named(under(tensors, "pending.")) if old else under(tensors, "pending.")


def _named(pending: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The pending statistics of format 1 by their names; none of an update whose columns are not as many as known."""
    named: dict[str, Tensor] = {}
    for update, rows in pending.items():
        names = OLD_PENDING.get(update, ())
        if rows.shape[1] == len(names):
            named |= {name: rows[:, k].clone() for k, name in enumerate(names)}
    return named


def _drop_old(run: Run) -> None:
    older = run.states()[:-KEEP_LAST]
    for step in prune_log_spaced(older, KEEP_ALONG):
        run.state(step).unlink(missing_ok=True)
