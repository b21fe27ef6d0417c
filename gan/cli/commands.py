"""The commands of `python -m gan`: functions of the parsed arguments that return the exit code."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gan import config as configs
from gan import datasets, files, hardware, registry, runs
from gan.cli import flags, processes, run_choice
from gan.cli.flags import NothingToDo, Usage, check_out
from gan.cli.progress import follow, interruptible, show_bar, show_length, show_progress
from gan.config import RunConfig
from gan.runs import Run, RunError, results, trackers

INTERRUPTED = 130  # exit code
PUBLISH_SECONDS = 1.0  # between two looks at a run that is published


def train(args: argparse.Namespace) -> int:
    """Trains a new run, or continues one, and shows its progress. Started by torchrun: several processes train it."""
    if not processes.launched():
        return _train(args)
    with processes.joined(args) as leader:
        return _train(args, leader)


def _train(args: argparse.Namespace, leader: processes.Leader | None = None) -> int:
    if why := trackers.refusal(args.log):
        raise RunError(why)
    try:
        run = run_choice.resumed(args) if args.resume else run_choice.new(args)
    except NothingToDo as done:
        print(done)
        return 0
    from gan.training.loop import train as ticks_of

    tick, first = None, True
    with (
        interruptible() as stop,
        trackers.tracking(run, args.log) as track,
        contextlib.closing(
            ticks_of(run, spare=processes.spare(leader), accept=args.accept_changes, leader=leader)
        ) as ticks,
    ):
        for tick in ticks:
            if first:
                show_length(run)
            if first or tick.record or tick.paused:
                track()
            first = False
            show_progress(run, tick)
            if stop.is_set():
                break
            if tick.paused:
                stop.wait(0.05)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    if stop.is_set():
        print(f"Stopped and saved. Resume with: python -m gan train --run {run.id} --resume")
        return INTERRUPTED
    print(f"{run.id}: {runs.folder_status(run, held=False)} at step {tick.step if tick else 0}, {run.path}")
    return 0


def list_runs(args: argparse.Namespace) -> int:
    """Lists the runs, newest first, or writes them with settings and newest scores as a Parquet file."""
    runs.check_root()
    if args.parquet:
        return _write_parquet(args.parquet)
    rows = [results.row(run) for run in runs.runs()]
    if args.json:
        print(json.dumps(rows, indent=2))
        return 0
    for row in rows:
        print(f"{row['id']:<32} {row['status']:<10} {row['step']:>9} steps  {row['title']}")
    if not rows:
        print(f"No runs in {runs.root()}. Make one: python -m gan train --seconds 30")
    return 0


def _write_parquet(path: Path) -> int:
    check_out(path, ".parquet")
    try:
        from pyarrow import Table, parquet
    except ImportError:
        raise RunError("--parquet needs a package that is not here: pip install pyarrow.") from None
    rows = [results.whole_row(run) for run in runs.runs()]
    names = dict.fromkeys(name for row in rows for name in row)
    table = Table.from_pydict({name: [row.get(name) for row in rows] for name in names})
    files.write(path, lambda file: parquet.write_table(table, file))
    print(f"{path}: {len(rows)} runs")
    return 0


def sample(args: argparse.Namespace) -> int:
    """Writes n samples of a run, or what it makes of pictures: a picture (.png) or an array (.npy, uint8 N,H,W,C)."""
    import numpy as np

    from gan import images
    from gan.sampler import Sampler

    check_out(args.out, ".png", ".npy")
    run, step = run_choice.run_at(args.run)
    sampler = Sampler.load(run.path, step)
    if args.source:
        return _translate(args, sampler, run)
    if args.mask:
        raise Usage("--mask says where the pictures of --source are missing.")
    if args.back:
        raise Usage("--back translates the pictures of --source the other way.")
    if sampler.config.from_source:
        raise RunError(f"{run.id} makes one picture from another: name a file of sources, --source x.npy.")
    rng = np.random.default_rng(args.seed)
    z = rng.standard_normal((args.n, sampler.z_dim), dtype=np.float32)
    if args.words is not None:
        asked = _caption(sampler, args.words)
    else:
        asked = None if args.label is None else _class_of(sampler.names[: sampler.classes], args.label, run)
    parts = np.array_split(z, -(-args.n // 256))
    pixels = np.concatenate(
        [sampler.images(part, None if asked is None else np.array([asked] * len(part))) for part in parts]
    )
    if args.out.suffix == ".npy":
        np.save(args.out, pixels)
    elif sampler.shape == (2, 1, 1):
        points = images.to_unit(pixels[:, 0, 0, :].astype(np.float64))
        args.out.write_bytes(images.png(images.scatter(np.empty((0, 2)), points)))
    else:
        args.out.write_bytes(images.png(images.grid(pixels)))
    print(f"{args.n} samples of {run.id} at step {sampler.step}, seed {args.seed}: {args.out}")
    return 0


def _translate(args: argparse.Namespace, sampler: Any, run: Run) -> int:
    """Writes what a run makes of the pictures of a file; grey ones without an axis of channels where that was so."""
    import numpy as np

    from gan import images

    sources = _array(args.source)
    flat = sources.ndim == 3
    mask = None if args.mask is None else _array(args.mask)
    try:
        made = sampler.translate(sources[..., None] if flat else sources, mask, args.back, args.seed)
    except ValueError as error:
        raise RunError(f"{args.source}: {error}.") from error
    if args.out.suffix == ".npy":
        np.save(args.out, made[..., 0] if flat else made)
    else:
        args.out.write_bytes(images.png(images.grid(made)))
    print(f"{len(made)} pictures made by {run.id} at step {sampler.step}: {args.out}")
    return 0


def _caption(sampler: Any, text: str) -> Any:
    """A caption as the networks read it. Raises RunError with the word that they do not know."""
    try:
        return sampler.caption(text)
    except ValueError as error:
        raise RunError(str(error)) from error


def _class_of(names: Sequence[str], wanted: str, run: Run) -> int:
    """The number of a class by its name, else by its number. Raises Usage."""
    if not names:
        raise Usage(f"--class: the networks of {run.id} are told no classes, so none can be asked for.")
    if wanted in names:
        return names.index(wanted)
    if wanted.isdecimal() and int(wanted) < len(names):
        return int(wanted)
    raise Usage(f"--class: {wanted!r} is not one of {', '.join(names)}.")


def export(args: argparse.Namespace) -> int:
    """Packs a run into a zip: weights, settings, samples, a GIF, and a PyTorch script that runs without Forger.

    Or writes its generator alone, as an ONNX file; or one page, as an HTML file, that opens without a network; or a
    film of the run, as a GIF.
    """
    from gan.export import run_zip
    from gan.export.archive import archive

    check_out(args.out)
    if args.onnx:
        return _export_onnx(args)
    if args.html:
        return _export_html(args)
    if args.film:
        return _export_film(args)
    if args.out.exists() and not args.force and not (args.out.is_file() and run_zip.is_ours(args.out)):
        raise RunError(f"{args.out} is there already, and no zip of a run. Name another file, or add --force.")
    run, _ = run_choice.run_at(args.run)
    for progress in archive(run, args.out):
        show_bar(progress.done / max(progress.total, 1), progress.text)
    print(f"\n{args.out}", file=sys.stderr)
    return 0


def _export_onnx(args: argparse.Namespace) -> int:
    if args.out.exists() and not args.force:
        raise RunError(f"{args.out} is there already. Name another file, or add --force.")
    run, step = run_choice.run_at(args.run)
    from gan.export import onnx_file
    from gan.sampler import Sampler

    difference = onnx_file.write(Sampler.load(run.path, step), args.out)
    print(f"{args.out}: its pictures are PyTorch's, to within {difference} of 255", file=sys.stderr)
    return 0


def _export_film(args: argparse.Namespace) -> int:
    if args.out.exists() and not args.force:
        raise RunError(f"{args.out} is there already. Name another file, or add --force.")
    run, step = run_choice.run_at(args.run)
    if step is not None:
        raise Usage(f"--run {args.run}: a film has the whole run, so it takes no step.")
    from gan.export import film

    for progress in film.write(run, args.out):
        show_bar(progress.done / max(progress.total, 1), progress.text)
    print(f"\n{args.out}: {args.out.stat().st_size / 1e6:.1f} MB", file=sys.stderr)
    return 0


def _export_html(args: argparse.Namespace) -> int:
    if args.out.exists() and not args.force:
        raise RunError(f"{args.out} is there already. Name another file, or add --force.")
    run, step = run_choice.run_at(args.run)
    if step is not None:
        raise Usage(f"--run {args.run}: a page has the whole run, so it takes no step.")
    from gan.export import watch_page

    page = watch_page.one_file(run).encode()
    files.replace(args.out, page)
    print(f"{args.out}: {len(page) / 1e6:.2f} MB, opens without a network", file=sys.stderr)
    return 0


def publish(args: argparse.Namespace) -> int:
    """Keeps a folder up to date that any web server can hand out: the run live, to any number of watchers.

    Ends when the run does, or waits for it to be resumed. docs/publish.md has the settings of a server.
    """
    run, step = run_choice.run_at(args.run)
    if step is not None:
        raise Usage(f"--run {args.run}: a run is published as a whole, so it takes no step.")
    from gan.export import publish as publishing

    hardware.use_threads(1)  # the cores are the trainer's
    with interruptible() as stop, contextlib.closing(publishing.publish(run, args.to, follow=args.follow)) as looks:
        for look in looks:
            waits = look.ended and args.follow
            standing = f"{look.status}, waiting for it to go on" if waits else look.status
            show_bar(float(look.ended), f"{run.id}  {standing}  pictures up to step {look.step:,}")
            if args.once or stop.is_set() or stop.wait(0 if look.ended and not waits else PUBLISH_SECONDS):
                break
    print(f"\n{run.id}: {look.status}, {args.to / publishing.INDEX}", file=sys.stderr)
    return INTERRUPTED if stop.is_set() else 0


def code(args: argparse.Namespace) -> int:
    """Writes networks, loss and training loop of some settings as one readable PyTorch file or notebook."""
    if args.out:
        check_out(args.out, ".py", ".ipynb")
    run = runs.find(args.run) if args.run else None
    facts = {} if run else configs.preset(args.preset)[1]
    config = run.config() if run else configs.preset(args.preset)[0]
    if not run and "dataset" not in facts["config"] and "mnist" in registry.names("datasets"):
        config = config.replace(dataset="mnist")  # the file gets it by itself
    config = config.replace(**flags.settings(args))
    from gan.export import code as writer

    budget = run.control().budget if run else facts["budget"]
    title = (run.control().title or run.id) if run else configs.title_of(facts, config)
    steps = args.steps or int(budget.get("steps", writer.STEPS))
    try:
        text = writer.source(config, *writer.data_of(config, run), title=title, steps=steps)
    except ValueError as error:
        raise RunError(str(error)) from None
    if args.out is None:
        print(text, end="")
        return 0
    files.replace(args.out, (writer.notebook(text) if args.out.suffix == ".ipynb" else text).encode())
    print(f"{args.out}: {len(text.splitlines())} lines")
    return 0


def import_(args: argparse.Namespace) -> int:
    """Opens the zip of an exported run as a run."""
    from gan.export.unpack import unpack

    run = unpack(args.zip, args.run or "")
    print(f"{run.id}: {run.control().title}, {run.path}")
    return 0


def evaluate(args: argparse.Namespace) -> int:
    """Scores a generator, or images of your own (.npy, uint8 N,H,W,C), against real images; appends to scores.jsonl."""
    from gan import metrics
    from gan.diagnostics import score_text
    from gan.evaluation import evaluate as evaluation
    from gan.runs import scores

    if bool(args.run) == bool(args.images):
        raise Usage("name what to score: --run ID[@STEP], or --images x.npy --dataset NAME.")
    if bool(args.images) != bool(args.dataset):
        raise Usage("--images needs --dataset NAME, the data set they are meant to look like; a run has its own.")
    results: list[scores.Scores] = []
    if args.images:
        hardware.use_threads(hardware.cores())
        settings = RunConfig(dataset=args.dataset)
        try:
            results.append(follow(evaluation.score_images(_pixels(args.images), settings))[0])
        except evaluation.CANNOT as error:
            raise RunError(f"These images cannot be scored: {error}") from error
    else:
        run, step = run_choice.run_at(args.run)
        if why := scores.unwritable(run):
            print(f"{why} The scores are printed, and not kept.", file=sys.stderr)
        weights: list[scores.Which] = ["average"]
        if (step is None and run.states()) or step in run.states():
            weights.append("raw")
        results += [follow(evaluation.evaluate(run, step, which)) for which in weights]
    if args.json:
        print(json.dumps([row.to_dict() for row in results], indent=2))
    else:
        print("\n\n".join(score_text.text(row, metrics.catalogue()) for row in results))
    return 0


def evaluator(args: argparse.Namespace) -> int:
    """Trains the classifier that scores a labelled data set, and keeps statistics of its real images."""
    from gan import metrics
    from gan.evaluation import evalnet as evaluators
    from gan.evaluation import reference, train_evalnet

    hardware.use_threads(hardware.cores())
    try:
        images = datasets.open(RunConfig(dataset=args.dataset))
        follow(train_evalnet.train(args.dataset, images, args.epochs or train_evalnet.EPOCHS, args.seed))
        made = evaluators.load(args.dataset)
        reference.save(reference.make(args.dataset, images, made))
    except (datasets.DataError, evaluators.EvalNetError, metrics.Unavailable) as error:
        raise RunError(str(error)) from error
    about = made.about
    print(f"{about.name}: its accuracy on {about.tested:,} held-out images.")
    print(f"{evaluators.path(args.dataset)}, sha256 {about.sha256}")
    return 0


def doctor(args: argparse.Namespace) -> int:
    """Looks whether machine, folders, server and addresses are fit, and says what to do where they are not."""
    from gan.diagnostics import doctor as doctors

    public = args.public_url or os.environ.get("FORGER_PUBLIC_URL", "").split()
    checks = []
    for check in doctors.examine(args.port, public):
        checks.append(check)
        if not args.json:
            print(check.line(), flush=True)
    if args.json:
        print(json.dumps({"fit": doctors.is_fit(checks), "checks": [check.to_dict() for check in checks]}, indent=2))
    return 0 if doctors.is_fit(checks) else 1


def _array(path: Path) -> Any:
    """The one array of a .npy file."""
    import numpy as np

    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError) as error:
        raise RunError(f"{path} cannot be read: {error}") from error
    if not isinstance(array, np.ndarray):
        raise RunError(f"{path} holds several arrays; images are one, uint8 N,H,W,1 or N,H,W,3.")
    return array


def _pixels(path: Path) -> Any:
    """Images of a .npy file, uint8 N,H,W,C, as N,C,H,W."""
    import numpy as np

    pixels = _array(path)
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[3] not in (1, 3):
        raise RunError(f"{path} holds {pixels.dtype} {pixels.shape}; images are uint8 N,H,W,1 or N,H,W,3.")
    return pixels.transpose(0, 3, 1, 2)
