"""A server, a fake run, and the page that shows it in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import opened
from tests.live.fake import Fake, open_view
from tests.serving import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def serving(common: tuple[Server, Path]) -> tuple[Server, Path]:
    """A server, and the folder of its runs."""
    return common


@pytest.fixture
def fake(serving: tuple[Server, Path]) -> Iterator[Fake]:
    """A run with five records and pictures of steps 0 and 100."""
    made = Fake(serving[1])
    made.log(5)
    made.show(100)
    yield made
    made.stop()
    shutil.rmtree(made.run.path, ignore_errors=True)


@pytest.fixture
def page(browser: Browser, serving: tuple[Server, Path], fake: Fake) -> Iterator[Page]:
    """The page of the fake run, its picture and chart drawn."""
    with opened(browser, 1440, 900) as found:
        open_view(found, f"{serving[0].url}/?run={fake.run.id}")
        yield found
