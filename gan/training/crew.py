"""A crew: processes that train one run together, each on its part of every batch; torchrun starts them.

Process 0 leads: it alone reads control.json and writes the run folder, and its loop is the usual one. Before each
update it tells the others which one it is, and by which learning rates. Draws are made for the whole batch and each
process takes its rows; gradients are averaged by one flat all-reduce before the optimizer's step; BatchNorm, layers
that compare the samples of a batch, and pools of earlier results see the whole one. So N processes at the same batch
give the weights of one.

`CURRENT` is the crew while an update is made. Outside of updates, so in copies for samples and scores, the layers are
the usual ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from gan.games import Batches, Game, Stats
from gan.models._layers import Dropout
from gan.rng import Shard
from gan.runs import RunError
from gan.tricks._last_layer import BatchFeatures

PATIENCE = timedelta(days=30)  # a paused run lets the others wait
OVER, END_STEP = 0, 1  # orders; from 2 on the updates, in the order of their names


class Crew(Protocol):
    """What processes need to work together."""

    rank: int
    count: int

    def sum(self, x: Tensor) -> Tensor:
        """The sum of x over all processes, a new tensor."""

    def broadcast(self, x: Tensor) -> None:
        """Puts process 0's x into that of all others."""

    def tell(self, message: Any) -> Any:
        """What process 0 says, for all."""


class GlooCrew:
    """The crew of processes that torchrun started on CPUs."""

    def __init__(self) -> None:
        import torch.distributed as dist
        from torch.distributed.distributed_c10d import PrefixStore
        from torch.distributed.rendezvous import rendezvous

        store, rank, count = next(rendezvous("env://"))
        # Addresses of before a restart still stand in torchrun's store: each attempt has a place of its own.
        store = PrefixStore(f"attempt-{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", store)
        dist.init_process_group("gloo", store=store, rank=rank, world_size=count, timeout=PATIENCE)
        self.dist, self.rank, self.count = dist, rank, count

    def sum(self, x: Tensor) -> Tensor:
        total = x.detach().clone(memory_format=torch.contiguous_format)
        self.dist.all_reduce(total)
        return total

    def broadcast(self, x: Tensor) -> None:
        sent = x.detach().clone(memory_format=torch.contiguous_format)
        self.dist.broadcast(sent, 0)
        x.copy_(sent)

    def tell(self, message: Any) -> Any:
        box = [message]
        self.dist.broadcast_object_list(box, 0)
        return box[0]

    def close(self) -> None:
        """Leaves the others."""
        self.dist.destroy_process_group()


CURRENT: ContextVar[Crew | None] = ContextVar("crew", default=None)


# -- leading and following ---------------------------------------------------------------------------------------------


class Leader:
    """Process 0 of a crew, as the training loop knows it."""

    def __init__(self, crew: Crew):
        self.crew = crew
        self.orders: Orders | None = None
        self.lost = False  # in the middle of an update: nobody would listen

    def begin(self, game: Game, how: Mapping[str, Any]) -> None:
        """Lets the others build the same game, as it is now, and from now on make the updates of this one with it.

        `how` is what gan.training.speed.precision made of it. Raises RunError for what a crew cannot do.
        """
        if why := refusal(game, self.crew.count):
            raise RunError(why)
        self.crew.tell({"config": game.config.to_dict(), "precision": how["precision"]})
        self.orders = orders = Orders(self.crew, game)
        share(game, self.crew)
        update, end_step = game.update, game.end_step

        def led_update(name: str, batches: Batches) -> Stats:
            orders.give(orders.names.index(name) + 2)
            self.lost = True
            stats = together(self.crew, update, name, batches)
            self.lost = False
            return stats

        def led_end_step() -> None:
            orders.give(END_STEP)
            end_step()

        vars(game).update(update=led_update, end_step=led_end_step)

    def dismiss(self) -> None:
        """Lets the others go, also where training never began."""
        with suppress(RuntimeError):  # they are gone
            if self.orders is None:
                self.crew.tell(None)
            elif not self.lost:
                self.orders.give(OVER)


class Orders:
    """The orders of process 0: an update and the learning rates, or what else there is to do."""

    def __init__(self, crew: Crew, game: Game):
        self.crew, self.game, self.names = crew, game, sorted(game.counts)

    def give(self, order: int) -> None:
        rates = [float(optimizer.lr) for optimizer in self.game.optimizers.values()]
        self.crew.broadcast(torch.tensor([order, *rates], dtype=torch.float64))

    def take(self) -> int:
        """The next order, once its learning rates are set."""
        message = torch.zeros(1 + len(self.game.optimizers), dtype=torch.float64)
        self.crew.broadcast(message)
        order, *rates = message.tolist()
        for optimizer, rate in zip(self.game.optimizers.values(), rates, strict=True):
            optimizer.set_rate(rate)
        return int(order)


def obey(crew: Crew, game: Game, batches: Batches) -> None:
    """Makes the updates that process 0 orders, until it lets go."""
    orders = Orders(crew, game)
    share(game, crew)
    while (order := orders.take()) != OVER:
        if order == END_STEP:
            game.end_step()
        else:
            together(crew, game.update, orders.names[order - 2], batches)


def together(crew: Crew, update: Callable[[str, Batches], Stats], name: str, batches: Batches) -> Stats:
    """One update by all; its statistics are means over the whole batch."""
    with current(crew):
        stats = update(name, batches)
    if not stats:  # G alone is trained, and this was D's turn
        return stats
    means = crew.sum(torch.stack([value.double() for value in stats.values()])) / crew.count
    return {key: mean.to(stats[key].dtype) for key, mean in zip(stats, means, strict=True)}


@contextmanager
def current(crew: Crew) -> Iterator[None]:
    """Layers work together inside."""
    token = CURRENT.set(crew)
    try:
        yield
    finally:
        CURRENT.reset(token)


def refusal(game: Game, count: int) -> str:
    """Why `count` processes cannot train a game together, in a sentence; "" where they can."""
    config = game.config
    if game.device.type != "cpu":
        return "Several processes train on CPUs only, so far: add --device cpu, or start it without torchrun."
    pairs = 2 if getattr(config, "diversity_weight", 0) else 1  # of answers, side by side in a batch
    share_of = count * max(pairs, getattr(config, "packing", 0))
    if config.batch % share_of:
        return f"A batch of {config.batch} cannot be shared out among {count} processes: take a multiple of {share_of}."
    return ""


# -- what a game needs for it ------------------------------------------------------------------------------------------


def share(game: Game, crew: Crew) -> None:
    """Makes a game one that its crew trains together; all begin with the weights and counts of process 0."""
    game.rng.shard = Shard(crew.rank, crew.count)
    for net in game.nets.values():
        if any(isinstance(layer, Dropout) for layer in net.modules()):
            net.register_forward_pre_hook(_count_blocks, prepend=True)
        for layer in net.modules():
            for kind, together_kind in LAYERS.items():
                if isinstance(layer, kind):
                    own = {"batch": game.config.batch // crew.count}
                    layer.__class__ = type(type(layer).__name__, (together_kind, type(layer)), own)
    for optimizer in game.optimizers.values():
        optimizer.guarded_step = _averaged(optimizer.guarded_step, optimizer.weights)  # type: ignore[method-assign]
    for penalty in getattr(game, "penalties", ()):
        if hasattr(penalty.file, "between") and not hasattr(penalty.file.between, "alone"):
            penalty.file.between = _between(penalty.file.between)
    for pool in getattr(game, "pools", {}).values():
        pool.exchange = _exchanged(pool.exchange)
    for value in getattr(game, "memory", {}).values():
        crew.broadcast(value)
    for net in (*game.nets.values(), game.G_ema):
        for value in net.state_dict().values():
            crew.broadcast(value)
    for optimizer in game.optimizers.values():
        for value in (*optimizer.exp_avg, *optimizer.exp_avg_sq, optimizer.steps):
            crew.broadcast(value)
    game.counts.update(crew.tell(dict(game.counts)))


def _averaged(step: Callable[[], Tensor], weights: list[nn.Parameter]) -> Callable[[], Tensor]:
    """An optimizer's step by the gradients of the whole batch: one flat all-reduce."""

    def averaged_step() -> Tensor:
        if crew := CURRENT.get():
            grads = [p.grad for p in weights if p.grad is not None]
            flat = crew.sum(torch.cat([grad.flatten() for grad in grads])) / crew.count
            for grad, part in zip(grads, flat.split([grad.numel() for grad in grads]), strict=True):
                grad.copy_(part.view(grad.shape))
        return step()

    return averaged_step


def _between(alone: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """`gradient_penalty.between` for this process's places in the whole batch."""

    def between(real: Tensor, fake: Tensor) -> Tensor:
        if (crew := CURRENT.get()) is None:
            return alone(real, fake)
        n = len(real)
        places = torch.arange(n, device=real.device, dtype=real.dtype) + crew.rank * n
        return torch.lerp(real, fake, ((places + 0.5) / (n * crew.count)).view(n, 1, 1, 1))

    between.alone = alone  # type: ignore[attr-defined]
    return between


def _exchanged(alone: Callable[[Tensor, torch.Generator], Tensor]) -> Callable[[Tensor, torch.Generator], Tensor]:
    """A pool's exchange of the whole batch, of which this process takes its rows: all keep the same pool."""

    def exchange(fresh: Tensor, generator: torch.Generator) -> Tensor:
        if (crew := CURRENT.get()) is None:
            return alone(fresh, generator)
        return Shard(crew.rank, crew.count).of(alone(_gather(fresh, crew), generator))

    return exchange


class _Sum(torch.autograd.Function):
    """The sum over all processes. Its gradient is the sum of theirs, and can be differentiated again."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, crew: Crew) -> Tensor:
        ctx.crew = crew
        return crew.sum(x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        return _Sum.apply(grads[0], ctx.crew), None


def _mean(x: Tensor, crew: Crew) -> Tensor:
    total: Tensor = _Sum.apply(x, crew)
    return total / crew.count


def _gather(x: Tensor, crew: Crew) -> Tensor:
    """The rows of all processes, in their order."""
    before, after = crew.rank * len(x), (crew.count - crew.rank - 1) * len(x)
    padded = torch.cat([x.new_zeros(before, *x.shape[1:]), x, x.new_zeros(after, *x.shape[1:])])
    whole: Tensor = _Sum.apply(padded, crew)
    return whole


class TogetherNorm(nn.modules.batchnorm._BatchNorm):
    """BatchNorm by the statistics of the whole batch."""

    def forward(self, x: Tensor) -> Tensor:
        if (crew := CURRENT.get()) is None or not self.training:
            return super().forward(x)
        self._check_input_dim(x)
        wide = x.float() if x.dtype in (torch.bfloat16, torch.float16) else x
        places = [0, *range(2, x.ndim)]
        variance, mean = torch.var_mean(wide, places, correction=0)
        whole_mean = _mean(mean, crew)
        whole_variance = _mean(variance + (mean - whole_mean).square(), crew)
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            with torch.no_grad():
                self.num_batches_tracked.add_(1)
                momentum = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
                n = x.numel() // x.shape[1] * crew.count
                self.running_mean.lerp_(whole_mean.to(self.running_mean.dtype), momentum)
                self.running_var.lerp_((whole_variance * n / (n - 1)).to(self.running_var.dtype), momentum)
        column = (1, -1, *[1] * (x.ndim - 2))
        out = (wide - whole_mean.view(column)) * (whole_variance + self.eps).rsqrt().view(column)
        if self.affine:
            out = out * self.weight.view(column) + self.bias.view(column)
        return out.to(x.dtype)


class TogetherFeatures(BatchFeatures):
    """Features of the whole batch."""

    def forward(self, x: Tensor) -> Tensor:
        if (crew := CURRENT.get()) is None or not self.training:
            return super().forward(x)
        features = self.measure(_gather(x, crew))
        with torch.no_grad():
            self.running.lerp_(features.detach().mean(0).to(self.running.dtype), self.MOMENTUM)
        return torch.cat([x, Shard(crew.rank, crew.count).of(features)], 1)


class TogetherDropout(Dropout):
    """Dropout by the masks of the whole batch; `blocks` batches, as real and generated ones, may lie one on another."""

    batch, blocks = 1, 1  # images of this process in one batch

    def mask(self, x: Tensor, generator: torch.Generator) -> Tensor:
        if (crew := CURRENT.get()) is None:
            return super().mask(x, generator)
        whole = super().mask(x.new_empty(len(x) * crew.count, *x.shape[1:]), generator)
        rows = len(x) // self.blocks
        return whole.view(self.blocks, crew.count, rows, *x.shape[1:])[:, crew.rank].reshape(x.shape)


def _count_blocks(net: nn.Module, inputs: tuple[Any, ...]) -> None:
    """Tells the Dropout layers of a network how many batches its input has: D sees real and generated ones at once."""
    for layer in net.modules() if CURRENT.get() else ():
        if isinstance(layer, TogetherDropout):
            layer.blocks = len(inputs[0]) // layer.batch


LAYERS: dict[type[nn.Module], type[nn.Module]] = {
    nn.modules.batchnorm._BatchNorm: TogetherNorm,
    BatchFeatures: TogetherFeatures,
    Dropout: TogetherDropout,
}
