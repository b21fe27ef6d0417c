"""What is kept of a measurement, and what is not believed of a folder from anywhere."""

from __future__ import annotations

import pytest

from gan.runs import Run, enlarged

TABLE = {"real": {100: [0.5, 0.6]}, "real and fakes": {100: [0.7, 0.8]}}


def test_it_is_read_as_it_was_kept(tmp_path):
    run = Run(tmp_path)
    assert enlarged.load(run) is None
    enlarged.save(run, 7, TABLE)
    assert enlarged.load(run) == (7, TABLE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"step": 1}',
        '{"step": 1, "table": {}}',
        '{"step": 1, "table": {"real": {"100": []}}}',
        '{"step": 1, "table": {"real": {"100": [2.0]}}}',
        '{"step": 1, "table": {"real": {"100": [0.5]}, "fakes": {"200": [0.5]}}}',
        '{"step": 1, "table": {"real": {"x": [0.5]}}}',
    ],
)
def test_what_is_no_table_is_none(tmp_path, text):
    (tmp_path / "enlarging.json").write_text(text)
    assert enlarged.load(Run(tmp_path)) is None
