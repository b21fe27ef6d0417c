"""Standard streams that are closed at the start, as by `>&-` or a scheduler: everything works, quietly."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

LOOK = """
import gan, os, sys
print("said")
print("said", file=sys.stderr)
with open(sys.argv[1], "w") as file:
    file.write(str(file.fileno()))
child = "import os, sys; os.fstat(0), os.fstat(1), os.fstat(2), print(1), print(2, file=sys.stderr)"
sys.exit(os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", child]))
"""


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_no_file_gets_the_number_of_a_stream(tmp_path: Path, closed: str) -> None:
    """Nor does a program that is started, as by exec, which is how `make run` becomes the server."""
    command = f'"$@" {closed}'
    script = ["sh", "-c", command, "sh", sys.executable, "-c", LOOK, str(tmp_path / "file")]
    assert subprocess.run(script, check=False, capture_output=True).returncode == 0
    assert int((tmp_path / "file").read_text()) > 2


LATE = """
import os, sys
taken = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
import gan
print("not for a file", file=sys.stderr, flush=True)
sys.exit(taken != 2)
"""


def test_what_has_the_number_of_a_closed_stream_is_not_written_to(tmp_path: Path) -> None:
    script = ["sh", "-c", '"$@" 2>&-', "sh", sys.executable, "-c", LATE, str(tmp_path / "socket")]
    assert subprocess.run(script, check=False, capture_output=True).returncode == 0
    assert (tmp_path / "socket").read_text() == ""


@pytest.mark.slow
def test_a_training_without_streams_ends_well(tmp_path: Path) -> None:
    settings = ["--preset", "first-steps", "--dataset", "ring", "--model", "first-steps"]
    train = [sys.executable, "-m", "gan", "train", *settings, "--steps", "5", "--run", "quiet"]
    script = ["sh", "-c", f'GAN_RUNS={tmp_path} "$@" >&- 2>&-', "sh", *train]
    assert subprocess.run(script, check=False, capture_output=True).returncode == 0
    assert json.loads((tmp_path / "quiet/events.jsonl").read_text().splitlines()[-1])["event"] == "finished"
