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
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

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

from gan.diagnostics import addresses  # noqa: E402  (an old Python could not read these)
from tools import launch, torch_build  # noqa: E402

VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
STAMP = VENV / "forger.json"  # {"python": "3.11", "torch": "cpu", "run": [entry of a lock, …], …}; {} until done
FILES = {"run": ["requirements.txt"], "dev": ["requirements.txt", "requirements-dev.txt"]}
# GB to download and on disk: measured on Linux, where torch comes with CUDA; a generous guess elsewhere.
SIZES = {"cuda": (3.2, 6.4) if sys.platform == "linux" else (0.5, 2.0), "cpu": (0.5, 2.0)}

CPU_PAIR = "locks/cpu-torch.txt"
CLASS_SECONDS = 12 * 3600.0  # after which a class is over, and its PIN with it
SECOND_TRIES = 3  # tests that `check` runs again at most

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


def locks(build: str, level: str) -> list[str]:
    """The locks of a level that the usual index serves; for "cpu" they leave torch and torchvision out."""
    return [f"locks/{name}.txt" for name in ([build, "dev"] if level == "dev" else [build])]


def locked(build: str, level: str) -> list[str]:
    """Every package that a level takes, as "name==version ; marker"."""
    files = locks(build, level) + ([CPU_PAIR] if build == "cpu" else [])
    text = "".join((ROOT / name).read_text() for name in files)
    return [entry.strip() for entry in re.findall(r"(?m)^\w[^\\\n]*", text)]


def read_stamp() -> "dict[str, Any]":
    """What is in .venv, by its stamp; empty where it is not complete."""
    with contextlib.suppress(OSError, ValueError):
        return dict(json.loads(STAMP.read_text()))
    return {}


def state_is_whole() -> bool:
    """Whether there is no set-up that was broken off."""
    return not VENV.exists() or not STAMP.exists() or bool(read_stamp())


def state(level: str) -> str:
    """Of .venv for `level`: "none", "unknown" (made by hand), "broken", "outdated" or "ready"."""
    if not VENV.exists():
        return "none"
    ask = [str(PYTHON), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    works = PYTHON.exists() and subprocess.run(ask, capture_output=True, text=True).stdout.strip()
    if not STAMP.exists():
        return "unknown" if works else "broken"
    stamp = read_stamp()
    build = stamp.get("torch", "cuda")
    if not works or stamp.get("python") != works or torch_build.wanted() not in ("auto", build):
        return "broken"
    return "ready" if stamp.get(level) == locked(build, level) else "outdated"


def verify(level: str) -> None:
    """For .venv's own Python: stamps .venv as complete, or exits saying which package fails."""
    import importlib.metadata

    for package, version in pins(level).items():
        try:
            there = importlib.metadata.version(package)
            if there.partition("+")[0] != version:
                raise ImportError(f"version {there} is there")
            if package in pins("run"):
                importlib.import_module("PIL" if package == "pillow" else package.replace("-", "_"))
        except Exception as problem:
            sys.exit(f"{package} {version} does not work: {problem}")
    build = torch_build.installed()
    levels = {name: locked(build, name) for name in FILES if level in ("dev", name)}
    STAMP.write_text(json.dumps({"python": VERSION, "torch": build, **levels}))


def call(command: "list[str]", **options: Any) -> int:
    """The exit code of a child. Ctrl-C does not reach it, which would show a traceback: it is ended from here."""
    with subprocess.Popen(command, process_group=0, **options) as child:
        try:
            return child.wait()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGTERM)
            child.wait()
            raise


def complete(level: str) -> bool:
    code = f"import bootstrap; bootstrap.verify({level!r})"
    return call([str(PYTHON), "-c", code], cwd=ROOT) == 0


def choose() -> tuple[str, str]:
    """(build of PyTorch, requirements of torch and torchvision for "cpu"); says which and why, if there is a choice.

    A build that is there stays: only its version may change.
    """
    stamp, pair = read_stamp(), (ROOT / CPU_PAIR).read_text()
    pins = re.findall(r"(?m)^([\w-]+)==([^\s;]+)", pair)
    there = stamp.get("torch", "cuda") if "run" in stamp else ""
    if there == "cuda" or (there and all("==".join(pin) in stamp["run"] for pin in pins)):
        return there, ""
    asked = there or torch_build.wanted()
    if sys.platform != "linux":
        return "cuda", ""  # the usual build has no CUDA there
    if asked == "cuda" or (asked == "auto" and torch_build.has_nvidia()):
        say(f"PyTorch with CUDA: {'asked for' if asked == 'cuda' else 'an NVIDIA driver is here'}.")
        return "cuda", ""
    told = torch_build.requirements(dict(pins))
    if not told and asked == "cpu":
        sys.exit(f"PyTorch's CPU build is wanted, but {torch_build.index()} has not answered with it in time.")
    if not told:
        say("PyTorch with CUDA: no NVIDIA driver is here, but the index of CPU builds did not answer in time.")
        return "cuda", ""
    why = "asked for" if asked == "cpu" else "no NVIDIA driver is here; FORGER_TORCH=cuda takes the other"
    say(f"PyTorch for CPUs: {why}.")
    return "cpu", pair if "--hash" in pair else told


def announce(free_gb: float, tool: str, build: str) -> None:
    """Tells size and time before anything is downloaded; exits where the disk cannot hold it."""
    download, disk = SIZES[build]
    quick, slow = (max(1, round(download * 8000 / mbit / 60)) for mbit in (100, 20))
    say(
        f"Making .venv with {tool}, once: about {download} GB to download ({quick} minutes at "
        f"100 Mbit/s, {slow} at 20), then 1 to 3 minutes to unpack; {disk:.0f} GB on disk."
    )
    if VERSION not in TESTED:
        say(f"This is Python {VERSION}. Forger is tested on {' and '.join(TESTED)} only: Ctrl-C if there is one.")
    if free_gb < disk + download:
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
    if call([base, "-m", "venv", str(VENV)]) != 0:
        sys.exit("Python could not make .venv; the lines above say why.")


def install(level: str, uv: str | None, lock: int, build: str, pair: str) -> None:
    """Installs what the locks name, whole as they are; `pair` pins torch and torchvision from the index of CPU builds.

    `lock` goes along, so that an installer that outlives this script keeps the next waiting.
    """
    tmp = VENV / "tmp"  # a small /tmp cannot hold torch
    tmp.mkdir(exist_ok=True)
    env = {**os.environ, "TMPDIR": str(tmp), "UV_PYTHON_DOWNLOADS": "never"}
    exactly = ["--no-deps", "--require-hashes"]
    steps = [[*exactly, *(word for name in locks(build, level) for word in ("-r", name))]]
    if pair:
        (tmp / "torch.txt").write_text(pair)
        sums = exactly if "--hash" in pair else exactly[:1]
        steps.insert(0, [*sums, "--index-url", torch_build.index(), "-r", str(tmp / "torch.txt")])
    compiled = "--compile-bytecode"  # as pip does: half a minute here, and the first start is no slower than others
    tools = [[uv, "pip", "install", compiled, "--python", str(PYTHON)]] if uv else []
    own = [str(PYTHON), "-m", "pip", "install"]
    for tool in [*tools, own]:
        if tool is own and not (VENV / "bin/pip").exists():  # as uv and others make it
            call([str(PYTHON), "-m", "ensurepip"])
        if all(call([*tool, *step], cwd=ROOT, env=env, pass_fds=[lock]) == 0 for step in steps):
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
        elif found != "none":
            say("The .venv here is not complete, or has another PyTorch: making it again.")
            STAMP.unlink(missing_ok=True)
        build, pair = choose()
        if found == "outdated":
            STAMP.write_text("{}")
        else:
            announce(shutil.disk_usage(ROOT).free / 1e9, "uv" if uv else "pip", build)
            make_venv()
        install(level, uv, lock.fileno(), build, pair)
        say("Checking that everything imports: half a minute the first time.")
        if not complete(level):
            sys.exit("So .venv is not usable; the next try makes it again.")


def become(*command: str) -> None:
    """This process turns into `python -m command`: signals reach it, its exit code is ours."""
    os.execv(PYTHON, [str(PYTHON), "-m", *command])


def setup(*arguments: str) -> None:
    """make the environment and the embedded data set (--torch cpu or --torch cuda: that build of PyTorch)"""
    parser = argparse.ArgumentParser("make setup", allow_abbrev=False)
    parser.add_argument("--torch", choices=torch_build.BUILDS, default=os.environ.get("FORGER_TORCH") or "auto")
    os.environ["FORGER_TORCH"] = parser.parse_args(arguments).torch
    ensure("run")
    with tempfile.TemporaryFile("w+") as told:
        made = call([str(PYTHON), "-c", STROKES], stderr=told)
        told.seek(0)
        reason = (told.read().strip() or "no reason given").splitlines()[-1]
    if made != 0:
        say(f"The data set strokes could not be made ({reason}); the rest works without it.")


def serve(wanted: launch.Launch) -> None:
    """This process turns into the server."""
    os.environ.update(wanted.environment())
    become("streamlit", "run", "--logger.hideWelcomeMessage=true", *wanted.flags(), "app.py")


def run(*arguments: str) -> None:
    """start the app for this machine only (--port N, --public-url URL: admit that address, flags of streamlit run)"""
    wanted = launch.read(arguments, "localhost")  # before anything is made: the port may be taken
    setup()
    say(f"Forger opens in your browser: {wanted.local()}   (Ctrl-C saves and stops)")
    for address in wanted.others():
        say(f"                 elsewhere: {address}")
    serve(wanted)


def class_(*arguments: str) -> None:
    """open the app to the network: everyone may watch, whoever gives the PIN may drive"""
    wanted = launch.read(arguments, addresses.everywhere())
    setup()
    pin = os.environ.get("FORGER_PIN", "")
    if not pin:
        pin = left_pin(wanted.port) or f"{secrets.randbelow(10**6):06d}"
        os.environ["FORGER_MADE_PIN"] = "1"
    if not pin.strip():
        sys.exit("FORGER_PIN is set, but blank: everybody could drive. Set it to digits or letters, or unset it.")
    os.environ["FORGER_PIN"] = pin
    urls = wanted.others()
    where = urls or [f"port {wanted.port} of this machine: it has no address in a network"]
    short = wanted.short()
    lines = [*(f"Address  {a}" for a in where), *([f"Short    {short}"] if short else []), f"PIN      {pin}", ""]
    lines += ["Everyone may watch; whoever gives the PIN may drive. Ctrl-C saves and stops."]
    rule = "+" + "-" * 80 + "+"
    say("\n".join([rule, *(f"|  {line:76}  |" for line in lines), rule]))
    if urls:
        os.environ["FORGER_LAN_URL"], os.environ["FORGER_SHORT_URL"] = urls[0], short  # the page shows them, too
        with contextlib.suppress(OSError):
            subprocess.call([str(PYTHON), "-m", "ui.shared.qr_code", urls[0]], cwd=ROOT)
    serve(wanted)


def left_pin(port: int) -> str:
    """The PIN that was made up for a class whose server was killed today, "" without one (`ui/shell/class_file.py`)."""
    left = Path(os.environ.get("GAN_RUNS") or ROOT / "checkpoints") / f".class-{port}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        if time.time() - left.stat().st_mtime < CLASS_SECONDS:
            return str(json.loads(left.read_text())["pin"])
    return ""


def test(*arguments: str) -> None:
    """run the tests (whatever pytest takes: a path, -k NAME, -x)"""
    ensure("dev")
    become("pytest", *arguments)


def check(*arguments: str) -> None:
    """format, lint, types and tests, of Python and of assets/: what CI runs"""
    ensure("dev")
    steps = [["ruff", "format", "--check"], ["ruff", "check"], ["mypy"]]
    failed = [step[0] for step in steps if subprocess.call([str(PYTHON), "-m", *step]) != 0]
    if not check_scripts():  # first: it brings what tests in a browser look with
        failed.append("assets")
    if not passes(*arguments):
        failed.append("pytest")
    if failed:
        sys.exit("Not clean: " + ", ".join(failed))


def passes(*arguments: str) -> bool:
    """Runs the tests. Few that fail beside thousands of others, on a busy machine, get a second try by themselves."""
    code = subprocess.call([str(PYTHON), "-m", "pytest", *arguments])
    if code != 1:
        return code == 0
    failed = json.loads((ROOT / ".pytest_cache/v/cache/lastfailed").read_text())
    if len(failed) > SECOND_TRIES:
        return False
    say(f"Once more, with nothing beside it: {', '.join(failed)}")
    return subprocess.call([str(PYTHON), "-m", "pytest", "-n0", *failed]) == 0


def check_scripts() -> bool:
    """npm run check: format, lint, types and tests of assets/. Without its tools it is passed over, but not in CI."""
    npm, there = shutil.which("npm"), ROOT / "node_modules/.package-lock.json"
    lock = (ROOT / "package-lock.json").stat().st_mtime
    ready = bool(npm) and there.exists() and there.stat().st_mtime >= lock
    if npm and not ready:
        ready = subprocess.call([npm, "ci", "--fetch-retries=1"], cwd=ROOT) == 0
    if not ready or not npm:
        why = "their tools could not be installed" if npm else "there is no Node.js here: apt install nodejs npm"
        say(f"The scripts of assets/ were not checked ({why}).")
        return not os.environ.get("CI")
    return subprocess.call([npm, "run", "--silent", "check"], cwd=ROOT) == 0


def quick(*arguments: str) -> None:
    """format, lint, types and the tests that your change touches, within 90 seconds"""
    ensure("dev")
    become("tools.quick", *arguments)


def format_(*arguments: str) -> None:
    """format the code, and mend what the linter can mend"""
    ensure("dev")
    subprocess.call([str(PYTHON), "-m", "ruff", "check", "--fix", "--quiet", *arguments])
    if (ROOT / "node_modules").exists() and not arguments:
        subprocess.call(["npm", "run", "--silent", "format"], cwd=ROOT)
    become("ruff", "format", *arguments)


def lock() -> None:
    """make the locks anew after a change of requirements (needs uv)"""
    ensure("dev")
    become("tools.lock")


def bench(name: str = "performance", *arguments: str) -> None:
    """measure for ten minutes (or NAME: one benchmark, and what it takes); --publish writes docs/performance.md"""
    if name.startswith("-"):
        name, arguments = "performance", (name, *arguments)
    names = sorted(p.stem for p in Path("benchmarks").glob("[!_]*.py"))
    if name not in names:
        sys.exit("Benchmarks: " + ", ".join(names))
    ensure("dev")
    become(f"benchmarks.{name}", *arguments)


def deploy_check(*arguments: str) -> None:
    """build the image of Dockerfile and try it (without docker: its steps, in a clean folder as another user)"""
    os.execv(sys.executable, [sys.executable, "-m", "tools.deploy_check", *arguments])


FUNCTIONS = (run, class_, test, quick, check, format_, lock, bench, setup, deploy_check)
COMMANDS = {f.__name__.rstrip("_").replace("_", "-"): f for f in FUNCTIONS}


def main(name: str = "help", *arguments: str) -> int:
    """0 done, 1 failed with a message, 2 wrong usage, 130 interrupted."""
    if name not in COMMANDS:
        say("Forger: make COMMAND, or python3 bootstrap.py COMMAND [arguments]\n")
        say("\n".join(f"  {name:14}{command.__doc__}" for name, command in COMMANDS.items()))
        return 0 if name in ("help", "-h", "--help") else 2
    other = "" if VERSION in TESTED else tested_python()
    if other:
        os.execv(other, [other, str(ROOT / "bootstrap.py"), name, *arguments])
    for variable in ("GAN_DATA", "GAN_RUNS"):
        if os.environ.get(variable):
            place = Path(os.environ[variable]).expanduser().absolute()
            if place.exists() and not place.is_dir():
                sys.exit(f"{variable} names {place}, which is a file: it has to be a folder, or not there yet.")
            os.environ[variable] = str(place)
    os.chdir(ROOT)
    try:
        COMMANDS[name](*arguments)
    except KeyboardInterrupt:
        say("\nInterrupted." + ("" if state_is_whole() else " The next try makes the set-up again."))
        return 130
    except OSError as problem:
        sys.exit(str(problem))
    return 0


if __name__ == "__main__":
    for ending in (signal.SIGHUP, signal.SIGTERM):  # as Ctrl-C, so that no installer outlives this; exec undoes it
        if signal.getsignal(ending) == signal.SIG_DFL:
            signal.signal(ending, signal.default_int_handler)
    sys.exit(main(*sys.argv[1:]))
