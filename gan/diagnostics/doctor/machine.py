"""Checks of the machine: Python, PyTorch, what trains, limits of the system."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import resource
import shutil
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from gan import hardware
from gan.diagnostics.doctor.check import Check

TESTED = ("3.11", "3.12")
REQUIREMENTS = Path(__file__).parents[3] / "requirements.txt"
PACKAGES = ("torch", "torchvision", "streamlit", "numpy")
MIN_DESCRIPTORS = 1024  # three for each browser
MIN_YEAR = 2025  # a clock that stands before this project
PROXY_SECONDS = 3.0


def checks() -> Iterator[Check]:
    """All of this file."""
    yield _python()
    yield _packages()
    yield _device()
    yield _threads()
    yield _descriptors()
    yield _clock()
    yield _home()
    yield _browser()
    yield from _proxies()


def _python() -> Check:
    version = "{}.{}".format(*sys.version_info[:2])
    text = f"Python {platform.python_version()} at {sys.executable}."
    if version in TESTED:
        return Check("Python", "ok", text)
    return Check("Python", "warning", text, f"The pins are tested on {' and '.join(TESTED)} only.")


def _packages() -> Check:
    wanted = _pins()
    versions: dict[str, str] = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            return Check("packages", "problem", f"{name} is not installed for this Python.", "Run: make setup")
    text = ", ".join(f"{name} {version}" for name, version in versions.items())
    other = [name for name in PACKAGES if versions[name].partition("+")[0] != wanted.get(name, versions[name])]
    if not other:
        return Check("packages", "ok", f"{text}.")
    pins = ", ".join(f"{name} {wanted[name]}" for name in other)
    return Check("packages", "warning", f"{text}; requirements.txt names {pins}.", "Run: make setup")


def _pins() -> dict[str, str]:
    try:
        lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return dict(line.split("==", 1) for line in (line.partition("#")[0].strip() for line in lines) if "==" in line)


def _device() -> Check:
    try:
        import torch
    except Exception as error:
        return Check("device", "problem", f"PyTorch cannot be imported: {error}", "Run: make setup")
    if torch.cuda.is_available():
        return Check("device", "ok", f"It trains on {torch.cuda.get_device_name(0)}.")
    if torch.backends.mps.is_available():
        return Check("device", "ok", "It trains on this Mac's GPU (MPS).")
    if not shutil.which("nvidia-smi"):
        return Check("device", "ok", "It trains on the CPU, which is enough for small pictures.")
    build = "PyTorch is the build for CPUs." if torch.version.cuda is None else "PyTorch finds no GPU it can use."
    advice = "Run: make setup ARGS='--torch cuda', or look at what nvidia-smi says."
    return Check("device", "warning", f"There is an NVIDIA driver, but it trains on the CPU: {build}", advice)


def _threads() -> Check:
    cores, limit = hardware.cores(), os.environ.get("OMP_NUM_THREADS", "")
    words = f"{cores} {'core' if cores == 1 else 'cores'} may be used"
    if limit.isdigit() and int(limit) < cores:
        advice = "Unset it to let PyTorch use them all."
        return Check("threads", "warning", f"{words}, but OMP_NUM_THREADS is {limit}.", advice)
    busy = os.getloadavg()[0]
    if busy > 2 * cores:
        text = f"{words}, and {busy:.0f} programs wait for them."
        return Check("threads", "warning", text, "Training is slow while they do.")
    return Check("threads", "ok", f"{words}.")


def _descriptors() -> Check:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = "no limit" if hard == resource.RLIM_INFINITY else f"{hard:,}"
    text = f"A process may open {soft:,} files and connections, after asking: {most}."
    if hard != resource.RLIM_INFINITY and hard < MIN_DESCRIPTORS:
        advice = f"A class needs {MIN_DESCRIPTORS:,}: ulimit -n, or LimitNOFILE= of a service."
        return Check("descriptors", "warning", text, advice)
    return Check("descriptors", "ok", text)


def _clock() -> Check:
    text = f"The clock says {time.strftime('%Y-%m-%d %H:%M:%S %Z')}."
    if time.localtime().tm_year < MIN_YEAR:
        return Check("clock", "problem", text, "Set it: downloads by https fail, and runs are listed in a wrong order.")
    return Check("clock", "ok", text)


def _home() -> Check:
    try:
        home = Path.home()
    except RuntimeError:
        return Check("HOME", "warning", "There is no home folder.", "Nothing of ours needs one; set HOME if others do.")
    if home.is_dir() and os.access(home, os.R_OK | os.X_OK):
        return Check("HOME", "ok", f"{home} can be read.")
    text = f"{home} may not be read by this user ({os.getuid()})."
    return Check("HOME", "warning", text, "The server goes without it; HOME=/tmp, or sudo -H, ends the warning.")


def _browser() -> Check:
    return Check("browser", "ok", "Any recent browser on any machine will do. Chromium is needed for tests only.")


def _proxies() -> Iterator[Check]:
    """The proxies through which data sets are fetched."""
    proxies = {name: url for name, url in urllib.request.getproxies().items() if name in ("http", "https")}
    for url in dict.fromkeys(proxies.values()):
        names = " and ".join(f"{name}_proxy" for name, other in proxies.items() if other == url)
        try:
            where = urlsplit(url if "//" in url else f"//{url}")
            place = (where.hostname or "", where.port or 80)
            socket.create_connection(place, PROXY_SECONDS).close()
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            advice = "Data sets cannot be fetched so: mend the proxy, or unset the variable."
            yield Check("proxy", "warning", f"{names}: the proxy {_bare(url)} does not answer ({why}).", advice)
        else:
            yield Check("proxy", "ok", f"{names}: data sets are fetched through {_bare(url)}.")


def _bare(url: str) -> str:
    """A proxy without the password that may stand in its address."""
    return url.rpartition("@")[2].rpartition("//")[2]
