"""The body of the script of a run that is told captions; gan.export.script puts the run's own parts into its place.

It draws what a caption says. It does not train: the captions of the data are not in a file that it could read.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan.datasets._captions import words_of
from gan.export.script_body import check_files, picture, read_weights, whole, write_png
from gan.models import Spec
from gan.models._words import TextEncoder, WordGenerator, rows
from gan.models.lean_dcgan import Generator

HERE = Path(__file__).parent
SPEC = Spec(shape=(1, 28, 28), z_dim=100, width=16, n_classes=32)  # classes: the numbers of a caption's vector
SEED = 0
VOCABULARY: tuple[str, ...] = ("a", "zero")  # words that captions may have
NAMES: tuple[str, ...] = ("zero",)  # a word for each class
SHEET: tuple[str, ...] = ()  # captions of all sorts, with {} for such a word
PREFIX = "G_ema."  # of the weights of G


def build(path: Path, device: str) -> Any:
    """G, its EMA as the app shows it, with the encoder of its captions."""
    G = WordGenerator(Generator(SPEC), TextEncoder(VOCABULARY, NAMES, SHEET))
    tensors = read_weights(path)
    G.load_state_dict({k.removeprefix(PREFIX): v for k, v in tensors.items() if k.startswith(PREFIX)})
    return G.to(device).eval()


def caption(text: str) -> Tensor:
    """A caption as a row of numbers, 1,L. Raises SystemExit with the word that is not known."""
    words = words_of(text)
    for word in words:
        if word not in VOCABULARY:
            raise SystemExit(f"The word '{word}' is not one that this generator has learned: {', '.join(VOCABULARY)}.")
    if not words:
        raise SystemExit('Say what to draw: --words "a thick seven".')
    return rows([" ".join(words)], VOCABULARY)


def main() -> None:
    usage = argparse.ArgumentParser(description="Pictures of a caption, by an exported GAN.")
    option: Callable[..., Any] = usage.add_argument
    option("--words", default=SHEET[0].format(NAMES[-1]) if SHEET else f"a {NAMES[-1]}", help="the caption")
    option("--out", type=Path, default=Path("samples.png"), help="a .png, or a .npy of raw values")
    option("--n", type=whole(1), default=64, help="how many pictures")
    option("--seed", type=int, default=SEED, help="of the noise")
    option("--z", type=Path, help="a .npy of noise, float N,z_dim, instead of --n and --seed")
    option("--weights", type=Path, default=HERE / "weights.safetensors", help="the weights of the run")
    option("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = usage.parse_args()
    check_files(args.weights, args.z, [args.out])
    y = caption(args.words)
    torch.manual_seed(args.seed)
    z = torch.randn(args.n, SPEC.z_dim)
    if args.z:
        import numpy

        z = torch.as_tensor(numpy.load(args.z), dtype=torch.float32)
        if z.ndim != 2 or z.shape[1] != SPEC.z_dim:
            raise SystemExit(f"{args.z} holds {tuple(z.shape)}, and noise is N,{SPEC.z_dim}.")
    with torch.no_grad():
        x = build(args.weights, args.device)(z.to(args.device), y.expand(len(z), -1).to(args.device)).cpu()
    if args.out.suffix == ".npy":
        import numpy

        numpy.save(args.out, x.numpy())
    else:
        write_png(args.out, picture(x))
    print(f"{len(x)} pictures of '{args.words}': {args.out}")


if __name__ == "__main__":
    main()
