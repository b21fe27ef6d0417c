"""The parser of the command line. The settings of a run are flags derived from RunConfig."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from gan import registry
from gan.cli import commands, data_command, flags, sweep_command
from gan.cli.run_choice import DEFAULT_PRESET
from gan.runs.trackers import TRACKERS

DESCRIPTION = "The command line of Forger. The app shows live what is trained here."


def make_parser() -> argparse.ArgumentParser:
    """The parser, with a sub-parser for each command."""
    parser = argparse.ArgumentParser(prog="python -m gan", description=DESCRIPTION)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        parser = subparsers.add_parser(name, help=run.__doc__, description=run.__doc__)
        parser.set_defaults(command=run)
        return parser

    _train_flags(command("train", commands.train))
    sweep_command.add_flags(command("sweep", sweep_command.sweep))
    listed = command("list", commands.list_runs)
    listed.add_argument("--json", action="store_true", help="print JSON")
    listed.add_argument("--parquet", type=Path, metavar="x.parquet", help="write them with settings and newest scores")
    pictures = command("sample", commands.sample)
    pictures.add_argument(
        "--run", required=True, metavar="ID[@STEP]", help="the run; its newest generator, or the snapshot of a step"
    )
    pictures.add_argument("--n", type=flags.count(1, 100_000), default=64, help="number of samples (default 64)")
    pictures.add_argument("--seed", type=flags.count(0, 2**31 - 1), default=0, help="seed of the noise z (default 0)")
    pictures.add_argument("--class", dest="label", metavar="K", help="one class alone, by its name or number")
    pictures.add_argument("--words", metavar="TEXT", help='a caption: "a thick seven, slanted to the left, at the top"')
    pictures.add_argument(
        "--source", type=Path, metavar="x.npy", help="pictures to be translated or restored, uint8 N,H,W or N,H,W,C"
    )
    pictures.add_argument("--back", action="store_true", help="the other way, of a run that translates both ways")
    pictures.add_argument("--mask", type=Path, metavar="m.npy", help="where they are missing: uint8 N,H,W, not 0 there")
    pictures.add_argument("--out", type=Path, required=True, help="the file to write, x.png or x.npy")
    packed = command("export", commands.export)
    packed.add_argument("--run", required=True, metavar="ID[@STEP]", help="the run; --onnx takes a snapshot, too")
    packed.add_argument("--out", type=Path, required=True, help="the file to write, x.zip, .onnx, .html or .gif")
    kind = packed.add_mutually_exclusive_group()
    kind.add_argument("--onnx", action="store_true", help="the generator alone, as ONNX: z (and y) in, images out")
    kind.add_argument("--html", action="store_true", help="one page that shows the run and draws, without a network")
    kind.add_argument(
        "--film", action="store_true", help="twenty seconds of the run as a GIF: pictures, losses, verdict"
    )
    packed.add_argument("--force", action="store_true", help="overwrite a file that is no zip of a run, too")
    live = command("publish", commands.publish)
    live.add_argument("--run", required=True, metavar="ID", help="the run")
    live.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="an empty folder, or one of this run")
    how = live.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help="as the run is now, then end")
    how.add_argument("--follow", action="store_true", help="past the end of the run, for when it is resumed")
    _code_flags(command("code", commands.code))
    opened = command("import", commands.import_)
    opened.add_argument("zip", type=Path, help="the zip, as export makes it")
    opened.add_argument("--run", metavar="ID", help="id of the run (default: the one it had, or the next that is free)")
    scored = command("eval", commands.evaluate)
    scored.add_argument("--run", metavar="ID[@STEP]", help="the run; its newest generator, or the snapshot of a step")
    scored.add_argument("--images", type=Path, metavar="x.npy", help="score these images instead of a run")
    scored.add_argument(
        "--dataset", type=_choice, choices=_pictures(), help="with --images: the data set they are meant to look like"
    )
    scored.add_argument("--json", action="store_true", help="print JSON: a list of evaluations")
    made = command("evaluator", commands.evaluator)
    made.add_argument(
        "--dataset", type=_choice, required=True, choices=_pictures(labels=True), help="a data set with labels"
    )
    made.add_argument("--epochs", type=flags.count(1, 100), help="passes over the training images")
    made.add_argument("--seed", type=flags.count(0, 2**31 - 1), default=0, help="seed of its training (default 0)")
    data_command.add_flags(command("data", data_command.data))
    examined = command("doctor", commands.doctor)
    examined.add_argument("--json", action="store_true", help="print JSON")
    examined.add_argument("--port", type=flags.count(1, 65535), help="of the server (default: 8501 and the next ones)")
    examined.add_argument(
        "--public-url", action="append", metavar="URL", help="an address at which a proxy offers the server; repeatable"
    )
    return parser


def _train_flags(parser: argparse.ArgumentParser) -> None:
    presets = ", ".join(registry.names("presets"))
    usual = f"{DEFAULT_PRESET}, unless --model or --loss is given"
    parser.add_argument("--preset", help=f"start from: {presets} (default: {usual})")
    parser.add_argument("--run", metavar="ID", help="id of the run (default: made from the preset and the data set)")
    parser.add_argument("--resume", action="store_true", help="continue run ID where it stopped")
    parser.add_argument(
        "--accept-changes",
        action="store_true",
        help="with --resume: go on although settings or data were changed since",
    )
    parser.add_argument(
        "--log",
        action="append",
        default=[],
        choices=TRACKERS,
        help="write the log for another program, too: metrics.csv, or tensorboard/ in the run's folder; repeatable",
    )
    flags.add_budget(parser)
    flags.add_settings(parser)


def _code_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", default=DEFAULT_PRESET, help=f"start from this preset (default: {DEFAULT_PRESET})")
    parser.add_argument("--run", metavar="ID", help="the settings of this run instead of a preset")
    parser.add_argument("--out", type=Path, help="the file to write, x.py or x.ipynb (default: print it)")
    parser.add_argument("--steps", type=flags.count(1, 10_000_000), help="steps that the file trains for")
    flags.add_settings(parser, title="settings (default: those of the preset or of the run)")


def _choice(text: str) -> str:
    """A name as the registry has it: fashion_mnist is fashion-mnist."""
    return text.replace("_", "-")


def _pictures(labels: bool = False) -> list[str]:
    """The data sets of pictures that need no files of the user; with `labels` those that have some."""
    cards = [registry.card("datasets", name) for name in registry.names("datasets")]
    known = [c for c in cards if "SHAPE" in c.facts and not c.facts.get("POINTS")]
    return [c.name for c in known if c.facts.get("LABELS") or not labels]
