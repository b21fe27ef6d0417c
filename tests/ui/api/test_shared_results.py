"""Results that many ask for at once: one piece of work for all of them."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, cast

import pytest

from ui.api.requests import ApiError, Model
from ui.api.shared_results import SharedResults
from ui.api.worker import GeneratorWorker

MODEL = cast("Model", type("Model", (), {"run": None, "step": None}))


class Samplers:
    def get(self, *_: object) -> Any:
        return "sampler"


@pytest.fixture
def worker() -> GeneratorWorker:
    made = GeneratorWorker(lambda: "ready", max_waiting=2)
    made._samplers = cast("Any", Samplers())
    return made


def test_however_many_ask_it_is_worked_out_once_and_none_is_refused(worker: GeneratorWorker) -> None:
    results: SharedResults[str] = SharedResults(worker, 4)
    begun, go = [], threading.Event()

    def work(sampler: object) -> str:
        begun.append(sampler)
        assert go.wait(30)
        return "made"

    async def ask() -> list[str]:
        all_of_them = [asyncio.ensure_future(results.get("a", MODEL, work)) for _ in range(50)]
        await asyncio.sleep(0.05)
        all_of_them[0].cancel()  # the first one's client is gone; the others still wait
        go.set()
        return [*await asyncio.gather(*all_of_them[1:]), await results.get("a", MODEL, work)]

    assert asyncio.run(ask()) == ["made"] * 50
    assert begun == ["sampler"]


def test_what_it_raises_goes_to_all_who_wait_and_is_not_kept(worker: GeneratorWorker) -> None:
    results: SharedResults[str] = SharedResults(worker, 4)

    def fail(_: object) -> str:
        raise ApiError(409, "Its weights are gone.")

    async def ask() -> list[object]:
        asked = [results.get("a", MODEL, fail) for _ in range(3)]
        return [*await asyncio.gather(*asked, return_exceptions=True), await results.get("a", MODEL, lambda _: "made")]

    *errors, made = asyncio.run(ask())
    assert [str(error) for error in errors] == ["Its weights are gone."] * 3
    assert made == "made"
