"""GET /api/models/{id}/directions, …/centres, …/truncation: what is measured of a generator once, while its file is.

Directions take a second and are answered as they come; precision and recall over psi take many, as a job.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan.datasets import Progress
from gan.metrics import NO_EVALUATOR, Unavailable
from ui.api import requests
from ui.api.jobs import CachedJobs
from ui.api.requests import Model, choice, json_response, unavailable
from ui.api.shared_results import SharedResults
from ui.api.worker import GeneratorWorker

if TYPE_CHECKING:
    from gan.sampler import Sampler

MAX_MODELS = 32  # whose results are kept


def routes(worker: GeneratorWorker) -> list[Route]:
    """The routes of this file, for the app to mount."""
    known: SharedResults[dict[str, Any]] = SharedResults(worker, MAX_MODELS)
    sweeps: CachedJobs[dict[str, Any]] = CachedJobs("truncation", MAX_MODELS)

    async def directions(request: Request) -> Response:
        model = requests.find_picture_model(request)
        return json_response(await known.get(model.version, model, _directions))

    async def centres(request: Request) -> Response:
        model = requests.find_picture_model(request)
        if not model.about.layers:
            raise unavailable("this generator has no styles: psi draws z to zero")
        return json_response(await worker.compute(request, model, _centres, "centres"))

    async def truncation(request: Request) -> Response:
        model = requests.find_picture_model(request)
        worker.check_torch()
        centre = choice(request, "centre", ("nearest", "mean"), "nearest")
        key = f"{model.version} {centre}"
        result = sweeps.result(key, lambda: _sweep(worker, model, centre))
        return sweeps.progress_response(key) if result is None else json_response(result)

    return [Route(f"/models/{{name}}/{endpoint.__name__}", endpoint) for endpoint in (directions, centres, truncation)]


def _directions(sampler: Sampler) -> dict[str, Any]:
    from gan.evaluation import evalnet
    from gan.latents import directions

    dataset = sampler.config.dataset
    try:
        evaluator = evalnet.load(dataset) if evalnet.about(dataset) else None
        return directions.of(sampler, evaluator).to_dict()
    except (Unavailable, evalnet.EvalNetError, ValueError) as why:
        raise unavailable(str(why)) from None


def _centres(sampler: Sampler) -> dict[str, Any]:
    """The sampler keeps them while it is in memory."""
    return {"step": sampler.step} | {name: np.round(w, 5).tolist() for name, w in sampler.centres().items()}


def _sweep(worker: GeneratorWorker, model: Model, centre: str) -> Generator[Progress, None, dict[str, Any]]:
    """Precision and recall for each psi, one a piece. Raises Unavailable, DataError, EvalNetError."""
    from gan.evaluation import evalnet, reference
    from gan.latents import truncation

    psis, n = truncation.PSIS, truncation.N_IMAGES

    def begin(sampler: Sampler) -> Any:
        if evalnet.about(sampler.config.dataset) is None:
            raise Unavailable(NO_EVALUATOR)
        return truncation.sweep(sampler, reference.of(sampler.config), psis, n, centre=centre)

    yield Progress(0, len(psis), "psi", "Reading the generator")
    client = f"truncation {model.version} {centre}"
    sweep = worker.compute_piece(model, begin, client)
    rows: list[tuple[float, float, float]] = []
    while row := worker.compute_piece(model, lambda _: next(sweep, None), client):
        rows.append(row)
        yield Progress(len(rows), len(psis), "psi", "Drawing and comparing pictures")
    columns = [[round(float(value), 4) for value in column] for column in zip(*rows, strict=True)]
    return {**dict(zip(("psi", "precision", "recall"), columns, strict=True)), "n": n}
