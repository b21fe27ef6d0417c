#!/usr/bin/env python3
"""Sets Forger up and starts it, with nothing but Python: `python3 bootstrap.py run`."""

import argparse
import contextlib
import fcntl
import functools
import importlib.util
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
TESTED = ("3.12", "3.11")
VERSION = "{}.{}".format(*sys.version_info[:2])


def tested_python() -> str:
    """Path of a Python the pins are tested on, or "". A version manager's shim may not run."""
    for version in TESTED:
        path = shutil.which("python" + version)
        if path and subprocess.call([path, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            return path
    return ""


if sys.version_info < (3, 11):  # noqa: UP036  (an old Python has to get this far to say so)
    newer = tested_python()
    if newer:
        os.execv(newer, [newer, *sys.argv])
    sys.exit(
        "Forger needs Python 3.11 or 3.12; this is " + VERSION + " and the PATH has no newer one. "
        "On Debian or Ubuntu: sudo apt install python3.11 python3.11-venv"
    )

VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
STAMP = VENV / "forger.json"  # {"python": "3.11", "run": {package: version}, …}; {} until done
FILES = {"run": ["requirements.txt"], "dev": ["requirements.txt", "requirements-dev.txt"]}
# Measured on Linux, where torch comes with CUDA; a generous guess elsewhere.
DOWNLOAD_GB, DISK_GB = (3.2, 6.4) if sys.platform == "linux" else (0.5, 2.0)

STROKES = """
from gan.datasets import root, strokes
told = False
for p in strokes.make(root()):
    told = told or p.done < p.total
    if told:
        print(f"\\r  {p.text}: {p.done:,} of {p.total:,} {p.unit}", end="", flush=True)
print(end="\\n" if told else "")
"""

say = functools.partial(print, flush=True)


def pins(level: str) -> dict[str, str]:
    """{package: version} of the requirement files of `level`, which is "run" or "dev"."""
    text = "".join((ROOT / name).read_text() for name in FILES[level])
    return dict(re.findall(r"(?m)^([\w-]+)==(\S+)", text))


def state(level: str) -> str:
    """Of .venv for `level`: "none", "unknown" (made by hand), "broken", "outdated" or "ready"."""
    if not VENV.exists():
        return "none"
    ask = [str(PYTHON), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    works = PYTHON.exists() and subprocess.run(ask, capture_output=True, text=True).stdout.strip()
    if not STAMP.exists():
        return "unknown" if works else "broken"
    stamp = {}
    with contextlib.suppress(ValueError):
        stamp = json.loads(STAMP.read_text())
    if not works or stamp.get("python") != works:
        return "broken"
    return "ready" if stamp.get(level) == pins(level) else "outdated"


def verify(level: str) -> None:
    """For .venv's own Python: stamps .venv as complete, or exits saying which package fails."""
    import importlib.metadata

    for package, version in pins(level).items():
        try:
            there = importlib.metadata.version(package)
            if there != version:
                raise ImportError(f"version {there} is there")
            if package in pins("run"):
                importlib.import_module("PIL" if package == "pillow" else package)
        except Exception as problem:
            sys.exit(f"{package} {version} does not work: {problem}")
    levels = {name: pins(name) for name in FILES if level in ("dev", name)}
    STAMP.write_text(json.dumps({"python": VERSION, **levels}))


def complete(level: str) -> bool:
    code = f"import bootstrap; bootstrap.verify({level!r})"
    return subprocess.call([str(PYTHON), "-c", code], cwd=ROOT) == 0


def announce(free_gb: float, tool: str) -> None:
    """Tells size and time before anything is downloaded; exits where the disk cannot hold it."""
    quick, slow = (max(1, round(DOWNLOAD_GB * 8000 / mbit / 60)) for mbit in (100, 20))
    say(
        f"Making .venv with {tool}, once: about {DOWNLOAD_GB} GB to download ({quick} minutes at "
        f"100 Mbit/s, {slow} at 20), then 1 to 3 minutes to unpack; {DISK_GB:.0f} GB on disk."
    )
    if free_gb < DISK_GB + DOWNLOAD_GB:
        sys.exit(f"This disk has only {free_gb:.1f} GB free: make room and try again.")


def make_venv() -> None:
    """An empty .venv in place of whatever is there, stamped as not done."""
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            sys.exit(
                f"This Python {VERSION} comes without its module {module}. On Debian or Ubuntu: "
                f"sudo apt install python{VERSION}-venv"
            )
    if VENV.exists():
        shutil.rmtree(VENV)
    VENV.mkdir()
    STAMP.write_text("{}")
    base = getattr(sys, "_base_executable", sys.executable)  # .venv's own may be running this
    if subprocess.call([base, "-m", "venv", str(VENV)]) != 0:
        sys.exit("Python could not make .venv; the lines above say why.")


def install(level: str, uv: str | None, lock: int) -> None:
    """`lock` goes along, so that an installer that outlives this script keeps the next waiting."""
    tmp = VENV / "tmp"  # a small /tmp cannot hold torch
    tmp.mkdir(exist_ok=True)
    env = {**os.environ, "TMPDIR": str(tmp), "UV_PYTHON_DOWNLOADS": "never"}
    wanted = ["-r", FILES[level][-1]]
    compiled = "--compile-bytecode"  # as pip does: half a minute here, and the first start is no slower than others
    tools = [[uv, "pip", "install", compiled, "--python", str(PYTHON)]] if uv else []
    own = [str(PYTHON), "-m", "pip", "install"]
    for tool in [*tools, own]:
        if tool is own and not (VENV / "bin/pip").exists():  # as uv and others make it
            subprocess.call([str(PYTHON), "-m", "ensurepip"])
        if subprocess.call([*tool, *wanted], cwd=ROOT, env=env, pass_fds=[lock]) == 0:
            return shutil.rmtree(tmp)
    sys.exit("The packages could not be installed; the lines above say why.")


def ensure(level: str) -> None:
    """Brings .venv to "ready" for `level`; of two set-ups at once the second waits."""
    if state(level) == "ready":
        return
    with (ROOT / ".venv.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is at work in this folder: waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        found = state(level)
        if found == "unknown":
            say("This script did not make the .venv here: checking whether it fits.")
            found = state(level) if complete("run") else "broken"
        if found == "ready":
            return
        uv = shutil.which("uv")
        if found == "outdated":
            say("Bringing .venv up to date with the requirements.")
            STAMP.write_text("{}")
        else:
            if found != "none":
                say("The .venv here is not complete: making it again.")
            announce(shutil.disk_usage(ROOT).free / 1e9, "uv" if uv else "pip")
            make_venv()
        install(level, uv, lock.fileno())
        say("Checking that everything imports: half a minute the first time.")
        if not complete(level):
            sys.exit("So .venv is not usable; the next try makes it again.")


def become(*command: str) -> None:
    """This process turns into `python -m command`: signals reach it, its exit code is ours."""
    os.execv(PYTHON, [str(PYTHON), "-m", *command])


def free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def lan_addresses() -> list[str]:
    """IPv4 addresses others may reach this machine at, the likeliest first. Sends nothing."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # a datagram socket only looks the route up
        found = [probe.getsockname()[0]]
    with contextlib.suppress(OSError):
        found += socket.gethostbyname_ex(socket.gethostname())[2]
    return [a for a in dict.fromkeys(found) if not a.startswith(("127.", "169.254.", "0."))]


def setup(*_: str) -> None:
    """make the environment and the embedded data set, and start nothing"""
    ensure("run")
    made = subprocess.run([str(PYTHON), "-c", STROKES], stderr=subprocess.PIPE, text=True)
    if made.returncode != 0:
        reason = (made.stderr.strip() or "no reason given").splitlines()[-1]
        say(f"The data set strokes could not be made ({reason}); the rest works without it.")


def server(arguments: tuple[str, ...], address: str, *flags: str) -> tuple[int, list[str]]:
    """(port, the command that serves the app there): `flags`, then the user's own."""
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    parser.add_argument("--port", "--server.port", type=int)
    options, rest = parser.parse_known_args(arguments)
    setup()
    port = options.port or next(filter(free, range(8501, 8600)), 8501)
    flags = (*flags, "--server.address", address, "--server.port", str(port))
    return port, ["streamlit", "run", "--logger.hideWelcomeMessage=true", *flags, *rest, "app.py"]


def run(*arguments: str) -> None:
    """start the app for this machine only (--port N, or any flag of streamlit run)"""
    # Else a foreign page could have its own name resolve to this machine, and drive.
    hosts = [f"--server.allowedHosts={name}" for name in ("localhost", "127.0.0.1")]
    port, command = server(arguments, "localhost", *hosts)
    say(f"Forger opens in your browser: http://localhost:{port}   (Ctrl-C saves and stops)")
    become(*command)


def class_(*arguments: str) -> None:
    """open the app to the network: everyone may watch, whoever gives the PIN may drive"""
    port, command = server(arguments, "0.0.0.0")
    pin = os.environ.get("FORGER_PIN") or f"{secrets.randbelow(10**6):06d}"
    os.environ["FORGER_PIN"] = pin
    where = [f"http://{a}:{port}" for a in lan_addresses()] or [f"port {port} of this machine"]
    lines = [*(f"Address  {a}" for a in where), f"PIN      {pin}", ""]
    lines += ["Everyone may watch; whoever gives the PIN may drive. Ctrl-C saves and stops."]
    rule = "+" + "-" * 80 + "+"
    say("\n".join([rule, *(f"|  {line:76}  |" for line in lines), rule]))
    become(*command)


def test(*arguments: str) -> None:
    """run the tests (whatever pytest takes: a path, -k NAME, -x)"""
    ensure("dev")
    become("pytest", *arguments)


def check(*arguments: str) -> None:
    """format, lint, types and tests: what CI runs"""
    ensure("dev")
    steps = [["ruff", "format", "--check"], ["ruff", "check"], ["mypy"], ["pytest", *arguments]]
    failed = [step[0] for step in steps if subprocess.call([str(PYTHON), "-m", *step]) != 0]
    if failed:
        sys.exit("Not clean: " + ", ".join(failed))


def format_(*arguments: str) -> None:
    """format the code, and mend what the linter can mend"""
    ensure("dev")
    subprocess.call([str(PYTHON), "-m", "ruff", "check", "--fix", "--quiet", *arguments])
    become("ruff", "format", *arguments)


def bench(name: str = "performance", *arguments: str) -> None:
    """make docs/performance.md anew, in ten minutes (or NAME: one benchmark, then its own arguments)"""
    names = sorted(p.stem for p in Path("benchmarks").glob("[!_]*.py"))
    if name not in names:
        sys.exit("Benchmarks: " + ", ".join(names))
    ensure("dev")
    become(f"benchmarks.{name}", *arguments)


COMMANDS = {f.__name__.rstrip("_"): f for f in (run, class_, test, check, format_, bench, setup)}


def main(name: str = "help", *arguments: str) -> int:
    """0 done, 1 failed with a message, 2 wrong usage, 130 interrupted."""
    if name not in COMMANDS:
        say("Forger: make COMMAND, or python3 bootstrap.py COMMAND [arguments]\n")
        say("\n".join(f"  {name:8}{command.__doc__}" for name, command in COMMANDS.items()))
        return 0 if name in ("help", "-h", "--help") else 2
    other = "" if VERSION in TESTED else tested_python()
    if other:
        os.execv(other, [other, str(ROOT / "bootstrap.py"), name, *arguments])
    for variable in ("GAN_DATA", "GAN_RUNS"):
        if os.environ.get(variable):
            os.environ[variable] = str(Path(os.environ[variable]).expanduser().absolute())
    os.chdir(ROOT)
    try:
        COMMANDS[name](*arguments)
    except KeyboardInterrupt:
        return 130
    except OSError as problem:
        sys.exit(str(problem))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
