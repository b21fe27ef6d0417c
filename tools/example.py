"""Writes examples/gan_in_one_file.py, the code of the run lean-mnist in one file: python -m tools.example"""

from __future__ import annotations

from pathlib import Path

from gan.export import code
from gan.runs import Run

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "gan_in_one_file.py"
HEAD = "# Made by python -m tools.example: the code of the shipped run lean-mnist, as `python -m gan code` writes it.\n"
RUN = Run(ROOT / "checkpoints" / "lean-mnist")


def text() -> str:
    """The file as it is now."""
    settings = RUN.config()
    base = code.source(settings, *code.data_of(settings, RUN), title=RUN.control().title)
    return HEAD + base


if __name__ == "__main__":
    EXAMPLE.write_text(text(), encoding="utf-8")
    print(EXAMPLE)
