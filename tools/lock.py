"""Makes the locks anew from requirements.txt and requirements-dev.txt: all packages, pinned, with sums of their files.

    make lock            (needs uv and a network)

- locks/cuda.txt: what the app needs with PyTorch's usual build, which brings CUDA on Linux and none on macOS.
- locks/cpu.txt: the same without CUDA and without torch and torchvision themselves.
- locks/cpu-torch.txt: these two for CPUs, from PyTorch's own index.
- locks/dev.txt: what tests and checks need on top of any of them.

Locks name no place to download from: that is the installer's setting. Where PyTorch's index does not answer the sums
in locks/cpu-torch.txt stay as they are; set-up then takes those that the index tells.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from tools import torch_build

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "locks"
PAIR = ("torch", "torchvision")
CUDA = re.compile(r"nvidia-|cuda-|triton")  # what only the build with CUDA needs
OPTIONS = ["--universal", "--python-version=3.11", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"]
OPTIONS += ["--no-header", "--no-annotate", "--quiet"]
HEAD = "Made by `make lock`, not by hand. "
ABOUT = {
    "cuda": "The app with PyTorch's usual build: CUDA on Linux.",
    "cpu": "The app without CUDA, and without torch and torchvision: those are in cpu-torch.txt.",
    "dev": "What tests and checks need on top of cuda.txt or cpu.txt.",
}
CPU_ABOUT = "For CPUs, from PyTorch's own index."
SUMS = "Their sums were read from that index when this was made."
NO_SUMS = (
    "Not verified by this file: the index did not answer when it was made, so the sums are missing. Set-up checks "
    "what it downloads against the sums that the index tells then. `make lock` writes them where it answers."
)


def entries(text: str) -> dict[str, str]:
    """{"name==version ; marker": the lines of it with its sums}, of a lock."""
    found = re.findall(r"(?m)^(\S[^\\\n]*?)\s*(\\\n(?:.*\\\n)*.*\n?|\n|$)", re.sub(r"(?m)^#.*\n", "", text))
    return {name: f"{name} {rest}".rstrip() + "\n" for name, rest in found if name}


def name(entry: str) -> str:
    return re.split(r"[=\s;\[]", entry, maxsplit=1)[0]


def compiled(requirements: str, constraints: Path | None = None) -> dict[str, str]:
    """The entries that uv finds for a file of requirements."""
    uv = shutil.which("uv")
    if not uv:
        sys.exit("`make lock` needs uv on the PATH: pip install uv")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "lock.txt"
        command = [uv, "pip", "compile", *OPTIONS, "-o", str(out), requirements]
        command += ["-c", str(constraints)] if constraints else []
        if subprocess.call(command, cwd=ROOT) != 0:
            sys.exit("uv could not resolve the requirements; the lines above say why.")
        return entries(out.read_text())


def write(lock: str, found: dict[str, str], about: str = "") -> None:
    head = textwrap.fill(HEAD + (about or ABOUT[lock]), 119, initial_indent="# ", subsequent_indent="# ")
    (LOCKS / f"{lock}.txt").write_text("\n".join([head, *(found[key].rstrip() for key in sorted(found))]) + "\n")
    print(f"locks/{lock}.txt: {len(found)} packages")


def cpu_pair(usual: dict[str, str]) -> tuple[dict[str, str], str]:
    """Entries of the CPU builds, and what is to be said of their sums."""
    pins = {name(entry): f"{re.split('==| ', entry)[1]}+cpu" for entry in usual if name(entry) in PAIR}
    told = entries(torch_build.requirements(pins))
    if told and all("--hash" in lines for lines in told.values()):
        return told, f"{CPU_ABOUT} {SUMS}"
    path = LOCKS / "cpu-torch.txt"
    kept = entries(path.read_text()) if path.exists() else {}
    if {*kept} == {f"{p}=={v}" for p, v in pins.items()} and all("--hash" in lines for lines in kept.values()):
        return kept, f"{CPU_ABOUT} {SUMS}"
    return {f"{p}=={v}": f"{p}=={v}\n" for p, v in pins.items()}, f"{CPU_ABOUT} {NO_SUMS}"


def main() -> None:
    LOCKS.mkdir(exist_ok=True)
    cuda = compiled("requirements.txt")
    write("cuda", cuda)
    write("cpu", {k: v for k, v in cuda.items() if name(k) not in PAIR and not CUDA.match(name(k))})
    write("cpu-torch", *cpu_pair(cuda))
    there = {name(entry) for entry in cuda}
    dev = compiled("requirements-dev.txt", LOCKS / "cuda.txt")
    write("dev", {k: v for k, v in dev.items() if name(k) not in there})


if __name__ == "__main__":
    main()
