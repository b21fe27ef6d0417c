"""What a page needs to draw by itself: the program and the weights of a generator, for everybody, for ever."""

from __future__ import annotations

import base64
import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor

from gan.models import lean_dcgan
from gan.runs import Run
from gan.sampler import Sampler
from tests import engine
from tests.asgi import Client
from tests.export.test_program import NODE, differences, write
from ui.api import programs, reading
from ui.api.app import mount
from ui.api.worker import GeneratorWorker

PROGRAM, WEIGHTS = "/api/models/tiny/program", "/api/models/tiny/weights"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("GAN_RUNS", str(tmp_path))
    made = engine.make(tmp_path, steps=2)
    engine.play(made)
    return made


@pytest.fixture
def client(run: Run) -> Client:
    return Client([mount(programs.routes(GeneratorWorker(lambda: "ready")))])


def test_a_page_gets_a_program_and_the_very_weights_that_it_names(client: Client, run: Run) -> None:
    told = client.get(PROGRAM).json()
    assert (told["version"], told["step"], told["generation"]) == (1, 2, 0)
    answer = client.get(f"/{told['weights']}")
    assert "immutable" in answer.headers["Cache-Control"]
    tensors = safetensors.torch.load(answer.content)
    own = Sampler.load(run.path).generator.state_dict()
    assert set(told["synthesis"]["weights"]) <= set(tensors)
    for name, shape in told["synthesis"]["weights"].items():
        assert list(tensors[name].shape) == shape
        torch.testing.assert_close(tensors[name].float(), own[name], rtol=1e-3, atol=1e-6)


def test_nothing_is_sent_while_nothing_is_newer(client: Client, run: Run) -> None:
    assert client.get(f"{PROGRAM}?after=2&g=0").status_code == 204
    assert client.get(f"{PROGRAM}?after=2&g=1").status_code == 200  # the log was cut since
    assert client.get(f"{PROGRAM}?after=0&g=0").status_code == 200


def test_it_is_sent_compressed_and_packed_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    compress = gzip.compress

    def counted(data: bytes, level: int, mtime: int) -> bytes:
        made.append(len(data))
        return compress(data, level, mtime=mtime)

    monkeypatch.setattr(gzip, "compress", counted)
    plain, packed = (client.get(WEIGHTS, headers={"Accept-Encoding": kind}) for kind in ("identity", "gzip"))
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert plain.content == packed.content  # the client unpacks
    assert len(made) == 1


def test_weights_without_a_step_are_the_newest_and_not_kept(client: Client) -> None:
    assert client.get(WEIGHTS).headers["Cache-Control"] == "no-store"
    assert client.get(f"{WEIGHTS}?step=2&g=3").headers["Cache-Control"] == "no-store"  # a generation that is over


def test_a_snapshot_has_its_own_weights_and_the_same_program(client: Client, run: Run) -> None:
    newest, first = (client.get(path).json() for path in (PROGRAM, "/api/models/tiny@0/program"))
    assert first["step"] == 0
    assert first["synthesis"] == newest["synthesis"]
    bodies = [client.get(f"/{told['weights']}").content for told in (newest, first)]
    assert bodies[0] != bodies[1]


def test_generators_that_are_in_memory_alone_are_not_mistaken_for_each_other(client: Client, run: Run) -> None:
    wide = engine.make(run.path.parent, engine.tiny(z_dim=5), steps=2, run_id="wide")
    engine.play(wide)
    for made in (run, wide):
        assert client.get(f"/api/models/{made.id}/program").status_code == 200
        made.weights(2).unlink(missing_ok=True)  # were it a snapshot, nothing would have to be in memory
    programs_of = [client.get(f"/api/models/{made.id}@2/program").json() for made in (run, wide)]
    assert [told["mapping"]["inputs"]["z"]["shape"] for told in programs_of] == [[-1, 3], [-1, 5]]


def test_replaced_weights_stay_for_those_who_ask_a_moment_later(client: Client, run: Run) -> None:
    told, before = client.get(PROGRAM).json(), Sampler.load(run.path).generator.state_dict()
    run.write_control(budget={"steps": 4})
    engine.play(run)
    kept = safetensors.torch.load(client.get(f"/{told['weights']}").content)
    for name in told["synthesis"]["weights"]:
        torch.testing.assert_close(kept[name].float(), before[name], rtol=1e-3, atol=1e-6)
    assert client.get(f"{PROGRAM}?after=2&g=0").json()["step"] == 4
    answer = client.get(f"{WEIGHTS}?step=1&g=0")
    assert answer.status_code == 404
    assert "no longer has the generator of step 1" in answer.json()["error"]


def test_a_generator_that_the_page_cannot_draw_says_which_operation(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def synthesis(self: Any, w: Tensor) -> Tensor:
        return w.cumsum(1)[:, :1, None, None].expand(-1, 1, 8, 8)

    monkeypatch.setattr(lean_dcgan.Generator, "synthesis", synthesis)
    answer = client.get(PROGRAM)
    assert answer.status_code == 409
    assert answer.json()["error"] == (
        "not available because the page cannot draw by itself: cumsum is no operation of the engine."
    )


def test_damaged_weights_are_an_error_with_a_sentence(client: Client, run: Run) -> None:
    raw = run.weights().read_bytes()
    run.weights().write_bytes(raw[: len(raw) // 2])
    answer = client.get(WEIGHTS)
    assert answer.status_code in (404, 409)
    assert "cannot be read" in answer.json()["error"]
    assert np.frombuffer(answer.content, np.uint8).size < 1000


@pytest.fixture
def own(run: Run) -> Run:
    """A run on pictures that no classifier reads."""
    made = engine.make(run.path.parent, engine.tiny(dataset="own-images", source="x"), steps=2, run_id="own")
    engine.play(made)
    return made


def test_a_page_gets_the_calibrated_d(client: Client, own: Run) -> None:
    told = client.get("/api/models/own/judge").json()
    assert told["zero"] == pytest.approx(Sampler.load(own.path).discriminator.zero)
    assert (told["share"], told["evaluator"]) == (True, None)
    assert "evaluator" in told["why"]
    answer = client.get(f"/{told['weights']}")
    assert "immutable" in answer.headers["Cache-Control"]
    assert {f"D.{name}" for name in told["critic"]["weights"]} <= set(safetensors.torch.load(answer.content))
    assert client.get("/api/models/own/judge?after=2&g=0").status_code == 204
    assert client.get("/api/models/own/judge/weights?step=1&g=0").status_code == 404
    own.write_control(budget={"steps": 4})
    engine.play(own)
    assert client.get(f"/{told['weights']}").content == answer.content  # a moment later
    assert client.get("/api/models/own/judge").json()["step"] == 4


def test_a_page_has_no_classifier_for_pictures_of_another_size(client: Client) -> None:
    told = client.get("/api/models/tiny/judge").json()
    assert told["evaluator"] is None
    assert "pictures of another size" in told["why"]


def part(sampler: Sampler, networks: str) -> dict[str, Any]:
    """D or EvalNet alone, as JSON."""
    made = programs._write_judge(sampler, networks)
    assert not isinstance(made, str)
    return {"program": json.loads(made.text), "weights": base64.b64encode(gzip.decompress(made.packed)).decode()}


def test_evalnet_alone_is_for_ever(client: Client, run: Run) -> None:
    shutil.copytree("checkpoints/lean-mnist", run.path.parent / "lean-mnist")
    told = client.get("/api/models/lean-mnist/judge?networks=e").json()
    assert "critic" not in told
    assert told["names"] == list("0123456789")
    answer = client.get(f"/{told['weights']}")
    assert "immutable" in answer.headers["Cache-Control"]
    assert all(name.startswith("E.") for name in safetensors.torch.load(answer.content))
    assert client.get(f"/{told['weights']}0").headers["Cache-Control"] == "no-store"


@pytest.mark.skipif(NODE is None, reason="node is not here")
def test_the_page_reads_pictures_as_the_server_does(tmp_path: Path) -> None:
    sampler = Sampler.load("checkpoints/lean-mnist")
    made = programs._write_judge(sampler)
    assert not isinstance(made, str)
    pictures = sampler.images(np.random.default_rng(0).standard_normal((3, sampler.z_dim), np.float32))
    pictures[2] = 255 - pictures[2]
    content = {"program": json.loads(made.text), "pixels": pictures.flatten().tolist()}
    content |= {"reading": reading.read(sampler, pictures), "apart": [part(sampler, "e"), part(sampler, "d")]}
    write(tmp_path, "lean", content, gzip.decompress(made.packed))
    (difference,) = differences(tmp_path).values()
    assert difference < 0.02
