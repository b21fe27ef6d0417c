"""The README.txt of an exported run: what it is, what is in it, how to use it, with which versions."""

from __future__ import annotations

import importlib.metadata
import platform
import textwrap
import time

from gan import __version__, files, registry, script
from gan.config import RunConfig
from gan.runs import Run

PACKAGES = ("torch", "torchvision", "numpy", "safetensors")
ABOUT = "This is one trained pair of networks, a generator and a discriminator, made with Forger."
KNOWN_DATA = (
    "To train on, torchvision fetches the data by itself (pip install torchvision) into the folder "
    "data; --data my.npy takes pictures of your own, uint8 N,H,W or N,H,W,C."
)
START = {
    "points.npy": "To train on, it takes the real points from points.npy, which is in here.",
    "my.npy": "To train on, give it pictures: --data my.npy, uint8 N,H,W or N,H,W,C; or --data mnist, "
    "which torchvision fetches.",
}
STROKES = """\
To train on, give it pictures: --data my.npy, uint8 N,H,W or N,H,W,C; or --data mnist. In Forger's
folder, this writes the pictures that this run has learned from:

  python -c "import numpy as np; from gan.datasets import root, strokes; \\
    np.save('my.npy', strokes.load(root()).images[:, 0])"\
"""
OURS = "The data are made by Forger itself, under the MIT licence."
TERMS = {
    "mnist": "MNIST is Y. LeCun's and C. Cortes', under Creative Commons Attribution-Share Alike 3.0.",
    "fashion-mnist": "Fashion-MNIST is Zalando's, under the MIT licence.",
    "kmnist": "KMNIST is made by ROIS-DS CODH, under Creative Commons Attribution-Share Alike 4.0.",
    "cifar10": "CIFAR-10's makers state no licence and ask to be cited: Krizhevsky (2009).",
    "own-images": "Whoever made the pictures has a say in what becomes of them.",
}
TEXT = """\
{title}
{rule}

{about}

  trained        {steps:,} steps, {epochs:.1f} passes over the data, {seconds:,.0f} seconds of work
  made           {made}
  seed           {seed}
  networks       {model}
  loss           {loss}
  data           {data}
  exported with  {versions}
                 {packages}

Use it
------
You need Python 3.11 or newer and PyTorch, nothing else of ours:

  python gan.py                              64 new samples: samples.png
  python gan.py --seed 7 --n 16              others, fewer
  python gan.py --train 1000{own:<17}trains on, then draws; weights go to trained.pt
  python gan.py --weights trained.pt         samples of what you trained

{start}

What is in here
---------------
  gan.py                 both networks, the loss and the training loop in one file
  weights.safetensors    "G." the generator (the running average that the app shows), "D." the
                         discriminator, at step {steps}
  config.json            every setting of the run; control.json: what was changed while it ran
  metrics.jsonl          the curves, one record a line; events.jsonl: what was done, and when
  samples/               the last grids, and real pictures
  training.gif           the fixed noise, from the first step to the last
  figure.png             curves and pictures on one sheet, for slides

The data
--------
{data_text}

{terms}

The same run again: the same settings and seed give the same numbers in the app, on one kind of
device with the same fixed number of threads. gan.py draws its random numbers in its own way; it
trains on from here, with fresh optimizers, and does not repeat the run.
"""


def text(run: Run, config: RunConfig, step: int) -> str:
    """The file's text, for weights of `step`."""
    model, loss = registry.card("models", config.model), registry.card("losses", config.loss)
    data = registry.card("datasets", config.dataset)
    title = " ".join((run.control().title or run.id).split())
    epoch, seconds = reached(run, step)
    source, told = script.data_source(config), f"{data.title}: {data.summary}"
    return TEXT.format(
        title=title,
        rule="=" * len(title),
        about=_wrap(f"{model.title}: {model.summary} {ABOUT}"),
        steps=step,
        epochs=epoch,
        seconds=seconds,
        made=time.strftime("%Y-%m-%d", time.gmtime(run.created())),
        seed=config.seed,
        model=model.title,
        loss=loss.title,
        data=data.title,
        versions=f"Forger {__version__}, Python {platform.python_version()}",
        packages=", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES),
        own="" if source != "my.npy" else " --data my.npy",
        start=STROKES if config.dataset == "strokes" else _wrap(START.get(source, KNOWN_DATA)),
        terms=_wrap(
            f"{TERMS.get(config.dataset, OURS)} gan.py is copied from Forger (MIT licence)."
        ),
        data_text="\n\n".join(_wrap(part) for part in (told, *data.text.split("\n\n"))),
    )


def reached(run: Run, step: int) -> tuple[float, float]:
    """Epochs and seconds of work at `step`, by the log."""
    records = files.lines(run.path / "metrics.jsonl")
    last = max(
        (r for r in records if r.get("step", 0) <= step), key=lambda r: r["step"], default={}
    )
    return float(last.get("epoch", 0.0)), float(last.get("seconds", 0.0))


def _wrap(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 98)
