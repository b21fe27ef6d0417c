"""What `make run` and `make class` are asked for: where the server listens, at which addresses browsers reach it.

With a bare Python, before anything is set up: a taken port is told before there is work to lose.
"""

from __future__ import annotations

import argparse
import errno
import os
import re
import socket
import sys
import tomllib
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gan.diagnostics import addresses

SETTINGS = Path(__file__).parents[1] / ".streamlit" / "config.toml"
NAME, ANNOUNCER = re.compile(r"[a-z0-9-]{1,40}"), Path("/run/avahi-daemon")  # of multicast DNS
ASK_SECONDS = 1.0  # whether a Forger has the port already


@dataclass(frozen=True)
class Launch:
    """Address and port to listen on, the path below which the app is ("" or "/forger"), the addresses that a person
    gave for browsers elsewhere, sites that may show it in a frame, and the rest for `streamlit run`."""

    address: str
    port: int
    path: str
    public: tuple[str, ...]
    frames: tuple[str, ...]
    rest: tuple[str, ...]

    def local(self) -> str:
        """The address for a browser on this machine."""
        return addresses.url(self.address, self.port, self.path)

    def others(self) -> list[str]:
        """The addresses for other machines, the likeliest first."""
        found = addresses.reachable() if self.address in addresses.WILDCARDS else []
        if self.address == "0.0.0.0":
            found = [address for address in found if ":" not in address]
        return [*self.public, *(addresses.url(address, self.port, self.path) for address in found)]

    def short(self) -> str:
        """An address by this machine's name, which is shorter to type; "" where nothing here announces the name."""
        name = socket.gethostname().partition(".")[0].lower()
        told = self.address in addresses.WILDCARDS and NAME.fullmatch(name) and name != "localhost"
        announced = sys.platform == "darwin" or ANNOUNCER.exists()
        return addresses.url(f"{name}.local", self.port, self.path) if told and announced else ""

    def flags(self) -> list[str]:
        """The arguments of `streamlit run`."""
        where = ["--server.address", self.address, "--server.port", str(self.port)]
        path = [f"--server.baseUrlPath={self.path[1:]}"] if self.path else []
        if ":" in self.address and self.address not in addresses.WILDCARDS:
            where.append(f"--browser.serverAddress=[{self.address}]")  # as Streamlit prints it
        return [*where, *path, *self.rest]

    def environment(self) -> dict[str, str]:
        """What the server reads beside its arguments."""
        told = {"FORGER_PUBLIC_URL": self.public, "FORGER_FRAME_ORIGIN": self.frames}
        return {name: " ".join(values) for name, values in told.items() if values}


def read(arguments: Sequence[str], address: str) -> Launch:
    """What the arguments ask for, the rest as usual: `address`, the first free port. Exits with a sentence."""
    parser = argparse.ArgumentParser("make run", allow_abbrev=False, add_help=False)
    parser.add_argument("--port", "--server.port", dest="port", type=int)
    parser.add_argument("--address", "--server.address", dest="address", default=address)
    parser.add_argument("--server.baseUrlPath", dest="path", default=_setting("baseUrlPath"))
    parser.add_argument("--public-url", action="append", default=[])
    parser.add_argument("--frame-origin", action="append", default=[])
    options, rest = parser.parse_known_args(arguments)
    public = tuple(map(_public, options.public_url or os.environ.get("FORGER_PUBLIC_URL", "").split()))
    path = options.path if options.path is not None else "".join(urlsplit(url).path for url in public[:1])
    path = "/".join(["", *filter(None, path.split("/"))])
    port = int(_setting("port") or 0) if options.port is None else options.port
    bind = options.address.strip("[]")
    if not 0 <= port <= 65535:
        sys.exit(f"There is no port {port}: ports are 1 to 65535.")
    if port and (problem := addresses.refusal(bind, port)):
        sys.exit(_taken(bind, port, path, problem))
    found = port or addresses.next_free(bind)
    frames = tuple(options.frame_origin or os.environ.get("FORGER_FRAME_ORIGIN", "").split())
    return Launch(bind, found, path, public, frames, tuple(rest))


def _setting(name: str) -> str | None:
    """A setting of Streamlit's section [server], of the environment or the file beside the code, or None."""
    if told := os.environ.get("STREAMLIT_SERVER_" + re.sub(r"(?=[A-Z])", "_", name).upper()):
        return told
    try:
        found = tomllib.loads(SETTINGS.read_text(encoding="utf-8")).get("server", {}).get(name)
    except (OSError, ValueError):
        return None
    return None if found is None else str(found)


def _public(text: str) -> str:
    """An address for browsers, with a slash at the end."""
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname:
        sys.exit(f"--public-url {text}: give the whole address that people type, as in https://example.org/forger/")
    return f"{url.scheme}://{url.netloc}{url.path.rstrip('/')}/"


def _taken(address: str, port: int, path: str, problem: OSError) -> str:
    """Why the server cannot listen there, and where it can."""
    where = addresses.url(address, port, path)
    if problem.errno == errno.EACCES:
        why = f"Port {port} may not be used by this user: ports below 1024 are the system's."
    elif problem.errno == errno.EADDRINUSE:
        why = f"Port {port} is taken by another program."
        if _is_forger(where):
            why = f"Port {port} is taken: a Forger runs there already, {where}"
    else:
        return f"The server cannot listen on {address} port {port}: {problem.strerror or problem}."
    free = addresses.next_free(address, port + 1 if port >= addresses.FIRST_PORT else addresses.FIRST_PORT)
    return f'{why}\nPort {free} is free: make run ARGS="--port {free}"'


def _is_forger(where: str) -> bool:
    try:
        with urllib.request.urlopen(f"{where.rstrip('/')}/api/health", timeout=ASK_SECONDS) as answer:
            return b'"training"' in answer.read(10_000)
    except (OSError, ValueError):
        return False
