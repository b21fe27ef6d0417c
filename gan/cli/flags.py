"""Flags of the command line, derived from RunConfig: one per field, with its range or choices in the help."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from gan import config as configs
from gan.config import plain
from gan.runs import RunError

BUDGET = {"steps": int, "epochs": float, "seconds": float}


class Usage(Exception):
    """The command was given something that cannot be; the message says what."""


class NothingToDo(Exception):
    """What was asked for is done already; the message says so."""


def check_out(path: Path, *endings: str) -> None:
    """Looks at the file that a command is to write before it works for it. Raises Usage, RunError."""
    if endings and path.suffix not in endings:
        raise Usage(f"--out {path}: the file must end in {' or '.join(endings)}.")
    if not path.parent.is_dir():
        raise RunError(f"--out {path}: there is no folder {path.parent}. Make it, or name another.")
    if path.is_dir():
        raise RunError(f"--out {path} is a folder: name a file in it.")


def add_budget(parser: argparse.ArgumentParser) -> None:
    """One of --steps, --epochs, --seconds."""
    only_one = parser.add_mutually_exclusive_group()
    for unit, kind in BUDGET.items():
        only_one.add_argument(
            f"--{unit}", type=kind, metavar="N", help=f"train until the run has had N {unit} in total"
        )


def budget(args: argparse.Namespace) -> dict[str, float]:
    """What was given of a budget; {} for nothing. Raises Usage."""
    wanted = {unit: getattr(args, unit) for unit in BUDGET if getattr(args, unit) is not None}
    for unit, value in wanted.items():
        if not 0 < value < float("inf"):
            raise Usage(f"--{unit} {value:g}: must be more than 0.")
    return wanted


def add_settings(parser: argparse.ArgumentParser, names: Collection[str] = (), title: str = "") -> None:
    """A flag for every field of RunConfig, or for those named."""
    group = parser.add_argument_group(title or "settings of a new run (default: those of the preset)")
    for name, setting in configs.settings().items():
        if names and name not in names:
            continue
        knob = setting.knob
        default = f"Default: {setting.default}." if setting.default != "" else ""
        group.add_argument(
            f"--{name.replace('_', '-')}",
            type=_typed(name),
            metavar=name.upper(),
            help=f"{knob.help} {_allowed(knob)}{default}".replace("%", "%%"),
        )


def settings(args: argparse.Namespace, names: Collection[str] = ()) -> dict[str, Any]:
    """The fields of RunConfig that were given, or those of them that are named."""
    values = {name: getattr(args, name) for name in names or configs.settings()}
    return {name: value for name, value in values.items() if value is not None}


def count(low: int, high: int) -> Callable[[str], int]:
    """Reads a whole number from `low` to `high`."""

    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number from {low} to {high}")
        return int(text)

    return read


def _typed(name: str) -> Callable[[str], Any]:
    """Reads and checks the value of one field, so that argparse names the flag and the allowed values."""

    def read(text: str) -> Any:
        try:
            value = configs.parser_of(name)(text)
        except ValueError:
            value = text
        if problem := configs.check(name, value):
            raise argparse.ArgumentTypeError(problem)
        return value

    return read


def _allowed(knob: configs.Knob) -> str:
    if options := knob.options():
        return f"One of {', '.join(map(str, options))}. "
    return f"{plain(knob.low)} to {plain(knob.high)}. " if knob.high < float("inf") else ""
