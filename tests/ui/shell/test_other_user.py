"""The server as another user: code that it cannot write, a HOME that it may not read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.serving import HOME, free_port

USER = 1000


def readable(path: Path) -> bool:
    """Whether that user may look into every folder on the way."""
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root, and setpriv")
def test_a_user_who_may_only_read_the_code_serves_it(tmp_path: Path) -> None:
    python = Path(sys.prefix).resolve() / "bin/python"
    user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
    if not (readable(HOME) and readable(python.parent) and readable(python.resolve().parent)):
        user = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]  # root, as bound by modes as others are
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents[:2]:
        folder.chmod(0o755)
    home, mine = tmp_path / "home", tmp_path / "mine"
    home.mkdir(0o000)  # of root
    mine.mkdir()
    os.chown(mine, *((USER, USER) if "--clear-groups" in user else (0, 0)))
    port = free_port()
    serve = [str(python), "-m", "streamlit", "run", "app.py", "--server.headless", "true", "--server.port", str(port)]
    environment = {
        **os.environ,
        "HOME": str(home),
        "GAN_RUNS": str(mine / "runs"),
        "GAN_DATA": str(mine / "data"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([*user, *serve], cwd=HOME, env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=5) as answer:
                    assert answer.read() == b"ok"  # with secrets looked for, as with every request
                break
            except urllib.error.HTTPError:
                raise
            except OSError:
                assert process.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.2)
        with urllib.request.urlopen(f"http://localhost:{port}/api/runs", timeout=20) as answer:
            assert answer.status == 200
        assert "may not be read by this user, and is left out" in (tmp_path / "log").read_text()
    finally:
        process.terminate()
        process.wait(20)
        home.chmod(0o700)
