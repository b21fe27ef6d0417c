"""What a run shows while it trains: grids of fixed and random z, the newest generator, snapshots for the way back."""

from __future__ import annotations

import time
from concurrent.futures import Future
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from gan import files, images
from gan.aside import Aside, AtOnce
from gan.datasets import Data
from gan.draws import Draws
from gan.models import balanced
from gan.numbered import thin
from gan.runs import Run, Sort
from gan.state import save_weights
from gan.step import Frozen, Players, recalibrate

MOST_PICTURES, MOST_SNAPSHOTS = 300, 24
SNAPSHOT_BYTES, FEWEST_SNAPSHOTS = 100_000_000, 6  # large generators are kept less often
POINTS = 512  # points in a picture of 2-D data
DUTY = 0.1  # at most this share of the time goes into pictures


class Gallery:
    """Publishes pictures and weights of one run, dense at first and sparser later."""

    def __init__(self, run: Run, players: Players, data: Data, aside: Aside | None = None):
        self.run, self.players, self.data = run, players, data
        self.aside = aside or AtOnce()
        config = players.config
        self.count = POINTS if data.is_points else config.samples
        self.draws = Draws(config.seed, players.device)  # its own: training draws meanwhile
        self.fixed_z = self.draws.z("fixed", 0, self.count, config.z_dim)
        self.about = {
            "shape": list(data.shape),
            "n_classes": data.n_classes,
            "names": list(data.names),
        }
        self._started = self._last = time.perf_counter()
        # Seconds that the last picture took. The first one warms up and does not count.
        self._cost = 0.0
        self._warm = False
        self._shown: Future[None] | None = None  # the last publication
        self._show_real()

    def due(self) -> bool:
        """Whether a picture is due: every 0.3 s at first, every second in the first minute, then every 2.5 s."""
        if self._shown is not None and not self._shown.done():
            return False
        now = time.perf_counter()
        age = now - self._started
        pause = 0.3 if age < 2 else 1.0 if age < 60 else 2.5
        return now - self._last >= max(pause, self._cost / DUTY)

    def publish(self, step: int) -> None:
        """Shows the players as they are now, at this step. Raises what kept the publication before from its end."""
        self.settle()
        self._shown = self.aside.do(partial(self._publish, step, self.players.frozen()))

    def settle(self) -> None:
        """Waits until what was published last is there. Raises OSError when the disk did not take it."""
        if self._shown is not None:
            shown, self._shown = self._shown, None
            shown.result()

    def _publish(self, step: int, frozen: Frozen) -> None:
        """Writes both grids of this step, the newest weights, and now and then a snapshot. Raises OSError."""
        started = time.perf_counter()
        z_dim = frozen.config.z_dim
        recalibrate(frozen.average, self.draws, z_dim)
        fresh_z = self.draws.z("random", step, self.count, z_dim)
        shown: dict[Sort, Tensor] = {"fixed": self.fixed_z, "random": fresh_z}
        for sort, z in shown.items():
            path = self.run.picture(sort, step)
            if not path.exists():
                files.replace(path, images.webp(self._draw(frozen, z)), durable=False)
            self._keep(sort)
        save_weights(self.run, frozen, step, self.about, self._snapshot_due(step))
        fitting = SNAPSHOT_BYTES // self.run.weights().stat().st_size
        most = min(MOST_SNAPSHOTS, max(FEWEST_SNAPSHOTS, fitting))
        for old in thin(self.run.snapshots(), most):
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
    def _draw(self, frozen: Frozen, z: Tensor) -> images.Pixels:
        y = balanced(len(z), self.players.n_classes, z.device)
        x = frozen.average(z, y).float().cpu().numpy()
        if not self.data.is_points:
            return images.grid(images.to_pixels(x))
        return images.scatter(
            self.data.images[:POINTS, :, 0, 0], x[:, :, 0, 0], self._field(frozen.D)
        )

    @torch.no_grad()
    def _field(self, D: nn.Module, side: int = 48) -> np.ndarray:
        """The probability of "real" over the plane by a D that drops nothing, side,side from the top row down."""
        axis = torch.linspace(-images.VIEW, images.VIEW, side, device=self.players.device)
        y, x = torch.meshgrid(-axis, axis, indexing="ij")
        points = torch.stack([x, y], -1).reshape(-1, 2, 1, 1)
        return D.eval()(points).sigmoid().view(side, side).cpu().numpy()

    def _show_real(self) -> None:
        path = self.run.path / "samples" / "real.webp"
        if path.exists():
            return
        if self.data.is_points:
            sheet = images.scatter(self.data.images[:POINTS, :, 0, 0], np.empty((0, 2)))
        else:
            sheet = images.grid(np.asarray(self.data.images[: self.count]).transpose(0, 2, 3, 1))
        files.replace(path, images.webp(sheet), durable=False)

    def _snapshot_due(self, step: int) -> bool:
        kept = self.run.snapshots()
        return not kept or step >= 1.25 * kept[-1] + 1

    def _keep(self, sort: Sort) -> None:
        for old in thin(self.run.pictures(sort), MOST_PICTURES):
            self.run.picture(sort, old).unlink(missing_ok=True)
