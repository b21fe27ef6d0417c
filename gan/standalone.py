"""The body of the script in an exported run; gan.script puts the run's own parts into its place.

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

from gan.losses.hinge import d, g
from gan.models import Spec
from gan.models.lean import Discriminator, Generator
from gan.penalty import EVERY, r1
from gan.schedule import decayed

HERE = Path(__file__).parent
SPEC = Spec(shape=(1, 28, 28), z_dim=100, width=16, n_classes=0)
DATASET = "mnist"  # or a .npy file
N_IMAGES = 0  # 0: all
SEED = 0
BATCH = 32
LR_G, LR_D = 2e-3, 2e-3
DECAY_STEPS = 0  # steps after which inverse-time decay has halved both rates; 0: none
HALF_LIFE = 0.0  # passes over the data after which both have halved; 0: none
STEP, EPOCH = 0, 0.0  # steps and passes over the data that the weights have behind them
BETAS = (0.5, 0.999)
D_STEPS, G_STEPS = 1, 1  # updates of each network in one step
R1 = 0.0  # weight of the penalty on D's slope at real pictures; 0: none
REUSE_FAKE = True  # G's update judges the pictures D has just been shown
EMA_DECAY = 0.99  # what is shown is a running average of G
TORCHVISION = {
    "mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST", "cifar10": "CIFAR10",
}  # fmt: skip


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors file (as safetensors.torch.load_file does) or of a .pt file."""
    if path.suffix == ".pt":
        found: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
        return found
    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    kinds = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64, "U8": torch.uint8}
    tensors = {}
    for name, about in json.loads(raw[8:start]).items():
        if name != "__metadata__":
            first, last = about["data_offsets"]
            data = torch.frombuffer(bytearray(raw[start + first : start + last]), dtype=torch.uint8)
            tensors[name] = data.view(kinds[about["dtype"]]).view(about["shape"])
    return tensors


def build(path: Path, device: str) -> tuple[Any, Any]:
    """The two networks with their weights: G (the running average, as the app shows it) and D."""
    tensors = read_weights(path)
    nets = []
    for prefix, net in (("G.", Generator(SPEC)), ("D.", Discriminator(SPEC))):
        own = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
        net.load_state_dict(own)
        nets.append(net.to(device).eval())
    return nets[0], nets[1]


def noise(n: int, device: str) -> Tensor:
    return torch.randn(n, SPEC.z_dim, device=device)


def classes(n: int, device: torch.device | str) -> Tensor | None:
    """A class for each of n pictures, in turn; None for networks that are not told any."""
    return torch.arange(n, device=device) % SPEC.n_classes if SPEC.n_classes else None


def real_images(name: str) -> tuple[Tensor, Tensor | None]:
    """float32 N,C,H,W in [-1, 1] and, if the networks are told, int64 N classes.

    From a torchvision data set by name, or a .npy file: uint8 N,H,W or N,H,W,C (pictures) or float
    N,2 in [-1, 1] (points). The classes of x.npy are in x-labels.npy.
    """
    C, H, W = SPEC.shape
    y = None
    if name in TORCHVISION:
        import torchvision

        found = getattr(torchvision.datasets, TORCHVISION[name])("data", download=True)
        data, y = found.data, torch.as_tensor(found.targets)
    elif Path(name).is_file():
        import numpy

        data, beside = numpy.load(name), Path(name).with_name(f"{Path(name).stem}-labels.npy")
        if SPEC.n_classes and not beside.is_file():
            raise SystemExit(
                f"These networks are told the class of each picture: {beside} is missing."
            )
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
    x = x[:, None] if x.ndim == 3 else x.permute(0, 3, 1, 2)
    if x.shape[1] != C:
        raise SystemExit(f"{name} has {x.shape[1]} channels, and these networks know {C}.")
    if x.shape[2:] != (H, W):
        parts = [
            nn.functional.interpolate(part.float(), (H, W), mode="bilinear", antialias=True)
            for part in x.split(4096)
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


def train(G: Any, D: Any, real: Tensor, labels: Tensor | None, steps: int) -> Any:
    """Trains both networks in place; returns the running average of G, the one to look at."""
    device = next(G.parameters()).device
    average = copy.deepcopy(G)
    opt_g = torch.optim.Adam(G.parameters(), lr=LR_G, betas=BETAS)
    opt_d = torch.optim.Adam(D.parameters(), lr=LR_D, betas=BETAS)
    source = batches(real, labels)
    G.train(), D.train()
    d_updates = 0
    for step in range(1, steps + 1):
        epoch = EPOCH + (step - 1) * D_STEPS * BATCH / len(real)
        shrunk = decayed(STEP + step - 1, epoch, DECAY_STEPS, HALF_LIFE)
        opt_g.param_groups[0]["lr"], opt_d.param_groups[0]["lr"] = LR_G * shrunk, LR_D * shrunk
        fake, y, d_loss, g_loss = None, None, None, None
        for _ in range(D_STEPS):
            x, y = next(source)
            x, y = x.to(device), None if y is None else y.to(device)
            fake = G(noise(BATCH, device), y)
            d_loss = d(D(x, y), D(fake.detach(), y))
            steep = R1 * EVERY * r1(partial(D, y=y), x) if R1 and d_updates % EVERY == 0 else 0.0
            opt_d.zero_grad()
            (d_loss + steep).backward()
            opt_d.step()
            d_updates += 1
        for _ in range(G_STEPS):
            if fake is None or not REUSE_FAKE:
                y = classes(BATCH, device)
                fake = G(noise(BATCH, device), y)
            g_loss = g(D(fake, y))
            opt_g.zero_grad()
            g_loss.backward()
            opt_g.step()
            fake = None
            with torch.no_grad():
                for slow, fast in zip(average.parameters(), G.parameters(), strict=True):
                    slow.lerp_(fast, 1 - EMA_DECAY)
        if step % 100 == 0 or step == steps:
            told = [f"{k} {v:.3f}" for k, v in (("D", d_loss), ("G", g_loss)) if v is not None]
            print(f"step {step} of {steps}: loss of {', of '.join(told)}", flush=True)
    recalibrate(average)
    return average


@torch.no_grad()
def recalibrate(G: Any) -> None:
    """Gives an averaged G the BatchNorm statistics of its own weights."""
    norms = [m for m in G.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    kept = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 1.0
    G.train()
    device = next(G.parameters()).device
    G(noise(512, device), classes(512, device))
    G.eval()
    for norm, momentum in zip(norms, kept, strict=True):
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
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    lines = b"".join(b"\0" + bytes(row) for row in sheet.reshape(height, -1).tolist())
    colour = {1: 0, 3: 2}[channels]
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


@torch.no_grad()
def save_samples(G: Any, z: Tensor, out: Path) -> None:
    """Samples of `z` as a picture, or with the ending .npy as float32 N,C,H,W in [-1, 1]."""
    x = G.eval()(z, classes(len(z), z.device)).cpu()
    if out.suffix == ".npy":
        import numpy

        numpy.save(out, x.numpy())
    else:
        write_png(out, picture(x))
    print(f"{len(x)} samples: {out}")


def main() -> None:
    usage = argparse.ArgumentParser(description="Samples of an exported GAN, and training it on.")
    option: Callable[..., Any] = usage.add_argument
    option("--out", type=Path, default=Path("samples.png"), help="a .png, or a .npy of raw values")
    option("--n", type=int, default=64, help="how many samples")
    option("--seed", type=int, default=SEED, help="of the noise, and of the order of training")
    option("--z", type=Path, help="a .npy of noise, float N,z_dim, instead of --n and --seed")
    option("--train", type=int, default=0, metavar="STEPS", help="train so many steps first")
    option("--data", default=DATASET, help=f"{', '.join(TORCHVISION)}, or a .npy file")
    option("--weights", type=Path, default=HERE / "weights.safetensors", help="where to start from")
    option("--save", type=Path, default=Path("trained.pt"), help="where trained weights go")
    option("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = usage.parse_args()

    torch.manual_seed(args.seed)
    G, D = build(args.weights, args.device)
    if args.train:
        G = train(G, D, *real_images(args.data), args.train)
        nets = {"G.": G, "D.": D}
        torch.save(
            {p + k: v for p, net in nets.items() for k, v in net.state_dict().items()}, args.save
        )
        print(f"weights: {args.save}")
    z = noise(args.n, args.device)
    if args.z:
        import numpy

        z = torch.as_tensor(numpy.load(args.z), dtype=torch.float32, device=args.device)
    save_samples(G, z, args.out)
