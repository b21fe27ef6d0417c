"""Files: whole or not at all, lines that a crash tore, JSON that a browser can read."""

from __future__ import annotations

import errno
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan import files
from tests import hostile

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.endswith(".tmp")]


def test_a_file_is_replaced_whole_and_readable_by_others(tmp_path):
    path = tmp_path / "a.json"
    files.replace(path, b"old")
    files.replace(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("failing", ["fsync", "fchmod"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, failing):
    path = tmp_path / "a.json"
    files.replace(path, b"old")

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, refuse)
    with pytest.raises(OSError, match="No space"):
        files.replace(path, b"new")
    assert path.read_bytes() == b"old"
    assert left_over(tmp_path) == []


def test_a_replaced_file_reaches_the_disk_before_its_name_does(tmp_path, monkeypatch):
    done = []
    fsync, replace = os.fsync, Path.replace

    def told_fsync(handle):
        done.append("fsync")
        fsync(handle)

    def told_replace(path, target):
        done.append("replace")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", told_fsync)
    monkeypatch.setattr(Path, "replace", told_replace)
    files.replace(tmp_path / "durable", b"x")
    assert done == ["fsync", "replace", "fsync"]  # content, name, folder
    done.clear()
    files.replace(tmp_path / "picture", b"x", durable=False)
    assert done == ["replace"]


@given(JSON)
def test_what_is_written_is_json_that_a_browser_reads(value):
    text = files.dump(value)
    assert "\n" not in text
    told = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert told == finite(value)


def finite(value):
    """The value as JSON can hold it."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [finite(item) for item in value]
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    return value


def test_lines_pass_over_what_is_torn_or_no_record(tmp_path):
    path = tmp_path / "log.jsonl"
    files.append(path, [{"a": 1}, {"a": 2}])
    with path.open("ab") as file:
        file.write(b'{"a": 3\n[4]\n5\n\xff\xfe\n\n{"a": 6}\n{"a": 7}')
    assert list(files.lines(path)) == [{"a": 1}, {"a": 2}, {"a": 6}]


@pytest.mark.parametrize("text", ["[" * 200_000, '{"title": "\\ud800"}', "{", "\udc00", ""])
def test_whatever_is_wrong_with_json_is_a_value_error(text):
    for given_ in (text, text.encode(errors="surrogatepass")):
        with pytest.raises(ValueError):
            files.load(given_)


def test_text_beyond_ascii_is_read():
    assert files.load(b'{"a": "\\ud83d\\ude00 \xc3\xa4"}') == {"a": "\U0001f600 ä"}


def test_there_are_no_lines_where_none_can_be_read(tmp_path):
    assert list(files.lines(tmp_path / "missing.jsonl")) == []
    assert list(files.lines(tmp_path)) == []  # a folder


FILL = """
import resource, sys
from pathlib import Path
from gan import files
path = Path(sys.argv[1])
files.append(path, [{"kept": "x" * 50}])
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    files.append(path, [{"too long": "y" * 200}, {"lost": 1}])
except OSError as error:
    print(error.strerror)
"""


def test_a_disk_that_takes_a_part_of_a_record_is_left_with_whole_ones(tmp_path):
    """The limit on a file's size makes the kernel write 100 bytes and refuse the rest, as a full disk does."""
    path = tmp_path / "log.jsonl"
    command = [sys.executable, "-c", FILL, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "File too large"
    assert path.read_bytes() == b'{"kept": "' + b"x" * 50 + b'"}\n'


@pytest.mark.parametrize("kind", [kind for kind in hostile.KINDS if kind not in ("sparse", "nested")])
def test_only_a_regular_file_of_its_folder_is_read(tmp_path, kind):
    (tmp_path / "foreign-secret").write_text(hostile.SECRET)
    (tmp_path / "folder").mkdir()
    path = tmp_path / "folder" / "file"
    hostile.put(kind, path)
    for use in (lambda: files.read(path, 1 << 20), lambda: files.opened(path), lambda: files.appended(path)):
        with pytest.raises(OSError):
            use()
    assert [*files.lines(path)] == []
    assert (tmp_path / "foreign-secret").read_text() == hostile.SECRET


def test_no_more_is_read_than_was_asked_for(tmp_path):
    hostile.put("sparse", tmp_path / "file")
    with pytest.raises(files.Unreadable, match="at most 100 are read"):
        files.read(tmp_path / "file", 100)
    (tmp_path / "file").write_bytes(b"x" * 100)
    assert files.read(tmp_path / "file", 100) == b"x" * 100


def test_links_inside_a_folder_are_followed(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "file").write_bytes(b"text")
    (tmp_path / "a" / "b" / "link").symlink_to("../file")
    (tmp_path / "a" / "c").symlink_to("b")
    (tmp_path / "outside").symlink_to("a")
    assert files.read(tmp_path / "a" / "c" / "link", 9, tmp_path / "a") == b"text"
    assert files.read(tmp_path / "outside" / "b" / "link", 9, tmp_path / "outside") == b"text", "the folder itself may"
    with pytest.raises(files.Unreadable):
        files.read(tmp_path / "a" / "b" / "link", 9)


def test_a_shortage_of_descriptors_is_waited_out(tmp_path, monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    real, real_temp, failures = os.open, tempfile.mkstemp, [0]

    def short(attempt):
        def call(*args, **kwargs):
            if failures[0]:
                failures[0] -= 1
                raise OSError(errno.EMFILE, "Too many open files")
            return attempt(*args, **kwargs)

        return call

    monkeypatch.setattr(os, "open", short(real))
    monkeypatch.setattr(tempfile, "mkstemp", short(real_temp))
    for use in (
        lambda: files.append(tmp_path / "log", [{"a": 1}]),
        lambda: files.replace(tmp_path / "whole", b"x"),
        lambda: files.read(tmp_path / "whole", 9),
    ):
        failures[0], before = 3, len(waits)
        use()
        assert len(waits) - before == 3
    monkeypatch.setattr(files, "READ_PATIENCE", 0.0)
    failures[0] = 1 << 30
    with pytest.raises(OSError, match="Too many"):
        [*files.lines(tmp_path / "log")]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            OSError(errno.EACCES, "Permission denied", "/home/me/runs/one/config.json"),
            "Permission denied (config.json)",
        ),
        (OSError(errno.EACCES, "Permission denied"), "Permission denied"),
        (files.Unreadable("x is no regular file"), "x is no regular file"),
        (ValueError("why"), "why"),
    ],
)
def test_what_went_wrong_is_said_without_the_place(error, told):
    assert files.why(error) == told


def test_a_line_longer_than_any_of_ours_is_passed_over(tmp_path):
    line = b'{"a": 1}\n'
    (tmp_path / "log").write_bytes(line + b'"' + b"x" * (3 << 20) + b'"\n' + line + b"torn")
    assert [*files.lines(tmp_path / "log")] == [{"a": 1}, {"a": 1}]
