"""Which build of PyTorch a machine gets: the usual one, on Linux with CUDA, or that for CPUs, a tenth of the download.

Standard library only: the set-up uses it before anything is installed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import threading
import urllib.request
from pathlib import Path
from urllib.parse import unquote

CPU_INDEX = "https://download.pytorch.org/whl/cpu"  # PyTorch's own; the usual build comes from where all else does
WAIT = 5.0  # seconds for that index to answer
BUILDS = ("auto", "cpu", "cuda")
LINK = re.compile(r"<a\s[^>]*?href=\"([^\"#]+)(?:#sha256=([0-9a-f]{64}))?\"")
DRIVER = ("/proc/driver/nvidia/version", "/usr/lib/wsl/lib/libcuda.so.1")  # Linux; Linux inside Windows


def wanted() -> str:
    """What the user asks for by $FORGER_TORCH: "auto", "cpu" or "cuda"; exits for any other word."""
    word = os.environ.get("FORGER_TORCH") or "auto"
    if word not in BUILDS:
        sys.exit(f"FORGER_TORCH={word} is none of: {', '.join(BUILDS)}.")
    return word


def index() -> str:
    """Address of the index of CPU builds, $FORGER_TORCH_INDEX for a mirror."""
    return os.environ.get("FORGER_TORCH_INDEX", CPU_INDEX).rstrip("/")


def has_nvidia() -> bool:
    """Whether a driver for CUDA is installed."""
    return bool(shutil.which("nvidia-smi")) or any(Path(path).exists() for path in DRIVER)


def installed() -> str:
    """Build of the torch that is installed here: "cpu" or "cuda", which is also said of one without torch."""
    from importlib import metadata

    with contextlib.suppress(metadata.PackageNotFoundError):
        return "cpu" if metadata.version("torch").endswith("+cpu") else "cuda"
    return "cuda"


def wheels(package: str, version: str) -> dict[str, str]:
    """{file: sha256} of the wheels of one version on the index of CPU builds, "" where the index tells no sum.

    Empty where it does not answer within WAIT, whatever it waits for: a name, a connection, or the rest of the page.
    """
    page, address = list[str](), f"{index()}/{package}/"

    def read() -> None:
        with contextlib.suppress(OSError, ValueError), urllib.request.urlopen(address, timeout=WAIT) as answer:
            page.append(answer.read().decode("utf-8", "replace"))

    asking = threading.Thread(target=read, daemon=True)
    asking.start()
    asking.join(WAIT)
    links = ((unquote(url).rsplit("/", 1)[-1], sum_) for url, sum_ in LINK.findall(page[0] if page else ""))
    return {file: sum_ for file, sum_ in links if file.startswith(f"{package}-{version}-") and file.endswith(".whl")}


def requirements(pins: dict[str, str]) -> str:
    """Lines for an installer that pin each package with the sums of its wheels; "" where the index lacks one of them.

    Without sums from the index the lines pin versions alone.
    """
    lines = []
    for package, version in pins.items():
        found = wheels(package, version)
        if not found:
            return ""
        sums = sorted(found.values()) if all(found.values()) else []
        lines.append(" \\\n".join([f"{package}=={version}", *(f"    --hash=sha256:{one}" for one in sums)]) + "\n")
    return "".join(lines)
