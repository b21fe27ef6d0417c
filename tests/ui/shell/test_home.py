"""A home folder that may not be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit import config

from ui.shell import home


@pytest.fixture
def files() -> Iterator[list[str]]:
    """The files in which Streamlit looks for secrets, as they were afterwards."""
    before = config.get_option("secrets.files")
    yield before
    config.set_option("secrets.files", before)


@pytest.mark.usefixtures("files")
def test_a_file_that_may_not_be_read_is_left_out_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shut, absent = tmp_path / "of-root" / "secrets.toml", tmp_path / "secrets.toml"
    config.set_option("secrets.files", [str(shut), str(absent)])
    before = Path.open

    def refuse(path: Path, *args: object) -> object:
        if path == shut:
            raise PermissionError(13, "Permission denied")
        return before(path, *args)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    assert str(shut) in home.leave_out()
    assert config.get_option("secrets.files") == [str(absent)]
    assert home.leave_out() == ""
