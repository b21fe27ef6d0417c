"""What is behind one picture of a grid: the z that draws it again, and the kept generator nearest to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gan import files, images, runs
from gan.datasets import Data
from gan.sampler import Sampler
from tests import engine
from tests.asgi import Client
from ui.api import tiles
from ui.api.app import mount
from ui.api.worker import GeneratorWorker


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_RUNS", str(folder))
        data = engine.pictures(count=12)
        labelled = Data(data.images, np.arange(12) % 3, ("a", "b", "c"))
        engine.play(engine.make(folder, engine.tiny(conditional=True), steps=3, run_id="asked"), labelled)
        engine.play(engine.make(folder, steps=3))
        yield folder


@pytest.fixture(scope="module")
def client(home: Path) -> Client:
    return Client([mount(tiles.routes(GeneratorWorker(lambda: "ready")))])


@pytest.mark.parametrize("name", ["tiny", "asked"])
@pytest.mark.parametrize("sort", ["fixed", "random"])
def test_its_z_draws_the_picture_again(client: Client, home: Path, name: str, sort: runs.Sort) -> None:
    run = runs.find(name)
    last = run.pictures(sort)[-1]
    told = client.get(f"/api/models/{name}/tile?sort={sort}&step={last}&k=5").json()
    assert (told["model"], told["step"]) == (name, last)
    label = None if told["class"] is None else np.array([told["class"]])
    again = Sampler.load(run.path).images(np.array([told["z"]], np.float32), label)[0]
    C, H, W = told["shape"]
    sheet = images.decode(run.picture(sort, last).read_bytes())
    shown = images.tiles(sheet, (C, H, W))[5]
    assert np.abs(shown.astype(int) - again.astype(int)).max() <= 2  # z has four places


def test_an_early_step_leads_to_the_generator_that_was_kept_of_it(client: Client) -> None:
    assert runs.find("tiny").snapshots()[0] == 0
    told = client.get("/api/models/tiny/tile?sort=fixed&step=0&k=0").json()
    assert (told["model"], told["step"]) == ("tiny@0", 0)


def test_what_has_no_z_says_why_and_what_is_not_there_is_refused(client: Client, home: Path) -> None:
    told = client.get("/api/models/tiny/tile?sort=real&step=3&k=0").json()
    assert told["z"] is None
    assert "real" in told["why"]
    path = runs.find("asked").path / "config.json"
    before = path.read_bytes()
    files.replace(path, files.dump({**files.load(before), "device": "cuda"}).encode())
    assert "cuda" in client.get("/api/models/asked/tile?sort=fixed&step=3&k=0").json()["why"]
    files.replace(path, before)
    for query in ("sort=fixed&step=3&k=99", "sort=other&step=3&k=0", "step=3"):
        assert client.get(f"/api/models/tiny/tile?{query}").status_code == 400


@pytest.mark.parametrize("sort", ["fixed", "random", "real"])
def test_d_judges_every_picture_of_a_grid_as_it_judges_each_alone(client: Client, home: Path, sort: str) -> None:
    run = runs.find("tiny")
    told = client.get(f"/api/models/tiny/opinions?sort={sort}&step=3").json()
    sheet = run.real_picture() if sort == "real" else run.picture(sort, 3)  # type: ignore[arg-type]
    sampler = Sampler.load(run.path)
    pictures = images.tiles(images.decode(sheet.read_bytes()), sampler.shape)
    alone = [float(sampler.critic(picture[None])[0]) for picture in pictures]
    assert told["step"] == 3
    assert np.allclose(told["d"], alone, atol=1e-3)
    assert np.allclose(told["p"], 1 / (1 + np.exp(-np.array(alone))), atol=1e-3)


def test_d_of_an_early_picture_is_the_one_that_was_kept_of_it(client: Client) -> None:
    assert client.get("/api/models/tiny/opinions?sort=fixed&step=0").json()["step"] == 0


def test_a_picture_that_was_not_kept_is_said_to_be_missing(client: Client) -> None:
    assert client.get("/api/models/tiny/opinions?sort=fixed&step=2").status_code == 409
