"""Run folders that hold anything but a run: they are told of, nothing in them is read, and the others work."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from gan import images, runs
from gan.config import RunConfig
from gan.runs import Run
from tests import hostile
from tests.asgi import Client
from ui.api import routes
from ui.shared import generator_info, run_entries

MANY = 5_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three healthy runs, and one for each file and each kind of thing in its place."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        return filled(tmp_path_factory.mktemp("runs"))


def filled(home: Path) -> Path:
    (home / "foreign-secret").write_text(hostile.SECRET)
    for k in range(3):
        make(home, f"healthy-{k}")
    for kind in hostile.KINDS:
        for name in hostile.RUN_FILES:
            hostile.put(kind, make(home, f"bad-{kind}-{name.replace('/', '-').replace('.', '-')}").path / name)
    crowded = make(home, "crowded")
    for k in range(MANY):
        (crowded.path / "samples" / "fixed" / f"{k}.webp").touch()
        (crowded.path / f"rubbish-{k}").touch()
    linked = make(home, "bad-linked-samples")
    shutil.rmtree(linked.path / "samples")
    elsewhere = home.parent / "elsewhere"
    (elsewhere / "fixed").mkdir(parents=True)
    (elsewhere / "fixed" / "0.webp").write_bytes(images.webp(np.zeros((4, 4, 1), np.uint8)))
    (linked.path / "samples").symlink_to(elsewhere)
    for name in ("samples", "snapshots"):
        circle = make(home, f"bad-circle-{name}").path / name
        shutil.rmtree(circle)
        circle.symlink_to(name)
    for kind, line in {"empty": "", "broken": "{", "nameless": "{}", "true": '{"event":"x"}'}.items():
        (make(home, f"lines-{kind}").path / "events.jsonl").write_text(f"{line}\n" * ((1 << 20) // (len(line) + 1)))
    (home / "circle").symlink_to("circle")
    deep = make(home, "deep").path
    for _ in range(900):
        deep = deep / "d"
        deep.mkdir()
    return home


@pytest.fixture(autouse=True)
def _there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_RUNS", str(home))


def make(home: Path, run_id: str) -> Run:
    run = runs.create(RunConfig(dataset="mnist", device="cpu", threads=1), {"steps": 9}, run_id=run_id, home=home)
    run.picture("fixed", 0).write_bytes(images.webp(np.zeros((4, 4, 1), np.uint8)))
    return run


def test_the_list_is_quick_and_names_what_is_not_read(home: Path) -> None:
    client = Client(routes.routes())
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    answer = client.get("/api/runs")
    assert time.process_time() - began < 5.0  # whoever reads the large ones takes minutes
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB
    assert answer.status_code == 200
    assert hostile.SECRET not in answer.text
    entries = {entry["id"]: entry for entry in answer.json()["runs"]}
    assert len(entries) == len([*home.glob("*/")])  # a link to itself is none
    for run_id, entry in entries.items():
        healthy = run_id.startswith("healthy") or run_id in ("crowded", "deep")
        listed_files = [name.replace(".", "-") for name in runs.MAX_BYTES]
        if healthy or any(run_id.endswith(name) for name in listed_files):
            odd = not healthy and "nested" not in run_id and "sparse-metrics" not in run_id
            assert bool(entry.get("error")) >= odd, run_id
            assert not (healthy and entry.get("error"))


def test_no_route_of_such_a_run_fails_or_tells(home: Path) -> None:
    client = Client(routes.routes())
    for run in runs.runs():
        for path in ("series", "samples/fixed/0.webp", "real.webp"):
            answer = client.get(f"/api/runs/{run.id}/{path}")
            assert answer.status_code in (200, 404), (run.id, path)
            assert hostile.SECRET not in answer.text
        answer = client.post(f"/api/models/{run.id}/images", b"\0" * 4)
        assert answer.status_code in (400, 404), (run.id, answer.text)
        assert str(home) not in answer.text


def test_pages_list_them_as_unreadable(home: Path) -> None:
    entries = {entry.run.id: entry for entry in run_entries.entries()}
    assert {run_id for run_id, entry in entries.items() if entry.broken and "bad" not in run_id} == set()
    assert entries["bad-foreign-error-txt"].broken == (
        "error.txt is a link out of its folder. Remove it, or put a proper file in its place."
    )
    assert entries["bad-linked-samples"].broken.startswith("samples is a link")
    for entry in entries.values():
        told = json.dumps([run_entries.sizes(entry.run), str(run_entries.Facts.of(entry)), entry.run.error()])
        assert hostile.SECRET not in told


def test_polling_a_pipe_holds_no_thread(home: Path) -> None:
    """Each look ends: sixty of them in the time that one would wait for ever."""

    async def look() -> None:
        reader = runs.ControlReader(home / "bad-pipe-control-json")
        await asyncio.wait_for(asyncio.gather(*(asyncio.to_thread(reader.read) for _ in range(60))), 10)

    asyncio.run(look())


@pytest.mark.parametrize("kind", hostile.KINDS)
def test_a_trainers_files_are_never_written_through(home: Path, kind: str) -> None:
    """Where a log should be is something else: writing fails, and what it leads to stays as it is."""
    run = Run(home / f"bad-{kind}-events-jsonl")
    secret = (home / "foreign-secret").read_text()
    if kind not in ("sparse", "nested"):
        with pytest.raises(OSError):
            run.record("started")
    assert (home / "foreign-secret").read_text() == secret


def test_weights_that_are_none_are_a_sentence(home: Path) -> None:
    for kind in hostile.KINDS:
        with pytest.raises(runs.RunError, match=r"cannot be read: "):
            generator_info.about(Run(home / f"bad-{kind}-weights-safetensors"))
