"""What the scripts of games that make pictures from pictures share; gan.export.script copies it into them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gan.export.script_body import check_files, picture, read_weights, whole, write_png


def with_weights(G: Any, D: Any, path: Path, device: str) -> tuple[Any, Any]:
    """Both networks with the weights of a file, G as its EMA; as they were made where there is no such file."""
    if path.is_file():
        tensors = read_weights(path)
        for prefix, net in (("G_ema.", G), ("D.", D)):
            net.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
    return G.to(device), D.to(device)


def pictures(path: Path, shape: tuple[int, int, int]) -> Tensor:
    """float32 N,C,H,W in [-1, 1] of a .npy file: uint8 N,H,W or N,H,W,C, of that shape C,H,W."""
    import numpy

    if not path.is_file():
        raise SystemExit(f"There is no file {path}: a .npy of pictures is needed, uint8 N,H,W or N,H,W,C.")
    x = torch.as_tensor(numpy.load(path))
    if x.dtype != torch.uint8:
        raise SystemExit(f"{path} holds {x.dtype}, and pictures are uint8, 0 to 255.")
    x = x[:, None] if x.ndim == 3 else x.permute(0, 3, 1, 2)
    if tuple(x.shape[1:]) != shape:
        raise SystemExit(f"{path} has pictures of {tuple(x.shape[1:])}, and these networks take {shape}.")
    return x.float() / 127.5 - 1


def rows(count: int, batch: int) -> Iterator[Tensor]:
    """The rows of batch after batch, pass after pass, each pass in a new order."""
    if count < batch:
        raise SystemExit(f"{count} pictures are fewer than one batch of {batch}.")
    while True:
        yield from (chosen for chosen in torch.randperm(count).split(batch) if len(chosen) == batch)


@torch.no_grad()
def follow(slow: nn.Module, fast: nn.Module, decay: float, updates: int) -> None:
    """The EMA follows, quickly at first."""
    decay = min(decay, (1 + updates) / (10 + updates))
    for a, b in zip(slow.parameters(), fast.parameters(), strict=True):
        a.lerp_(b, 1 - decay)


@torch.no_grad()
def save_results(make: Callable[[Tensor], Tensor], sources: Tensor, out: Path) -> None:
    """What becomes of sources: a picture, or as .npy uint8 N,H,W,C."""
    x = torch.cat([make(part) for part in sources.split(256)]).cpu()
    if out.suffix == ".npy":
        import numpy

        numpy.save(out, ((x + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy())
    else:
        write_png(out, picture(x))
    print(f"{len(x)} results: {out}")


def arguments(weights: Path, seed: int, *, back: bool, second: str) -> argparse.Namespace:
    """The command line. `second` says what the other file of training data has; "" for none."""
    usage = argparse.ArgumentParser(description="What an exported translator makes of pictures, and training it on.")
    option: Callable[..., Any] = usage.add_argument
    option("--source", type=Path, help="a .npy of pictures to be translated or restored")
    option("--out", type=Path, default=Path("results.png"), help="a .png, or a .npy")
    option("--train", type=whole(0), default=0, metavar="STEPS", help="train so many steps first")
    option("--data", type=Path, default=Path("my.npy"), help="a .npy of the pictures to be made")
    if second:
        option("--sources", type=Path, default=Path("sources.npy"), help=second)
    if back:
        option("--back", action="store_true", help="the other way")
    option("--seed", type=int, default=seed, help="of the order of training")
    option("--weights", type=Path, default=weights, help="where to start from; from nothing where there is no file")
    option("--save", type=Path, default=Path("trained.pt"), help="where trained weights go")
    option("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = usage.parse_args()
    if not args.source and not args.train:
        raise SystemExit("Say what to translate, --source x.npy, or how long to train, --train STEPS.")
    needed = args.weights != weights or not args.train
    check_files(
        args.weights if needed else Path(__file__), args.source, [args.out, *([args.save] if args.train else [])]
    )
    return args


def save_weights(G: nn.Module, D: nn.Module, path: Path) -> None:
    """Both networks in one file, as `with_weights` reads them."""
    nets = {"G_ema.": G, "D.": D}
    torch.save({prefix + key: v for prefix, net in nets.items() for key, v in net.state_dict().items()}, path)
    print(f"weights: {path}")
