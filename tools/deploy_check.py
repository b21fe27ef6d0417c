"""Does the image work? `make deploy-check` builds and runs it; without docker its steps run in a clean folder.

Either way: set-up from the locks, the server as another user than root, health, a page, an end by SIGTERM with 0.
Standard library only. `--reuse` takes the packages of the .venv beside the code; `--no-docker` leaves docker out.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
USER = 1000  # of the image
START_SECONDS, END_SECONDS, BUILD_SECONDS = 90.0, 15.0, 3600.0
IMAGE = "forger-deploy-check"
PAGES = ("/api/health", "/", "/api/runs", "/assets/base/http.js", "/_stcore/health")  # the first: when it is up


class Failed(Exception):
    """What does not work, in a sentence."""


def instructions(text: str) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile in order, as (name, rest on one line)."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in whole.splitlines() if line)]


def command(text: str) -> list[str]:
    """What the image starts, word for word."""
    return [str(word) for word in json.loads(dict(instructions(text))["CMD"])]


def say(text: str) -> None:
    print(f"  {text}", flush=True)


def main(arguments: list[str]) -> int:
    """0 where everything works, 1 with a sentence where not."""
    parser = argparse.ArgumentParser("make deploy-check", description=__doc__)
    parser.add_argument("--reuse", action="store_true", help="take the packages of the .venv beside the code")
    parser.add_argument("--no-docker", action="store_true", help="run the steps in a clean folder even with docker")
    options = parser.parse_args(arguments)
    text = (ROOT / "Dockerfile").read_text()
    try:
        why = "asked for" if options.no_docker else without_docker(text)
        if why:
            say(f"Without docker ({why}): the steps of Dockerfile in a clean folder.")
            in_folder(text, options.reuse)
        else:
            in_container()
    except (Failed, OSError, subprocess.SubprocessError) as problem:
        print(f"Not fit: {problem}", file=sys.stderr)
        return 1
    say("Everything works.")
    return 0


# -- with docker -----------------------------------------------------------------------------------------------------


def docker(*words: str, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *words], capture_output=True, text=True, cwd=ROOT, timeout=seconds)


def without_docker(text: str) -> str:
    """Why the image cannot be built here, "" where it can."""
    if not shutil.which("docker"):
        return "it is not installed"
    if docker("info").returncode != 0:
        return "its daemon does not answer"
    facts = instructions(text)
    version = next(rest.partition("=")[2] for name, rest in facts if name == "ARG" and rest.startswith("PYTHON="))
    base = next(rest for name, rest in facts if name == "FROM").replace("${PYTHON}", version)
    if docker("image", "inspect", base).returncode and docker("pull", base, seconds=600.0).returncode:
        return f"it cannot get {base}: the registry does not answer"
    return ""


def in_container() -> None:
    """Builds the image, and tries a container of it. Raises Failed."""
    say("Building the image for CPUs …")
    if subprocess.call(["docker", "build", "--build-arg", "TORCH=cpu", "-t", IMAGE, "."], cwd=ROOT) != 0:
        raise Failed("the image cannot be built; the lines above say why.")
    started = docker("run", "-d", "-p", "127.0.0.1::8501", "-e", "FORGER_PIN=1234", IMAGE)
    if started.returncode != 0:
        raise Failed(f"no container starts: {started.stderr.strip()}")
    name = started.stdout.strip()
    try:
        port = int(docker("port", name, "8501").stdout.rpartition(":")[2])
        try:
            look(port, lambda: docker("inspect", "-f", "{{.State.Running}}", name).stdout.strip() == "true")
        except Failed as problem:
            raise Failed(f"{problem}\n{docker('logs', name).stderr[-2000:]}") from problem
        if (user := docker("exec", name, "id", "-u").stdout.strip()) != str(USER):
            raise Failed(f"it runs as user {user}, not {USER}.")
        say(f"It runs as user {user}.")
        docker("stop", "-t", str(round(END_SECONDS)), name)
        ended(int(docker("inspect", "-f", "{{.State.ExitCode}}", name).stdout))
    finally:
        docker("rm", "-f", "-v", name)


# -- without ---------------------------------------------------------------------------------------------------------


def in_folder(text: str, reuse: bool) -> None:
    """Does in a clean folder what Dockerfile does, and tries it as another user. Raises Failed."""
    with tempfile.TemporaryDirectory(prefix="forger-deploy-") as temp:
        place = Path(temp)
        place.chmod(0o755)
        app, home, data, runs = (place / name for name in ("app", "home", "data", "runs"))
        copy_code(app)
        for folder in (home, data):
            folder.mkdir()
        env = {"PATH": os.environ["PATH"], "HOME": str(home), "GAN_DATA": str(data), "GAN_RUNS": str(runs)}
        env |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "FORGER_TORCH_"))}
        env |= {"PYTHONUNBUFFERED": "1", "FORGER_PIN": secrets.token_hex(3)}
        python, who = runner()
        if not reuse and not set_up(app, python, env):
            say("So the packages of the .venv beside the code stand in: that the locks can be fetched is NOT shown.")
            reuse = True
        if reuse:
            borrow(app, python)
        shutil.copytree(app / "checkpoints", runs)
        for path in (home, data, runs, *home.rglob("*"), *data.rglob("*"), *runs.rglob("*")) if who else ():
            os.chown(path, USER, USER)
        words, port = [str(app / ".venv/bin/python"), *command(text)[1:]], free_port()
        words[words.index("--port") + 1] = str(port)
        say(f"Starting as user {who.get('user', os.getuid())}: {shlex.join(words[1:])}")
        with (home / "log").open("w+") as log:
            server = subprocess.Popen(words, cwd=app, env=env, stdout=log, stderr=subprocess.STDOUT, **who)
            try:
                look(port, lambda: server.poll() is None)
                behind_nginx(place, port)
                server.send_signal(signal.SIGTERM)
                ended(server.wait(END_SECONDS))
            except (Failed, subprocess.TimeoutExpired) as problem:
                log.seek(0)
                raise Failed(f"{problem}\n{log.read()[-2000:]}") from problem
            finally:
                if server.poll() is None:
                    server.kill()
                    server.wait()


def runner() -> tuple[str, dict[str, Any]]:
    """A Python that another user may run, too, and how a process becomes that user; {} where there is no way."""
    if os.getuid() != 0:
        say(f"This is not root: everything runs as this user, {os.getuid()}.")
        return sys.executable, {}
    who: dict[str, Any] = {"user": USER, "group": USER, "extra_groups": []}
    found = [
        shutil.which(name, path="/usr/local/bin:/usr/bin:/bin") for name in ("python3.12", "python3.11", "python3")
    ]
    for python in [sys.executable, *filter(None, found)]:
        with contextlib.suppress(OSError):
            code = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
            if subprocess.run([python, "-c", code], capture_output=True, **who).returncode == 0:
                return python, who
    say(f"No Python here may be run by user {USER}: everything runs as root.")
    return sys.executable, {}


def set_up(app: Path, python: str, env: dict[str, str]) -> bool:
    """Makes .venv from the locks, as the image does. False where they cannot be fetched and others can stand in."""
    say("Setting up from the locks …")
    command = [python, "bootstrap.py", "setup", "--torch", "cpu"]
    if subprocess.run(command, cwd=app, env=env, timeout=BUILD_SECONDS).returncode == 0:
        return True
    if not (ROOT / ".venv/forger.json").exists():
        raise Failed("the set-up does not end well; the lines above say why.")
    return False


def borrow(app: Path, python: str) -> None:
    """A .venv of that Python with the packages of the one beside the code. Raises Failed."""
    shutil.rmtree(app / ".venv", ignore_errors=True)
    if subprocess.run([python, "-m", "venv", "--without-pip", app / ".venv"]).returncode != 0:
        raise Failed(f"{python} cannot make a .venv.")
    own = next((app / ".venv/lib").glob("python3.*"))
    packages = ROOT / ".venv/lib" / own.name / "site-packages"
    if not packages.is_dir():
        raise Failed(f"the .venv beside the code is not made for {own.name}, which {python} is.")
    (own / "site-packages/borrowed.pth").write_text(f"{packages.resolve()}\n")
    verify = [str(app / ".venv/bin/python"), "-c", "import bootstrap; bootstrap.verify('run')"]
    if subprocess.run(verify, cwd=app).returncode != 0:
        raise Failed("the packages of the .venv beside the code are not those of the locks.")


def copy_code(to: Path) -> None:
    """Copies what git knows, less what .dockerignore leaves out."""
    listed = subprocess.run(["git", "ls-files", "-z", "-c", "-o", "--exclude-standard"], cwd=ROOT, capture_output=True)
    names = [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    if not names:
        raise Failed("git does not list the files of this folder.")
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    for name in names:
        if not is_left_out(name, rules):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, to / name)


def is_left_out(name: str, rules: list[str]) -> bool:
    """Whether .dockerignore leaves a path out: the last rule that fits it, or a folder above it, decides."""
    out = False
    for rule in rules:
        if rule and not rule.startswith("#"):
            pattern = re.escape(rule.removeprefix("!").strip("/")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
            if re.fullmatch(f"{pattern}(?:/.*)?", name):
                out = not rule.startswith("!")
    return out


def behind_nginx(place: Path, port: int) -> None:
    """Asks the same through nginx with the configuration of deploy/, where nginx is. Raises Failed."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if not nginx:
        return say("There is no nginx here: deploy/nginx.conf is not tried.")
    own, folder = free_port(), place / "nginx"
    folder.mkdir()
    site = (ROOT / "deploy/nginx.conf").read_text().replace("listen 80;", f"listen 127.0.0.1:{own};")
    (folder / "site.conf").write_text(site.replace("http://forger:8501", f"http://127.0.0.1:{port}"))
    temporary = [f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")]
    http = " ".join(["access_log off;", *temporary, f"include {folder}/site.conf;"])
    text = f"daemon off; pid {folder}/pid; error_log {folder}/log; events {{ }} http {{ {http} }}"
    (folder / "nginx.conf").write_text(text)
    proxy = subprocess.Popen([nginx, "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        look(own, lambda: proxy.poll() is None, "/forger")
    finally:
        proxy.terminate()
        proxy.wait()
    return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# -- both ------------------------------------------------------------------------------------------------------------


def look(port: int, alive: Callable[[], bool], below: str = "") -> None:
    """Waits for the server, and asks for its pages, `below` a folder. Raises Failed."""
    deadline = time.monotonic() + START_SECONDS
    for path in PAGES:
        url = f"http://127.0.0.1:{port}{below}{path}"
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
                body = answer.read()
                break
            if not alive():
                raise Failed("the server has ended by itself.")
            if time.monotonic() > deadline:
                raise Failed(f"{url} is not answered.")
            time.sleep(0.3)
        if path == "/" and b"<html" not in body:
            raise Failed(f"{url} is no page.")
        if path == "/api/runs" and not json.loads(body)["runs"]:
            raise Failed("the finished runs are missing.")
        say(f"{below}{path} answers, {len(body):,} bytes.")


def ended(code: int) -> None:
    """Raises Failed unless SIGTERM ended it with 0."""
    if code != 0:
        raise Failed(f"after SIGTERM it ends with {code}, not 0.")
    say("SIGTERM ends it with 0.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
