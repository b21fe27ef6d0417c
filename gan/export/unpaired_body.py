"""The body of the script of an unpaired translation; gan.export.script puts the run's own parts into its place."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan.config import decayed
from gan.export.pictures_body import arguments, follow, pictures, rows, save_results, save_weights, with_weights
from gan.games._image_pool import ImagePool
from gan.games._residual import BothDomains, BothWays
from gan.losses.hinge import NEEDS_REAL, d, g

HERE = Path(__file__).parent
SHAPE = (1, 28, 28)
WIDTH = 32
SEED = 0
BATCH = 16
LR_G, LR_D = 5e-4, 5e-4
DECAY_STEPS = 0  # steps after which inverse-time decay has halved both rates; 0: none
HALF_LIFE = 0.0  # passes over the data after which both have halved; 0: none
HALF_LIFE_STEPS = 0.0  # steps after which both have halved; 0: none
STEP, EPOCH = 0, 0.0  # steps and passes over the data that the weights have behind them
BETAS = (0.5, 0.99)
D_STEPS, G_STEPS = 1, 1  # updates of each network in one step
PREPARE: tuple[Any, ...] = ()  # (what changes D's layers, amount)
REUSE_FAKE = True  # G's update judges the results that D has just been shown
EMA_DECAY = 0.99  # what is shown is the EMA of G
ADVERSARIAL_WEIGHT = 1.0  # of D's opinion
CYCLE, IDENTITY = 10.0, 5.0  # weights of the way there and back, and of what should stay as it is


def train(G: Any, D: Any, first: Tensor, second: Tensor, steps: int) -> Any:
    """Trains both networks in place on pictures of A and of B; returns the EMA of G, the one to look at."""
    device = next(G.parameters()).device
    draws = torch.Generator(device).manual_seed(SEED)
    G_ema = copy.deepcopy(G).requires_grad_(False)
    opt_g = torch.optim.Adam(G.parameters(), lr=LR_G, betas=BETAS)
    opt_d = torch.optim.Adam(D.parameters(), lr=LR_D, betas=BETAS)
    pools = [ImagePool(SHAPE, second[:1].to(device)) for _ in range(2)]  # of results as of B, and as of A
    of_a, of_b = rows(len(first), BATCH), rows(len(second), BATCH)
    loss_d, loss_g = torch.zeros(()), torch.zeros(())

    def batch() -> tuple[Tensor, Tensor]:
        return first[next(of_a)].to(device), second[next(of_b)].to(device)

    def translated(y: Tensor, x: Tensor) -> tuple[Tensor, ...]:
        """As of B and as of A, made from y of A and x of B; then x and y by the translators to their own kind."""
        to_b, same_b = G(None, torch.cat([y, x])).chunk(2)
        to_a, same_a = G(None, torch.cat([x, y]), back=True).chunk(2)
        return to_b, to_a, same_b, same_a

    for step in range(1, steps + 1):
        epoch = EPOCH + (step - 1) * D_STEPS * BATCH / len(second)
        factor = decayed(STEP + step - 1, epoch, DECAY_STEPS, HALF_LIFE, HALF_LIFE_STEPS)
        opt_g.param_groups[0]["lr"], opt_d.param_groups[0]["lr"] = LR_G * factor, LR_D * factor
        made: tuple[Tensor, ...] | None = None
        for _ in range(D_STEPS):  # both Ds learn to tell real pictures from results, some of them from earlier
            y, x = batch()
            made = (*translated(y, x), y, x)
            loss_d = torch.zeros((), device=device)
            for k, truth in enumerate((x, y)):
                mixed = pools[k].exchange(made[k].detach(), draws)
                loss_d = loss_d + d(D(truth, back=k == 1).flatten(), D(mixed, back=k == 1).flatten())
            opt_d.zero_grad()
            loss_d.backward()
            opt_d.step()
        for _ in range(G_STEPS):  # both translators learn to pass for real, to come back, and to leave alone
            if made is None or not REUSE_FAKE:
                y, x = batch()
                made = (*translated(y, x), y, x)
            to_b, to_a, same_b, same_a, y, x = made
            made = None
            cycle = (G(None, to_b, back=True) - y).abs().mean() + (G(None, to_a) - x).abs().mean()
            same = (same_b - x).abs().mean() + (same_a - y).abs().mean()
            loss_g = torch.zeros((), device=device)
            for k, (truth, result) in enumerate(((x, to_b), (y, to_a))):
                real_logits = D(truth, back=k == 1).flatten() if NEEDS_REAL else None
                loss_g = loss_g + g(real_logits, D(result, back=k == 1).flatten())
            opt_g.zero_grad()
            (ADVERSARIAL_WEIGHT * loss_g + CYCLE * cycle + IDENTITY * same).backward()
            opt_g.step()
            follow(G_ema, G, EMA_DECAY, STEP + step)
        if step % 100 == 0 or step == steps:
            print(f"step {step} of {steps}: loss of D {loss_d.item():.3f}, of G {loss_g.item():.3f}", flush=True)
    return G_ema


def main() -> None:
    args = arguments(HERE / "weights.safetensors", SEED, back=True, second="a .npy of the first kind of pictures")
    torch.manual_seed(args.seed)
    G, D = BothWays(SHAPE, WIDTH), BothDomains(SHAPE, WIDTH)
    for prepare, amount in PREPARE:
        prepare(D, amount, torch.Generator().manual_seed(SEED))
    G, D = with_weights(G, D, args.weights, args.device)
    if args.train:
        G = train(G, D, pictures(args.sources, SHAPE), pictures(args.data, SHAPE), args.train)
        save_weights(G, D, args.save)
    if args.source:
        save_results(lambda y: G(None, y.to(args.device), back=args.back), pictures(args.source, SHAPE), args.out)


if __name__ == "__main__":
    main()
