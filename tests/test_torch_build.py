"""Which PyTorch is set up, against an index of CPU builds that the test serves itself."""

import hashlib
import http.server
import io
import json
import os
import shutil
import sys
import threading
import zipfile
from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.test_bootstrap import log, script  # noqa: F401  (fixtures)
from tools import torch_build

UV = shutil.which("uv")
PAIR = {"torch": "1.0+cpu", "torchvision": "1.0+cpu"}


def wheel(package: str, version: str) -> bytes:
    """An installable package with nothing in it."""
    out, about = io.BytesIO(), f"{package}-{version}.dist-info"
    with zipfile.ZipFile(out, "w") as zipped:
        for path, text in {
            f"{package}/__init__.py": "",
            f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n",
            f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{about}/RECORD": "",
        }.items():
            zipped.writestr(zipfile.ZipInfo(path), text)  # of no time: the same bytes each time
    return out.getvalue()


class Index:
    """A simple index on this machine: {path: content} of what it serves; `silent` keeps it from answering."""

    def __init__(self) -> None:
        self.served: dict[str, bytes] = {}
        self.silent = threading.Event()
        self.over = threading.Event()
        index = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if index.silent.is_set():
                    index.over.wait()
                content = index.served.get(self.path)
                self.send_response(200 if content is not None else 404)
                self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/zip")
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, package: str, version: str, sums: bool = True, wrong: bool = False) -> str:
        """Serves a wheel; returns its sum, which the page tells unless `sums` is off, or tells `wrong`."""
        content, file = wheel(package, version), f"{package}-{version}-py3-none-any.whl"
        found = hashlib.sha256(b"?" if wrong else content).hexdigest()
        link = f'<a href="/files/{file.replace("+", "%2B")}{f"#sha256={found}" if sums else ""}">{file}</a>'
        self.served[f"/files/{file.replace('+', '%2B')}"] = content
        self.served[f"/{package}/"] = self.served.get(f"/{package}/", b"<!DOCTYPE html>\n") + link.encode()
        return found


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    made = Index()
    monkeypatch.setenv("FORGER_TORCH_INDEX", f"{made.url}/")
    yield made
    made.over.set()
    made.server.shutdown()
    made.server.server_close()


def test_the_wheels_of_a_version_with_their_sums(index: Index):
    sums = {package: index.add(package, version) for package, version in PAIR.items()}
    index.add("torch", "1.0")
    index.add("torch", "1.0.1+cpu")
    assert torch_build.wheels("torch", "1.0+cpu") == {"torch-1.0+cpu-py3-none-any.whl": sums["torch"]}
    assert torch_build.requirements(PAIR) == "".join(
        f"{package}=={version} \\\n    --hash=sha256:{sums[package]}\n" for package, version in PAIR.items()
    )


def test_an_index_without_sums_pins_versions_alone(index: Index):
    for package, version in PAIR.items():
        index.add(package, version, sums=False)
    assert torch_build.requirements(PAIR) == "torch==1.0+cpu\ntorchvision==1.0+cpu\n"


def test_half_a_pair_is_none(index: Index):
    index.add("torch", "1.0+cpu")
    assert torch_build.requirements(PAIR) == ""


def test_an_index_that_does_not_answer_is_not_waited_for(index: Index, monkeypatch: pytest.MonkeyPatch):
    index.add("torch", "1.0+cpu")
    index.silent.set()
    monkeypatch.setattr(torch_build, "WAIT", 0.2)
    assert torch_build.wheels("torch", "1.0+cpu") == {}


@pytest.mark.skipif(sys.platform != "linux", reason="there is no choice elsewhere")
@pytest.mark.parametrize(
    ("asked", "driver", "answers", "build", "said"),
    [
        ("", False, True, "cpu", "no NVIDIA driver is here"),
        ("", False, False, "cuda", "did not answer in time"),
        ("", True, True, "cuda", "an NVIDIA driver is here"),
        ("cpu", True, True, "cpu", "for CPUs: asked for"),
        ("cuda", False, True, "cuda", "with CUDA: asked for"),
    ],
)
def test_the_choice_is_made_and_said(
    script: ModuleType,  # noqa: F811
    index: Index,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    asked: str,
    driver: bool,
    answers: bool,
    build: str,
    said: str,
):
    monkeypatch.setenv("FORGER_TORCH", asked)
    monkeypatch.setenv("FORGER_TORCH_INDEX", index.url)
    monkeypatch.setattr(torch_build, "has_nvidia", lambda: driver)
    for package, version in PAIR.items() if answers else ():
        index.add(package, version)
    assert script.choose()[0] == build
    assert said in capsys.readouterr().out


@pytest.mark.skipif(sys.platform != "linux", reason="there is no choice elsewhere")
def test_a_build_that_is_wanted_and_not_there_ends_it(script: ModuleType, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    monkeypatch.setenv("FORGER_TORCH", "cpu")
    with pytest.raises(SystemExit, match="has not answered with it in time"):
        script.choose()
    monkeypatch.setenv("FORGER_TORCH", "rocm")
    with pytest.raises(SystemExit, match="FORGER_TORCH=rocm is none of: auto, cpu, cuda"):
        script.choose()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="there is no choice elsewhere")
@pytest.mark.parametrize("tool", ["pip", "uv"])
@pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong"])
def test_the_cpu_build_is_installed_from_its_index_and_all_else_from_the_usual(
    script: ModuleType,  # noqa: F811
    index: Index,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tool: str,
    wrong: bool,
):
    """A real set-up of packages with nothing in them; a file whose sum is another is refused."""
    if tool == "uv" and not UV:
        pytest.skip("uv is not here")
    usual = Index()
    for package, version in PAIR.items():
        index.add(package, version, wrong=wrong)
        usual.add(package, "1.0")
    tiny = usual.add("tiny", "2.0")
    (script.ROOT / "locks/cpu.txt").write_text(f"tiny==2.0 \\\n    --hash=sha256:{tiny}\n")
    (script.ROOT / "requirements.txt").write_text("torch==1.0\ntiny==2.0\n")
    monkeypatch.setenv("FORGER_TORCH_INDEX", index.url)
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "UV_INDEX", "UV_FIND_LINKS", "UV_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": usual.url,
        "UV_DEFAULT_INDEX": usual.url,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "_base_executable", sys.executable)
    monkeypatch.setattr(shutil, "which", lambda name: UV if name == tool else None)
    if wrong:
        with pytest.raises(SystemExit, match="could not be installed"):
            script.ensure("run")
        out, err = capfd.readouterr()
        assert "hash" in f"{out}{err}".lower()
    else:
        script.ensure("run")
        told = json.loads(script.STAMP.read_text())
        assert told["torch"] == "cpu"
        assert told["run"] == ["tiny==2.0", "torch==1.0+cpu", "torchvision==1.0+cpu"]
        assert script.state("run") == "ready"
        monkeypatch.setenv("FORGER_TORCH", "cuda")
        assert script.state("run") == "broken"
    usual.over.set()
    usual.server.shutdown()
    usual.server.server_close()
