"""A film of a run to share: about twenty seconds of its pictures, its losses as they were drawn, and the verdict.

Drawn with Pillow, a frame at a time, in a palette that all frames share: what does not change costs nothing.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont

from gan import images, registry
from gan.config import networks_card
from gan.datasets import Progress
from gan.diagnostics import health
from gan.diagnostics.health_log import HealthStatus, log_of
from gan.palette import DARK_BAD, DARK_GOOD, DARK_INK, DARK_LINE, DARK_PAPER, DARK_WAIT, DARK_WARN, D, G
from gan.runs import Run, RunError, scores
from gan.runs.log_reader import LogReader

FRAMES, FRAME_MS, HOLD_MS = 170, 100, 3000  # the last one stays: 20 seconds in all
WIDTH, HEIGHT, MARGIN = 800, 568, 20
SHEET_PX, SHEET_TOP = 484, 66  # the grid's side: 8 x 8 pictures of 28 with their gaps, each pixel twice
CHART = (532, 100, 780, 306)  # left, top, right, bottom
GREYS, COLOURS = 24, 256  # shades of the pictures, where they have no colour; entries of a GIF's palette
PAPER, LINE, INK, SOFT = DARK_PAPER, DARK_LINE, DARK_INK, DARK_WAIT
LEVELS = {"good": DARK_GOOD, "wait": DARK_WAIT, "warn": DARK_WARN, "bad": DARK_BAD}
EVENLY = np.linspace(0, 1, 200)  # moments at which the curves are looked at, for the axis
CURVES = (("d_loss", "D", D), ("g_loss", "G", G))

Column = NDArray[np.float64]


def film(run: Run) -> Generator[Progress, None, bytes]:
    """The GIF. Raises RunError for a run that has no pictures yet or cannot be read."""
    steps = run.pictures("fixed")
    if not steps:
        raise RunError(f"Run {run.id!r} has drawn no pictures yet.")
    scene = _Scene(run, steps)
    frames: list[Image.Image] = []
    for k in range(FRAMES):
        frames.append(scene.frame(k / (FRAMES - 1)))
        yield Progress(k + 1, FRAMES + FRAMES // 8, "frames", "Drawing the film")
    yield Progress(FRAMES, FRAMES + FRAMES // 8, "frames", "Packing the film")
    out, times = io.BytesIO(), [FRAME_MS] * (FRAMES - 1) + [HOLD_MS]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0, optimize=False)
    return out.getvalue()


def write(run: Run, path: Path) -> Iterator[Progress]:
    """Writes the GIF to `path`."""
    path.write_bytes((yield from film(run)))


class _Scene:
    """What is the same in every frame, and the run as it was at a moment from 0 to 1.

    The moments are spread over the kept grids, which lie close at the beginning, as most happens then.
    """

    def __init__(self, run: Run, steps: list[int]):
        self.run, self.steps = run, steps
        reader = LogReader(run)
        self.verdict = health.with_scores(health.diagnose(log_of(run, reader)), scores.newest(run))
        columns = reader.series()["columns"]
        self.at = self._moments(np.array(columns.get("step", []), float))
        self.curves = [(label, colour, _numbers(columns[name])) for name, label, colour in CURVES if name in columns]
        self.range = _range([np.interp(EVENLY, self.at, values) for _, _, values in self.curves if len(self.at)])
        self.shown: tuple[int, Image.Image] | None = None
        self.paper = self._paper()
        self.palette = self._palette()

    def frame(self, moment: float) -> Image.Image:
        picture = self.paper.copy()
        pen = ImageDraw.Draw(picture)
        k = round(moment * (len(self.steps) - 1))
        picture.paste(self._sheet(k), (MARGIN, SHEET_TOP))
        step = np.interp(moment * (len(self.steps) - 1), range(len(self.steps)), self.steps)
        left, _, right, bottom = CHART
        pen.text((left, bottom + 14), f"step {step:,.0f}", INK, _font(20, bold=True))
        pen.rectangle((left, bottom + 46, left + round(moment * (right - left)), bottom + 49), fill=SOFT)
        for _, colour, values in self.curves:
            points = [self._point(x, y) for x, y in zip(self.at, values, strict=True) if x <= moment and np.isfinite(y)]
            if len(points) > 1:
                pen.line(points, colour, 2, joint="curve")
        if moment == 1 and self.verdict:
            self._verdict(pen, self.verdict)
        return picture.quantize(palette=self.palette, dither=Image.Dither.NONE)

    def _paper(self) -> Image.Image:
        paper = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
        pen = ImageDraw.Draw(paper)
        config = self.run.config()
        loss, data = registry.card("losses", config.loss).title, registry.card("datasets", config.dataset).title
        names = networks_card(config).title, f"{loss} loss", data
        title = self.run.control().title or self.run.id
        pen.text((MARGIN, 10), _cut(title, _font(22, bold=True), WIDTH - 2 * MARGIN), INK, _font(22, bold=True))
        pen.text((MARGIN, 40), _cut(" · ".join(names), _font(14), WIDTH - 2 * MARGIN), SOFT, _font(14))
        left, top, right, bottom = CHART
        pen.text((left, top - 28), "Losses" if self.curves else "", INK, _font(14))
        for k, (label, colour, _) in enumerate(self.curves):
            pen.line((left + 70 + 50 * k, top - 19, left + 88 + 50 * k, top - 19), colour, 3)
            pen.text((left + 93 + 50 * k, top - 28), label, INK, _font(14))
        pen.line((left, top, left, bottom, right, bottom), LINE, 1)
        pen.text((right, HEIGHT - MARGIN), "made with Forger", SOFT, _font(12), anchor="rs")
        return paper

    def _sheet(self, k: int) -> Image.Image:
        """The grid of a kept step, each pixel as large as fits in whole numbers."""
        if self.shown is None or self.shown[0] != k:
            place = Image.new("RGB", (SHEET_PX, SHEET_PX), PAPER)
            try:
                sheet = Image.fromarray(images.decode(self.run.read(self.run.picture("fixed", self.steps[k]))))
            except (OSError, ValueError):  # thinned out meanwhile: the one before stays
                self.shown = (k, self.shown[1] if self.shown else place)
                return self.shown[1]
            scale = SHEET_PX // max(sheet.size)
            size = (sheet.width * scale, sheet.height * scale) if scale else (SHEET_PX, SHEET_PX)
            sheet = sheet.resize(size, Image.Resampling.NEAREST if scale else Image.Resampling.LANCZOS)
            place.paste(sheet, ((SHEET_PX - size[0]) // 2, 0))
            self.shown = (k, place)
        return self.shown[1]

    def _palette(self) -> Image.Image:
        """One palette for all frames: the colours of the pictures through time, and those of curves and words."""
        inks = [PAPER, LINE, INK, SOFT, D, G, *LEVELS.values()]
        strip = Image.new("RGB", (SHEET_PX, 4 * SHEET_PX))
        for row, k in enumerate(np.linspace(0, len(self.steps) - 1, 4).astype(int)):
            strip.paste(self._sheet(int(k)), (0, row * SHEET_PX))
        pixels = np.asarray(strip)
        if (pixels.max(2) - pixels.min(2) <= 12).all():  # greys, and the paper's tint
            shades = [(v, v, v) for v in np.linspace(0, 255, GREYS).round().astype(int).tolist()]
        else:
            entries = strip.quantize(COLOURS - len(inks), dither=Image.Dither.NONE).getpalette() or []
            shades = [(entries[at], entries[at + 1], entries[at + 2]) for at in range(0, len(entries) - 2, 3)]
        flat = [int(part) for colour in (*map(ImageColor.getrgb, inks), *shades) for part in colour]
        palette = Image.new("P", (1, 1))
        palette.putpalette((flat + flat[:3] * COLOURS)[: 3 * COLOURS])
        return palette

    def _verdict(self, pen: ImageDraw.ImageDraw, status: HealthStatus) -> None:
        left, _, right, bottom = CHART
        title, words = _font(20, bold=True), _font(14)
        pen.text((left, bottom + 66), _cut(status.title, title, right - left), LEVELS[status.level], title)
        lines = textwrap.wrap(status.evidence, 32)
        pen.multiline_text((left, bottom + 98), "\n".join(lines[:5]), INK, words, spacing=5)

    def _moments(self, steps: Column) -> Column:
        """When each record is shown, 0 to 1; the grids are shown for equally long."""
        if len(self.steps) < 2:
            return np.linspace(0, 1, len(steps))
        moments: Column = np.interp(steps, self.steps, np.linspace(0, 1, len(self.steps)))
        return moments

    def _point(self, x: float, y: float) -> tuple[float, float]:
        left, top, right, bottom = CHART
        low, high = self.range
        share = (min(max(y, low), high) - low) / (high - low)
        return left + x * (right - left), bottom - share * (bottom - top)


def _numbers(values: list[Any]) -> Column:
    """A column of the log, smoothed: a running mean over a fiftieth of it."""
    column = np.array([np.nan if value is None else value for value in values], float)
    reach = max(1, len(column) // 50)
    there = np.isfinite(column)
    kernel = np.ones(reach)
    total = np.convolve(np.where(there, column, 0), kernel)[: len(column)]
    count = np.convolve(there.astype(float), kernel)[: len(column)]
    return np.divide(total, count, out=np.full(len(column), np.nan), where=count > 0)


def _range(columns: list[Column]) -> tuple[float, float]:
    """From where to where the curves go, but for the outermost two hundredths."""
    values = np.concatenate([np.empty(0), *(column[np.isfinite(column)] for column in columns)])
    if not len(values):
        return 0.0, 1.0
    low, high = (float(value) for value in np.quantile(values, (0.01, 0.99)))
    return (min(low, 0.0), high) if high > min(low, 0.0) else (low - 1, low + 1)


def _cut(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """As much of a line as fits, with three dots where it does not."""
    if font.getlength(text) <= width:
        return text
    return next(cut for k in range(len(text), -1, -1) if font.getlength(cut := f"{text[:k].rstrip()} …") <= width)


def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes along with matplotlib and has most letters."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size)
