"""A server whose runs are of every kind: finished ones with scores, tiny ones, points, one that trains."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gan.datasets import Data
from tests import engine
from tests.live.fake import Fake
from tests.serving import Server

SHIPPED = Path(__file__).parents[2] / "checkpoints"
RUN, OTHER, SMALL, DOTS, BUSY = "lean-mnist", "gan-2014-mnist", "every-small", "every-dots", "every-training"


@pytest.fixture(scope="module")
def site(common: tuple[Server, Path]) -> Iterator[str]:
    """Its address."""
    found, home = common
    for name in (RUN, OTHER):
        shutil.copytree(SHIPPED / name, home / name)
    fake = Fake(home, run_id=BUSY)
    fake.log(40)
    fake.check()
    fake.show(100)
    digits = Data(engine.pictures(28).images, np.arange(10), tuple("0123456789"))
    engine.play(engine.make(home, engine.tiny(z_dim=20), steps=10, run_id=SMALL), digits)
    dots = engine.tiny(model="first-steps", z_dim=2)
    engine.play(engine.make(home, dots, steps=3, run_id=DOTS), engine.points())
    yield found.url
    fake.stop()
