"""A run folder that a test writes as a trainer would, and what a test asks the page that shows it."""

from __future__ import annotations

import contextlib
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gan import files, images, runs
from gan.config import RunConfig
from gan.runs import Run

if TYPE_CHECKING:
    from playwright.sync_api import Page

EVEN = [0.1] * 10
NAMES = (f"run-{k}" for k in itertools.count())


class Fake:
    """A run that somebody trains, as far as its folder tells: records, pictures, the lock."""

    def __init__(self, home: Path, dataset: str = "mnist", loss: str = "hinge", run_id: str = ""):
        config = RunConfig(dataset=dataset, loss=loss, device="cpu", threads=1)
        self.run: Run = runs.create(config, {"steps": 10_000}, run_id=run_id or next(NAMES), home=home)
        self.rows = 0
        self._lock = contextlib.ExitStack()
        self._lock.enter_context(self.run.locked())
        self.run.record("started")
        self.run.real_picture().write_bytes(picture(255))
        self.show(0)

    def stop(self) -> None:
        """The trainer is gone."""
        self._lock.close()

    def log(self, count: int, **values: Any) -> None:
        """So many records, 20 steps after each other."""
        new = range(self.rows, self.rows + count)
        self.rows += count
        told = {"d_loss": 1.0, "g_loss": 0.5, "d_real": 0.6, "d_fake": 0.4, "grad_norm_d": 3.0, "grad_norm_g": 2.0}
        for k in new:
            so_far = {"step": 20 * (k + 1), "epoch": 0.01 * (k + 1), "images": 640 * (k + 1)}
            record = {"seq": k, "seconds": k + 1.0, "images_per_second": 900.0, **so_far}
            files.append(self.run.path / "metrics.jsonl", [{**record, **told, **values}])

    def check(self, shares: list[float] | None = EVEN, **values: Any) -> None:
        """One record with a checkup; without shares there is no evaluator."""
        hill = [0.0] * 8 + [0.25] * 4 + [0.0] * 12
        told = {"d_hist_real": hill[::-1], "d_hist_fake": hill, "d_range": [-5.0, 7.0]}
        scores = {"fd": 12.5, "diversity": 0.8}
        if shares is not None:
            present = sum(share >= 0.01 for share in shares)
            scores |= {"classes": present, "effective_classes": present - 0.5, "confident": 0.9}
            told["shares"] = shares
        self.log(1, **{**scores, **told, **values})

    def show(self, step: int) -> None:
        """Both grids of a step."""
        for sort in ("fixed", "random"):
            (self.run.path / "samples" / sort / f"{step}.webp").write_bytes(picture(step))


def picture(value: int) -> bytes:
    return images.webp(np.full((58, 58, 1), value % 256, np.uint8))


def open_view(page: Page, url: str) -> None:
    page.goto(url)
    page.locator("[data-testid=live-picture]:not([hidden])").wait_for()
    page.locator("[data-testid=live-chart] .main-svg").first.wait_for()


def plotted(page: Page, what: str, chart: str = "live-chart") -> Any:
    """Something of the element in which Plotly draws, as JavaScript names it: "data[0].y"."""
    return page.evaluate(f"(plot => plot.{what})(document.querySelector('[data-testid={chart}]'))")


def shown(page: Page) -> str:
    return page.locator("[data-testid=live-picture]").get_attribute("alt") or ""
