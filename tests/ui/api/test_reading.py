"""What D and a classifier say of pictures, where D would have them changed, and anybody's picture at the right size."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan.sampler import Sampler
from tests import engine
from tests.asgi import Client, pixels_of
from ui.api import reading, upload
from ui.api.app import mount
from ui.api.worker import GeneratorWorker


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_RUNS", str(folder))
        engine.play(engine.make(folder, steps=2))
        named = engine.tiny(dataset="own-images", source="x")
        engine.play(engine.make(folder, named, steps=1, run_id="own"))
        colours = engine.tiny(dataset="own-images", source="x")
        engine.play(engine.make(folder, colours, steps=1, run_id="rgb"), engine.pictures(8, 3))
        dots = engine.tiny(model="first-steps", width=16, z_dim=2)
        engine.play(engine.make(folder, dots, steps=1, run_id="dots"), engine.points())
        engine.play(engine.make(folder, engine.tiny(loss="wasserstein"), steps=1, run_id="critic"))
        yield folder


@pytest.fixture(scope="module")
def client(home: Path) -> Client:
    return Client([mount([*reading.routes(GeneratorWorker(lambda: "ready")), *upload.routes()])])


def some(count: int, channels: int = 1) -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.integers(0, 256, (count, 8, 8, channels), dtype=np.uint8)


def test_a_reading_is_what_the_critic_and_the_evaluator_say(client: Client, home: Path) -> None:
    shown = some(3)
    told = client.post("/api/models/tiny/reading", shown.tobytes()).json()
    logits = Sampler.load(home / "tiny").critic(shown)
    assert told["step"] == 2
    np.testing.assert_allclose(told["d"], logits, atol=1e-4)
    np.testing.assert_allclose(told["p"], 1 / (1 + np.exp(-logits)), atol=1e-4)
    assert told["names"] == [str(k) for k in range(10)]
    np.testing.assert_allclose(np.sum(told["classes"], 1), 1, atol=1e-3)
    assert told["why"] == ""


def test_without_an_evaluator_it_says_why_there_are_no_classes(client: Client) -> None:
    told = client.post("/api/models/own/reading", some(1).tobytes()).json()
    assert told["classes"] is None
    assert "evaluator" in told["why"]
    assert len(told["d"]) == 1


def test_points_can_be_judged_but_have_no_classes(client: Client) -> None:
    told = client.post("/api/models/dots/reading", bytes(6)).json()
    assert len(told["p"]) == 3
    assert "points" in told["why"]


def test_where_the_loss_gives_no_probability_there_is_a_score_alone(client: Client, home: Path) -> None:
    told = client.post("/api/models/critic/reading", some(2).tobytes()).json()
    assert told["p"] is None
    np.testing.assert_allclose(told["d"], Sampler.load(home / "critic").critic(some(2)), atol=1e-4)


@pytest.mark.parametrize("route", ["reading", "gradient"])
@pytest.mark.parametrize(("length", "status"), [(0, 400), (63, 400), (65, 400), (64 * 17, 413)])
def test_what_holds_no_pictures_is_refused(client: Client, route: str, length: int, status: int) -> None:
    answer = client.post(f"/api/models/tiny/{route}", bytes(length))
    if route == "gradient" and length > 64:
        status = 413
    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")


def test_the_gradient_is_scaled_to_its_largest_number(client: Client, home: Path) -> None:
    shown = some(1)
    answer = client.post("/api/models/tiny/gradient", shown.tobytes())
    assert answer.headers["X-Shape"] == "1,8,8,1"
    found = np.frombuffer(answer.content, np.int8).reshape(1, 8, 8, 1).astype(float)
    expected = Sampler.load(home / "tiny").gradient(shown)
    assert np.abs(found).max() == 127
    np.testing.assert_allclose(found, 127 * expected / np.abs(expected).max(), atol=0.6)


def file(picture: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, kind, **options)
    return out.getvalue()


def test_a_picture_comes_at_the_size_of_the_generator(client: Client) -> None:
    wide = np.zeros((40, 80, 3), np.uint8)
    wide[:, 10:70] = (200, 0, 0)  # the square in the middle and a little more
    grey = pixels_of(client.post("/api/models/tiny/picture", file(wide)))
    assert grey.shape == (1, 8, 8, 1)
    assert (grey == 60).all()  # 0.299 of 200
    red = pixels_of(client.post("/api/models/rgb/picture", file(wide)))
    assert red.shape == (1, 8, 8, 3)
    assert (red == (200, 0, 0)).all()


def test_a_photo_that_lies_on_its_side_is_turned_upright(client: Client) -> None:
    upright = np.zeros((16, 16, 3), np.uint8)
    upright[:8] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    sent = file(np.rot90(upright), "JPEG", exif=exif, quality=95)
    found = pixels_of(client.post("/api/models/tiny/picture", sent))[0, ..., 0]
    assert found[:3].mean() > 200
    assert found[5:].mean() < 50


BOMB = b"P5 60000 60000 255\n" + bytes(100)


@pytest.mark.parametrize("body", [b"", b"junk", BOMB, file(some(1)[0, ..., 0])[:40]])
def test_what_is_no_picture_is_a_sentence(client: Client, body: bytes) -> None:
    answer = client.post("/api/models/tiny/picture", body)
    assert answer.status_code == 400
    assert "no picture" in answer.json()["error"]


def test_a_picture_of_nine_megabytes_is_too_large(client: Client) -> None:
    assert client.post("/api/models/tiny/picture", bytes(9 << 20)).status_code == 413


@pytest.mark.parametrize("ask", ["?as=letter", "?as="])
def test_what_it_is_to_be_read_as_is_known(client: Client, ask: str) -> None:
    status = 400 if ask != "?as=" else 200
    assert client.post(f"/api/models/tiny/picture{ask}", file(some(1)[0, ..., 0])).status_code == status


def test_points_take_no_pictures(client: Client) -> None:
    answer = client.post("/api/models/dots/picture", file(some(1)[0, ..., 0]))
    assert answer.status_code == 409
    assert answer.json()["error"].startswith("not available because")


def test_blank_paper_has_no_sign_on_it(client: Client) -> None:
    blank = np.full((50, 50), 230, np.uint8)
    answer = client.post("/api/models/tiny/picture?as=digit", file(blank))
    assert answer.status_code == 400
    assert "ink" in answer.json()["error"]


def test_an_unknown_generator_is_not_found(client: Client) -> None:
    for route in ("reading", "gradient", "picture"):
        assert client.post(f"/api/models/nobody/{route}", bytes(64)).status_code == 404
