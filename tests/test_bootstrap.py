"""bootstrap.py in a copy of its folder, with a Python that pretends to make and fill .venv."""

import ast
import fcntl
import importlib.metadata
import importlib.util
import inspect
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import namedtuple
from pathlib import Path
from types import ModuleType

import pytest

from gan import datasets
from gan.datasets import strokes
from gan.diagnostics import addresses
from tests.serving import free_port
from tools import launch, torch_build

ROOT = Path(__file__).resolve().parent.parent
BARE = (  # what bootstrap.py imports
    "tools/torch_build.py",
    "tools/launch.py",
    "gan/__init__.py",
    "gan/diagnostics/__init__.py",
    "gan/diagnostics/addresses.py",
)
FAKE = """#!/bin/sh
echo "$*" >> '{log}'
case "$*" in
  "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; touch "$3/bin/pip" ;;
  "-m pip "*) [ ! -e '{log}.nopip' ] ;;
  "-m streamlit "*) exit 7 ;;
  "-m mypy") exit 1 ;;
  "-m "*) exit 0 ;;
  *) exec '{python}' "$@" ;;
esac
"""


def pin(package: str) -> str:
    return f"{package}=={importlib.metadata.version(package)}\n"


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def script(tmp_path, log, monkeypatch) -> ModuleType:
    """The module bootstrap of a folder whose packages are small ones that are installed here."""
    folder = tmp_path / "a folder"
    folder.mkdir()
    for part in ("locks", "tools", "gan/diagnostics"):
        (folder / part).mkdir(parents=True)
    for part in ("bootstrap.py", *BARE):
        shutil.copy(ROOT / part, folder / part)
    (folder / "requirements.txt").write_text("# a comment\n" + pin("pluggy"))
    (folder / "requirements-dev.txt").write_text("-r requirements.txt\n" + pin("pytest"))
    for lock, package in (("cuda", "pluggy"), ("cpu", "pluggy"), ("dev", "pytest")):
        (folder / f"locks/{lock}.txt").write_text(f"# a comment\n{pin(package).strip()} \\\n    --hash=sha256:0\n")
    (folder / "locks/cpu-torch.txt").write_text("torch==1.0+cpu\ntorchvision==1.0+cpu\n")
    monkeypatch.setenv("FORGER_TORCH", "")
    monkeypatch.setenv("FORGER_TORCH_INDEX", "http://127.0.0.1:9")
    monkeypatch.setattr(torch_build, "has_nvidia", lambda: False)
    fake = tmp_path / "python"
    fake.write_text(FAKE.format(log=log, python=sys.executable))
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "_base_executable", str(fake))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.chdir(tmp_path)
    spec = importlib.util.spec_from_file_location("bootstrap_copy", folder / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def called(log: Path) -> list[str]:
    """What was installed or made since the last look: "venv", "locks/cuda.txt" …"""
    words = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
    log.unlink(missing_ok=True)
    return ["venv" if w[1] == "venv" else w[-1] for w in words if w[0] == "-m"]


def test_a_fresh_environment_is_announced_made_checked_and_then_left_alone(script, log, capfd):
    script.ensure("run")
    assert called(log) == ["venv", "locks/cuda.txt"]
    assert re.search(r"GB to download \(\d+ minutes .* GB on disk", capfd.readouterr().out)
    script.ensure("run")
    assert called(log) == []


def test_an_untested_python_is_told_before_anything_is_fetched(script, log, capfd, monkeypatch):
    monkeypatch.setattr(script, "VERSION", "3.13")
    monkeypatch.setattr(script, "make_venv", lambda: pytest.exit("too late"))
    with pytest.raises(SystemExit, match="make room"):
        script.announce(0.1, "pip", "cuda")
    told = capfd.readouterr().out
    assert "This is Python 3.13. Forger is tested on 3.12 and 3.11 only" in told


def test_ctrl_c_ends_a_child_of_the_set_up_without_a_traceback(script, capfd):
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        script.call([sys.executable, "-c", "import time; time.sleep(20)"])
    assert time.monotonic() - began < 10
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("variable", ["GAN_RUNS", "GAN_DATA"])
def test_a_folder_that_is_a_file_is_told_at_the_start(script, tmp_path, monkeypatch, variable):
    (tmp_path / "file").touch()
    monkeypatch.setenv(variable, str(tmp_path / "file"))
    with pytest.raises(SystemExit, match=rf"{variable} names .*file, which is a file"):
        script.main("run")


def test_the_tools_are_added_to_an_environment_that_only_runs(script, log):
    script.ensure("run")
    called(log)
    assert script.state("dev") == "outdated"
    script.ensure("dev")
    assert called(log) == ["locks/dev.txt"]
    assert script.state("run") == script.state("dev") == "ready"


def test_changed_pins_update_what_is_there_and_changed_comments_do_not(script, log):
    script.ensure("run")
    called(log)
    lock = script.ROOT / "locks/cuda.txt"
    lock.write_text("# another comment\n" + pin("pluggy"))
    assert script.state("run") == "ready"
    lock.write_text(pin("pluggy") + pin("iniconfig"))
    assert script.state("run") == "outdated"
    script.ensure("run")
    assert called(log) == ["locks/cuda.txt"]


def test_an_interrupted_environment_is_made_again(script, log):
    Path(f"{log}.nopip").touch()
    with pytest.raises(SystemExit, match="could not be installed"):
        script.ensure("run")
    (script.VENV / "left over").touch()
    Path(f"{log}.nopip").unlink()
    called(log)
    assert script.state("run") == "broken"
    script.ensure("run")
    assert called(log) == ["venv", "locks/cuda.txt"]
    assert not (script.VENV / "left over").exists()


@pytest.mark.parametrize("wrong", ["pluggy==0.0.1", "no-such-package==1.0"])
def test_an_environment_that_fails_its_check_is_not_marked_complete(script, capfd, wrong):
    (script.ROOT / "requirements.txt").write_text(wrong + "\n")
    with pytest.raises(SystemExit, match="not usable"):
        script.ensure("run")
    assert wrong.replace("==", " ") + " does not work" in capfd.readouterr().err
    assert script.state("run") == "broken"


def test_a_pair_that_does_not_import_is_not_marked_complete(script, capfd):
    (script.ROOT / "pluggy.py").write_text("raise RuntimeError('operator nms does not exist')")
    with pytest.raises(SystemExit, match="not usable"):
        script.ensure("run")
    assert "operator nms does not exist" in capfd.readouterr().err


def test_an_environment_made_by_hand_is_kept_where_it_fits(script, log, tmp_path):
    (script.VENV / "bin").mkdir(parents=True)
    shutil.copy(tmp_path / "python", script.PYTHON)
    assert script.state("run") == "unknown"
    script.ensure("dev")
    assert called(log) == ["ensurepip", "locks/dev.txt"]  # it had no pip
    script.STAMP.unlink()
    (script.ROOT / "requirements.txt").write_text(pin("iniconfig") + "pluggy==0.0.1\n")
    with pytest.raises(SystemExit):
        script.ensure("run")
    assert called(log) == ["venv", "locks/cuda.txt"]


@pytest.mark.parametrize("damage", ["other python", "no python", "no json"])
def test_a_damaged_environment_is_made_again(script, log, damage):
    script.ensure("run")
    called(log)
    if damage == "other python":
        script.STAMP.write_text(json.dumps(json.loads(script.STAMP.read_text()) | {"python": "3"}))
    elif damage == "no python":
        script.PYTHON.unlink()
    else:
        script.STAMP.write_text("")
    assert script.state("run") == "broken"
    script.ensure("run")
    assert called(log) == ["venv", "locks/cuda.txt"]


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_missing_module_is_told_with_the_package_that_has_it(script, monkeypatch, module):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == module else find(name))
    with pytest.raises(SystemExit, match=rf"{module}\. .*apt install python{script.VERSION}-venv"):
        script.ensure("run")
    assert not script.VENV.exists()


def test_too_small_a_disk_is_told_before_anything_is_made(script, log, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(free=3e9))
    with pytest.raises(SystemExit, match=r"only 3\.0 GB free"):
        script.ensure("run")
    assert called(log) == []


@pytest.mark.parametrize("works", [True, False])
def test_uv_is_used_where_it_works_and_downloads_no_python(script, log, monkeypatch, works):
    uv = script.ROOT.parent / "uv"
    uv.write_text(f"#!/bin/sh\necho -m $UV_PYTHON_DOWNLOADS $* >> '{log}'\nexit {1 - works}\n")
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", f"{uv.parent}:/usr/bin:/bin")
    script.ensure("run")
    lines = [line for line in log.read_text().splitlines() if "install" in line]
    assert lines[0].startswith("-m never pip install --compile-bytecode --python")
    assert len(lines) == (1 if works else 2)


def test_a_second_set_up_waits_for_the_first(script, log, capfd):
    with (script.ROOT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = threading.Thread(target=script.ensure, args=["run"])
        second.start()
        deadline = time.monotonic() + 10
        while "waiting for it" not in capfd.readouterr().out:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert called(log) == []
    second.join(20)
    assert called(log) == ["venv", "locks/cuda.txt"]


def test_the_app_takes_the_place_of_the_script(script, log):
    script.ensure("run")
    command = [sys.executable, "-W", "error", script.ROOT / "bootstrap.py", "run", "--port", "8799"]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/")
    assert done.returncode == 7, "the app's own exit code"
    assert "http://localhost:8799" in done.stdout
    assert len([x for x in done.stdout.splitlines() if "strokes could not be made" in x]) == 1
    assert "--server.address localhost --server.port 8799" in log.read_text()


def test_a_taken_port_is_told_before_anything_is_made(script, log):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-W", "error", script.ROOT / "bootstrap.py", "run", "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/")
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr
    assert re.search(r'Port \d+ is free: make run ARGS="--port \d+"', done.stderr)
    assert not log.exists()
    assert not script.VENV.exists()


def test_check_runs_every_step_and_names_what_failed(script, log, monkeypatch):
    script.ensure("dev")
    monkeypatch.setattr(script, "check_scripts", lambda: False)
    with pytest.raises(SystemExit, match=r"^Not clean: mypy, assets$"):
        script.check("-x")
    assert log.read_text().splitlines()[-1] == "-m pytest -x"


@pytest.mark.parametrize(("failed", "again", "good"), [(1, 0, True), (3, 1, False), (4, 0, False)])
def test_a_few_tests_that_fail_get_a_second_try_by_themselves(script, monkeypatch, capsys, failed, again, good):
    names = [f"tests/test_x.py::test_{k}" for k in range(failed)]
    kept = script.ROOT / ".pytest_cache/v/cache/lastfailed"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps(dict.fromkeys(names, True)))
    called: list[list[str]] = []

    def call(command):
        called.append(command[2:])
        return 1 if len(called) == 1 else again

    monkeypatch.setattr(subprocess, "call", call)
    assert script.passes("-x") == good
    assert called == [["pytest", "-x"], *([["pytest", "-n0", *names]] if failed < 4 else [])]
    assert (", ".join(names) in capsys.readouterr().out) == (failed < 4)


NPM = """#!/bin/sh
echo "npm $*" >> '{log}'
case "$1" in
  ci) [ ! -e '{log}.offline' ] && mkdir -p node_modules && touch node_modules/.package-lock.json ;;
  run) [ ! -e '{log}.dirty' ] ;;
esac
"""


@pytest.fixture
def npm(script, log, tmp_path, monkeypatch):
    """An npm that pretends; the folder has a lock of its packages."""
    (script.ROOT / "package-lock.json").write_text("{}")
    (tmp_path / "bin").mkdir()
    made = tmp_path / "bin/npm"
    made.write_text(NPM.format(log=log))
    made.chmod(0o755)
    monkeypatch.setenv("PATH", str(made.parent), prepend=":")
    monkeypatch.delenv("CI", raising=False)
    return made


def test_scripts_are_checked_with_tools_that_are_installed_once(script, log, npm):
    assert script.check_scripts()
    assert script.check_scripts()
    assert log.read_text().splitlines() == ["npm ci --fetch-retries=1", *["npm run --silent check"] * 2]
    log.with_name("log.dirty").touch()
    assert not script.check_scripts()


@pytest.mark.parametrize("why", ["no Node.js", "could not be installed"])
def test_scripts_are_passed_over_without_tools_but_not_in_ci(script, log, npm, monkeypatch, capsys, why):
    log.with_name("log.offline").touch()
    if why == "no Node.js":
        monkeypatch.setenv("PATH", str(log.parent))
    assert script.check_scripts()
    assert why in capsys.readouterr().out
    monkeypatch.setenv("CI", "1")
    assert not script.check_scripts()


@pytest.mark.parametrize(("pin", "wildcard"), [(None, "0.0.0.0"), ("271828", "::")])
def test_class_opens_the_app_with_a_pin(script, log, monkeypatch, capsys, pin, wildcard):
    port = free_port()
    monkeypatch.setenv("FORGER_PIN", pin or "")
    monkeypatch.setenv("FORGER_LAN_URL", "")
    monkeypatch.setenv("FORGER_SHORT_URL", "")
    monkeypatch.setattr(launch.Launch, "short", lambda self: f"http://desk.local:{port}")
    monkeypatch.setattr(script, "setup", lambda: script.ensure("run"))
    monkeypatch.setattr(addresses, "reachable", lambda: ["192.168.7.5", "fd00::2"])
    monkeypatch.setattr(addresses, "everywhere", lambda: wildcard)
    monkeypatch.setattr(script, "become", lambda *command: print(*command))
    script.class_(f"--server.port={port}", "--server.headless", "true")
    out = capsys.readouterr().out
    assert f"http://192.168.7.5:{port}" in out
    assert f"http://desk.local:{port}" in out
    assert (f"http://[fd00::2]:{port}" in out) == (wildcard == "::")
    told = re.search(r"PIN +(\d{6})\b", out)
    assert told
    assert told[1] == script.os.environ["FORGER_PIN"]
    assert pin in (None, told[1])
    assert log.read_text().splitlines()[-1] == f"-m ui.shared.qr_code http://192.168.7.5:{port}"
    assert script.os.environ["FORGER_LAN_URL"] == f"http://192.168.7.5:{port}"
    assert f"--server.address {wildcard} --server.port {port} --server.headless true app.py" in out


def test_class_refuses_a_blank_pin(script, monkeypatch):
    monkeypatch.setenv("FORGER_PIN", "  ")
    monkeypatch.setattr(script, "setup", lambda: None)
    with pytest.raises(SystemExit, match="blank"):
        script.class_()


def test_what_the_operator_admits_goes_to_the_server(script, monkeypatch):
    monkeypatch.setattr(script, "setup", lambda: None)
    monkeypatch.setattr(script, "become", lambda *command: None)
    monkeypatch.setenv("FORGER_PUBLIC_URL", "")
    monkeypatch.setenv("FORGER_FRAME_ORIGIN", "")
    script.run("--public-url", "https://gan.example", "--frame-origin=https://a.example", "--frame-origin", "https://b")
    assert script.os.environ["FORGER_PUBLIC_URL"] == "https://gan.example/"
    assert script.os.environ["FORGER_FRAME_ORIGIN"] == "https://a.example https://b"


def test_a_shim_that_does_not_run_is_no_python(script, tmp_path, monkeypatch):
    for name, code in (("python3.12", 127), ("python3.11", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert script.tested_python() == str(tmp_path / "python3.11")


def test_an_older_python_reads_the_script_and_is_told(monkeypatch):
    ast.parse((ROOT / "bootstrap.py").read_text(), feature_version=(3, 6))
    code = "import runpy, sys; sys.version_info = (3, 8, 1); runpy.run_path('bootstrap.py')"
    monkeypatch.setenv("PATH", "")
    old = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert old.returncode == 1
    assert "needs Python 3.11 or 3.12; this is 3.8" in old.stderr


def test_wrong_usage_lists_the_commands(script, capsys):
    assert script.main("ru") == 2
    assert script.main() == 0
    assert capsys.readouterr().out.count("class         open the app to the network") == 2


PRETEND_STROKES = """
from types import SimpleNamespace as Progress
def make(root):
    for done in {done}:
        yield Progress(done=done, total=5, unit="pictures", text="Writing")
"""


MAKING = "\r  Writing: 2 of 5 pictures\r  Writing: 5 of 5 pictures\n"


@pytest.mark.parametrize(("done", "told"), [([2, 5], MAKING), ([5], "")], ids=["made", "there"])
def test_making_the_data_set_that_comes_along_is_shown(script, monkeypatch, capfd, done, told):
    assert inspect.signature(strokes.make).bind(datasets.root()), "what the script calls"
    script.ensure("run")
    monkeypatch.chdir(script.ROOT)
    folder = Path("gan/datasets")
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("root = str")
    (folder / "strokes.py").write_text(PRETEND_STROKES.format(done=done))
    capfd.readouterr()
    script.setup()
    assert capfd.readouterr().out == told
