"""Flags of the command line, derived from RunConfig: every field is one, and says what it takes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from gan import config as configs
from gan.config import plain

BUDGET = {"steps": int, "epochs": float, "seconds": float}


class Usage(Exception):
    """The command was given something that cannot be; the message says what."""


def add_budget(parser: argparse.ArgumentParser) -> None:
    """One of --steps, --epochs, --seconds."""
    only_one = parser.add_mutually_exclusive_group()
    for unit, kind in BUDGET.items():
        only_one.add_argument(
            f"--{unit}", type=kind, metavar="N", help=f"train for N {unit} in all"
        )


def budget(given: argparse.Namespace) -> dict[str, float]:
    """What was given of a budget; {} for nothing. Raises Usage."""
    wanted = {unit: getattr(given, unit) for unit in BUDGET if getattr(given, unit) is not None}
    for unit, value in wanted.items():
        if not 0 < value < float("inf"):
            raise Usage(f"--{unit} {value:g}: must be more than 0.")
    return wanted


def add_settings(parser: argparse.ArgumentParser) -> None:
    """A flag for every field of RunConfig."""
    group = parser.add_argument_group("settings (of a new run; the preset's where left out)")
    for name, field in configs.fields().items():
        knob = configs.knob_of(name)
        default = f"Default: {field.default}." if field.default != "" else ""
        group.add_argument(
            f"--{name.replace('_', '-')}",
            type=_typed(name),
            metavar=name.upper(),
            help=f"{knob.help} {_allowed(knob)}{default}".replace("%", "%%"),
        )


def settings(given: argparse.Namespace) -> dict[str, Any]:
    """The fields of RunConfig that were given."""
    values = {name: getattr(given, name) for name in configs.fields()}
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
