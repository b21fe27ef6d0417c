"""The presets of pages: read once, and anew as soon as one comes, changes or goes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gan import config
from ui.shared import presets


def test_a_preset_that_comes_changes_or_goes_is_seen_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_PLUGINS", str(tmp_path))
    (tmp_path / "presets").mkdir()
    own = tmp_path / "presets" / "own.json"
    content = {"title": "One", "sentence": "A sentence.", "budget": {"steps": 5}, "config": {}}
    assert "own" not in presets.every()
    own.write_text(json.dumps(content))
    assert presets.every()["own"].title == "One"
    own.write_text(json.dumps({**content, "title": "Two"}))
    os.utime(own, ns=(1, 1))
    assert presets.every()["own"].title == "Two"
    own.unlink()
    assert "own" not in presets.every()


def test_what_has_not_changed_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = presets.every()

    def refuse(name: str) -> None:
        raise AssertionError(name)

    monkeypatch.setattr(presets, "preset", refuse)
    monkeypatch.setattr(config, "preset", refuse)
    assert presets.every() == before
