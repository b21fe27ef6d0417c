"""`python -m gan data NAME`: gets or makes a data set, or tells what would be read of it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from gan import datasets, registry
from gan.cli import flags
from gan.cli.flags import check_out
from gan.cli.progress import follow, show_bar
from gan.config import RunConfig
from gan.datasets import Data, DataError, Reading
from gan.runs import RunError

FAILED = 1  # exit code: it cannot be trained on


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The name, the settings that say what is read, and how it is told."""
    parser.add_argument("name", help=f"one of {', '.join(registry.names('datasets'))}")
    flags.add_settings(parser, settings(), "what is read")
    parser.add_argument("--json", action="store_true", help="read it, train nothing, and print JSON of what is in it")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="x.npz",
        help="write what was read: images uint8 N,C,H,W and labels; x.npy, with x-labels.npy beside it, for large sets",
    )


def settings() -> list[str]:
    """The settings of a run that say what is read of a data set."""
    facts = [registry.card("datasets", name).facts for name in registry.names("datasets")]
    knobs = {knob for fact in facts for knob in (*fact.get("KNOBS", ()), *fact.get("EXTRA", ()))}
    return sorted(knobs | {"n_images", "image_size"})


def data(args: argparse.Namespace) -> int:
    """Downloads a data set, makes it, or tells what would be read: with --json, --out or pictures of your own."""
    card = registry.card("datasets", args.name)
    if args.out:
        check_out(args.out, ".npz", ".npy")
    if args.json or args.out or args.source:
        return _tell(args)
    module, home = registry.load("datasets", args.name), datasets.root()
    get = getattr(module, "download", None) or getattr(module, "make", None)
    if get is None or (card.facts.get("FILES") and not registry.missing(card, home)):
        print(f"{card.title} is ready.")
        return 0
    try:
        for progress in get(home):
            show_bar(progress.done / max(progress.total, 1), progress.text)
    except DataError as error:
        raise RunError(str(error)) from error
    print(f"\n{card.title} is in {home}.", file=sys.stderr)
    return 0


def _tell(args: argparse.Namespace) -> int:
    """Reads a data set as a run would, and prints what is in it; 1 where it is refused."""
    config = RunConfig(dataset=args.name, **flags.settings(args, settings()))
    try:
        data, refused = follow(datasets.opening(config)), None
    except DataError as error:
        data, refused = None, error
    answer = _answer(data, refused)
    print(json.dumps(answer) if args.json else "\n".join(_sentences(answer, _flags(data, refused))))
    if args.out and data is not None:
        _write(args.out, data)
    return FAILED if refused else 0


def _reading(data: Data | None, refused: DataError | None) -> Reading:
    return (data.reading if data else refused.reading if refused else None) or Reading()


def _flags(data: Data | None, refused: DataError | None) -> dict[str, str]:
    """Of each sentence that tells of a decision, the flag that decides it otherwise."""
    decisions = _reading(data, refused).decisions
    return {one.text: "--" + one.knob.replace("_", "-") for one in decisions if one.knob}


def _answer(data: Data | None, refused: DataError | None) -> dict[str, Any]:
    """What was read, as JSON; sizes are null where nothing was."""
    reading = _reading(data, refused)
    return {
        "images": len(data) if data else refused.images if refused else 0,
        "channels": data.shape[0] if data else None,
        "size": data.shape[1] if data else None,
        "classes": list(data.names) if data and data.labels is not None else None,
        "counts": list(data.counts) if data and data.counts else None,
        "left_out": [{"name": one.name, "reason": one.reason} for one in reading.left_out],
        "notes": list(reading.sentences),
        "refused": str(refused) if refused else None,
    }


def _sentences(answer: dict[str, Any], settable: dict[str, str]) -> list[str]:
    """The same for people, each decision with the flag that decides it otherwise."""
    lines = [f"{note.removesuffix('.')} ({settable[note]})." if note in settable else note for note in answer["notes"]]
    if answer["refused"]:
        return [answer["refused"], *(line for line in lines if line not in answer["refused"])]
    kind = "grey" if answer["channels"] == 1 else "colour" if answer["channels"] == 3 else "points, not pictures"
    first = f"{answer['images']:,} pictures of {answer['size']} x {answer['size']} pixels, {kind}."
    if answer["classes"]:
        each = zip(answer["classes"], answer["counts"], strict=True)
        lines.insert(0, "Classes: " + ", ".join(f"{name} ({count:,})" for name, count in each) + ".")
    return [first, *lines]


def _write(out: Path, data: Data) -> None:
    import numpy as np

    if out.suffix == ".npy":
        np.save(out, data.images)
        if data.labels is not None:
            np.save(out.with_name(f"{out.stem}-labels.npy"), data.labels)
    elif data.labels is None:
        np.savez_compressed(out, images=data.images)
    else:
        np.savez_compressed(out, images=data.images, labels=data.labels)
