"""The README.txt of an exported run: its contents, use, data and versions."""

from __future__ import annotations

import importlib.metadata
import platform
import textwrap
import time

from gan import __version__, files, registry
from gan.config import RunConfig, declared
from gan.diagnostics import d_scale
from gan.export import script
from gan.runs import MAX_BYTES, Run

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
MADE = """\
To train on, give it pictures: --data my.npy, uint8 N,H,W or N,H,W,C; or --data mnist. In Forger's
folder, this writes the pictures that this run has learned from:

  python -c "import numpy as np; from gan import datasets, registry; \\
    data = registry.load('datasets', '{name}').load({arguments}); \\
    np.save('my.npy', data.images.transpose(0, 2, 3, 1))"\
"""
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

{use}What is in here
---------------
{script_line}  weights.safetensors    "G_ema." the generator (the EMA of its weights, which the app shows) and
                         the other networks, at step {steps}
  config.json            every setting of the run; control.json: what was changed while it ran
  metrics.jsonl          the curves, one record a line; events.jsonl: what was done, and when{d_note}
  samples/               the last grids, and real pictures
  training.gif           the fixed noise, from the first step to the last
  figure.png             curves and pictures on one sheet, for slides

In Forger this zip is a run again: "Open a zip" on the page Runs, or python -m gan import FILE.zip

The data
--------
{data_text}

{terms}

The same run again: the same settings and seed give the same numbers in the app, on one kind of
device with the same fixed number of threads.{own_way}
"""
USE = """\
Use it
------
You need Python 3.11 or newer and PyTorch, nothing else of ours:

  python gan.py                              64 new samples: samples.png
  python gan.py --seed 7 --n 16              others, fewer
  python gan.py --train 1000{own:<17}trains on, then draws; weights go to trained.pt
  python gan.py --weights trained.pt         samples of what you trained

{start}

"""
USE_OF_PICTURES = """\
Use it
------
You need Python 3.11 or newer, PyTorch and NumPy, nothing else of ours. Pictures come as .npy, uint8
N,H,W or N,H,W,C:

  python gan.py --source x.npy               what becomes of them: results.png{back}
  python gan.py --train 1000 {data}
                                             trains on; weights go to trained.pt
  python gan.py --weights trained.pt --source x.npy

"""
USE_OF_WORDS = """\
Use it
------
You need Python 3.11 or newer and PyTorch, nothing else of ours:

  python gan.py --words "a thick seven"      64 pictures of that: samples.png
  python gan.py --seed 7 --n 16              others, fewer

It draws, and does not train. A word that was in no caption is named.

"""
LINE_OF_WORDS = "  gan.py                 the generator and its text encoder in one file\n"
SCRIPT_LINE = "  gan.py                 both networks, the loss and the training loop in one file\n"
OWN_WAY = """ gan.py draws its random numbers in its own way; it
trains on from here, with fresh optimizers, and does not repeat the run."""


def text(run: Run, config: RunConfig, step: int) -> str:
    """The file's text, for weights of `step`."""
    model, loss = registry.card("models", config.model), registry.card("losses", config.loss)
    data = registry.card("datasets", config.dataset)
    title = " ".join((run.control().title or run.id).split())
    epoch, seconds = reached(run, step)
    source, data_words = script.data_source(config), f"{data.title}: {data.summary}"
    scripted, of_words = bool(script.body(config)), script.told_words(config)
    own = "" if source != "my.npy" else " --data my.npy"
    start = _wrap(START.get(source, KNOWN_DATA))
    own_arguments = [f"{name}={getattr(config, name)!r}" for name in declared("datasets", config.dataset)[0]]
    if source == "my.npy" and not data.facts.get("KNOBS"):
        start = MADE.format(name=config.dataset, arguments=", ".join(["datasets.root()", *own_arguments]))
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
        d_note=_beside(d_scale.of_loss(config.loss)),
        data=data.title,
        versions=f"Forger {__version__}, Python {platform.python_version()}",
        packages=", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES),
        use=_use(config, own, start) if scripted else "",
        script_line=(LINE_OF_WORDS if of_words else SCRIPT_LINE) if scripted else "",
        own_way=OWN_WAY if scripted and not of_words else "",
        terms=_wrap(f"{data.facts['LICENCE']} gan.py is copied from Forger (MIT licence)."),
        data_text="\n\n".join(_wrap(part) for part in (data_words, *data.text.split("\n\n"))),
    )


def _use(config: RunConfig, own: str, start: str) -> str:
    """How the script is called."""
    if script.told_words(config):
        return USE_OF_WORDS
    if not config.from_source:
        return USE.format(own=own, start=start)
    back = "\n  python gan.py --source x.npy --back        the other way" if config.between_domains else ""
    sources = config.between_domains or config.degradation == "none"
    return USE_OF_PICTURES.format(back=back, data="--data my.npy" + (" --sources sources.npy" if sources else ""))


def _beside(scale: d_scale.Scale) -> str:
    """What has to be said of D's numbers in the log, below the lines about it."""
    if not scale.note:
        return ""
    label = "d_real, d_fake: " if scale.probability else f"real_below_fake: {d_scale.ORDER}. "
    return "\n" + textwrap.indent(textwrap.fill(label + scale.note, 73), 25 * " ")


def reached(run: Run, step: int) -> tuple[float, float]:
    """Epochs and seconds of work at `step`, by the log."""
    records = files.lines(run.path / "metrics.jsonl", MAX_BYTES["metrics.jsonl"], run.path)
    last = max((r for r in records if r.get("step", 0) <= step), key=lambda r: r["step"], default={})
    return float(last.get("epoch", 0.0)), float(last.get("seconds", 0.0))


def _wrap(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 98)
