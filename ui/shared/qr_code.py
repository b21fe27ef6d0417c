"""QR codes of an address, for the terminal (`python -m ui.shared.qr_code ADDRESS`) and for a page."""

from __future__ import annotations

import sys
from functools import lru_cache
from html import escape

import segno

WIDTH_PX = 220  # in a page
QUIET_ZONE = 2  # squares around it; the page's own margin does the rest


@lru_cache(maxsize=64)
def picture(address: str) -> str:
    """The QR code as the address of an image, which a script puts into a page."""
    return str(segno.make(address, micro=False).svg_data_uri(border=QUIET_ZONE, light="#fff"))


def html(address: str) -> str:
    """The QR code as an element of a page; an SVG element of its own Streamlit takes out of what it is given."""
    return f'<img src="{escape(picture(address))}" alt="QR code of {escape(address)}" width="{WIDTH_PX}">'


def show(address: str) -> None:
    """Prints the QR code. Nothing where the output cannot have block characters."""
    if (sys.stdout.encoding or "").lower().replace("-", "") == "utf8":
        segno.make(address, micro=False).terminal(out=sys.stdout, border=QUIET_ZONE, compact=True)


if __name__ == "__main__":
    show(sys.argv[1])
