"""The command line: python -m gan train|list|sample|eval|export|… A browser sees what a shell trains, live."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from gan import config as configs
from gan import datasets, flags, hardware, registry, runs
from gan.config import ConfigError, RunConfig
from gan.flags import Usage
from gan.runs import Run, RunError
from gan.tail import newest

T = TypeVar("T")

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130
LEFT_OPEN = {"device": "auto", "threads": 0}  # decided when the run was made


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns 0 done, 1 failed with a message, 2 wrong usage, 130 interrupted and saved."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        found: int = given.command(given)
        sys.stdout.flush()
    except (Usage, ConfigError, registry.Unknown) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return WRONG_USAGE
    except BrokenPipeError:  # whoever read has gone, as with `list | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (RunError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(f"\n{parser.prog}: interrupted.", file=sys.stderr)
        return INTERRUPTED
    return found


# -- the commands ----------------------------------------------------------------------------------


def train(given: argparse.Namespace) -> int:
    """Trains a new run, or goes on with one, and shows how far it is."""
    run = _resumed(given) if given.resume else _new(given)
    from gan.train import train as ticks_of

    tick = None
    with _interruptible() as stop, contextlib.closing(ticks_of(run)) as ticks:
        for tick in ticks:
            _show_progress(run, tick)
            if stop.is_set():
                break
            if tick.paused:
                stop.wait(0.05)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    if stop.is_set():
        print(f"Stopped and saved. Go on with: python -m gan train --run {run.id} --resume")
        return INTERRUPTED
    print(
        f"{run.id}: {runs.status(run, held=False)} at step {tick.step if tick else 0}, {run.path}"
    )
    return 0


def list_runs(given: argparse.Namespace) -> int:
    """Lists the runs, newest first."""
    rows = [_row(run) for run in runs.runs()]
    if given.json:
        print(json.dumps(rows, indent=2))
        return 0
    for row in rows:
        print(f"{row['id']:<32} {row['status']:<10} {row['step']:>9} steps  {row['title']}")
    if not rows:
        print(f"No runs in {runs.root()}. Make one: python -m gan train --seconds 30")
    return 0


def sample(given: argparse.Namespace) -> int:
    """Writes n samples of a run: a picture (.png) or an array (.npy, uint8 N,H,W,C)."""
    import numpy as np

    from gan import images
    from gan.sampler import Sampler

    if given.out.suffix not in (".png", ".npy"):
        raise Usage(f"--out {given.out}: the file must end in .png or .npy.")
    run, step = _run_at(given.run)
    sampler = Sampler.load(run.path, step)
    rng = np.random.default_rng(given.seed)
    z = rng.standard_normal((given.n, sampler.z_dim), dtype=np.float32)
    pixels = np.concatenate(
        [sampler.images(part) for part in np.array_split(z, -(-given.n // 256))]
    )
    if given.out.suffix == ".npy":
        np.save(given.out, pixels)
    elif sampler.shape == (2, 1, 1):
        points = pixels[:, 0, 0, :] / 127.5 - 1
        given.out.write_bytes(images.png(images.scatter(np.empty((0, 2)), points)))
    else:
        given.out.write_bytes(images.png(images.grid(pixels)))
    print(f"{given.n} samples of {run.id} at step {sampler.step}, seed {given.seed}: {given.out}")
    return 0


def export(given: argparse.Namespace) -> int:
    """Packs a run into a zip: weights, settings, samples, a GIF, and a PyTorch script that needs nothing of ours."""
    from gan.export import archive

    run, _ = _run_at(given.run)
    for progress in archive(run, given.out):
        _show_bar(progress.done / max(progress.total, 1), progress.text)
    print(f"\n{given.out}", file=sys.stderr)
    return 0


def data(given: argparse.Namespace) -> int:
    """Makes or downloads a data set."""
    module = registry.load("datasets", given.name)
    card, home = registry.card("datasets", given.name), datasets.root()
    get = getattr(module, "download", None) or getattr(module, "make", None)
    if get is None or (card.facts.get("FILES") and not registry.missing(card, home)):
        print(f"{card.title} is there.")
        return 0
    try:
        for progress in get(home):
            _show_bar(progress.done / max(progress.total, 1), progress.text)
    except datasets.DataError as error:
        raise RunError(str(error)) from error
    print(f"\n{card.title} is in {home}.", file=sys.stderr)
    return 0


def evaluate(given: argparse.Namespace) -> int:
    """Scores a generator, or images of your own (.npy, uint8 N,H,W,C), against real images; appends to scores.jsonl."""
    from gan import evaluate as evaluation
    from gan import metrics, scorecard, scores

    if bool(given.run) == bool(given.images):
        raise Usage("say what to score: --run ID[@STEP], or --images x.npy --dataset NAME.")
    if bool(given.images) != bool(given.dataset):
        raise Usage("--images needs --dataset NAME, what they are to be like; a run has its own.")
    found: list[scores.Scores] = []
    if given.images:
        hardware.use_threads(hardware.cores())
        settings = RunConfig(dataset=given.dataset)
        try:
            found.append(_follow(evaluation.judge(_pixels(given.images), settings))[0])
        except evaluation.CANNOT as error:
            raise RunError(f"These images cannot be scored: {error}") from error
    else:
        run, step = _run_at(given.run)
        weights: list[scores.Which] = ["average"]
        if (step is None and run.states()) or step in run.states():
            weights.append("raw")
        found += [_follow(evaluation.evaluate(run, step, which)) for which in weights]
    if given.json:
        print(json.dumps([row.to_dict() for row in found], indent=2))
    else:
        print("\n\n".join(scorecard.text(row, metrics.catalogue()) for row in found))
    return 0


def evaluator(given: argparse.Namespace) -> int:
    """Trains the classifier in whose features a labelled data set is scored, and keeps what real images look like."""
    from gan import evaluator as evaluators
    from gan import metrics, reference, teach

    hardware.use_threads(hardware.cores())
    try:
        found = registry.load("datasets", given.dataset).load(datasets.root())
        _follow(teach.train(given.dataset, found, given.epochs or teach.EPOCHS, given.seed))
        made = evaluators.load(given.dataset)
        reference.save(reference.make(given.dataset, found, made))
    except (datasets.DataError, evaluators.EvaluatorError, metrics.Unavailable) as error:
        raise RunError(str(error)) from error
    told = made.about
    print(f"{told.name}: so many of {told.tested:,} images never trained on it reads rightly.")
    print(f"{evaluators.path(given.dataset)}, sha256 {told.sha256}")
    return 0


def _follow(work: Generator[datasets.Progress, None, T]) -> T:
    """Iterates a job and shows how far it is; returns what the job returns."""
    found: list[T] = []

    def through() -> Iterator[datasets.Progress]:
        found.append((yield from work))

    try:
        for step in through():
            _show_bar(step.done / max(step.total, 1), step.text)
    finally:
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr)
    return found[0]


def _pixels(path: Path) -> Any:
    """Images of a .npy file, uint8 N,H,W,C, as N,C,H,W."""
    import numpy as np

    try:
        pixels = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError) as error:
        raise RunError(f"{path} cannot be read: {error}") from error
    if not isinstance(pixels, np.ndarray):
        raise RunError(f"{path} holds several arrays; images are one, uint8 N,H,W,1 or N,H,W,3.")
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[3] not in (1, 3):
        raise RunError(
            f"{path} holds {pixels.dtype} {pixels.shape}; images are uint8 N,H,W,1 or N,H,W,3."
        )
    return pixels.transpose(0, 3, 1, 2)


# -- making and taking up runs -----------------------------------------------------------------------


def _new(given: argparse.Namespace) -> Run:
    if given.run and not runs.ID.match(given.run):
        raise Usage(f"--run {given.run}: lower-case letters, digits and hyphens, at most 64.")
    settings, budget, title = RunConfig(), flags.budget(given), ""
    if given.preset:
        settings, told = configs.preset(given.preset)
        budget, title = budget or told["budget"], told["title"]
    if not budget:
        raise Usage("say how long: --steps N, --epochs N or --seconds S (or --preset NAME).")
    card = registry.card("datasets", flags.settings(given).get("dataset", settings.dataset))
    if registry.missing(card, datasets.root()):
        raise RunError(f"{card.title} is not here yet. Get it: python -m gan data {card.name}")
    settings = hardware.resolve(settings.replace(**flags.settings(given)))
    return runs.create(settings, budget, title, given.run or "", given.preset or "")


def _resumed(given: argparse.Namespace) -> Run:
    if not given.run:
        raise Usage("--resume needs --run ID.")
    run, own = runs.find(given.run), runs.find(given.run).config().to_dict()
    wanted = configs.preset(given.preset)[1]["config"] if given.preset else {}
    wanted |= flags.settings(given)
    if other := {k: v for k, v in wanted.items() if v not in (own[k], LEFT_OPEN.get(k))}:
        told = "\n".join(f"  {k}: the run has {own[k]}, given {v}" for k, v in other.items())
        raise Usage(
            f"{run.id} goes on with its own settings; leave these out or start anew:\n{told}"
        )
    budget = flags.budget(given) or run.control().budget
    if run.is_held():
        raise runs.Busy(f"Run {run.id!r} is being trained by another trainer.")
    if run.weights().exists() and not run.states():
        raise RunError(
            f"Run {run.id!r} was shipped without the state that training needs to go on. "
            "Start a new run with its settings instead."
        )
    run.write_control(want="run", budget=budget)
    return run


def _run_at(text: str) -> tuple[Run, int | None]:
    name, _, step = text.partition("@")
    if step and not step.isdigit():
        raise Usage(f"--run {text}: after the @ comes a step, a whole number.")
    return runs.find(name), int(step) if step else None


# -- what the terminal shows -------------------------------------------------------------------------


@contextlib.contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Turns Ctrl-C and SIGTERM into an event, so that a step is finished and saved; a second one acts at once."""
    stop = threading.Event()

    def ask(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, before[number])

    before: dict[int, Any] = {n: signal.signal(n, ask) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_SHOWN = [0.0]  # when the last line was drawn


def _show_progress(run: Run, tick: Any) -> None:
    if time.monotonic() - _SHOWN[0] < 0.2 and tick.done < 1.0:
        return
    left = tick.seconds / tick.done - tick.seconds if tick.done else 0.0
    more = "paused" if tick.paused else f"{left:,.0f} s left" if tick.done < 1 else "done"
    _show_bar(
        tick.done,
        f"{run.id}  step {tick.step:,}  epoch {tick.epoch:.2f}  {tick.seconds:,.0f} s  {more}",
    )


def _show_bar(done: float, text: str) -> None:
    _SHOWN[0] = time.monotonic()
    if sys.stderr.isatty():
        filled = round(24 * min(done, 1.0))
        print(
            f"\r{'█' * filled}{'·' * (24 - filled)} {done:4.0%}  {text}\033[K",
            end="",
            file=sys.stderr,
        )


def _row(run: Run) -> dict[str, Any]:
    try:
        config = run.config().to_dict()
    except RunError as error:
        return {"id": run.id, "title": str(error), "status": "failed", "step": 0}
    last = newest(run)
    return {
        "id": run.id,
        "title": run.control().title,
        "status": runs.status(run),
        "step": int(last.get("step", 0)),
        "seconds": last.get("seconds", 0.0),
        **{key: config[key] for key in ("dataset", "model", "loss", "seed")},
    }


# -- the parser, derived from RunConfig --------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gan", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        found.set_defaults(command=run)
        return found

    _train_flags(command("train", train))
    command("list", list_runs).add_argument("--json", action="store_true", help="as JSON")
    pictures = command("sample", sample)
    pictures.add_argument(
        "--run", required=True, metavar="ID[@STEP]", help="which run, which snapshot"
    )
    pictures.add_argument(
        "--n", type=flags.count(1, 100_000), default=64, help="how many (default 64)"
    )
    pictures.add_argument(
        "--seed", type=flags.count(0, 2**31 - 1), default=0, help="seed of z (default 0)"
    )
    pictures.add_argument("--out", type=Path, required=True, help="x.png or x.npy")
    packed = command("export", export)
    packed.add_argument("--run", required=True, metavar="ID", help="which run")
    packed.add_argument("--out", type=Path, required=True, help="x.zip")
    scored = command("eval", evaluate)
    scored.add_argument("--run", metavar="ID[@STEP]", help="which run, which snapshot")
    scored.add_argument("--images", type=Path, metavar="x.npy", help="images instead of a run")
    scored.add_argument("--dataset", type=_choice, choices=_pictures(), help="with --images")
    scored.add_argument("--json", action="store_true", help="as JSON: a list of rows")
    made = command("evaluator", evaluator)
    made.add_argument(
        "--dataset", type=_choice, required=True, choices=_pictures(labels=True), help="labelled"
    )
    made.add_argument("--epochs", type=flags.count(1, 100), help="passes over the data")
    made.add_argument("--seed", type=flags.count(0, 2**31 - 1), default=0, help="default 0")
    got = command("data", data)
    got.add_argument("name", help=f"one of {', '.join(registry.names('datasets'))}")
    return parser


def _choice(text: str) -> str:
    """A name as the registry has it: fashion_mnist is fashion-mnist."""
    return text.replace("_", "-")


def _pictures(labels: bool = False) -> list[str]:
    """The data sets of pictures that are one and the same for everybody; with `labels` those that have some."""
    cards = [registry.card("datasets", name) for name in registry.names("datasets")]
    known = [c for c in cards if "SHAPE" in c.facts and not c.facts.get("POINTS")]
    return [c.name for c in known if c.facts.get("LABELS") or not labels]


def _train_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", help=f"start from: {', '.join(registry.names('presets'))}")
    parser.add_argument("--run", metavar="ID", help="name of the run; made here when left out")
    parser.add_argument("--resume", action="store_true", help="go on with run ID where it stopped")
    flags.add_budget(parser)
    flags.add_settings(parser)


if __name__ == "__main__":
    sys.exit(main())
