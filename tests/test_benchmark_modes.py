"""The benchmark of modes: every row can be trained, a row is measured once, and the page tells what was measured."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import _report, modes
from gan.games.adversarial import networks


@pytest.mark.parametrize("row", modes.ROWS)
def test_every_row_is_the_one_network_with_its_remedy_alone(row):
    config, plain = modes.config_of(row, seed=7), modes.config_of("ns", seed=7)
    networks(config, (3, 28, 28), 0, 0)
    assert config.seed == 7
    differs = {key for key, value in config.to_dict().items() if value != plain.to_dict()[key]}
    assert differs == modes.ROWS[row][1].keys()


def test_a_row_that_was_measured_is_not_measured_again_and_stands_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measured: list[str] = []

    def measure(config, steps, place, like):
        measured.append(place.stem)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.with_suffix(".png").write_bytes(b"")
        found = {"modes": 100 + config.seed, "modes_sure": 3, "modes_kl": 4.5, "confident": 0.5}
        place.write_text(json.dumps({"row": "ns", "seed": config.seed, "steps": steps, "stopped": 0, **found}))

    for module in (modes, _report):
        monkeypatch.setattr(module, "BENCH", tmp_path / ".bench")
    monkeypatch.setattr(_report, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(modes, "measure", measure)
    monkeypatch.setattr(modes, "describe", lambda: "a machine")
    monkeypatch.setattr(sys, "argv", ["modes", "--only", "ns", "--seeds", "0", "1", "--steps", "7"])
    modes.main()
    modes.main()
    assert measured == ["ns-0-7", "ns-1-7"]
    page = (tmp_path / ".bench" / "modes.md").read_text()
    assert page in capsys.readouterr().out
    assert "**After 7 updates**" in page
    numbers = "100 (100 to 101) | 3 (3 to 3) | 4.50 (4.50 to 4.50) | 0.50 (0.50 to 0.50)"
    assert f"non-saturating (DCGAN) | 2 | {numbers} | DCGAN 99 / 3.40 (a) |" in page
    assert "Not measured: packing, two at once (PacGAN-2); " in page
    assert (tmp_path / ".bench" / "pictures" / "modes-ns.png").exists()
    assert not (tmp_path / "docs").exists()
    monkeypatch.setattr(sys, "argv", ["modes", "--only", "ns", "--seeds", "0", "--steps", "9", "--publish"])
    modes.main()
    page = (tmp_path / "docs" / "modes.md").read_text()
    assert page.index("**After 7 updates**") < page.index("**After 9 updates**"), "what was measured before stays"
    assert page.count("Non-saturating (DCGAN), 7 updates:") == 1, "that of the smallest budget is shown"
