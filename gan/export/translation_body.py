"""The body of the script of a translation by pairs; gan.export.script puts the run's own parts into its place."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan.config import decayed
from gan.export.pictures_body import arguments, follow, pictures, rows, save_results, save_weights, with_weights
from gan.games._degradations import degrade, known, shape_of
from gan.games._unet import PatchDiscriminator, UNet
from gan.games.translation import apart, nearer
from gan.losses.hinge import NEEDS_REAL, d, g

HERE = Path(__file__).parent
SHAPE = (1, 28, 28)
WIDTH = 24
DEGRADATION = "none"  # what a picture loses before it is a source; none: sources come in a file of their own
SEED = 0
BATCH = 32
LR_G, LR_D = 4e-4, 4e-4
DECAY_STEPS = 0  # steps after which inverse-time decay has halved both rates; 0: none
HALF_LIFE = 0.0  # passes over the data after which both have halved; 0: none
HALF_LIFE_STEPS = 0.0  # steps after which both have halved; 0: none
STEP, EPOCH = 0, 0.0  # steps and passes over the data that the weights have behind them
BETAS = (0.5, 0.99)
D_STEPS, G_STEPS = 1, 1  # updates of each network in one step
PREPARE: tuple[Any, ...] = ()  # (what changes D's layers, amount)
REUSE_FAKE = True  # G's update judges the results that D has just been shown
EMA_DECAY = 0.99  # what is shown is the EMA of G
L1, ADVERSARIAL_WEIGHT = 10.0, 1.0  # weights of the pixel error and of D's opinion
DIVERSITY_WEIGHT, Z_DIM = 0.0, 100  # above 0 G has noise of so many numbers, and several answers to a source


def train(G: Any, D: Any, real: Tensor, sources: Tensor | None, steps: int) -> Any:
    """Trains both networks in place on pictures and their sources; returns the EMA of G, the one to look at."""
    device = next(G.parameters()).device
    draws = torch.Generator(device).manual_seed(SEED)
    G_ema = copy.deepcopy(G).requires_grad_(False)
    opt_g = torch.optim.Adam(G.parameters(), lr=LR_G, betas=BETAS)
    opt_d = torch.optim.Adam(D.parameters(), lr=LR_D, betas=BETAS)
    batches = rows(len(real), BATCH)
    loss_d, l1 = torch.zeros(()), torch.zeros(())

    def batch() -> tuple[Tensor, Tensor]:
        chosen = next(batches)
        x = real[chosen].to(device)
        return x, degrade(DEGRADATION, x, draws) if sources is None else sources[chosen].to(device)

    def answers(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """What G makes of sources, with their truth, them and the noise: with noise every other one twice."""
        if not DIVERSITY_WEIGHT:
            return G(None, y), x, y, None
        x, y = (each[::2].repeat_interleave(2, 0)[: len(each)] for each in (x, y))
        z = torch.randn(len(y), Z_DIM, device=device)
        return G(z, y), x, y, z

    for step in range(1, steps + 1):
        epoch = EPOCH + (step - 1) * G_STEPS * BATCH / len(real)
        factor = decayed(STEP + step - 1, epoch, DECAY_STEPS, HALF_LIFE, HALF_LIFE_STEPS)
        opt_g.param_groups[0]["lr"], opt_d.param_groups[0]["lr"] = LR_G * factor, LR_D * factor
        made: tuple[Tensor, Tensor, Tensor, Tensor | None] | None = None
        for _ in range(D_STEPS if ADVERSARIAL_WEIGHT else 0):  # D learns to tell true pairs from translated ones
            x, y = batch()
            made = answers(x, y)
            loss_d = d(D(x, y).flatten(), D(made[0].detach(), made[2]).flatten())
            opt_d.zero_grad()
            loss_d.backward()
            opt_d.step()
        for _ in range(G_STEPS):  # G learns to come near to the truth, and to look true to D
            if made is None or not REUSE_FAKE:
                x, y = batch()
                made = answers(x, y)
            fake, x, y, z = made
            made = None
            l1 = (fake - x).abs().mean() if z is None else nearer(fake, x)
            loss = L1 * l1
            if z is not None:
                if (back := known(DEGRADATION, fake)) is not None:
                    loss = loss + L1 * (back - y).abs().mean()
                loss = loss - DIVERSITY_WEIGHT * apart(fake, y, z, DEGRADATION == "hole")
            if ADVERSARIAL_WEIGHT:
                real_logits = D(x, y).flatten() if NEEDS_REAL else None
                loss = loss + ADVERSARIAL_WEIGHT * g(real_logits, D(fake, y).flatten())
            opt_g.zero_grad()
            loss.backward()
            opt_g.step()
            follow(G_ema, G, EMA_DECAY, STEP + step)
        if step % 100 == 0 or step == steps:
            print(f"step {step} of {steps}: loss of D {loss_d.item():.3f}, pixel error {l1.item() / 2:.4f}", flush=True)
    return G_ema


def main() -> None:
    paired = DEGRADATION == "none"
    second = "a .npy of the sources, row by row of --data" if paired else ""
    args = arguments(HERE / "weights.safetensors", SEED, back=False, second=second)
    torch.manual_seed(args.seed)
    channels = shape_of(DEGRADATION, SHAPE)
    G = UNet(SHAPE, channels, WIDTH, DEGRADATION == "hole", Z_DIM if DIVERSITY_WEIGHT else 0)
    D = PatchDiscriminator(SHAPE, channels[0], WIDTH * 4 // 3)
    for prepare, amount in PREPARE:
        prepare(D, amount, torch.Generator().manual_seed(SEED))
    G, D = with_weights(G, D, args.weights, args.device)
    if args.train:
        G = train(G, D, pictures(args.data, SHAPE), pictures(args.sources, SHAPE) if paired else None, args.train)
        save_weights(G, D, args.save)
    if args.source:  # whole pictures, which lose first what G restores
        draws = torch.Generator().manual_seed(args.seed)
        sources = degrade(DEGRADATION, pictures(args.source, SHAPE), draws)
        save_results(lambda y: G(torch.randn(len(y), Z_DIM).to(args.device), y.to(args.device)), sources, args.out)


if __name__ == "__main__":
    main()
