"""The sheet of a run that restores: which generator is searched for what it restores."""

from __future__ import annotations

from pathlib import Path

import pytest

from gan.runs import Run
from tests.engine import make, play, tiny
from tests.games.test_translation import pairs
from ui.shared import generator_info
from ui.shared.translator import searched

pytestmark = pytest.mark.usefixtures("quick_disk")


def restoring(home: Path, degradation: str) -> Run:
    run = make(home, tiny(game="translation", degradation=degradation), 1, degradation)
    play(run, pairs())
    return run


def test_a_generator_of_the_same_pictures_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    runs = {name: restoring(tmp_path, name) for name in ("shrink", "tiny", "hole", "noise")}
    abouts = {name: generator_info.about(run) for name, run in runs.items()}
    assert searched(runs["shrink"], abouts["shrink"]) is None, "nothing starts from noise"
    play(make(tmp_path, tiny(), 1, "plain"), pairs())
    wanted = {"shrink": ("enlarge", 4), "tiny": ("enlarge", 2), "hole": ("inpaint", 4)}
    for name, (task, by) in wanted.items():
        assert searched(runs[name], abouts[name]) == {"id": "plain", "name": "plain", "task": task, "by": by}
    assert searched(runs["noise"], abouts["noise"]) is None
