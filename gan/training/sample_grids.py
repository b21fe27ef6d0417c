"""A publisher of sample grids of fixed and random z, of the newest weights, and of snapshots for the time slider."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from gan import files, images, registry
from gan.datasets import Data
from gan.games import Game, Snapshot
from gan.models import asked
from gan.models._batchnorm import recalibrate
from gan.rng import RngStreams
from gan.runs import Run, Sort
from gan.runs.retention import prune_log_spaced
from gan.training import held_out
from gan.training.checkpoint import save_weights
from gan.training.metrics_log import MetricsLog
from gan.training.speed.side_stream import Executor, InlineExecutor

MAX_PICTURES, MAX_SNAPSHOTS = 300, 24
SNAPSHOTS_BYTES, MIN_SNAPSHOTS = 100_000_000, 6  # large generators are kept less often
POINTS = 512  # points in a picture of 2-D data
DUTY = 0.1  # at most this share of the time goes into pictures


class SamplePublisher:
    """An observer of the loop that publishes pictures and weights of one run, dense at first and sparser later."""

    def __init__(self, run: Run, game: Game, data: Data, log: MetricsLog, executor: Executor | None = None):
        self.run, self.game, self.data, self.log = run, game, data, log
        self.executor = executor or InlineExecutor()
        config = game.config
        self.grid: Callable[[Snapshot, Tensor, Tensor | None], Tensor] = registry.load("games", config.game).grid
        self.columns = images.columns_of(config.samples, game.n_classes, config.from_source)
        self.count = POINTS if data.is_points else images.count_of(config.samples, game.n_classes, config.from_source)
        self.rng = RngStreams(config.seed, game.device)  # its own: training draws meanwhile
        self.fixed_z = self.rng.grid_z("fixed", 0, self.count, config.z_dim)
        self.metadata = {"shape": list(data.shape), "n_classes": data.n_classes, "names": list(data.names)}
        self._started = self._last = time.perf_counter()
        # Seconds that the last picture took. The first one warms up and does not count.
        self._cost = 0.0
        self._warm = False
        self._pending: Future[None] | None = None  # the last publication
        self._show_real()

    def after_step(self, by_hand: bool) -> None:
        """Publishes when it is time to, and after a single step by hand. Raises Diverged before it shows nonsense."""
        if by_hand or self.due():
            self.log.flush(whole=by_hand)
            self.publish(self.log.step)
            if by_hand:
                self.settle()

    def due(self) -> bool:
        """Whether a picture is due: every 0.3 s at first, every second in the first minute, then every 2.5 s."""
        if self._pending is not None and not self._pending.done():
            return False
        now = time.perf_counter()
        age = now - self._started
        pause = 0.3 if age < 2 else 1.0 if age < 60 else 2.5
        return now - self._last >= max(pause, self._cost / DUTY)

    def publish(self, step: int) -> None:
        """Shows the game as it is now, at this step. Raises what kept the publication before from its end."""
        self.settle()
        self._pending = self.executor.submit(partial(self._publish, step, self.game.snapshot()))

    def settle(self) -> None:
        """Waits until what was published last is there. Raises OSError when the disk did not take it."""
        if self._pending is not None:
            pending, self._pending = self._pending, None
            pending.result()

    def _publish(self, step: int, snapshot: Snapshot) -> None:
        """Writes both grids of this step, the newest weights, and now and then a snapshot. Raises OSError."""
        started = time.perf_counter()
        z_dim = snapshot.config.z_dim
        recalibrate(snapshot.G_ema, self.rng, z_dim)
        random_z = self.rng.grid_z("random", step, self.count, z_dim)
        noise: dict[Sort, Tensor] = {"fixed": self.fixed_z, "random": random_z}
        for sort, z in noise.items():
            path = self.run.picture(sort, step)
            if not path.exists():
                files.replace(path, images.webp(self._sheet(snapshot, z, sort, step)), durable=False)
            for old in prune_log_spaced(self.run.pictures(sort), MAX_PICTURES):
                self.run.picture(sort, old).unlink(missing_ok=True)
        save_weights(self.run, snapshot, step, self.metadata, keep=self._snapshot_due(step))
        fitting = SNAPSHOTS_BYTES // self.run.weights().stat().st_size
        for old in prune_log_spaced(self.run.snapshots(), min(MAX_SNAPSHOTS, max(MIN_SNAPSHOTS, fitting))):
            self.run.weights(old).unlink(missing_ok=True)
        self._last = time.perf_counter()
        self._cost = self._last - started if self._warm else 0.0
        self._warm = True

    def forget_after(self, step: int) -> bool:
        """Removes what a run showed of steps that a resume takes back. True when there was something."""
        sorts: tuple[Sort, ...] = ("fixed", "random")
        later = [self.run.picture(s, k) for s in sorts for k in self.run.pictures(s) if k > step]
        later += [self.run.weights(k) for k in self.run.snapshots() if k > step]
        for path in later:
            path.unlink(missing_ok=True)
        return bool(later)

    @torch.no_grad()
    def _sheet(self, snapshot: Snapshot, z: Tensor, sort: Sort, step: int) -> images.Pixels:
        if self.game.config.from_source:
            return self._translated(snapshot, z, step if sort == "random" else 0)
        y = asked(snapshot.G_ema, len(z), z.device)
        x = self.grid(snapshot, z, y).float().cpu().numpy()
        if not self.data.is_points:
            return images.grid(images.to_pixels(x), self.columns)
        field = self._field(snapshot.nets["D"]) if "D" in snapshot.nets else None
        return images.scatter(self.data.images[:POINTS, :, 0, 0], x[:, :, 0, 0], field)

    def _translated(self, snapshot: Snapshot, z: Tensor, update: int) -> images.Pixels:
        """What belongs side by side, of pictures that were not learned from, named by an update."""
        y, x = held_out.examples(self.game, self.data, self.count, update)
        beside = registry.load("games", self.game.config.game).beside
        rows = beside(snapshot, z[: len(y)], y, x).float().flatten(0, 1)
        return images.grid(images.to_pixels(rows.cpu().numpy()), self.columns)

    @torch.no_grad()
    def _field(self, D: nn.Module, side: int = 48) -> np.ndarray:
        """The sigmoid of D's logit over the plane, by a D that drops nothing, side,side from the top row down."""
        axis = torch.linspace(-images.VIEW, images.VIEW, side, device=self.game.device)
        y, x = torch.meshgrid(-axis, axis, indexing="ij")
        points = torch.stack([x, y], -1).reshape(-1, 2, 1, 1)
        return D.eval()(points).sigmoid().view(side, side).cpu().numpy()

    def _show_real(self) -> None:
        path = self.run.real_picture()
        if path.exists():
            return
        if self.data.is_points:
            sheet = images.scatter(self.data.images[:POINTS, :, 0, 0], np.empty((0, 2)))
        else:
            real = np.asarray(self.data.images[self._rows()])
            sheet = images.grid(real.transpose(0, 2, 3, 1), self.columns)
        files.replace(path, images.webp(sheet), durable=False)

    def _rows(self) -> np.ndarray:
        """The real images shown: evenly spaced; of a run that is told classes the first of each, in its columns."""
        if not self.game.n_classes or self.data.labels is None:
            shown = min(self.count, len(self.data))
            return np.arange(shown) * len(self.data) // shown  # own pictures come class by class
        places = [np.flatnonzero(self.data.labels == k) for k in range(self.data.n_classes)]
        there = [rows for rows in places if len(rows)]
        chosen = [(places[k % len(places)], k // len(places)) for k in range(self.count)]
        return np.array([rows[turn % len(rows)] if len(rows) else there[0][0] for rows, turn in chosen])

    def _snapshot_due(self, step: int) -> bool:
        steps = self.run.snapshots()
        return not steps or step >= 1.25 * steps[-1] + 1
