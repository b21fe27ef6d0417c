"""The body of "the code of these settings"; gan.export.code puts networks, loss and tricks of a run into its place.

It is a module like any other, so that it is linted and typed. What stands under an `if` of a constant, or in a loop
over one, is left out or written out by gan.export.specialise: so there is one text here, and a lean one for each run.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from gan.losses.hinge import d, g
from gan.models import Spec
from gan.models.lean_dcgan import Discriminator, Generator

# Decided when the code is made; none of these is in it.
SPEC = Spec(shape=(1, 28, 28), z_dim=100, width=16, n_classes=0)
TORCHVISION, POINTS, RESIZED, CONDITIONAL, BATCH_NORM, DCGAN, KERAS = (False,) * 7
ONE_PASS, SEES, COUNTS, NEEDS_REAL, NO_REAL, NEW_FAKE, MORE_FAKES, EMA, DECAYS, FEWER, D_LEARNS, G_LEARNS = (
    False,
) * 12
D_UPDATES = G_UPDATES = range(1)
PREPARE: tuple[Any, ...] = ()  # (what changes D's layers, amount)
CLASSIFY: tuple[Any, ...] = ()  # D's logits of pictures, and the losses of its class head
TARGETS: tuple[Any, ...] = ()  # (D's loss by other targets, amount)
VIEWS: tuple[Any, ...] = ()  # (random numbers, what D sees of pictures by them, amount, amount at this step)
PENALTIES: tuple[Any, ...] = ()  # (penalty on D, its weight)
LAZY: tuple[Any, ...] = ()  # (penalty on D, its weight, updates of D from one to the next, updates so far)
AFTER_STEP: tuple[Any, ...] = ()  # (what changes D's weights after an update, amount)

DATA = "my.npy"  # pictures: uint8 N,H,W or N,H,W,C
LABELS = "my-labels.npy"  # their classes: int64 N
SHAPE = (1, 28, 28)  # of one picture: channels, height, width
N_IMAGES = 0  # train on so many only
SEED = 0
THREADS = 1  # of the CPU: in networks of this size more of them mostly wait for each other
STEPS = 10_000
BATCH = 32
Z_DIM = 100  # numbers in one noise vector
CLASSES = 10
LR_G, LR_D = 2e-3, 2e-3  # learning rates
BETAS = (0.5, 0.999)  # of Adam
D_STEPS = 1  # updates of D in one step
G_STEPS = 1  # updates of G in one step
EMA_DECAY = 0.99  # what is shown is a moving average of G's weights
DECAY_STEPS = 0  # steps after which both learning rates have halved
HALF_LIFE = 0.0  # passes over the data after which both learning rates have halved, again and again
HALF_LIFE_STEPS = 0.0  # steps after which both learning rates have halved, again and again
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
GENERATOR = torch.Generator(DEVICE).manual_seed(SEED)  # of all that D sees pictures through


def load_data() -> Any:
    """The real data, float32 N,C,H,W in [-1, 1], with their classes where the networks are conditioned on them."""
    if TORCHVISION:
        from torchvision import datasets

        dataset = datasets.MNIST("data", download=True)
        x = torch.as_tensor(dataset.data)
    else:
        import numpy

        x = torch.from_numpy(numpy.load(DATA))
    if POINTS:
        x = x.float().view(-1, 2, 1, 1)
    else:
        x = x[:, None] if x.ndim == 3 else x.permute(0, 3, 1, 2)  # N,C,H,W
        x = x.float() / 127.5 - 1
    if RESIZED:
        x = nn.functional.interpolate(x, SHAPE[1:], mode="bilinear", antialias=True)
    if FEWER:
        rows = torch.randperm(len(x))[:N_IMAGES]
        x = x[rows]
    if CONDITIONAL:
        if TORCHVISION:
            labels = torch.as_tensor(dataset.targets)
        else:
            labels = torch.from_numpy(numpy.load(LABELS))
        if FEWER:
            labels = labels[rows]
        return x.to(DEVICE), labels.long().to(DEVICE)
    return x.to(DEVICE)


def dcgan_weights(layer: nn.Module) -> None:
    """The first weights of a layer: normally distributed, with a standard deviation of 0.02 (Radford et al. 2015)."""
    if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)


def glorot_weights(layer: nn.Module) -> None:
    """The first weights of a layer: uniform, as loud behind it as before (Glorot & Bengio 2010)."""
    if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def make_networks() -> tuple[Any, Any]:
    """G and D as they begin."""
    G, D = Generator(SPEC), Discriminator(SPEC)
    if DCGAN:
        G.apply(dcgan_weights), D.apply(dcgan_weights)
    if KERAS:
        G.apply(glorot_weights), D.apply(glorot_weights)
    for prepare, amount in PREPARE:
        prepare(D, amount, torch.Generator().manual_seed(SEED))
    return G.to(DEVICE), D.to(DEVICE)


def batches(x: Tensor, y: Tensor | None) -> Iterator[Any]:
    """Batch after batch of the real data, pass after pass, each in a new order."""
    while True:
        for rows in torch.randperm(len(x)).split(BATCH):
            if len(rows) == BATCH:
                if CONDITIONAL and y is not None:
                    yield x[rows], y[rows]
                else:
                    yield x[rows]


def noise(n: int) -> Tensor:
    """z for n pictures."""
    return torch.randn(n, Z_DIM, device=DEVICE)


def random_classes(n: int) -> Tensor:
    """A class for each of n pictures."""
    return torch.randint(CLASSES, (n,), device=DEVICE)


def see(step: int, *pictures: Tensor) -> list[Tensor]:
    """Batches of pictures as D sees them: all changed by the same random numbers."""
    changed = list(pictures)
    for draw, view, amount, now in VIEWS:
        numbers = draw(changed[0].shape, GENERATOR, now)
        changed = [view(x, numbers, amount) for x in changed]
    return changed


def train(G: Any, D: Any, x: Tensor, y: Tensor | None, steps: int) -> Any:
    """Trains both networks in place. Returns the generator to look at."""
    opt_g = torch.optim.Adam(G.parameters(), lr=LR_G, betas=BETAS)
    opt_d = torch.optim.Adam(D.parameters(), lr=LR_D, betas=BETAS)
    if EMA:
        G_ema = copy.deepcopy(G)
    source = batches(x, y)
    if COUNTS:
        updates = 0  # of D
    if HALF_LIFE:
        images = len(x)
    for step in range(steps):
        if DECAYS:
            factor = 1 / (1 + step / DECAY_STEPS) if DECAY_STEPS else 1.0
            if HALF_LIFE_STEPS:
                factor *= 0.5 ** (step / HALF_LIFE_STEPS)
            if HALF_LIFE:
                factor *= 0.5 ** (step * D_STEPS * BATCH / images / HALF_LIFE)
            opt_g.param_groups[0]["lr"], opt_d.param_groups[0]["lr"] = LR_G * factor, LR_D * factor

        # D learns to tell real from generated. The fakes are detached: G does not learn here.
        for _ in D_UPDATES:
            real, y = next(source)
            fake = G(noise(BATCH), y)
            seen_real, seen_fake = real, fake.detach()
            if SEES:
                seen_real, seen_fake = see(step, seen_real, seen_fake)
            if ONE_PASS:  # one pass for both: what a layer learns of its inputs in passing, it learns once
                both = torch.cat([seen_real, seen_fake])
                for classify in CLASSIFY:
                    logits, class_losses = classify(D, both, torch.cat([y, y]))
                    real_logits, fake_logits = logits.chunk(2)
                    class_loss = 2 * class_losses.mean()
                if not CLASSIFY:
                    if CONDITIONAL:
                        real_logits, fake_logits = D(both, torch.cat([y, y])).chunk(2)
                    else:
                        real_logits, fake_logits = D(both).chunk(2)
            else:
                for classify in CLASSIFY:
                    real_logits, real_class_losses = classify(D, seen_real, y)
                    fake_logits, fake_class_losses = classify(D, seen_fake, y)
                    class_loss = real_class_losses.mean() + fake_class_losses.mean()
                if not CLASSIFY:
                    real_logits, fake_logits = D(seen_real, y), D(seen_fake, y)
            if not TARGETS:
                loss_d = d(real_logits, fake_logits)
            for targets, amount in TARGETS:
                loss_d = targets(d, real_logits, fake_logits, amount)
            if CLASSIFY:
                total = loss_d + class_loss
            else:
                total = loss_d
            for penalty, weight in PENALTIES:
                total = total + weight * penalty(D, seen_real, seen_fake, y)
            for penalty, weight, every, count in LAZY:
                if count % every == 0:
                    total = total + weight * every * penalty(D, seen_real, seen_fake, y)
            opt_d.zero_grad()
            total.backward()
            opt_d.step()
            for after_step, amount in AFTER_STEP:
                after_step(D, amount)
            if COUNTS:
                updates += 1

        # G learns to make D take its pictures for real. D only passes the gradient on.
        for _ in G_UPDATES:
            if NEW_FAKE or (MORE_FAKES and fake is None):
                if CONDITIONAL:
                    y = random_classes(BATCH)
                fake = G(noise(BATCH), y)
            if NO_REAL:
                real, y = next(source)
            if NEEDS_REAL:
                seen_real, seen_fake = real, fake
                if SEES:
                    seen_real, seen_fake = see(step, seen_real, seen_fake)
                for classify in CLASSIFY:
                    real_logits = D(seen_real, y)
                    fake_logits, class_losses = classify(D, seen_fake, y)
                    loss_g = g(real_logits, fake_logits)
                if not CLASSIFY:
                    loss_g = g(D(seen_real, y), D(seen_fake, y))
            else:
                for classify in CLASSIFY:
                    if SEES:
                        fake_logits, class_losses = classify(D, *see(step, fake), y)
                    else:
                        fake_logits, class_losses = classify(D, fake, y)
                    loss_g = g(None, fake_logits)
                if not CLASSIFY:
                    if SEES:
                        loss_g = g(None, D(*see(step, fake), y))
                    else:
                        loss_g = g(None, D(fake, y))
            opt_g.zero_grad()
            if CLASSIFY:
                (loss_g + class_losses.mean()).backward()
            else:
                loss_g.backward()
            opt_g.step()
            if MORE_FAKES:
                fake = None
            if EMA:
                follow(G_ema, G, step)

        if step % 100 == 0:
            if D_LEARNS and G_LEARNS:
                print(f"step {step}: loss of D {loss_d:.3f}, of G {loss_g:.3f}", flush=True)
            else:
                print(f"step {step}", flush=True)
    if EMA:
        return G_ema
    else:
        return G


@torch.no_grad()
def follow(G_ema: Any, G: Any, step: int) -> None:
    """The moving average follows G, quickly at first."""
    decay = min(EMA_DECAY, (1 + step) / (10 + step))
    for slow, fast in zip(G_ema.parameters(), G.parameters(), strict=True):
        slow.lerp_(fast, 1 - decay)


@torch.no_grad()
def recalibrate(G: Any) -> None:
    """Gives G the BatchNorm statistics of its present weights: averaged weights are not those that were trained."""
    norms = [layer for layer in G.modules() if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    if CONDITIONAL:
        G.train()(noise(512), random_classes(512))
    else:
        G.train()(noise(512))


@torch.no_grad()
def draw_samples(G: Any) -> None:
    """Draws 64 samples into a file."""
    if CONDITIONAL:
        x = G.eval()(noise(64), torch.arange(64, device=DEVICE) % CLASSES)
    else:
        x = G.eval()(noise(64))
    if POINTS:
        import numpy

        numpy.save("samples.npy", x.view(-1, 2).cpu().numpy())
    else:
        from torchvision.utils import save_image

        save_image(x, "samples.png", nrow=8, normalize=True, value_range=(-1, 1))


def main() -> None:
    torch.set_num_threads(THREADS)
    torch.manual_seed(SEED)
    x, y = load_data()
    G, D = make_networks()
    G = train(G, D, x, y, STEPS)
    if BATCH_NORM:
        recalibrate(G)
    draw_samples(G)
