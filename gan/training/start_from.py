"""Networks to begin with: those of another run, as far as their shapes agree."""

from __future__ import annotations

import contextlib

import torch

from gan import runs, tensor_files
from gan.games import Game
from gan.runs import Run, RunError


@torch.no_grad()
def start_from(game: Game, origin: Run) -> str:
    """Puts the published networks of `origin` into an untrained game; says how much of them was taken, in a sentence.

    G begins as the EMA of the other G. Optimizers are fresh. Raises RunError when there are no weights, or none fit.
    """
    try:
        tensors, _ = tensor_files.read_tensors(origin.weights())
    except tensor_files.CorruptFile as error:
        raise RunError(f"Nothing to start from: {error}") from error
    ema = "G_ema." if any(name.startswith("G_ema.") for name in tensors) else "G."
    taken, there = 0, 0
    for name, net in {**game.nets, "G_ema": game.G_ema}.items():
        prefix = ema if name in ("G", "G_ema") else f"{name}."
        for key, own in net.state_dict().items():
            there += 1
            other = tensors.get(f"{prefix}{key}")
            if other is not None and other.shape == own.shape and own.is_floating_point() == other.is_floating_point():
                own.copy_(other)
                taken += 1
    if not taken:
        raise RunError(
            f"Nothing of {origin.id} fits these networks: another model, width or image size. Choose the model of that "
            "run, or start from nothing."
        )
    part = "all of its networks" if taken == there else f"{taken} of {there} tensors; the others begin anew"
    return f"It begins with {part} from {origin.id}."


def origin_of(run: Run) -> Run | None:
    """The run that a config names to start from; None for none. Raises RunError when it is not there.

    It lies beside this run, or came along with the code.
    """
    if not (name := run.config().start_from):
        return None
    with contextlib.suppress(RunError):
        return runs.find(name, run.path.parent)
    return runs.find(name, runs.shipped())
