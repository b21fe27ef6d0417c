"""GET /api/models/{id}/directions, …/truncation: what is measured of a generator once, and kept while its file is.

Directions take a second and are answered as they come; precision and recall over psi take many, as a job.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan.datasets import Progress
from gan.metrics import NO_EVALUATOR, Unavailable
from ui import questions
from ui.jobs import Jobs
from ui.kept import Kept
from ui.questions import Model, say, unavailable
from ui.workshop import Workshop

if TYPE_CHECKING:
    from gan.sampler import Sampler

KEPT = 32  # generators


def routes(workshop: Workshop) -> list[Route]:
    """The routes of this file, for the app to mount."""
    known: Kept[str, dict[str, Any]] = Kept(KEPT)
    sweeps: Jobs[dict[str, Any]] = Jobs("truncation", KEPT)

    async def directions(request: Request) -> Response:
        model = questions.find_pictures(request)

        def work(sampler: Sampler) -> dict[str, Any]:
            return known.get(model.version) or known.put(model.version, _directions(sampler))

        if (found := known.get(model.version)) is None:
            found = await workshop.study(request, model, work)
        return say(found)

    async def truncation(request: Request) -> Response:
        model = questions.find_pictures(request)
        workshop.check_torch()
        found = sweeps.ask(model.version, lambda: _sweep(workshop, model))
        return sweeps.under_way(model.version) if found is None else say(found)

    return [
        Route(f"/api/models/{{name}}/{ask.__name__}", questions.polite(ask))
        for ask in (directions, truncation)
    ]


def _directions(sampler: Sampler) -> dict[str, Any]:
    from gan import directions, evaluator

    dataset = sampler.config.dataset
    try:
        judge = evaluator.load(dataset) if evaluator.about(dataset) else None
        return directions.of(sampler, judge).to_dict()
    except (Unavailable, evaluator.EvaluatorError, ValueError) as why:
        raise unavailable(str(why)) from None


def _sweep(workshop: Workshop, model: Model) -> Generator[Progress, None, dict[str, Any]]:
    """Precision and recall for each psi, one a piece. Raises Unavailable, DataError, EvaluatorError."""
    from gan import evaluator, reference, truncation

    psis, n = truncation.PSIS, truncation.N

    def begin(sampler: Sampler) -> Any:
        if evaluator.about(sampler.config.dataset) is None:
            raise Unavailable(NO_EVALUATOR)
        return truncation.sweep(sampler, reference.of(sampler.config), psis, n)

    yield Progress(0, len(psis), "psi", "Reading the generator")
    asker = f"truncation {model.version}"
    sweep = workshop.piece(model, begin, asker)
    rows: list[tuple[float, float, float]] = []
    while row := workshop.piece(model, lambda _: next(sweep, None), asker):
        rows.append(row)
        yield Progress(len(rows), len(psis), "psi", "Drawing and comparing pictures")
    columns = [[round(float(value), 4) for value in column] for column in zip(*rows, strict=True)]
    return {**dict(zip(("psi", "precision", "recall"), columns, strict=True)), "n": n}
