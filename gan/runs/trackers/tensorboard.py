"""The log of a run for TensorBoard: scalars, grids, events as text, and the settings as hyperparameters.

TensorBoard is no dependency of this project: `pip install tensorboard`, then `tensorboard --logdir checkpoints`.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

from gan import images
from gan.runs.run import Run, Sort

FOLDER = "tensorboard"
RESULTS = ("fd", "classes", "diversity")  # live scores by which TensorBoard compares hyperparameters
COMMON = ("event", "step", "seconds", "epoch", "time")  # of every event
SORTS: tuple[Sort, ...] = ("fixed", "random")


def check() -> str:
    """Why nothing can be written for TensorBoard, in a sentence; "" where it can."""
    if find_spec("tensorboard"):
        return ""
    return "--log tensorboard needs a package that is not here: pip install tensorboard. --log csv needs none."


class TensorBoard:
    """A writer of event files in the run's folder `tensorboard/`; times are those of training, without its pauses."""

    def __init__(self, run: Run):
        from torch.utils.tensorboard import SummaryWriter
        from torch.utils.tensorboard.summary import hparams

        self.run, self.began = run, run.created()
        shutil.rmtree(run.path / FOLDER, ignore_errors=True)
        self.writer = SummaryWriter(str(run.path / FOLDER))
        self.shown: dict[Sort, int] = dict.fromkeys(SORTS, -1)  # the step of the last grid
        for summary in hparams(_settings(run), dict.fromkeys(RESULTS)):
            self.writer._get_file_writer().add_summary(summary)

    def take(self, records: Sequence[dict[str, Any]], events: Sequence[dict[str, Any]]) -> None:
        """Writes new records and events, and the grids that came since the last call."""
        for record in records:
            time = self.began + (record.get("seconds") or 0.0)
            for name, value in record.items():
                if isinstance(value, int | float) and name not in ("seq", "step"):
                    self.writer.add_scalar(name, value, record["step"], time)
        for event in events:
            more = ", ".join(f"{name} {value}" for name, value in event.items() if name not in COMMON)
            text = event.get("text") or more or "–"
            self.writer.add_text(f"events/{event.get('event', '')}", text, event.get("step", 0), event.get("time"))
        for sort in SORTS:
            for step in self.run.pictures(sort):
                if step > self.shown[sort]:
                    self.shown[sort] = step
                    with suppress(FileNotFoundError):  # thinned out meanwhile
                        sheet = images.decode(self.run.read(self.run.picture(sort, step)))
                        self.writer.add_image(f"samples/{sort}", sheet, step, dataformats="HWC")

    def close(self) -> None:
        """Brings everything to the disk."""
        self.writer.close()


def _settings(run: Run) -> dict[str, Any]:
    """The settings of a run, as hyperparameters may be: numbers, truths and texts."""
    settings = run.config().to_dict()
    return {k: v if isinstance(v, bool | int | float | str) else str(v) for k, v in settings.items()}
