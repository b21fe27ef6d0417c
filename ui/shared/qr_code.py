"""QR codes of an address, for the terminal (`python -m ui.shared.qr_code ADDRESS`) and for a page."""

from __future__ import annotations

import sys

import segno

MODULE_PX = 6  # side of one of its squares in a page
QUIET_ZONE = 2  # squares around it; the page's own margin does the rest


def svg(address: str) -> str:
    """The QR code as an SVG element, black on white in the dark mode, too."""
    return str(segno.make(address, micro=False).svg_inline(scale=MODULE_PX, border=QUIET_ZONE, light="#fff"))


def show(address: str) -> None:
    """Prints the QR code. Nothing where the output cannot have block characters."""
    if (sys.stdout.encoding or "").lower().replace("-", "") == "utf8":
        segno.make(address, micro=False).terminal(out=sys.stdout, border=QUIET_ZONE, compact=True)


if __name__ == "__main__":
    show(sys.argv[1])
