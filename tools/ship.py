"""Trains and scores the runs that come with the project and packs them small: history, grids, weights, no state.

    python -m tools.ship [lean-mnist …]

Left out names mean all. A run that is under $GAN_RUNS (default: .bench/ship) is gone on with, so an
interrupted command continues. What is packed goes to checkpoints/NAME: at most 32 fixed and 6 random grids, 4
snapshots of small networks, weights in float16, the newest scores, and a model card. MNIST has to be under $GAN_DATA.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from gan import files, metrics, registry, runs, tensor_files
from gan.runs import Run, Sort, scores
from gan.runs.log_reader import LogReader
from gan.runs.retention import prune_log_spaced

SHIPPED: dict[str, dict[str, Any]] = {
    "lean-mnist": {
        "preset": "lean",
        "dataset": "mnist",
        "epochs": 20,
        "title": "Lean ResNet on MNIST",
        "limits": "Made for the first minutes, not for the last percent: about one sample in seven is no clear digit.",
    },
    "mini-stylegan-mnist": {
        "preset": "mini-stylegan",
        "dataset": "mnist",
        "epochs": 16,
        "snapshots": 0,
        "title": "Mini StyleGAN on MNIST",
        "limits": "The clearest digits here that were told nothing. About one sample in fifteen is no clear digit, "
        "and four real ones of ten have no like among its samples.",
    },
    "dcgan-deep-mnist": {
        "preset": "dcgan-deep",
        "dataset": "mnist",
        "epochs": 26,
        "title": "Deep DCGAN on MNIST",
        "limits": "The best generator here that was told nothing. About one sample in ten is no clear digit.",
    },
    "dcgan-deep-cond-mnist": {
        "preset": "dcgan-deep-cond",
        "dataset": "mnist",
        "epochs": 10,
        "title": "Deep DCGAN on MNIST, told the digit",
        "limits": "It was told which digit each picture shows, so it did not find out that there are ten.",
    },
    "gan-2014-mnist": {
        "preset": "gan-2014",
        "dataset": "mnist",
        "epochs": 20,
        "seed": 2,  # seed 0 was one blot at the end, seed 2 had digits
        "title": "The first GAN on MNIST",
        "limits": "Mode collapse as one meets it: few forms, repeated. Other seeds end in one blot; it is here as an "
        "example of that, not to draw digits with.",
    },
    "lean-strokes": {
        "preset": "lean",
        "dataset": "strokes",
        "epochs": 10,
        "title": "Lean ResNet on strokes",
        "limits": "The strokes are made by a program, so these are no handwriting of people.",
    },
}
KEEP: dict[Sort, int] = {"fixed": 32, "random": 6}
SNAPSHOTS, SMALL = 4, 2_000_000  # bytes of a generator file that may come along several times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(SHIPPED))
    workshop = Path(os.environ.get("GAN_RUNS") or ".bench/ship")
    for name in parser.parse_args().names or SHIPPED:
        run = _train(name, workshop)
        out = Path("checkpoints") / name
        pack(run, out)
        _score(run.id, out)
        (out / "card.md").write_text(_card(Run(out), SHIPPED[name]["limits"]), encoding="utf-8")


def _train(name: str, workshop: Path) -> Run:
    told, run = SHIPPED[name], Run(workshop / name)
    begin = ["--preset", told["preset"], "--dataset", told["dataset"]]
    begin += ["--epochs", str(told["epochs"]), "--seed", str(told.get("seed", 0))]
    how = ["--resume"] if (run.path / "config.json").exists() else begin
    command = [sys.executable, "-m", "gan", "train", "--run", name, "--device", "cpu", "--threads", "1", *how]
    subprocess.run(command, check=True, env={**os.environ, "GAN_RUNS": str(workshop)})
    run.write_control(title=told["title"])
    return run


def pack(run: Run, out: Path) -> None:
    """Copies what a reader needs of a finished run to `out`, replacing what is there."""
    shutil.rmtree(out, ignore_errors=True)
    for sort, most in KEEP.items():
        (out / "samples" / sort).mkdir(parents=True)
        shown = run.pictures(sort)
        for step in sorted(set(shown) - set(prune_log_spaced(shown, most))):
            shutil.copy(run.picture(sort, step), Run(out).picture(sort, step))
    shutil.copy(run.real_picture(), out / "samples")
    for name in ("config.json", "metrics.jsonl", "events.jsonl"):
        shutil.copy(run.path / name, out)
    (out / "snapshots").mkdir()
    _halve(run.weights(), Run(out).weights())
    kept = run.snapshots() if run.weights().stat().st_size < SMALL else []
    most = SHIPPED.get(run.id, {}).get("snapshots", SNAPSHOTS)
    for step in sorted(set(kept) - set(prune_log_spaced(kept, most))) if most else ():
        _halve(run.weights(step), Run(out).weights(step))
    control = run.control().replace(want="stop").to_dict()
    files.replace(out / "control.json", (files.dump(control) + "\n").encode())
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"{out}: {runs.folder_status(Run(out), held=False)}, {size / 1e6:.1f} MB")


def _score(name: str, out: Path) -> None:
    """Scores what was packed, which are the weights that users get."""
    command = [sys.executable, "-m", "gan", "eval", "--run", name]
    subprocess.run(command, check=True, env={**os.environ, "GAN_RUNS": str(out.parent)})


def _card(run: Run, limits: str) -> str:
    """The model card: what it is, what it learned from, how it was trained, what it scores, where it fails."""
    config, found = run.config(), scores.newest(run)
    assert found is not None
    last = LogReader(run).last()
    names = {
        kind: registry.card(kind, name)
        for kind, name in (("models", config.model), ("datasets", config.dataset), ("losses", config.loss))
    }
    table = "\n".join(
        f"| {score.label} | {score.text(found.scores[key])} | {score.text(found.real.get(key))} |"
        for key, score in metrics.catalogue().items()
        if key in found.scores
    )
    return CARD.format(
        title=run.control().title,
        model=names["models"].title,
        summary=names["models"].summary,
        data=names["datasets"].title,
        about=names["datasets"].summary,
        loss=names["losses"].title,
        epochs=last["epoch"],
        images=int(last["images"]),
        seconds=last["seconds"],
        seed=config.seed,
        n=found.n,
        split=found.split,
        judge=found.evaluator["name"] if found.evaluator else "no evaluator",
        table=table,
        verdict=" ".join(f["text"] for f in found.verdict),
        limits=limits,
    )


def _halve(source: Path, out: Path) -> None:
    """The same tensors in float16: half the size, and no difference anybody can see."""
    tensors, about = tensor_files.read_tensors(source)
    small = {name: t.half() if t.is_floating_point() else t for name, t in tensors.items()}
    tensor_files.write_tensors(out, small, about)


CARD = """**{title}** · {model}: {summary}

**Data.** {data}: {about} All training images, as they are.

**Training.** {loss} loss, {epochs:.0f} epochs ({images:,} images, {seconds:,.0f} s on one CPU thread), seed {seed},
one run. Weights are the EMA, rounded to float16; every setting is in `config.json`.

**Scores.** {n:,} samples against {split}; {judge}.

| Score | generated | real |
|---|---|---|
{table}

{verdict}

**Limits.** {limits} Grey digits of 28 × 28 pixels; nothing else was learned. No number here is an FID.
"""

if __name__ == "__main__":
    main()
