"""The body of the script in an exported run; gan.export.script puts the run's own parts into its place.

It is a module like any other, so that it is linted and typed. The networks and the loss that it
imports stand in for those of the run; they are copied into the script, and so is `main`.
"""

from __future__ import annotations

import argparse
import copy
import json
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gan.config import decayed
from gan.losses.hinge import NEEDS_REAL, d, g
from gan.models import Spec
from gan.models.lean_dcgan import Discriminator, Generator

HERE = Path(__file__).parent
SPEC = Spec(shape=(1, 28, 28), z_dim=100, width=16, n_classes=0)
OF_D = SPEC  # the spec of D, whose last layer may know nothing of classes
DATASET = "mnist"  # or a .npy file
N_IMAGES = 0  # 0: all
SEED = 0
THREADS = 1  # of the CPU: in networks of this size more of them mostly wait for each other
BATCH = 32
LR_G, LR_D = 2e-3, 2e-3
DECAY_STEPS = 0  # steps after which inverse-time decay has halved both rates; 0: none
HALF_LIFE = 0.0  # passes over the data after which both have halved; 0: none
HALF_LIFE_STEPS = 0.0  # steps after which both have halved; 0: none
STEP, EPOCH = 0, 0.0  # steps and passes over the data that the weights have behind them
BETAS = (0.5, 0.999)
D_STEPS, G_STEPS = 1, 1  # updates of each network in one step
PENALTIES: tuple[Any, ...] = ()  # (penalty on D, its weight, updates of D from one to the next)
PREPARE: tuple[Any, ...] = ()  # (what changes D's layers, amount)
CLASSIFY: tuple[Any, ...] = ()  # (D's logits of pictures and the losses of its class head, 0)
TARGETS: tuple[Any, ...] = ()  # (D's loss by other targets, amount)
VIEWS: tuple[Any, ...] = ()  # (random numbers, what D sees of pictures by them, amount, steps to 0)
AFTER_STEP: tuple[Any, ...] = ()  # (what changes D's weights after an update, amount)
REUSE_FAKE = True  # G's update judges the pictures D has just been shown
EMA_DECAY = 0.99  # what is shown is the EMA of G
TORCHVISION = {"mnist": "MNIST"}  # classes of torchvision.datasets, by the names of the data


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors file (as safetensors.torch.load_file does) or of a .pt file."""
    if path.suffix == ".pt":
        weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
        return weights
    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    kinds = {"F16": torch.float16, "F32": torch.float32, "F64": torch.float64, "I64": torch.int64, "U8": torch.uint8}
    tensors = {}
    for name, about in json.loads(raw[8:start]).items():
        if name != "__metadata__":
            first, last = about["data_offsets"]
            data = torch.frombuffer(bytearray(raw[start + first : start + last]), dtype=torch.uint8)
            tensors[name] = data.view(kinds[about["dtype"]]).view(about["shape"])
    return tensors


def build(path: Path, device: str) -> tuple[Any, Any]:
    """The two networks with their weights: G (its EMA, as the app shows it) and D."""
    tensors = read_weights(path)
    nets = []
    D = Discriminator(OF_D)
    for prepare, amount in PREPARE:
        prepare(D, amount, torch.Generator().manual_seed(SEED))
    ema = "G_ema." if any(name.startswith("G_ema.") for name in tensors) else "G."  # as earlier versions called it
    for prefix, net in ((ema, Generator(SPEC)), ("D.", D)):
        own = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
        net.load_state_dict(own)
        nets.append(net.to(device).eval())
    return nets[0], nets[1]


def noise(n: int, device: str) -> Tensor:
    return torch.randn(n, SPEC.z_dim, device=device)


def classes(n: int, device: torch.device | str) -> Tensor | None:
    """A class for each of n pictures, in turn; None for unconditional networks."""
    return torch.arange(n, device=device) % SPEC.n_classes if SPEC.n_classes else None


def real_images(name: str) -> tuple[Tensor, Tensor | None]:
    """float32 N,C,H,W in [-1, 1] and, for conditional networks, int64 N classes.

    From a torchvision data set by name, or a .npy file: uint8 N,H,W or N,H,W,C (pictures) or float
    N,2 in [-1, 1] (points). The classes of x.npy are in x-labels.npy.
    """
    C, H, W = SPEC.shape
    y = None
    if name in TORCHVISION:
        import torchvision

        dataset = getattr(torchvision.datasets, TORCHVISION[name])("data", download=True)
        data, y = dataset.data, torch.as_tensor(dataset.targets)
    elif Path(name).is_file():
        import numpy

        data, beside = numpy.load(name), Path(name).with_name(f"{Path(name).stem}-labels.npy")
        if SPEC.n_classes and not beside.is_file():
            raise SystemExit(f"These networks are told the class of each picture: {beside} is missing.")
        y = torch.as_tensor(numpy.load(beside)) if SPEC.n_classes else None
    else:
        names = ", ".join(TORCHVISION)
        raise SystemExit(f"There is no file {name}: --data takes a .npy file or one of {names}.")
    x, y = torch.as_tensor(data), y if SPEC.n_classes else None
    if N_IMAGES:
        rows = torch.randperm(len(x))[:N_IMAGES]
        x, y = x[rows], None if y is None else y[rows]
    if (H, W) == (1, 1):
        return x.float().view(-1, C, 1, 1), y
    if x.dtype != torch.uint8:
        raise SystemExit(
            f"{name} holds {x.dtype}, and pictures are uint8, 0 to 255. Of numbers from 0 to 1 make them so: "
            "numpy.save('x.npy', (255 * x).round().astype('uint8'))."
        )
    x = x[:, None] if x.ndim == 3 else x.permute(0, 3, 1, 2)
    if x.shape[1] != C:
        raise SystemExit(f"{name} has {x.shape[1]} channels, and these networks know {C}.")
    if x.shape[2:] != (H, W):
        parts = [
            nn.functional.interpolate(part.float(), (H, W), mode="bilinear", antialias=True) for part in x.split(4096)
        ]
        x = torch.cat(parts)
    return x.float() / 127.5 - 1, y


def batches(real: Tensor, y: Tensor | None) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Pass after pass over the real images and their classes, each in a new order."""
    if len(real) < BATCH:
        raise SystemExit(f"{len(real)} images are fewer than one batch of {BATCH}.")
    while True:
        for rows in torch.randperm(len(real)).split(BATCH):
            if len(rows) == BATCH:
                yield real[rows], None if y is None else y[rows].long()


def draws_of(step: int, generator: torch.Generator) -> list[Any]:
    """The random numbers of all that D sees a batch of pictures through; an amount that fades is 0 after its steps."""
    shape = (BATCH, *SPEC.shape)
    return [
        draw(shape, generator, amount * max(0.0, 1 - step / steps) if steps else amount)
        for draw, _, amount, steps in VIEWS
    ]


def see(x: Tensor, draws: list[Any]) -> Tensor:
    """What D sees of pictures x."""
    for (_, view, amount, _), draw in zip(VIEWS, draws, strict=True):
        x = view(x, draw, amount)
    return x


def d_loss(real: Tensor, fake: Tensor) -> Tensor:
    """D's loss of its logits of real and generated pictures."""
    loss: Callable[..., Tensor] = d
    for targets, amount in TARGETS:
        loss = partial(targets, loss, amount=amount)
    return loss(real, fake)


def logits_of(D: Any, x: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor | float]:
    """D's logits of pictures x of classes y, and the mean loss of its class head if it has one."""
    for classify, _ in CLASSIFY:
        logits, losses = classify(D, x, y)
        return logits, losses.mean()
    return D(x, y), 0.0


def train(G: Any, D: Any, real: Tensor, labels: Tensor | None, steps: int) -> Any:
    """Trains both networks in place; returns the EMA of G, the one to look at."""
    device = next(G.parameters()).device
    generator = torch.Generator(device).manual_seed(SEED)
    G_ema = copy.deepcopy(G)
    opt_g = torch.optim.Adam(G.parameters(), lr=LR_G, betas=BETAS)
    opt_d = torch.optim.Adam(D.parameters(), lr=LR_D, betas=BETAS)
    source = batches(real, labels)
    G.train(), D.train()
    d_updates = 0
    for step in range(1, steps + 1):
        epoch = EPOCH + (step - 1) * D_STEPS * BATCH / len(real)
        factor = decayed(STEP + step - 1, epoch, DECAY_STEPS, HALF_LIFE, HALF_LIFE_STEPS)
        opt_g.param_groups[0]["lr"], opt_d.param_groups[0]["lr"] = LR_G * factor, LR_D * factor
        fake, y, loss_d, loss_g = None, None, None, None
        for _ in range(D_STEPS):  # D learns to tell real from generated
            x, y = next(source)
            x, y = x.to(device), None if y is None else y.to(device)
            fake = G(noise(BATCH, device), y)
            draws = draws_of(STEP + step - 1, generator)
            seen_x, seen_fake = see(x, draws), see(fake.detach(), draws)
            (logits_x, class_x), (logits_fake, class_fake) = logits_of(D, seen_x, y), logits_of(D, seen_fake, y)
            loss_d = d_loss(logits_x, logits_fake)
            total = loss_d + class_x + class_fake
            for penalty, weight, every in PENALTIES:
                if d_updates % every == 0:
                    total = total + weight * every * penalty(D, seen_x, seen_fake, y)
            opt_d.zero_grad()
            total.backward()
            opt_d.step()
            for after_step, amount in AFTER_STEP:
                after_step(D, amount)
            d_updates += 1
        for _ in range(G_STEPS):  # G learns to make D take its pictures for real
            if fake is None or not REUSE_FAKE:
                y = classes(BATCH, device)
                fake = G(noise(BATCH, device), y)
            draws = draws_of(STEP + step - 1, generator)
            logits = None
            if NEEDS_REAL:
                x, y_x = next(source)
                logits = D(see(x.to(device), draws), None if y_x is None else y_x.to(device))
            logits_fake, class_fake = logits_of(D, see(fake, draws), y)
            loss_g = g(logits, logits_fake)
            opt_g.zero_grad()
            (loss_g + class_fake).backward()
            opt_g.step()
            fake = None
            with torch.no_grad():
                for slow, fast in zip(G_ema.parameters(), G.parameters(), strict=True):
                    slow.lerp_(fast, 1 - EMA_DECAY)
        if step % 100 == 0 or step == steps:
            losses = [f"{k} {v:.3f}" for k, v in (("D", loss_d), ("G", loss_g)) if v is not None]
            print(f"step {step} of {steps}: loss of {', of '.join(losses)}", flush=True)
    recalibrate(G_ema)
    return G_ema


@torch.no_grad()
def recalibrate(G: Any) -> None:
    """Gives an EMA of G the BatchNorm statistics of its own weights."""
    norms = [m for m in G.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 1.0
    G.train()
    device = next(G.parameters()).device
    G(noise(512, device), classes(512, device))
    G.eval()
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def picture(x: Tensor) -> Tensor:
    """Samples N,C,H,W in [-1, 1] as one uint8 picture H,W,C: a grid, or dots for points."""
    N, C, H, W = x.shape
    if (H, W) == (1, 1):
        sheet = torch.full((384, 384, 1), 255, dtype=torch.uint8)
        place = ((x.view(N, 2) * torch.tensor([0.45, -0.45]) + 0.5) * 384).long().clamp(1, 382)
        for column, row in place.tolist():
            sheet[row - 1 : row + 2, column - 1 : column + 2] = 0
        return sheet
    columns = round(N**0.5)
    rows = -(-N // columns)
    sheet = torch.full((rows * columns, C, H + 2, W + 2), 255, dtype=torch.uint8)
    sheet[:N, :, 1:-1, 1:-1] = ((x + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    tiles = sheet.view(rows, columns, C, H + 2, W + 2).permute(0, 3, 1, 4, 2)
    return tiles.reshape(rows * (H + 2), columns * (W + 2), C)


def write_png(path: Path, sheet: Tensor) -> None:
    """A PNG file of a uint8 picture H,W,C with 1 or 3 channels."""
    height, width, channels = sheet.shape

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = b"".join(b"\0" + bytes(row) for row in sheet.reshape(height, -1).tolist())
    colour = {1: 0, 3: 2}[channels]
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


@torch.no_grad()
def save_samples(G: Any, z: Tensor, out: Path, label: int | None = None) -> None:
    """Samples of `z`, of one class or of all in turn: a picture, or as .npy float32 N,C,H,W in [-1, 1]."""
    y = classes(len(z), z.device)
    x = G.eval()(z, y if y is None or label is None else torch.full_like(y, label)).cpu()
    if out.suffix == ".npy":
        import numpy

        numpy.save(out, x.numpy())
    else:
        write_png(out, picture(x))
    print(f"{len(x)} samples: {out}")


def whole(low: int) -> Callable[[str], int]:
    """Reads a whole number from `low` on."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < low:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number from {low} on")
        return int(text)

    return read


def check_files(weights: Path, z: Path | None, written: list[Path]) -> None:
    """Looks before any work at the files to read and at the folders to write to."""
    for path in (weights, z):
        if path and not path.is_file():
            raise SystemExit(f"There is no file {path}.")
    for path in written:
        if not path.parent.is_dir():
            raise SystemExit(f"There is no folder {path.parent} for {path.name}.")


def main() -> None:
    usage = argparse.ArgumentParser(description="Samples of an exported GAN, and training it on.")
    option: Callable[..., Any] = usage.add_argument
    option("--out", type=Path, default=Path("samples.png"), help="a .png, or a .npy of raw values")
    option("--n", type=whole(1), default=64, help="how many samples")
    option("--class", dest="label", type=whole(0), metavar="K", help="one class alone, by its number")
    option("--seed", type=int, default=SEED, help="of the noise, and of the order of training")
    option("--z", type=Path, help="a .npy of noise, float N,z_dim, instead of --n and --seed")
    option("--train", type=whole(0), default=0, metavar="STEPS", help="train so many steps first")
    option("--data", default=DATASET, help=f"{', '.join(TORCHVISION)}, or a .npy file")
    option("--weights", type=Path, default=HERE / "weights.safetensors", help="where to start from")
    option("--save", type=Path, default=Path("trained.pt"), help="where trained weights go")
    option("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = usage.parse_args()

    check_files(args.weights, args.z, [args.out, args.save] if args.train else [args.out])
    if args.label is not None and args.label >= SPEC.n_classes:
        raise SystemExit(f"--class {args.label}: these networks know {SPEC.n_classes} classes, counted from 0.")
    torch.set_num_threads(THREADS)
    torch.manual_seed(args.seed)
    try:
        G, D = build(args.weights, args.device)
    except Exception as error:  # whatever a file that is none of ours leads to
        why = (str(error) or type(error).__name__).splitlines()[0]
        raise SystemExit(f"{args.weights} holds no weights of these networks: {why}") from None
    if args.train:
        G = train(G, D, *real_images(args.data), args.train)
        nets = {"G_ema.": G, "D.": D}
        torch.save({p + k: v for p, net in nets.items() for k, v in net.state_dict().items()}, args.save)
        print(f"weights: {args.save}")
    z = noise(args.n, args.device)
    if args.z:
        import numpy

        z = torch.as_tensor(numpy.load(args.z), dtype=torch.float32, device=args.device)
        if z.ndim != 2 or z.shape[1] != SPEC.z_dim:
            raise SystemExit(f"{args.z} holds {tuple(z.shape)}, and noise is N,{SPEC.z_dim}.")
    save_samples(G, z, args.out, args.label)
