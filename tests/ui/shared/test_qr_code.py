"""The QR code of an address: black on white in a page, blocks in a terminal that has them."""

from __future__ import annotations

import subprocess
import sys
from urllib.parse import unquote
from xml.etree import ElementTree

from ui.shared import qr_code

ADDRESS = "http://192.168.7.5:8501"


def printed(encoding: str) -> bytes:
    environment = {"PYTHONIOENCODING": encoding, "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "ui.shared.qr_code", ADDRESS]
    return subprocess.run(command, capture_output=True, env=environment, check=True).stdout


def test_a_terminal_shows_it_where_it_can() -> None:
    lines = printed("utf-8").decode().splitlines()
    assert len(lines) > 12
    assert {len(line) for line in lines} == {len(lines[0])}
    assert set("".join(lines)) <= set(" ▀▄█")
    assert printed("ascii") == b""


def test_a_page_shows_it_dark_on_light() -> None:
    image = ElementTree.fromstring(qr_code.html(ADDRESS).replace('">', '"/>'))
    kind, _, text = (image.get("src") or "").partition(",")
    assert kind == "data:image/svg+xml;charset=utf-8"
    light, dark = ElementTree.fromstring(unquote(text))
    assert light.get("fill") == "#fff"
    assert dark.get("stroke") == "#000"
    assert ADDRESS in (image.get("alt") or "")
    assert qr_code.picture(ADDRESS) != qr_code.picture(ADDRESS + "/")
